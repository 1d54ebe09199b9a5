/**
 * How are servers and generators started, each on its own core? By taskset where there are two cores; whatever was started is
 * ended in order, by its own pid and no other, also when the bench is interrupted.
 */
import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { availableParallelism } from "node:os";
import { setMaxListeners } from "node:events";
import { fileURLToPath } from "node:url";
import { setTimeout } from "node:timers/promises";
import type { Question, Reply } from "./messages.ts";

export type Core = "server" | "generator";
export type Generator = { pid: number; ask<Answer>(ask: string, given?: unknown): Promise<Answer>; stop(): Promise<void> };
export type Started = { child: ChildProcess; output(): string; stop(): Promise<void> };

const CORES: Record<Core, string> = { server: "0", generator: "1" };
const STOP_WITHIN_MS = 40_000;

export function isPinned(): boolean {
  return availableParallelism() >= 2 && spawnSync("taskset", ["--version"]).status === 0;
}

/** Moves a process that runs already, and whatever it will start. */
export function pin(pid: number, core: Core): void {
  if (isPinned()) spawnSync("taskset", ["-apc", CORES[core], String(pid)]);
}

export type StartOptions = { env?: Record<string, string>; cwd?: string; /** With a channel for messages. */ channel?: boolean };

/** "any": it may use all cores, as it would without a bench. */
export function start(
  core: Core | "any",
  program: string,
  words: readonly string[],
  { env, cwd, channel = false }: StartOptions = {},
): Started {
  const [command, all] = core !== "any" && isPinned() ? ["taskset", ["-c", CORES[core], program, ...words]] : [program, [...words]];
  const child = spawn(command, all, {
    env: { ...cleanEnvironment(), ...env },
    stdio: channel ? ["ignore", "pipe", "pipe", "ipc"] : ["ignore", "pipe", "pipe"],
    ...(cwd === undefined ? {} : { cwd }),
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding("utf8").on("data", (chunk: string) => {
      output = (output + chunk).slice(-20_000);
    });
  }
  const ended = new Promise<void>((resolve) => {
    child.once("exit", () => resolve());
    child.once("error", () => resolve());
  });
  return {
    child,
    output: () => output,
    async stop() {
      if (child.exitCode === null && child.signalCode === null) child.kill("SIGTERM");
      if ((await Promise.race([ended.then(() => true), setTimeout(STOP_WITHIN_MS, false, { ref: false })])) === false)
        child.kill("SIGKILL");
      await ended;
    },
  };
}

/** One of the `*-process.ts` beside this file, on the generators' core. */
export function startGenerator(name: "flood" | "members" | "newcomers"): Generator {
  return startAsked("generator", name, fileURLToPath(new URL(`./${name}-process.ts`, import.meta.url)));
}

/** A process of ours that is asked questions (messages.ts). */
export function startAsked(core: Core | "any", name: string, file: string): Generator {
  const started = start(core, process.execPath, [file], { channel: true });
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
        interruption.signal.addEventListener("abort", () => reject(new Error("interrupted")), { once: true });
        if (!child.connected) {
          reject(new Error(`the ${name} process is gone:\n${started.output()}`));
          return;
        }
        const id = (last += 1);
        open.set(id, { resolve: resolve as (answer: unknown) => void, reject });
        child.send({ id, ask, given } satisfies Question);
      }),
    stop: started.stop,
  };
}

const interruption = new AbortController();
setMaxListeners(0, interruption.signal);

/** Whoever waits rejects, and so ends what it started in its own order. */
export function interrupt(): void {
  interruption.abort(new Error("interrupted"));
}

export function isInterrupted(): boolean {
  return interruption.signal.aborted;
}

/** Rejects when the bench is interrupted. */
export function pause(delayMs: number): Promise<void> {
  return setTimeout(delayMs, undefined, { signal: interruption.signal });
}

/** Settings of the machine that the bench runs on play no part. */
function cleanEnvironment(): NodeJS.ProcessEnv {
  const keep = ["PATH", "HOME", "USER", "LANG", "TMPDIR", "TZ"];
  return Object.fromEntries(keep.map((name) => [name, process.env[name]]).filter(([, value]) => value !== undefined));
}
