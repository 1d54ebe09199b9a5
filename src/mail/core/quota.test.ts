import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { HOUR_MS, MINUTE_MS } from "#kit/time.ts";
import { checkQuota, type RecentLetter } from "./quota.ts";

const NOW = 1_800_000_000_000;
const minutesAgo = (minutes: number, knownDevice = false): RecentLetter => ({ createdAt: NOW - minutes * MINUTE_MS, knownDevice });

test("a newcomer's first and second letter go out", () => {
  assert.equal(checkQuota([], false, NOW).ok, true);
  assert.equal(checkQuota([minutesAgo(1)], false, NOW).ok, true);
});

test("a stranger's third letter waits until the first is an hour old", () => {
  const answer = checkQuota([minutesAgo(50), minutesAgo(10)], false, NOW);
  assert.deepEqual(answer, { ok: false, failure: { tag: "recipient-limit", retryAfterMs: 10 * MINUTE_MS } });
});

test("strangers who used up their letters leave one for the owner's own device", () => {
  assert.equal(checkQuota([minutesAgo(50), minutesAgo(10)], true, NOW).ok, true);
});

test("nobody gets a fourth letter within the hour, known device or not", () => {
  const recent = [minutesAgo(40), minutesAgo(30), minutesAgo(20, true)];
  assert.deepEqual(checkQuota(recent, true, NOW), { ok: false, failure: { tag: "recipient-limit", retryAfterMs: 20 * MINUTE_MS } });
  assert.equal(checkQuota(recent, false, NOW).ok, false);
});

test("letters of the owner's own device do not use up the strangers' share", () => {
  assert.equal(checkQuota([minutesAgo(30, true), minutesAgo(20)], false, NOW).ok, true);
});

test("whoever waits as long as told gets through, and not a millisecond earlier", () => {
  const letter = fc.record({ createdAt: fc.integer({ min: NOW - HOUR_MS + 1, max: NOW }), knownDevice: fc.boolean() });
  fc.assert(
    fc.property(fc.array(letter, { maxLength: 3 }), fc.boolean(), (letters, knownDevice) => {
      const answer = checkQuota(letters, knownDevice, NOW);
      if (answer.ok) return;
      const later = NOW + answer.failure.retryAfterMs;
      assert.ok(answer.failure.retryAfterMs > 0 && answer.failure.retryAfterMs <= HOUR_MS);
      assert.equal(checkQuota(letters, knownDevice, later).ok, true);
      assert.equal(checkQuota(letters, knownDevice, later - 1).ok, false);
    }),
  );
});
