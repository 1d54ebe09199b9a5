/**
 * How does the app live as a process? Forked by the supervisor: one boot message in, `ready` out, new keys when they are rotated,
 * `stop` or the end of the channel ends it in order. A lost database ends nothing; a bug that nobody caught ends the process,
 * because what it left behind can't be known, and the supervisor starts it again.
 */
import type { AppBoot, FromChild, ToChild } from "#contract/processes.ts";
import { giveMemoryBack } from "#kit/heap.ts";
import { SECOND_MS, systemClock } from "#kit/time.ts";
import { isConnectionLoss } from "#store/store.ts";
import { createApp, type App } from "./app.ts";

const STOP_WITHIN_MS = 7 * SECOND_MS;

let app: App | undefined;
let leaving = false;

function tell(message: FromChild): void {
  if (process.connected) process.send?.(message, undefined, undefined, () => {});
}

async function begin(boot: AppBoot): Promise<void> {
  try {
    app = createApp(boot, tell);
    tell({ kind: "ready", ...(await app.start()) });
    giveMemoryBack(systemClock);
  } catch (error) {
    if (leaving) return;
    process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
    tell({ kind: "unusable", sentence: `The app could not start: ${error instanceof Error ? error.message : String(error)}` });
    await leave(1);
  }
}

async function leave(code: number): Promise<void> {
  if (leaving) return;
  leaving = true;
  systemClock.after(STOP_WITHIN_MS, () => process.exit(code));
  await app?.stop().catch((error: unknown) => process.stderr.write(`while stopping: ${String(error)}\n`));
  process.exit(code);
}

process.on("message", (message: ToChild) => {
  if (message.kind === "boot" && message.process === "app" && app === undefined) void begin(message);
  if (message.kind === "keys") app?.useKeys(message.keys);
  if (message.kind === "stop") void leave(0);
});
process.on("disconnect", () => void leave(0));
// Ctrl-C reaches the whole group of a terminal: the supervisor says when to stop
process.on("SIGINT", () => {});
process.on("unhandledRejection", (error) => {
  // the driver rejects on its own account when the server goes away under a listener
  if (isConnectionLoss(error)) return;
  throw error;
});
