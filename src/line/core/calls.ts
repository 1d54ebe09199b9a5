/**
 * How many may be called now? A token bucket of turns, less those who were called and are expected to come.
 * Never more turns than capacity, whatever anybody sends; whoever was called and stays away holds nobody up.
 */

/** Whoever was called this long ago and has not come, while there were turns, has lost it and gets a new place. */
const CALL_WINDOW_MS = 120_000;
const MARK_EVERY_MS = 5_000;
const MARKS = CALL_WINDOW_MS / MARK_EVERY_MS;
/** Whoever is called comes within about this long: at the next poll. The turns of that time may be called ahead. */
const COMING_SECONDS = 2;
/** Whoever was called and is there asks at least this often: after so long with turns left, nobody who is there lacks one. */
const ALL_ASKED_MS = 1_500;
/** Turns that may be saved up, in seconds of capacity: more than `ALL_ASKED_MS`, so that pausing the calls wastes none. */
const BURST_SECONDS = 2;
/** Time constants of what fades. */
const SHOWN_SECONDS = 60;
const PACE_SECONDS = 30;
/** Until calls were seen, they are made as fast as the capacity and the share of people who come let expect. */
const EXPECTED_SECONDS = 8;
/** Turns that must be left beyond those expected: less than one, or a single absent person would hold up a slow line. */
const SPARE = 0.5;
/** Until something was seen, everybody is expected to come: as many imagined ones did as there are turns in this time. */
const PRIOR_SECONDS = 4;

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
  /** How many were called lately, and in how many seconds in which somebody waited and there was capacity. Both fade. */
  callsMade: number;
  callSeconds: number;
  /** Somebody waited when time passed last: whoever is called now stood in a line. */
  queueing: boolean;
  /** Somebody who was called found no turn left: too many were called, and they go first. */
  pressed: boolean;
  /** For how long there have been turns left. */
  freeMs: number;
  /** How long whoever was called could have had a turn. Stands still while pressed or without capacity. */
  openMs: number;
  /** The tick before which everybody was called, every five seconds of `openMs`, the oldest last. */
  marks: number[];
  markedAt: number;
};

export function newCalls(now: number, tokens: number): Calls {
  return {
    rate: null,
    tokens,
    at: now,
    outstanding: 0,
    resolved: 0,
    shown: 0,
    callsMade: 0,
    callSeconds: 0,
    queueing: false,
    pressed: false,
    freeMs: 0,
    openMs: 0,
    marks: [],
    markedAt: 0,
  };
}

/** The most turns that may be given at once. */
function burstOf(rate: number): number {
  return Math.max(1, rate * BURST_SECONDS);
}

/** Lets time pass up to `now`. `waiting`: somebody stands in the line. */
export function pass(calls: Calls, now: number, waiting: boolean): void {
  const seconds = Math.max(0, now - calls.at) / 1_000;
  calls.at = Math.max(calls.at, now);
  if (seconds === 0) return;
  const { rate } = calls;
  if (rate === null || rate <= 0) return;
  calls.queueing = waiting;
  if (waiting) {
    const slower = Math.exp(-seconds / PACE_SECONDS);
    calls.callsMade *= slower;
    calls.callSeconds = calls.callSeconds * slower + seconds;
  }
  calls.freeMs = calls.tokens >= 1 ? calls.freeMs + seconds * 1_000 : Math.max(0, seconds - (1 - calls.tokens) / rate) * 1_000;
  calls.tokens = Math.min(burstOf(rate), calls.tokens + rate * seconds);
  if (calls.freeMs >= ALL_ASKED_MS) calls.pressed = false;
  if (calls.pressed) return;
  calls.openMs += seconds * 1_000;
  const stillComing = calls.outstanding * Math.exp(-seconds / COMING_SECONDS);
  const fade = Math.exp(-seconds / SHOWN_SECONDS);
  calls.resolved = calls.resolved * fade + (calls.outstanding - stillComing);
  calls.shown *= fade;
  calls.outstanding = stillComing;
}

/** There is capacity. */
export function moves(calls: Calls): boolean {
  return calls.rate !== null && calls.rate > 0;
}

export function setRate(calls: Calls, rate: number | null): void {
  // what was seen at another rate tells how fast calls will be made now
  if (moves(calls) && rate !== null) calls.callsMade *= rate / (calls.rate ?? rate);
  calls.rate = rate;
  if (rate !== null) calls.tokens = Math.min(calls.tokens, burstOf(rate));
}

/** The share of those called who come, by what was seen lately. */
export function showShare(calls: Calls): number {
  const imagined = priorOf(calls);
  return Math.min(1, (calls.shown + imagined) / (calls.resolved + imagined));
}

/** How far that share may be off (80 %). */
export function showShareSpread(calls: Calls): number {
  const seen = calls.resolved + 2 * priorOf(calls);
  const share = Math.min(1, (calls.shown + priorOf(calls)) / seen);
  return 1.28 * Math.sqrt((share * (1 - share)) / seen);
}

function priorOf(calls: Calls): number {
  return PRIOR_SECONDS * Math.max(1, calls.rate ?? 1);
}

export function mayCall(calls: Calls): boolean {
  if (!moves(calls) || calls.pressed) return false;
  const whenTheyCome = calls.tokens + (calls.rate ?? 0) * COMING_SECONDS;
  return whenTheyCome - calls.outstanding * showShare(calls) >= SPARE;
}

export function noteCall(calls: Calls): void {
  calls.outstanding += 1;
  if (calls.queueing) calls.callsMade += 1;
}

/** Calls per second while somebody waits, as seen lately. */
export function callPace(calls: Calls): number {
  const expected = (calls.rate ?? 0) / showShare(calls);
  return (calls.callsMade + EXPECTED_SECONDS * expected) / (calls.callSeconds + EXPECTED_SECONDS);
}

export function hasTurn(calls: Calls): boolean {
  return moves(calls) && calls.tokens >= 1;
}

/** Somebody who was called asked for the turn and there was none: nobody else is called until all who are there had theirs. */
export function notePress(calls: Calls): void {
  if (moves(calls)) calls.pressed = true;
}

/** Uses up one turn. Only after `hasTurn`. */
export function useTurn(calls: Calls): void {
  calls.tokens -= 1;
  if (calls.tokens < 1) calls.freeMs = 0;
  // who comes late was given up before: counted already
  const awaited = Math.min(1, calls.outstanding);
  calls.outstanding -= awaited;
  calls.resolved += awaited;
  calls.shown += 1;
}

/** A turn that led to no letter goes to somebody else. */
export function returnTurn(calls: Calls): void {
  if (calls.rate !== null) calls.tokens = Math.min(burstOf(calls.rate), calls.tokens + 1);
}

/** Remembers where the clock of the line stands, so that `lapsedBefore` can tell who was called too long ago. */
export function mark(calls: Calls, tick: number): void {
  for (; calls.openMs - calls.markedAt >= MARK_EVERY_MS; calls.markedAt += MARK_EVERY_MS) {
    if (calls.openMs - calls.markedAt > 2 * CALL_WINDOW_MS) calls.markedAt = calls.openMs - CALL_WINDOW_MS - MARK_EVERY_MS;
    calls.marks.unshift(tick);
    calls.marks.length = Math.min(calls.marks.length, MARKS + 1);
  }
}

/** Whoever stands before this tick was called more than `CALL_WINDOW_MS` ago. */
export function lapsedBefore(calls: Calls): number {
  return calls.marks[MARKS] ?? 0;
}
