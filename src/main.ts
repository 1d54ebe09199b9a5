/**
 * What is Holdfast made of? The composition root: settings, clock, dice, terminal and the files of the processes come
 * together here, and signals become a start and an end. What runs in which order is src/supervisor/supervisor.ts.
 */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { systemDice } from "#kit/dice.ts";
import { giveMemoryBack } from "#kit/heap.ts";
import { systemClock } from "#kit/time.ts";
import { createTerminal, readSettings, supervise, type ProcessFiles, type Supervised } from "./supervisor/supervisor.ts";

export type StartOptions = {
  /** Another file than holdfast.env. */
  settingsFile?: string;
};

const PROCESSES: ProcessFiles = {
  door: fileURLToPath(new URL("./door/door-process.ts", import.meta.url)),
  app: fileURLToPath(new URL("./http/app-process.ts", import.meta.url)),
  hasher: fileURLToPath(new URL("./identity/hasher-process.ts", import.meta.url)),
  model: fileURLToPath(new URL("./assistant/model-process.ts", import.meta.url)),
};

export const PROJECT_DIR = fileURLToPath(new URL("..", import.meta.url)).replace(/[\\/]$/, "");

export function readVersion(): string {
  return (JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as { version: string }).version;
}

/** Runs Holdfast until it is told to end. Resolves with the exit code. */
export async function main(options: StartOptions = {}): Promise<number> {
  const terminal = createTerminal(process.stdout, systemClock);
  // a terminal that was closed must not take the people inside with it
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => {});
  const settings = readSettings(PROJECT_DIR, options.settingsFile);
  if (!settings.ok) {
    terminal.sentence(settings.failure.sentence);
    return 1;
  }

  const wish = new AbortController();
  const up: { whole?: Supervised } = {};
  let interrupts = 0;
  const ended = new Promise<void>((resolve) => {
    wish.signal.addEventListener("abort", () => resolve(), { once: true });
  });
  const onSignal = (signal: NodeJS.Signals) => {
    interrupts += 1;
    if (interrupts === 1) {
      terminal.say(signal === "SIGINT" ? "\nStopping in order. Ctrl-C again ends everything at once.\n" : "\nStopping in order.\n");
      wish.abort();
    } else if (signal === "SIGINT") {
      up.whole?.kill();
      process.exit(130);
    }
  };
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, onSignal);

  terminal.title(`Holdfast ${readVersion()}`);
  const started = await supervise({
    settings: settings.value,
    projectDir: PROJECT_DIR,
    version: readVersion(),
    files: PROCESSES,
    terminal,
    clock: systemClock,
    dice: systemDice,
    signal: wish.signal,
  });
  if (!started.ok) {
    if (started.failure.sentence !== "") terminal.sentence(started.failure.sentence);
    return started.failure.tag === "stopped" ? 0 : 1;
  }
  up.whole = started.value;
  giveMemoryBack(systemClock);
  await ended;
  await started.value.stop();
  terminal.say("\nHoldfast has stopped; everything is kept.\n");
  return 0;
}
