/** Is a leak of a millisecond seen in noise like a server's, and none where there is none? */
import assert from "node:assert/strict";
import { test } from "node:test";
import { differenceAt, seededRandom, verdictOn, withLeak, type Pair } from "./difference.ts";

const PAIRS = 5_000;

/** About 4 ms with a long tail; what slows the machine down slows both of a pair down. */
function measured(seed: number, count = PAIRS, leak: (random: () => number) => number = () => 0): Pair[] {
  const random = seededRandom(seed);
  const answer = () => 3 + random() - 1.2 * Math.log(1 - random());
  return Array.from({ length: count }, () => {
    const together = random() < 0.1 ? 6 * random() : 0;
    return { knownMs: together + answer() + leak(random), unknownMs: together + answer() };
  });
}

const verdictAt = (share: number, pairs: readonly Pair[]) => verdictOn(differenceAt(share, pairs, seededRandom(7)));

test("none is found where there is none, whatever the noise", () => {
  for (const seed of [1, 2, 3]) {
    const pairs = measured(seed);
    for (const share of [0.5, 0.9]) assert.equal(verdictAt(share, pairs), "same", `seed ${seed}, p${share * 100}`);
  }
});

test("a leak of 1 ms is caught in either direction, at both percentiles", () => {
  for (const seed of [1, 2, 3]) {
    for (const leakMs of [1, -1]) {
      const pairs = withLeak(measured(seed), leakMs);
      for (const share of [0.5, 0.9]) {
        const difference = differenceAt(share, pairs, seededRandom(7));
        assert.equal(verdictOn(difference), "differs", `seed ${seed}, p${share * 100}`);
        assert.ok(difference.lowMs < leakMs && leakMs < difference.highMs, "the interval holds what was added");
      }
    }
  }
});

test("a leak that only some answers have is caught where it shows", () => {
  const pairs = measured(1, PAIRS, (random) => (random() < 0.2 ? 4 : 0));
  assert.equal(verdictAt(0.9, pairs), "differs");
});

test("too few pairs are never green", () => {
  for (const seed of [1, 2, 3]) assert.notEqual(verdictAt(0.9, measured(seed, 30)), "same");
  assert.notEqual(verdictAt(0.5, []), "same");
});

test("the same seed gives the same report", () => {
  const pairs = measured(9, 500);
  assert.deepEqual(differenceAt(0.5, pairs, seededRandom(1)), differenceAt(0.5, pairs, seededRandom(1)));
});
