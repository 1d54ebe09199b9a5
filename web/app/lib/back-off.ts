/** How long until the next try after `failures` failed ones? Doubling to a limit, spread so that browsers don't come in step. Pure. */
const FIRST_MS = 500;
const LONGEST_MS = 15_000;

/** `dice` in [0, 1). */
export function backOffMs(failures: number, dice: number): number {
  const full = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(failures, 10));
  return Math.round(full * (0.75 + dice / 2));
}
