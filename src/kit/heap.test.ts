/** Does a quiet process give back what a rush left, and is a busy one left alone? */
import assert from "node:assert/strict";
import { test } from "node:test";
import { getHeapStatistics } from "node:v8";
import { giveMemoryBack } from "./heap.ts";
import { HOUR_MS, systemClock, type Clock } from "./time.ts";

const MIB = 1024 * 1024;

/** Time passes by hand: in an hour of it, the little that this test computes is nothing. */
function clockByHand(): { clock: Clock; pass(ms: number): void } {
  let now = 0;
  let next = () => {};
  const after = (_: number, work: () => void) => {
    next = work;
    return () => {};
  };
  return {
    clock: { ...systemClock, monotonic: () => now, after },
    pass(ms) {
      now += ms;
      next();
    },
  };
}

/** Things that were needed for a moment. */
function rush(): number {
  const things = Array.from({ length: 400_000 }, (_, number) => ({ number }));
  return things.reduce((sum, { number }) => sum + number, 0);
}

const heldBytes = () => getHeapStatistics().total_heap_size;

test("whoever is quiet gives back what a rush left; whoever is busy is left alone", () => {
  const { clock, pass } = clockByHand();
  giveMemoryBack(clock);
  rush();
  const afterRush = heldBytes();
  pass(0.001);
  assert.equal(heldBytes(), afterRush, "busy");
  pass(HOUR_MS);
  assert.ok(heldBytes() < afterRush - 8 * MIB, `${afterRush} bytes became ${heldBytes()}`);
});

test("nothing is collected again before it is worth it", async () => {
  const { clock, pass } = clockByHand();
  giveMemoryBack(clock);
  pass(HOUR_MS);
  const trace = new WeakRef({});
  const quietHour = async () => {
    // a weak reference holds until the end of the turn
    await systemClock.sleep(1);
    pass(HOUR_MS);
  };
  await quietHour();
  assert.notEqual(trace.deref(), undefined);
  rush();
  await quietHour();
  assert.equal(trace.deref(), undefined);
});
