/**
 * Does anybody wait, for the door's own time or for the app's? Each as a multiple of what is aimed at: above 1 is too long.
 * As CoDel does it, the least wait of a while counts: one slow answer or one pause is no queue, what is there all the time is one.
 * What is no number counts as not measured, and not measured as no waiting (fails open: budgets and lanes hold all the same).
 */

/** This many must stand at the app before waiting for it means anything: one slow query is no queue. */
const A_QUEUE = 8;
/** Reads and writes that came to nothing in the app, as a share of those that ended, from which on it is too much. */
const DROPPED_SHARE = 0.1;
const DROPPED_AT_LEAST = 3;
const MOST = 100;

export type Targets = { lagMs: number; appWaitMs: number; appInFlight: number; busyShare: number };
/** Below the target by this much the door has room; above it by as much there is twice what is aimed at. */
const BUSY_STEP = 0.1;
/** A burst of a few hundred requests is over before it counts. */
const BUSY_SMOOTH_MS = 700;

export type Waiting = {
  /** Of the window before: a window counts only together with it. */
  lagMs: number;
  /** Smoothed. */
  busyShare: number;
  appWaitMs: number;
  /** For how long nothing came from the app, although it was asked. */
  silentMs: number;
  /** Since the last `take`: how many ended in the app, how many of them came to nothing, and the quickest read. */
  ended: number;
  dropped: number;
  quickestMs: number;
};

export function newWaiting(): Waiting {
  return { lagMs: 0, busyShare: 0, appWaitMs: 0, silentMs: 0, ended: 0, dropped: 0, quickestMs: Number.POSITIVE_INFINITY };
}

export function noteEnd(waiting: Waiting, isRead: boolean, dropped: boolean, durationMs: number): void {
  waiting.ended += 1;
  if (dropped) waiting.dropped += 1;
  else if (isRead && durationMs >= 0) waiting.quickestMs = Math.min(waiting.quickestMs, durationMs);
}

/** Takes what was measured in the last `elapsedMs` and tells how it stands. `busy`: nobody waits yet, and soon somebody would. */
export function weigh(
  waiting: Waiting,
  targets: Targets,
  elapsedMs: number,
  measured: { lagMs: number; busyShare?: number; appInFlight: number; appWaitMs: number | null },
): { door: number; busy: number; app: number } {
  const lagMs = amount(measured.lagMs);
  waiting.busyShare += (Math.min(1, amount(measured.busyShare ?? 0)) - waiting.busyShare) * (1 - Math.exp(-elapsedMs / BUSY_SMOOTH_MS));
  const inFlight = amount(measured.appInFlight);
  const answered = measured.appWaitMs === null ? Number.POSITIVE_INFINITY : amount(measured.appWaitMs);
  const quickest = Math.min(answered, waiting.quickestMs);
  waiting.silentMs = quickest < Number.POSITIVE_INFINITY || inFlight === 0 ? 0 : waiting.silentMs + elapsedMs;
  const appWaitMs = quickest < Number.POSITIVE_INFINITY ? quickest : waiting.silentMs;

  const tooMany = waiting.dropped >= DROPPED_AT_LEAST && waiting.dropped >= DROPPED_SHARE * waiting.ended;
  const door = Math.min(lagMs, waiting.lagMs) / targets.lagMs;
  const busy = 1 + (waiting.busyShare - targets.busyShare) / BUSY_STEP;
  const queue = Math.min(Math.min(appWaitMs, waiting.appWaitMs) / targets.appWaitMs, inFlight / A_QUEUE);
  const app = Math.max(queue, inFlight / targets.appInFlight, tooMany ? 2 : 0);

  waiting.lagMs = lagMs;
  waiting.appWaitMs = appWaitMs;
  waiting.ended = 0;
  waiting.dropped = 0;
  waiting.quickestMs = Number.POSITIVE_INFINITY;
  return { door: Math.min(MOST, door), busy: Math.min(MOST, amount(busy)), app: Math.min(MOST, app) };
}

function amount(value: number): number {
  return value > 0 ? value : 0;
}
