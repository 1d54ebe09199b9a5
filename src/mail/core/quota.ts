/**
 * May this recipient get one more letter now? At most three in an hour, one of them kept for a known device, so that
 * strangers can neither flood a mailbox nor lock its owner out.
 */
import { fail, succeed, type Outcome } from "#kit/outcome.ts";
import { LETTERS_PER_HOUR, LIMIT_WINDOW_MS, STRANGERS_LETTERS_PER_HOUR } from "./limits.ts";

export type RecentLetter = { createdAt: number; knownDevice: boolean };
export type RecipientLimit = { tag: "recipient-limit"; retryAfterMs: number };

/** `recent` are the recipient's letters of the last hour, in any order. `retryAfterMs` is at least 1. */
export function checkQuota(recent: readonly RecentLetter[], knownDevice: boolean, now: number): Outcome<undefined, RecipientLimit> {
  const all = freeAt(recent, LETTERS_PER_HOUR);
  const strangers = knownDevice
    ? 0
    : freeAt(
        recent.filter((letter) => !letter.knownDevice),
        STRANGERS_LETTERS_PER_HOUR,
      );
  const retryAfterMs = Math.max(all, strangers) - now;
  return retryAfterMs > 0 ? fail({ tag: "recipient-limit", retryAfterMs }) : succeed(undefined);
}

/** When fewer than `limit` of `letters` lie within the window. */
function freeAt(letters: readonly RecentLetter[], limit: number): number {
  const newestFirst = letters.map((letter) => letter.createdAt).toSorted((a, b) => b - a);
  const holdingUp = newestFirst[limit - 1];
  return holdingUp === undefined ? 0 : holdingUp + LIMIT_WINDOW_MS;
}
