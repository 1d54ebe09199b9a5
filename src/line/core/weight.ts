/**
 * How much does a place weigh? Effort and reputation multiply; in peace everybody weighs one. What a place costs its source is
 * a round divided by its weight. Waiting buys the same thing in time: see order.ts.
 */

export const ROUND_TICKS = 64;
const WEIGHT = { least: 1 / 2, most: 64 } as const;
/** A good or a bad name moves nobody further than this, so that nobody can be shut out by spoiling a network's name. */
const REPUTATION = { least: 1 / 2, most: 2 } as const;

/** `effort`: what effort buys, from 1 for none. `reputation`: 1 when nothing is known. Whatever comes, a weight from 1/2 to 64. */
export function weigh(effort: number, reputation: number): number {
  return clampWeight(clamp(effort, 1, WEIGHT.most) * clamp(reputation, REPUTATION.least, REPUTATION.most));
}

function clampWeight(weight: number): number {
  return clamp(weight, WEIGHT.least, WEIGHT.most);
}

/** Ticks that a place costs: never more for a heavier one. */
export function costOf(weight: number): number {
  return Math.max(1, Math.round(ROUND_TICKS / clampWeight(weight)));
}

/** From 0 (less than 2) to 6 (64). */
export function bandOf(weight: number): number {
  return Math.max(0, Math.floor(Math.log2(clampWeight(weight))));
}

function clamp(value: number, least: number, most: number): number {
  return Number.isNaN(value) ? 1 : Math.min(most, Math.max(least, value));
}
