/** Does the interval that a person reads always contain the one that was measured, in words of their language? */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { intervalWords, percentWords } from "./interval.ts";

const between = "{low} to {high}";
const said = (low: number, high: number) => intervalWords("en", low, high, between, "now");

test("an interval is said in whole units", () => {
  assert.equal(said(20.9, 41.2), "20 to 42 seconds");
  assert.equal(said(50, 130), "50 seconds to 3 minutes");
  assert.equal(said(0, 40), "0 to 40 seconds");
  assert.equal(said(0, 600), "0 to 10 minutes");
  assert.equal(said(120, 120), "2 minutes");
  assert.equal(said(3_600, 9_000), "60 minutes to 3 hours");
  assert.equal(said(-5, 0.4), "now");
  assert.equal(intervalWords("es", 20, 42, "{low} a {high}", "ya"), "20 a 42 segundos");
  assert.equal(percentWords("en", 0.9), "90%");
});

test("what is said is never narrower than what was measured", () => {
  const seconds = { second: 1, seconds: 1, minute: 60, minutes: 60, hour: 3_600, hours: 3_600 } as const;
  fc.assert(
    fc.property(fc.double({ min: 2, max: 80_000, noNaN: true }), fc.double({ min: 0, max: 80_000, noNaN: true }), (low, width) => {
      const [first = "", last = first] = said(low, low + width)
        .replaceAll(",", "")
        .split(" to ");
      const [highCount = "", highUnit = ""] = last.split(" ");
      const [lowCount = "", lowUnit = highUnit] = first.split(" ");
      if (last !== first) assert.ok(Number(lowCount) * seconds[lowUnit as "second"] <= low);
      assert.ok(Number(highCount) * seconds[highUnit as "second"] >= low + width - 1e-6);
    }),
  );
});
