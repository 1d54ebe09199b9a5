/**
 * Does somebody send or take so slowly that they only hold a connection? A thousand bytes a second are asked for, a tenth of what
 * the slowest phone does, and whoever falls ten seconds behind is gone. Nobody runs ahead: much at once and then nothing buys no
 * more than these ten seconds.
 */
import { SECOND_MS } from "#kit/time.ts";

const WAIT_MS = 10 * SECOND_MS;
const BYTES_PER_MS = 1;

/** When it was last looked at, how much had been moved by then, and how far behind they may still fall. */
export type Pace = { at: number; moved: number; leftMs: number };

export function newPace(now: number, moved: number): Pace {
  return { at: now, moved, leftMs: WAIT_MS };
}

/** Looks again, and notes what was seen. */
export function isTooSlow(pace: Pace, now: number, moved: number): boolean {
  const left = pace.leftMs - (now - pace.at) + (moved - pace.moved) / BYTES_PER_MS;
  pace.leftMs = Math.min(WAIT_MS, left);
  pace.at = now;
  pace.moved = moved;
  return left < 0;
}
