/**
 * How does the door live as a process? Forked by the supervisor: one boot message in, `ready` out, new keys when they are
 * rotated, `stop` or the end of the channel ends it in order. A bug that nobody caught ends it; the supervisor starts it again,
 * and the line goes on from its snapshot.
 */
import { pino } from "pino";
import type { DoorBoot, DoorPurpose, FromChild, KeysOf, ToChild } from "#contract/processes.ts";
import { systemDice } from "#kit/dice.ts";
import { giveMemoryBack } from "#kit/heap.ts";
import { SECOND_MS, systemClock } from "#kit/time.ts";
import { createDoor, type Door } from "./door.ts";

const STOP_WITHIN_MS = 5 * SECOND_MS;

let door: Door | undefined;
let leaving = false;

function tell(message: FromChild): void {
  if (process.connected) process.send?.(message, undefined, undefined, () => {});
}

async function begin(boot: DoorBoot): Promise<void> {
  try {
    const log = pino({ level: boot.logLevel, base: { process: "door" } }, pino.destination({ dest: 2, sync: true }));
    door = createDoor(boot, { clock: systemClock, dice: systemDice, log });
    await door.start();
    tell({ kind: "ready" });
    giveMemoryBack(systemClock);
  } catch (error) {
    if (leaving) return;
    process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
    tell({ kind: "unusable", sentence: sentenceOf(error, boot) });
    await leave(1);
  }
}

function sentenceOf(error: unknown, { listenHost, listenPort }: DoorBoot): string {
  if ((error as NodeJS.ErrnoException).code === "EADDRINUSE") {
    return `Something else already listens on ${listenHost}:${listenPort}. Stop it, or choose another port: PORT=8481 npm start`;
  }
  return `The door could not start: ${error instanceof Error ? error.message : String(error)}`;
}

async function leave(code: number): Promise<void> {
  if (leaving) return;
  leaving = true;
  systemClock.after(STOP_WITHIN_MS, () => process.exit(code));
  await door?.stop().catch((error: unknown) => process.stderr.write(`while stopping: ${String(error)}\n`));
  process.exit(code);
}

process.on("message", (message: ToChild) => {
  if (message.kind === "boot" && message.process === "door" && door === undefined) void begin(message);
  if (message.kind === "keys") door?.useKeys(message.keys as Partial<KeysOf<DoorPurpose>>);
  if (message.kind === "stop") void leave(0);
});
process.on("disconnect", () => void leave(0));
// Ctrl-C reaches the whole group of a terminal: the supervisor says when to stop
process.on("SIGINT", () => {});
