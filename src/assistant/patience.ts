/**
 * What if the database is away for a while, or its disk is full, while an answer is being written? Words wait in memory and
 * are tried again; after two minutes we give up. A fault of any other kind is thrown at once.
 */
import type { Logger } from "pino";
import { MINUTE_MS, type Clock } from "#kit/time.ts";
import { isConnectionLoss, isDiskFull } from "#store/store.ts";

const GIVE_UP_MS = 2 * MINUTE_MS;
const RETRY_MS = 500;
const RETRY_FULL_MS = 5_000;

/** True for what goes away by itself or by the operator's hand: no connection, too many of them, no room. */
export function isPassingFault(error: unknown): boolean {
  const code = (error as { code?: unknown } | null)?.code;
  return isConnectionLoss(error) || (typeof code === "string" && /^(?:53|40)/.test(code));
}

/** `gaveUp: "disk-full"` when room was what was missing. */
export type Tried<Value> = { gaveUp: false; value: Value } | { gaveUp: "database-away" | "disk-full" };

/**
 * Does `work` until it succeeds, until it was tried for `giveUpMs`, or until it fails after `signal` aborted. It hears whether
 * it was tried before: then perhaps only the answer was lost. Work that hangs is given up too, and may still succeed later.
 */
export async function tryWithPatience<Value>(
  parts: { clock: Clock; log: Logger; giveUpMs?: number },
  signal: AbortSignal,
  work: (again: boolean) => Promise<Value>,
): Promise<Tried<Value>> {
  const { clock, log } = parts;
  const ended = new AbortController();
  let why: "database-away" | "disk-full" = "database-away";
  let late = false;

  async function keepTrying(): Promise<Tried<Value>> {
    for (let again = false; !late; again = true) {
      try {
        return { gaveUp: false, value: await work(again) };
      } catch (error) {
        if (!isPassingFault(error)) throw error;
        why = isDiskFull(error) ? "disk-full" : "database-away";
        if (!again) log.warn({ err: error }, "an answer can't be kept right now; its words wait in memory");
        if (signal.aborted) break;
        await clock.sleep(why === "disk-full" ? RETRY_FULL_MS : RETRY_MS, signal).catch(() => {});
      }
    }
    return { gaveUp: why };
  }

  async function deadline(): Promise<Tried<Value>> {
    await clock.sleep(parts.giveUpMs ?? GIVE_UP_MS, ended.signal);
    late = true;
    log.error("an answer could not be kept: the database was away for too long");
    return { gaveUp: why };
  }

  const tried = keepTrying().finally(() => ended.abort());
  // the one that loses the race ends by itself: the deadline is cut off, the tries after the one that is under way
  const lost = (error: unknown) => void (late && log.warn({ err: error }, "a late try to keep an answer failed"));
  const given = deadline();
  tried.catch(lost);
  given.catch(() => {});
  return Promise.race([tried, given.catch(() => tried)]);
}
