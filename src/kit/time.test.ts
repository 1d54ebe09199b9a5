/** Does waiting end when it should, and never keep a process alive? */
import assert from "node:assert/strict";
import { test } from "node:test";
import { systemClock } from "./time.ts";

test("a sleep ends after its time, or at once when it is no longer wanted", async () => {
  const from = systemClock.monotonic();
  await systemClock.sleep(20);
  assert.ok(systemClock.monotonic() - from >= 18);
  const stop = new AbortController();
  const asleep = systemClock.sleep(60_000, stop.signal);
  stop.abort(new Error("not wanted"));
  await assert.rejects(asleep, /not wanted/);
  await assert.rejects(systemClock.sleep(60_000, stop.signal), /not wanted/);
});

test("work set for later happens once, and not after it was cancelled", async () => {
  let done = 0;
  systemClock.after(5, () => (done += 1));
  const cancel = systemClock.after(5, () => (done += 100));
  cancel();
  await systemClock.sleep(40);
  assert.equal(done, 1);
});
