/**
 * Who comes before whom, and what does a request weigh? Lanes come first; inside a lane, effort that was paid and how
 * little somebody asked for lately. Both are logarithms: one bit of effort makes up for having asked twice as much.
 * Which lane a request belongs to is said by the caller, from verified tokens.
 */
import type { CostClass } from "#contract/routes.ts";

export type Lane = "operator" | "member" | "new-member" | "known-device" | "place" | "heartbeat" | "effort" | "stranger";

/** Highest first. */
export const LANES = [
  "operator",
  "member",
  "new-member",
  "known-device",
  "place",
  "heartbeat",
  "effort",
  "stranger",
] as const satisfies Lane[];

/** A lane as a number, 0 for the lowest. */
export type Rank = number;
export const RANK: Readonly<Record<Lane, Rank>> = {
  operator: 7,
  member: 6,
  "new-member": 5,
  "known-device": 4,
  place: 3,
  heartbeat: 2,
  effort: 1,
  stranger: 0,
};
/** From this lane on somebody is known: an account stands behind them. */
export const LOWEST_KNOWN: Rank = RANK["known-device"];

/** From this lane on whoever comes has shown the pass of an account. */
export const LOWEST_ACCOUNT: Rank = RANK["new-member"];

/** Work: the unit of floors and budgets. One is about a small page from memory. */
export const WORK: Readonly<Record<CostClass, number>> = { nothing: 1, read: 2, write: 4, letter: 8, hash: 32, model: 64 };

/** Bits beyond this are not told apart: nobody computes so much. */
export const MOST_EFFORT = 31;
/** Whoever asked for nothing lately stands this high in a lane; each doubling of what was asked takes one off. */
const FRESH = 12;
/** `use` beyond this makes no difference any more. */
export const MOST_USE = 2 ** FRESH - 1;

export const LEVELS_PER_LANE = FRESH + MOST_EFFORT + 1;
export const LEVELS = LEVELS_PER_LANE * LANES.length;

/** Where somebody stands inside the lane, 0 the lowest. Effort counts for strangers only: an account can't be outbid. */
export function standing(rank: Rank, effort: number, use: number): number {
  const fairness = FRESH - (31 - Math.clz32(1 + Math.min(MOST_USE, use)));
  return rank < LOWEST_KNOWN ? fairness + paidBits(effort) : fairness;
}

/** Whole bits of effort, 0 for anything that is none. */
function paidBits(effort: number): number {
  return effort >= 1 ? Math.min(MOST_EFFORT, Math.floor(effort)) : 0;
}

/** The same from 0, the lowest, to 1: as high as anybody in the lane is expected to stand. */
export function standingShare(rank: Rank, stands: number, mostAskedBits: number): number {
  const maySpend = rank < LOWEST_KNOWN && rank > RANK.stranger;
  return Math.min(1, stands / (maySpend ? FRESH + mostAskedBits : FRESH));
}

/** The compound priority: higher is served first, and a lane's highest stands below the next lane's lowest. */
export function levelOf(rank: Rank, stands: number): number {
  return rank * LEVELS_PER_LANE + stands;
}
