/** Is what a relay takes learnt per domain, and forgotten when it no longer holds? */
import assert from "node:assert/strict";
import { test } from "node:test";
import { expectedMs, newSpeeds, noteAccepted, STEPS_MS } from "./speeds.ts";

test("nothing is expected before it was measured; then each domain's own, and the relay's for one that is new", () => {
  const speeds = newSpeeds();
  assert.equal(expectedMs(speeds, 1), 0);
  for (let letter = 0; letter < 30; letter += 1) noteAccepted(speeds, 1, 200, false);
  noteAccepted(speeds, 2, 5_000, false);
  assert.equal(Math.round(expectedMs(speeds, 1)), 200);
  assert.equal(expectedMs(speeds, 2), 5_000);
  assert.equal(expectedMs(speeds, 3), expectedMs(speeds, undefined));
});

test("a relay that was slow and shows that it is quick again is known as quick at once, for every domain", () => {
  const speeds = newSpeeds();
  for (let letter = 0; letter < 30; letter += 1) noteAccepted(speeds, letter, 9_000, false);
  noteAccepted(speeds, 1, 90, true);
  for (const cell of [1, 2, undefined]) assert.equal(expectedMs(speeds, cell), 90);
});

test("each accepted letter is counted once, in the step that its time falls into", () => {
  const speeds = newSpeeds();
  for (const ms of [0, 100, 101, 59_000, 61_000]) noteAccepted(speeds, 1, ms, false);
  assert.deepEqual(
    [speeds.histogram[0], speeds.histogram[1], speeds.histogram[STEPS_MS.length - 1], speeds.histogram.at(-1)],
    [2, 1, 1, 1],
  );
  assert.equal(
    speeds.histogram.reduce((sum, count) => sum + count, 0),
    5,
  );
});
