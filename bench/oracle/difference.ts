/**
 * Does one side take longer than the other? Differences of percentiles of interleaved pairs, with 95 % intervals by the bootstrap:
 * pairs are drawn again and again with replacement, so that what both of a pair met together stays together. Pure.
 */

/** How long the two requests of one pair took. */
export type Pair = { knownMs: number; unknownMs: number };
/** Known less unknown, with the interval in which 95 % of the redrawn differences lie. */
export type Difference = { share: number; knownMs: number; unknownMs: number; ms: number; lowMs: number; highMs: number };
/** `unclear`: the interval holds zero and is too wide. It is never green: more pairs, or a quieter machine. */
export type Verdict = "same" | "differs" | "unclear";

/** The interval must lie within this on both sides. */
export const BAR_MS = 0.5;
const DRAWS = 1_000;
const OUTSIDE = 0.025;

/** `random`: from 0 to 1, 1 excluded. */
export function differenceAt(share: number, pairs: readonly Pair[], random: () => number): Difference {
  const known = ordered(pairs.map(({ knownMs }) => knownMs));
  const unknown = ordered(pairs.map(({ unknownMs }) => unknownMs));
  const times = new Uint16Array(pairs.length);
  const drawn = Float64Array.from({ length: DRAWS }, () => {
    times.fill(0);
    for (let count = 0; count < pairs.length; count += 1) times[Math.floor(random() * pairs.length)]! += 1;
    return rank(known, share, times) - rank(unknown, share, times);
  }).sort();
  const once = times.fill(1);
  const [knownMs, unknownMs] = [rank(known, share, once), rank(unknown, share, once)];
  const at = (place: number) => drawn[Math.ceil(place * DRAWS) - 1] ?? Number.NaN;
  return { share, knownMs, unknownMs, ms: knownMs - unknownMs, lowMs: at(OUTSIDE), highMs: at(1 - OUTSIDE) };
}

export function verdictOn({ lowMs, highMs }: Pick<Difference, "lowMs" | "highMs">): Verdict {
  if (lowMs >= -BAR_MS && highMs <= BAR_MS) return "same";
  return lowMs > 0 || highMs < 0 ? "differs" : "unclear";
}

/** What was measured, had every answer for a known address taken so much longer. */
export function withLeak(pairs: readonly Pair[], leakMs: number): Pair[] {
  return pairs.map(({ knownMs, unknownMs }) => ({ knownMs: knownMs + leakMs, unknownMs }));
}

/** The same numbers for the same seed (mulberry32): a report can be made again. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

type Ordered = readonly { ms: number; pair: number }[];

function ordered(values: readonly number[]): Ordered {
  return values.map((ms, pair) => ({ ms, pair })).toSorted((a, b) => a.ms - b.ms);
}

/** By nearest rank, where each pair is there so many `times`. Counted through, not sorted again: there are a thousand draws. */
function rank(values: Ordered, share: number, times: Uint16Array): number {
  let left = Math.max(1, Math.ceil(share * values.length));
  for (const { ms, pair } of values) {
    left -= times[pair] ?? 0;
    if (left <= 0) return ms;
  }
  return Number.NaN;
}
