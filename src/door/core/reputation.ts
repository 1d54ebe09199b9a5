/**
 * What is a network's name worth in the line? From 1/2 to 2, by how many of the letters that were ordered from it led to an account.
 * Nobody is known: 1. A letter counts once its code can't come back any more, so that a class that signs up together
 * is not taken for people who never finish. Constant memory; everything fades by half in a day.
 */
import { HOUR_MS, MINUTE_MS } from "#kit/time.ts";
import { add, countOf, newFadingCounts, takeAway } from "./hashed-counts.ts";

/** 8 bytes of a keyed hash of the network. */
type Source = Uint8Array;

/** A code is good for ten minutes; who confirms in the last of them takes another one. */
const PERIOD_MS = 12 * MINUTE_MS;
const HALF_LIFE_MS = 24 * HOUR_MS;
const FADES_TO = 0.5 ** (PERIOD_MS / HALF_LIFE_MS);
/** So many letters of which half were confirmed are taken for granted: the first few say little. */
const GRANTED = 4;
/** At no letter confirmed 1/2, at half of them 1, at all of them 2. */
const SPREAD = 4;

export type Reputation = {
  /** Ordered in this period and in the one before: their codes may still come back. */
  ordered: Float32Array;
  orderedBefore: Float32Array;
  readonly settled: Float32Array;
  readonly confirmed: Float32Array;
  periodAt: number;
};

/** 256 KB. `now` is monotonic ms everywhere. */
export function newReputation(now: number): Reputation {
  return {
    ordered: newFadingCounts(),
    orderedBefore: newFadingCounts(),
    settled: newFadingCounts(),
    confirmed: newFadingCounts(),
    periodAt: now,
  };
}

export function noteOrdered(reputation: Reputation, now: number, source: Source): void {
  pass(reputation, now);
  add(reputation.ordered, source);
}

/** The letter that was ordered a moment ago never went out. */
export function noteGivenBack(reputation: Reputation, now: number, source: Source): void {
  pass(reputation, now);
  if (countOf(reputation.ordered, source) >= 1) takeAway(reputation.ordered, source);
}

export function noteConfirmed(reputation: Reputation, now: number, source: Source): void {
  pass(reputation, now);
  add(reputation.confirmed, source);
}

/** A factor from 1/2 to 2; 1 where nothing is known. */
export function reputationOf(reputation: Reputation, now: number, source: Source): number {
  pass(reputation, now);
  const confirmed = countOf(reputation.confirmed, source);
  // who confirmed has ordered, also when the letter itself is not settled yet
  const ordered = Math.max(confirmed, countOf(reputation.settled, source));
  const share = (confirmed + GRANTED / 2) / (ordered + GRANTED);
  return SPREAD ** (share - 0.5);
}

/** A table is swept once in twelve minutes: 16,384 cells, a few tens of microseconds. */
function pass(reputation: Reputation, now: number): void {
  const periods = Math.floor((now - reputation.periodAt) / PERIOD_MS);
  if (!(periods > 0)) return;
  reputation.periodAt += periods * PERIOD_MS;
  // after so many periods all has faded
  for (let left = Math.min(periods, 1_000); left > 0; left -= 1) turn(reputation);
}

function turn(reputation: Reputation): void {
  const { settled, confirmed, ordered, orderedBefore } = reputation;
  for (let cell = 0; cell < settled.length; cell += 1) {
    settled[cell] = (settled[cell] ?? 0) * FADES_TO + (orderedBefore[cell] ?? 0);
    confirmed[cell] = (confirmed[cell] ?? 0) * FADES_TO;
  }
  reputation.ordered = orderedBefore.fill(0);
  reputation.orderedBefore = ordered;
}
