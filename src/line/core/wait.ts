/**
 * How long will somebody wait? An interval with a confidence, from what was measured: how many stand ahead and will come in
 * front, how fast calls are made, which share of those called comes, and how often such intervals held.
 */
import { callPace, moves, showShare, showShareSpread, type Calls } from "./calls.ts";
import { callsUntil, type Inflow } from "./inflow.ts";
import { ahead, base, isCalled, isDeep, type Order, type Tag } from "./order.ts";
import { CONFIDENCE, widthAt, type Quote, type Quotes } from "./quotes.ts";

/** Whoever waits notices the turn at the next poll, and those who are called together race. */
const LEAST_DEVIATION_SECONDS = 0.8;
/** The pace of calls changes by itself, and those who may yet come may stay away. */
const PACE_DEVIATION = 0.12;
const JOINING_DEVIATION = 0.5;

export type Measured = { order: Order; calls: Calls; inflow: Inflow; quotes: Quotes };

/** `undefined` while the line stands still. */
export function quoteOf({ order, calls, inflow, quotes }: Measured, tag: Tag): Quote | undefined {
  if (!moves(calls) || calls.rate === null) return undefined;
  const share = showShare(calls);
  const pace = callPace(calls);
  const near = Math.max(1, order.near);
  const {
    calls: until,
    joining,
    more,
  } = isCalled(order, tag) ? { calls: 0, joining: 0, more: 0 } : callsUntil(inflow, ahead(order, tag), tag.tick - base(order), pace, near);
  const seconds = until / pace + Math.max(0, calls.outstanding * share + 1 - calls.tokens) / calls.rate;
  const chance = Math.sqrt((until + calls.outstanding) * share * (1 - share) + joining * share) / calls.rate;
  const unsure = (seconds * Math.min(1, showShareSpread(calls) / share)) / 2;
  const comers = (JOINING_DEVIATION * (joining + more)) / pace;
  const deviation = Math.hypot(LEAST_DEVIATION_SECONDS, chance, unsure, comers, PACE_DEVIATION * seconds);
  const deep = isDeep(order, tag);
  const width = widthAt(quotes, calls.at, seconds, deep);
  const lowSeconds = Math.max(0, Math.round(seconds + width.low * deviation));
  const highSeconds = Math.max(lowSeconds, Math.round(seconds + width.high * deviation));
  return { wait: { lowSeconds, highSeconds, confidence: CONFIDENCE }, seconds, deviation, deep };
}
