/**
 * Who runs the model process in a test? This does, the way the supervisor does: it forks the process when it is wanted,
 * starts it again when it dies, and ends it when it is no longer wanted.
 */
import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { FromChild, ToChild } from "#contract/processes.ts";

export type ModelSupervisor = {
  socket: string;
  modelsDir: string;
  wantModel(wanted: boolean): void;
  /** The running process; waits for it to be ready. */
  process(): Promise<ChildProcess>;
  /** How often a process was started. */
  starts(): number;
  running(): boolean;
  /** What it wrote to its log. */
  log(): string;
};

export async function superviseModel(t: { after(work: () => Promise<void>): unknown }): Promise<ModelSupervisor> {
  const folder = await mkdtemp(join(tmpdir(), "hf-model-"));
  const socket = join(folder, "model.sock");
  let wanted = false;
  let child: ChildProcess | undefined;
  let ready: Promise<ChildProcess> | undefined;
  let starts = 0;
  let log = "";

  function start(): void {
    starts++;
    const started = fork(new URL("../../src/assistant/model-process.ts", import.meta.url), { stdio: ["ignore", "ignore", "pipe", "ipc"] });
    child = started;
    started.stderr?.setEncoding("utf8").on("data", (chunk: string) => (log += chunk));
    ready = new Promise((resolve, reject) => {
      started.on("message", (message: FromChild) => {
        if (message.kind === "ready") resolve(started);
        if (message.kind === "unusable") reject(new Error(message.sentence));
      });
      started.on("exit", () => reject(new Error(`the model process ended: ${log}`)));
    });
    ready.catch(() => {});
    started.on("exit", () => {
      if (child !== started) return;
      child = undefined;
      if (wanted) start();
    });
    started.send({ kind: "boot", process: "model", socket, threads: 1 } satisfies ToChild);
  }

  function wantModel(now: boolean): void {
    wanted = now;
    if (wanted && child === undefined) start();
    if (!wanted) child?.send({ kind: "stop" } satisfies ToChild);
  }

  t.after(async () => {
    wanted = false;
    if (child !== undefined) {
      const gone = once(child, "exit");
      child.kill("SIGKILL");
      await gone;
    }
    await rm(folder, { recursive: true, force: true });
  });
  return {
    socket,
    modelsDir: folder,
    wantModel,
    async process() {
      for (;;) {
        const running = await ready?.catch(() => undefined);
        if (running !== undefined && running === child) return running;
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    },
    starts: () => starts,
    running: () => child !== undefined,
    log: () => log,
  };
}
