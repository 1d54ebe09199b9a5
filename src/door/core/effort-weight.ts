/**
 * What is effort worth in the line? A weight that grows with the square root of the work: a native solver, a hundred times
 * faster than a browser, gets ten times the weight and not a hundred. Whoever brings none has the weight of everybody in peace.
 */

/** More is never asked for, whoever asks. A browser gives up long before and hands in what it has. */
const MOST_BITS = 30;
/** What 1,000 tries pay for, a few milliseconds, is nothing. */
const FREE_BITS = 10;
const MOST_WEIGHT = 64;

/** The bits that count of those that were reached: never more than were asked for, so that luck buys nothing. */
export function paidBits(reached: number, wanted: number): number {
  return Math.min(reached, wanted, MOST_BITS);
}

/** From 1 (none) to 64 (22 bits): doubled by every two bits above ten. */
export function weightOf(paid: number): number {
  return Math.min(MOST_WEIGHT, 2 ** (Math.max(0, paid - FREE_BITS) / 2));
}

/** A whole number of bits from 0 to the most, whatever the admission core says. */
export function wantedBits(effort: number): number {
  return Number.isFinite(effort) ? Math.min(MOST_BITS, Math.max(0, Math.round(effort))) : 0;
}
