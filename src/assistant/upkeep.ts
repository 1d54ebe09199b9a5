/**
 * What must be tidied in chats? Answers that nobody writes any more (a killed process, a database that was away for long)
 * are marked as interrupted with the words that were kept; old events go after a day, deleted conversations after 30.
 */
import type { Logger } from "pino";
import { DAY_MS, HOUR_MS, MINUTE_MS, type Clock } from "#kit/time.ts";
import type { Egress } from "#egress/egress.ts";
import type { Pool } from "#store/store.ts";
import type { EventLog } from "./event-log.ts";
import { egressOf } from "./generation.ts";
import { accountsToPrune, endMessage, pruneEvents, removeDeleted, runningSince, type AnswerEnd } from "./store.ts";

const KEEP_EVENTS_MS = DAY_MS;
const KEEP_DELETED_MS = 30 * DAY_MS;
const SETTLE_EVERY_MS = MINUTE_MS;
/** A question whose transaction has just been committed is about to be begun. */
const SETTLE_AFTER_MS = MINUTE_MS;
const BATCH_EVENTS = 5_000;
const BATCH_CONVERSATIONS = 100;

type Parts = {
  sql: Pool;
  clock: Clock;
  log: Logger;
  events: EventLog;
  egress: Pick<Egress, "summary">;
  isRunning: (messageId: string) => boolean;
};
export type Upkeep = {
  /** Marks what a former process left. Throws while the database is away: then start again. */
  start(): Promise<void>;
  stop(): void;
};

export function createUpkeep(parts: Parts): Upkeep {
  const { sql, clock, log } = parts;
  const stopped = new AbortController();

  async function settle(before: number): Promise<void> {
    for (const { id, accountId } of await runningSince(sql, before)) {
      if (!parts.isRunning(id)) await endAbandoned(parts, accountId, id, { state: "interrupted", problemCode: null, usage: null });
    }
  }

  async function tidy(): Promise<void> {
    const now = clock.now();
    for (const accountId of await accountsToPrune(sql, now - KEEP_EVENTS_MS)) {
      while (!stopped.signal.aborted) {
        const removed = await sql.begin((tx) => pruneEvents(tx, accountId, now - KEEP_EVENTS_MS, BATCH_EVENTS));
        if (removed < BATCH_EVENTS) break;
      }
    }
    while (!stopped.signal.aborted && (await removeDeleted(sql, now - KEEP_DELETED_MS, BATCH_CONVERSATIONS)) === BATCH_CONVERSATIONS);
  }

  async function attempt(what: string, work: () => Promise<void>): Promise<void> {
    await work().catch((error: unknown) => log.warn({ err: error }, `${what}; it is tried again`));
  }

  async function goOn(): Promise<void> {
    let tidiedAt = Number.NEGATIVE_INFINITY;
    while (!stopped.signal.aborted) {
      if (clock.monotonic() - tidiedAt >= HOUR_MS) {
        tidiedAt = clock.monotonic();
        await attempt("old events and deleted conversations could not be removed", tidy);
      }
      await clock.sleep(SETTLE_EVERY_MS, stopped.signal).catch(() => {});
      if (!stopped.signal.aborted)
        await attempt("answers that nobody writes could not be marked", () => settle(clock.now() - SETTLE_AFTER_MS));
    }
  }

  return {
    async start() {
      await settle(clock.now());
      void goOn();
    },
    stop: () => stopped.abort(),
  };
}

/** Ends an answer that is marked as running though nobody writes it. Its words are those in the log. */
export async function endAbandoned(parts: Omit<Parts, "isRunning">, accountId: string, messageId: string, end: AnswerEnd): Promise<void> {
  const egress = await egressOf(parts, messageId, AbortSignal.abort());
  await parts.events.write(accountId, async (tx) => {
    const message = await endMessage(tx, messageId, end, parts.clock.now());
    return { value: undefined, events: message === undefined ? [] : [{ kind: "message", message: { ...message, egress } }] };
  });
}
