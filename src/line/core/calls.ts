/**
 * How many may be called now? A token bucket of turns, less those who were called and are expected to come.
 * Never more turns than capacity, whatever anybody sends; whoever was called and stays away holds nobody up.
 */
import type { Tag } from "./order.ts";

/** Who was called this long ago and has not come has lost the turn and gets a new place. */
export const CALL_WINDOW_MS = 120_000;
const MARK_EVERY_MS = 5_000;
const MARKS = CALL_WINDOW_MS / MARK_EVERY_MS;
/** Half-lives would do as well; these are time constants in seconds. */
const COMING_SECONDS = 5;
const SHOWN_SECONDS = 60;
const FRONT_SECONDS = 30;
/** Until something was seen, everybody is expected to come: this many imagined ones did. */
const PRIOR = 4;

export type Calls = {
  /** Turns per second; `null` while unknown: then nobody is called and no turn is given. */
  rate: number | null;
  tokens: number;
  /** Monotonic ms of the last `pass`. */
  at: number;
  /** How many were called lately and have neither come nor been given up. */
  outstanding: number;
  /** Of those called lately: how many came or were given up, and how many came. Both fade. */
  resolved: number;
  shown: number;
  /** Per second: how many lately took a place in the round being served. */
  frontRate: number;
  /** Where the line stood, every five seconds, the oldest last. */
  marks: Tag[];
  markedAt: number;
};

export function newCalls(now: number): Calls {
  return { rate: null, tokens: Number.POSITIVE_INFINITY, at: now, outstanding: 0, resolved: 0, shown: 0, frontRate: 0, marks: [], markedAt: now };
}

/** The most turns that may be given at once. */
export function burstOf(rate: number): number {
  return Math.max(1, rate);
}

/** Lets time pass up to `now`. */
export function pass(calls: Calls, now: number): void {
  const seconds = Math.max(0, now - calls.at) / 1_000;
  calls.at = Math.max(calls.at, now);
  if (seconds === 0) return;
  if (calls.rate !== null) calls.tokens = Math.min(burstOf(calls.rate), calls.tokens + calls.rate * seconds);
  const stillComing = calls.outstanding * Math.exp(-seconds / COMING_SECONDS);
  const fade = Math.exp(-seconds / SHOWN_SECONDS);
  calls.resolved = calls.resolved * fade + (calls.outstanding - stillComing);
  calls.shown *= fade;
  calls.outstanding = stillComing;
  calls.frontRate *= Math.exp(-seconds / FRONT_SECONDS);
}

export function setRate(calls: Calls, rate: number | null): void {
  calls.rate = rate;
  if (rate !== null) calls.tokens = Math.min(calls.tokens, burstOf(rate));
}

/** The share of those called who come, by what was seen lately. */
export function showShare(calls: Calls): number {
  return (calls.shown + PRIOR) / (calls.resolved + PRIOR);
}

/** How far that share may be off (80 %). */
export function showShareSpread(calls: Calls): number {
  const seen = calls.resolved + 2 * PRIOR;
  const share = (calls.shown + PRIOR) / seen;
  return 1.28 * Math.sqrt((share * (1 - share)) / seen);
}

export function mayCall(calls: Calls): boolean {
  return calls.rate !== null && calls.rate > 0 && calls.tokens - calls.outstanding * showShare(calls) >= 1;
}

export function noteCall(calls: Calls): void {
  calls.outstanding += 1;
}

export function noteFrontEntry(calls: Calls): void {
  calls.frontRate += 1 / FRONT_SECONDS;
}

export function hasTurn(calls: Calls): boolean {
  return calls.rate !== null && calls.rate > 0 && calls.tokens >= 1;
}

/** Uses up one turn. Only after `hasTurn`. */
export function useTurn(calls: Calls): void {
  calls.tokens -= 1;
  calls.outstanding = Math.max(0, calls.outstanding - 1);
  calls.resolved += 1;
  calls.shown += 1;
}

/** A turn that led to no letter goes to somebody else. */
export function returnTurn(calls: Calls): void {
  if (calls.rate !== null) calls.tokens = Math.min(burstOf(calls.rate), calls.tokens + 1);
}

/** Remembers where the line stands, so that `lapsedBefore` can tell who was called too long ago. */
export function mark(calls: Calls, frontier: Tag): void {
  for (; calls.at - calls.markedAt >= MARK_EVERY_MS; calls.markedAt += MARK_EVERY_MS) {
    if (calls.at - calls.markedAt > 2 * CALL_WINDOW_MS) calls.markedAt = calls.at - CALL_WINDOW_MS - MARK_EVERY_MS;
    calls.marks.unshift(frontier);
    calls.marks.length = Math.min(calls.marks.length, MARKS + 1);
  }
}

/** Whoever stands before this tag was called more than `CALL_WINDOW_MS` ago; `undefined` while nobody was. */
export function lapsedBefore(calls: Calls): Tag | undefined {
  return calls.marks[MARKS];
}
