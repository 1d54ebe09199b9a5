import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { freshPace, nextTokenMs, refill } from "./pace.ts";

test("in any stretch of time no more letters go than the operator said, and one second's worth", () => {
  const waits = fc.array(fc.integer({ min: 0, max: 3_000 }), { minLength: 1, maxLength: 200 });
  fc.assert(
    fc.property(waits, fc.double({ min: 0.1, max: 100, noNaN: true }), (gaps, perSecond) => {
      let pace = freshPace(perSecond, 0);
      let [now, sent] = [0, 0];
      for (const gap of gaps) {
        now += gap;
        pace = refill(pace, perSecond, now);
        const letters = Math.floor(pace.tokens);
        pace = { ...pace, tokens: pace.tokens - letters };
        sent += letters;
        assert.ok(sent <= (now / 1_000) * perSecond + Math.max(1, perSecond) + 1e-6);
      }
    }),
  );
});

test("whoever waits as long as told can send one", () => {
  const empty = { tokens: 0.25, at: 1_000 };
  const waitMs = nextTokenMs(empty, 0.1);
  assert.equal(waitMs, 7_500);
  assert.ok(refill(empty, 0.1, 1_000 + waitMs).tokens >= 1);
  assert.equal(nextTokenMs({ tokens: 1, at: 0 }, 5), 0);
});
