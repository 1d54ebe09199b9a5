/**
 * Below which priority is nobody let in, for one scarce thing? DAGOR's cut-off (Zhou et al. 2018), counted in work: AIMD moves how
 * much may come in per second, and the cut lies where those above it ask for just that much. At the cut itself a share is
 * let in, evenly. It moves only in `adjust`: between two calls whoever stands higher is never refused for somebody lower.
 */
import { LEVELS, LEVELS_PER_LANE, LOWEST_KNOWN } from "./lanes.ts";

/** What is asked for is believed quickly when it grows and forgotten slowly, so that a flood in pulses doesn't find the door open. */
const RISE_MS = 200;
const FALL_MS = 2_000;
/** Above 1 there is too much, below this there is room; in between nothing moves. */
const ROOM = 0.5;
/** One decrease has to show before the next. */
const REST_MS = 200;
const LEAST_DECREASE = 0.1;
const MOST_DECREASE = 0.6;
/** While there is room, so much more is let in per second; the longer there has been room, the more, up to the most. */
const INCREASE = 0.1;
const MOST_INCREASE = 0.5;
/** After so long with room for everybody there is peace: no limit. */
const PEACE_MS = 5_000;
const NOBODY = -1;

export type Cut = {
  /** Work that came in since the last `adjust`, by level. */
  readonly came: Float64Array;
  /** Work per second, by level, smoothed. */
  readonly asked: Float64Array;
  askedInAll: number;
  /** Work per second that may come in; infinite in peace. */
  allowance: number;
  /** Whoever stands below is refused; at it, `share` comes in. */
  level: number;
  share: number;
  /** What the share of those at the cut has added up to; 1 lets one in. */
  owed: number;
  /** Since the last decrease. */
  restMs: number;
  /** For how long there has been room, and room for everybody. */
  roomMs: number;
  calmMs: number;
};

export function newCut(): Cut {
  return {
    came: new Float64Array(LEVELS),
    asked: new Float64Array(LEVELS),
    askedInAll: 0,
    allowance: Number.POSITIVE_INFINITY,
    level: NOBODY,
    share: 1,
    owed: 0,
    restMs: 0,
    roomMs: 0,
    calmMs: 0,
  };
}

/** Whether somebody may come in. Changes nothing: who was asked about is counted by `came`. */
export function passes(cut: Cut, level: number): boolean {
  return level === cut.level ? cut.owed + cut.share >= 1 : level > cut.level;
}

/** Counts what was asked, whether it came in or not. */
export function came(cut: Cut, level: number, work: number): void {
  cut.came[level] = (cut.came[level] ?? 0) + work;
  if (level !== cut.level) return;
  cut.owed += cut.share;
  if (cut.owed >= 1) cut.owed -= 1;
}

/**
 * `pressure`: measured waiting as a multiple of what is aimed at. `least`: work per second that is let in whatever is measured;
 * with `sparesKnown` as much as those who are known ask for, if that is more.
 */
export function adjust(cut: Cut, elapsedMs: number, pressure: number, least: number, sparesKnown = false): void {
  smooth(cut, elapsedMs);
  cut.restMs += elapsedMs;
  const roomForAll = cut.allowance >= cut.askedInAll;
  cut.roomMs = pressure < ROOM ? cut.roomMs + elapsedMs : 0;
  cut.calmMs = pressure < ROOM && roomForAll ? cut.calmMs + elapsedMs : 0;
  if (pressure > 1 && cut.restMs >= REST_MS) {
    const decrease = Math.min(MOST_DECREASE, LEAST_DECREASE * pressure);
    const before = Math.min(cut.allowance, cut.askedInAll);
    const known = askedByKnown(cut);
    // in one step strangers may lose all that they had, and nobody who is known anything: that takes another, if it did not help
    cut.allowance = before > known ? Math.max(known, before * (1 - decrease)) : before * (1 - decrease);
    cut.restMs = 0;
  } else if (pressure < ROOM) {
    const increase = Math.min(MOST_INCREASE, (INCREASE * cut.roomMs) / 1_000);
    cut.allowance *= 1 + (increase * elapsedMs) / 1_000;
  }
  if (cut.calmMs >= PEACE_MS) cut.allowance = Number.POSITIVE_INFINITY;
  cut.allowance = Math.max(least, sparesKnown ? askedByKnown(cut) : 0, cut.allowance);
  place(cut);
}

/** Work per second asked for by those who are known. */
export function askedByKnown({ asked }: Cut): number {
  let sum = 0;
  for (let level = LOWEST_KNOWN * LEVELS_PER_LANE; level < LEVELS; level += 1) sum += asked[level] ?? 0;
  return sum;
}

/** A rate that follows `seen` per ms: quickly up, slowly down. */
export function follow(rate: number, seen: number, elapsedMs: number): number {
  const now = (seen * 1_000) / elapsedMs;
  return rate + (now - rate) * (1 - Math.exp(-elapsedMs / (now > rate ? RISE_MS : FALL_MS)));
}

function smooth(cut: Cut, elapsedMs: number): void {
  cut.askedInAll = 0;
  for (let level = 0; level < LEVELS; level += 1) {
    const rate = follow(cut.asked[level] ?? 0, cut.came[level] ?? 0, elapsedMs);
    cut.asked[level] = rate;
    cut.came[level] = 0;
    cut.askedInAll += rate;
  }
}

function place(cut: Cut): void {
  let room = cut.allowance;
  cut.level = NOBODY;
  cut.share = 1;
  if (room >= cut.askedInAll) return;
  for (let level = LEVELS - 1; level >= 0; level -= 1) {
    const asked = cut.asked[level] ?? 0;
    if (asked > room) {
      cut.level = level;
      cut.share = room / asked;
      return;
    }
    room -= asked;
  }
}
