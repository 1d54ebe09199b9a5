/**
 * Who joins in front of somebody who waits? How many places were taken lately, by how far behind the clock they stand: those who
 * bring effort stand close to it, whoever floods stands far. Faded rates in a few classes of distance.
 */
import { ROUND_TICKS } from "./weight.ts";

const FADE_SECONDS = 30;
/** By powers of two ticks, up to the whole ring. */
const CLASSES = 19;
/** Nearer than two rounds. */
const NEAR_CLASSES = 7;
/**
 * More people may come than are called. That they go on to do so is expected for this long, and feared for as long as they have
 * done so; and up to these factors.
 */
const CROWDED = 0.8;
const CROWD_SECONDS = { least: 40, most: 300 } as const;
const MOST_GROWTH = 2;
const MOST_GROWN = 3;

export type Inflow = {
  at: number;
  /** Per class: places per second, and the same multiplied by their distance. Both fade. */
  readonly rates: Float64Array;
  readonly distances: Float64Array;
  /** For how long more have come near the clock than were called; fades when they don't. */
  crowdedSeconds: number;
};

export function newInflow(now: number): Inflow {
  return { at: now, rates: new Float64Array(CLASSES), distances: new Float64Array(CLASSES), crowdedSeconds: 0 };
}

export function passInflow(inflow: Inflow, now: number, callsPerSecond: number): void {
  const seconds = (now - inflow.at) / 1_000;
  if (seconds <= 0) return;
  const fade = Math.exp(-seconds / FADE_SECONDS);
  inflow.at = now;
  let near = 0;
  for (let index = 0; index < NEAR_CLASSES; index += 1) near += inflow.rates[index] ?? 0;
  inflow.crowdedSeconds = near >= CROWDED * callsPerSecond ? inflow.crowdedSeconds + seconds : inflow.crowdedSeconds * fade;
  for (let index = 0; index < CLASSES; index += 1) {
    inflow.rates[index] = (inflow.rates[index] ?? 0) * fade;
    inflow.distances[index] = (inflow.distances[index] ?? 0) * fade;
  }
}

/** Somebody took a place `distance` ticks behind the clock. */
export function noteEntry(inflow: Inflow, distance: number): void {
  const index = Math.min(CLASSES - 1, Math.floor(Math.log2(Math.max(1, distance))));
  inflow.rates[index] = (inflow.rates[index] ?? 0) + 1 / FADE_SECONDS;
  inflow.distances[index] = (inflow.distances[index] ?? 0) + distance / FADE_SECONDS;
}

/**
 * How many calls it takes until somebody `distance` ticks behind the clock with `ahead` in front is called; how many of those go
 * to people who come later, and to how many more if people go on to crowd in. `near` calls move the clock on by a round, and
 * more of them while more come than are called; whoever comes after it has gone far enough stands behind.
 */
export function callsUntil(inflow: Inflow, ahead: number, distance: number, callsPerSecond: number, near: number) {
  const calls = callsWhile(inflow, ahead, distance, callsPerSecond, near, CROWD_SECONDS.least);
  const crowded = Math.min(CROWD_SECONDS.most, inflow.crowdedSeconds);
  const most = crowded > CROWD_SECONDS.least ? callsWhile(inflow, ahead, distance, callsPerSecond, near, crowded) : calls;
  return { calls, joining: calls - ahead, more: most - calls };
}

function callsWhile(inflow: Inflow, ahead: number, distance: number, callsPerSecond: number, near: number, crowdSeconds: number): number {
  const classes: { perCall: number; mean: number }[] = [];
  // those who stand farthest stop getting in front first
  for (let index = CLASSES - 1; index >= 0; index -= 1) {
    const rate = inflow.rates[index] ?? 0;
    const mean = rate > 0 ? (inflow.distances[index] ?? 0) / rate : Number.POSITIVE_INFINITY;
    if (mean < Math.max(distance, 2 * ROUND_TICKS)) classes.push({ perCall: rate / callsPerSecond, mean });
  }
  const perCall = classes.reduce((sum, one) => sum + (one.mean < 2 * ROUND_TICKS ? one.perCall : 0), 0);
  const growth = Math.min(MOST_GROWTH, Math.max(0, perCall - 1));
  const inFront = classes.filter(({ mean }) => mean < distance);
  let calls = ahead;
  let slope = inFront.reduce((sum, one) => sum + one.perCall, 0);
  const lasting = slope < CROWDED ? Number.POSITIVE_INFINITY : callsPerSecond * crowdSeconds;
  for (const { perCall: share, mean } of inFront) {
    const rounds = (distance - mean) / ROUND_TICKS;
    const clock = near * rounds * Math.min(MOST_GROWN, growth * rounds < 1e-3 ? 1 : Math.expm1(growth * rounds) / (growth * rounds));
    const until = Math.min(clock, lasting);
    if (slope < 1 && calls / (1 - slope) <= until) break;
    calls += share * until;
    slope -= share;
  }
  return slope > 1e-9 && slope < 1 ? calls / (1 - slope) : calls;
}
