/**
 * Does somebody send or take so slowly that they only hold a connection? So long is waited for anything at all, and then for a
 * thousand bytes a second on average, a tenth of what the slowest phone does. Bounded by what is to be sent: eight kilobytes
 * of a form are there after 18 seconds, or their sender is gone.
 */
import { SECOND_MS } from "#kit/time.ts";

export const WAIT_MS = 10 * SECOND_MS;
const BYTES_PER_MS = 1;

/** Since when, and how much had been moved by then. */
export type Pace = { since: number; from: number };

export function isTooSlow({ since, from }: Pace, now: number, moved: number): boolean {
  return now - since > WAIT_MS + Math.max(0, moved - from) / BYTES_PER_MS;
}
