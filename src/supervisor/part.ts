/**
 * How is one of our processes kept running? Forked, handed its boot message, waited for until it says that it is ready,
 * started again with growing pauses when it ends by itself, asked to stop and ended after a while. It runs in a session of
 * its own, so Ctrl-C reaches only the supervisor; it ends by itself when the channel to the supervisor closes.
 */
import { fork, type ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";
import type { FromChild, ToChild } from "#contract/processes.ts";
import { fail, succeed, type Outcome } from "#kit/outcome.ts";
import { SECOND_MS, type Clock } from "#kit/time.ts";
import { afterEnd, RESTED } from "./core/back-off.ts";

export type Ready = Extract<FromChild, { kind: "ready" }>;
export type NotStarted = { tag: "not-started"; sentence: string };

export type Part = {
  name: string;
  /**
   * Resolves when it is ready, or with why it is not. The process is made at once, but hears its boot message only after
   * `until`. After the first success it is kept running until `stop`.
   */
  start(until?: Promise<unknown>): Promise<Outcome<Ready, NotStarted>>;
  tell(message: ToChild): void;
  pid(): number | undefined;
  /** Asks it to end, and ends it when it does not. */
  stop(): Promise<void>;
  /** Ends it without a question. */
  kill(): void;
};

export type PartParts = {
  name: string;
  /** The file that is forked. */
  file: string;
  /** Asked at each start, so that a new process gets what holds then. */
  boot(): ToChild;
  environment: Readonly<Record<string, string>>;
  execArgv?: readonly string[];
  clock: Clock;
  /** A line that it wrote. */
  onLine(line: string): void;
  onMessage?(message: FromChild): void;
  /** Something that the person at the terminal should know. */
  onTrouble(sentence: string): void;
  /** Its process number changed. */
  onChange(): void;
  stopWithinMs?: number;
};

const READY_WITHIN_MS = 60 * SECOND_MS;
const STOP_WITHIN_MS = 8 * SECOND_MS;
const LAST_LINES = 8;

type Life = { forked: ChildProcess; startedAt: number; ready: Promise<Outcome<Ready, NotStarted>>; ended: Promise<string> };

export function createPart(parts: PartParts): Part {
  const { name, clock } = parts;
  let child: ChildProcess | undefined;
  let stopping = false;
  let backOff = RESTED;
  let cancelRestart = () => {};

  /** One life of the process. `ready` resolves exactly once; `ended` says how it ended. */
  function begin(until: Promise<unknown>): Life {
    const startedAt = clock.monotonic();
    const lines: string[] = [];
    const forked = fork(parts.file, {
      env: { ...parts.environment },
      execArgv: [...(parts.execArgv ?? [])],
      detached: true,
      // keys are bytes, which JSON would turn into something else
      serialization: "advanced",
      stdio: ["ignore", "pipe", "pipe", "ipc"],
    });
    child = forked;
    parts.onChange();
    for (const stream of [forked.stdout, forked.stderr]) {
      if (stream === null) continue;
      createInterface({ input: stream }).on("line", (line) => {
        lines.push(line);
        if (lines.length > LAST_LINES) lines.shift();
        parts.onLine(line);
      });
    }
    const ended = new Promise<string>((resolve) => {
      forked.once("exit", (code, signal) => resolve(signal === null ? `with code ${code}` : `by ${signal}`));
      forked.once("error", (error) => resolve(error.message));
    });
    const ready = new Promise<Outcome<Ready, NotStarted>>((resolve) => {
      const cancelLate = clock.after(READY_WITHIN_MS, () => {
        resolve(notStarted(`was not ready after ${READY_WITHIN_MS / SECOND_MS} s`, lines));
      });
      forked.on("message", (message: FromChild) => {
        parts.onMessage?.(message);
        if (message.kind === "want-model") return;
        cancelLate();
        resolve(message.kind === "ready" ? succeed(message) : fail({ tag: "not-started", sentence: message.sentence }));
      });
      void ended.then((how) => {
        cancelLate();
        // what it wrote last may still be on its way
        clock.after(20, () => resolve(notStarted(`ended ${how} before it was ready`, lines)));
      });
    });
    void until.then(
      () => send(forked, parts.boot()),
      () => {},
    );
    return { forked, startedAt, ready, ended };
  }

  function notStarted(what: string, lines: readonly string[]): { ok: false; failure: NotStarted } {
    const said = lines.length === 0 ? "" : ` It said last:\n${lines.map((line) => `    ${line.slice(0, 300)}`).join("\n")}`;
    return fail({ tag: "not-started", sentence: `The ${name} ${what}.${said}` });
  }

  /** Starts it again whenever it ends by itself. */
  function watch(life: Life): void {
    void life.ended.then((how) => {
      if (child === life.forked) child = undefined;
      parts.onChange();
      if (stopping) return;
      const next = afterEnd(backOff, clock.monotonic() - life.startedAt);
      backOff = next.state;
      const endedAt = clock.monotonic();
      parts.onTrouble(`The ${name} ended ${how} and is started again.`);
      cancelRestart = clock.after(next.waitMs, () => void again(endedAt));
    });
  }

  async function again(endedAt: number): Promise<void> {
    const life = begin(Promise.resolve());
    watch(life);
    const ready = await life.ready;
    if (stopping) return;
    if (ready.ok) parts.onTrouble(`The ${name} is back after ${((clock.monotonic() - endedAt) / SECOND_MS).toFixed(1)} s.`);
    else {
      parts.onTrouble(ready.failure.sentence);
      life.forked.kill("SIGKILL");
    }
  }

  return {
    name,
    async start(until = Promise.resolve()) {
      stopping = false;
      const life = begin(until);
      const ready = await life.ready;
      if (ready.ok && !stopping) watch(life);
      else {
        life.forked.kill("SIGKILL");
        await life.ended;
        if (child === life.forked) child = undefined;
        parts.onChange();
      }
      return ready;
    },
    tell(message) {
      if (child !== undefined) send(child, message);
    },
    pid: () => child?.pid,
    async stop() {
      stopping = true;
      cancelRestart();
      const leaving = child;
      if (leaving === undefined || leaving.exitCode !== null || leaving.signalCode !== null) return;
      const gone = new Promise<void>((resolve) => leaving.once("exit", () => resolve()));
      send(leaving, { kind: "stop" });
      const cancel = clock.after(parts.stopWithinMs ?? STOP_WITHIN_MS, () => leaving.kill("SIGKILL"));
      await gone;
      cancel();
      child = undefined;
    },
    kill() {
      stopping = true;
      cancelRestart();
      child?.kill("SIGKILL");
    },
  };
}

/** A process that ends at this moment does not hear it, and need not. */
function send(child: ChildProcess, message: ToChild): void {
  if (child.connected) child.send(message, () => {});
}
