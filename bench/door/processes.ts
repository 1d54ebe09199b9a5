/**
 * How are servers and generators started, each on its own core? By taskset where there are two cores; whatever was started is
 * ended, by its own pid and no other, also when the bench is interrupted.
 */
import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import type { Question, Reply } from "./messages.ts";

export type Core = "server" | "generator";
export type Generator = { pid: number; ask<Answer>(ask: string, given?: unknown): Promise<Answer>; stop(): Promise<void> };
export type Started = { child: ChildProcess; output(): string; stop(): Promise<void> };

const CORES: Record<Core, string> = { server: "0", generator: "1" };
const STOP_WITHIN_MS = 40_000;
const running = new Set<ChildProcess>();

export function isPinned(): boolean {
  return availableParallelism() >= 2 && spawnSync("taskset", ["--version"]).status === 0;
}

/** Moves a process that runs already, and whatever it will start. */
export function pin(pid: number, core: Core): void {
  if (isPinned()) spawnSync("taskset", ["-apc", CORES[core], String(pid)]);
}

export type StartOptions = { env?: Record<string, string>; cwd?: string; /** With a channel for messages. */ channel?: boolean };

export function start(core: Core, program: string, words: readonly string[], { env, cwd, channel = false }: StartOptions = {}): Started {
  const [command, all] = isPinned() ? ["taskset", ["-c", CORES[core], program, ...words]] : [program, [...words]];
  const child = spawn(command, all, {
    env: { ...cleanEnvironment(), ...env },
    stdio: channel ? ["ignore", "pipe", "pipe", "ipc"] : ["ignore", "pipe", "pipe"],
    ...(cwd === undefined ? {} : { cwd }),
  });
  running.add(child);
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding("utf8").on("data", (chunk: string) => {
      output = (output + chunk).slice(-20_000);
    });
  }
  const ended = new Promise<void>((resolve) => {
    child.once("exit", () => {
      running.delete(child);
      resolve();
    });
    child.once("error", () => {
      running.delete(child);
      resolve();
    });
  });
  return {
    child,
    output: () => output,
    async stop() {
      if (child.exitCode === null && child.signalCode === null) child.kill("SIGTERM");
      const timer = setTimeout(() => child.kill("SIGKILL"), STOP_WITHIN_MS);
      await ended;
      clearTimeout(timer);
    },
  };
}

/** One of the `*-process.ts` beside this file, on the generators' core. */
export function startGenerator(name: "flood" | "members" | "newcomers"): Generator {
  const started = start("generator", process.execPath, [fileURLToPath(new URL(`./${name}-process.ts`, import.meta.url))], {
    channel: true,
  });
  const { child } = started;
  let last = 0;
  const open = new Map<number, { resolve: (answer: unknown) => void; reject: (error: Error) => void }>();
  child.on("message", (reply: Reply) => {
    const waiting = open.get(reply.id);
    open.delete(reply.id);
    if ("error" in reply) waiting?.reject(new Error(`${name}: ${reply.error}`));
    else waiting?.resolve(reply.answer);
  });
  child.on("exit", () => {
    for (const { reject } of open.values()) reject(new Error(`the ${name} process ended:\n${started.output()}`));
    open.clear();
  });
  return {
    pid: child.pid ?? 0,
    ask: <Answer>(ask: string, given?: unknown) =>
      new Promise<Answer>((resolve, reject) => {
        const id = (last += 1);
        open.set(id, { resolve: resolve as (answer: unknown) => void, reject });
        child.send({ id, ask, given } satisfies Question);
      }),
    stop: started.stop,
  };
}

/** Ends what still runs, at once: the bench was interrupted. */
export function endAll(): void {
  for (const child of running) child.kill("SIGTERM");
}

/** Settings of the machine that the bench runs on play no part. */
function cleanEnvironment(): NodeJS.ProcessEnv {
  const keep = ["PATH", "HOME", "USER", "LANG", "TMPDIR", "TZ"];
  return Object.fromEntries(keep.map((name) => [name, process.env[name]]).filter(([, value]) => value !== undefined));
}
