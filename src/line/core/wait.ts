/**
 * How long will somebody wait? An interval with a confidence, from what was measured: how many stand ahead, which share of
 * those called comes, how fast turns are given, and how many join in front. Tests measure how often it holds.
 */
import type { Wait } from "#contract/wire.ts";
import { moves, showShare, showShareSpread, type Calls } from "./calls.ts";

const CONFIDENCE = 0.8;
/** Two-sided 80 %. */
const DEVIATIONS = 1.28;
/** Calls run this far ahead of turns or behind them, and whoever waits notices the turn at the next poll. */
const EITHER_WAY_SECONDS = 2;
/** Turns that nobody came for in time, as a share of all (measured by the simulation in line.test.ts). */
const LOST = 0.12;
/** Joining in front never eats more than this share of the turns in the estimate; beyond it the interval is only wide. */
const MOST_EATEN = 0.9;

/** `undefined` while the line stands still. `deep`: in a round that is not being served yet, so that others may join in front. */
export function waitOf(calls: Calls, ahead: number, deep: boolean): Wait | undefined {
  if (!moves(calls) || calls.rate === null) return undefined;
  const share = showShare(calls);
  const coming = ahead + calls.outstanding;
  const turns = Math.max(0, coming * share + 1 - calls.tokens);
  const chance = DEVIATIONS * Math.sqrt(coming * share * (1 - share));
  const off = Math.hypot(chance, coming * showShareSpread(calls));
  const eaten = deep ? Math.min(MOST_EATEN * calls.rate, calls.frontRate * share) : 0;
  return {
    lowSeconds: Math.floor(Math.max(0, (turns - off) / calls.rate - EITHER_WAY_SECONDS)),
    highSeconds: Math.ceil((turns + off) / ((1 - LOST) * (calls.rate - eaten)) + EITHER_WAY_SECONDS),
    confidence: CONFIDENCE,
  };
}
