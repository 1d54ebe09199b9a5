/** Is a part that keeps falling over started again, but not in a frenzy? */
import assert from "node:assert/strict";
import { test } from "node:test";
import { afterEnd, RESTED } from "./back-off.ts";

function waits(ran: number[]): number[] {
  let state = RESTED;
  return ran.map((ranMs) => {
    const next = afterEnd(state, ranMs);
    state = next.state;
    return next.waitMs;
  });
}

test("a part that falls over at once waits longer each time, and never more than five seconds", () => {
  assert.deepEqual(waits([1, 1, 1, 1, 1, 1, 1, 1, 1]), [100, 200, 400, 800, 1_600, 3_200, 5_000, 5_000, 5_000]);
});

test("a part that held out for half a minute is started again at once", () => {
  assert.deepEqual(waits([1, 1, 1, 30_000, 1]), [100, 200, 400, 100, 200]);
});
