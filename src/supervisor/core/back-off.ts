/**
 * After a part ended by itself: how long until it is started again? 100 ms, doubling to 5 s, and from the beginning
 * again once it held out for 30 s. Pure; starting and waiting belongs to part.ts.
 */

export type BackOff = { failures: number };
export const RESTED: BackOff = { failures: 0 };

const FIRST_MS = 100;
const LAST_MS = 5_000;
const HEALTHY_MS = 30_000;

/** The wait before the next start of a part that ran for `ranMs`. */
export function afterEnd(state: BackOff, ranMs: number): { state: BackOff; waitMs: number } {
  const failures = ranMs >= HEALTHY_MS ? 0 : state.failures;
  const waitMs = Math.min(LAST_MS, FIRST_MS * 2 ** Math.min(failures, 10));
  return { state: { failures: failures + 1 }, waitMs };
}
