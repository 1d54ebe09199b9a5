/** Can anybody sabotage their Holdfast by mistake? */
import assert from "node:assert/strict";
import { test } from "node:test";
import { readSabotage } from "./sabotage.ts";

test("only a test that says so may take something away", () => {
  assert.deepEqual(readSabotage({}), { ok: true, value: null });
  assert.deepEqual(readSabotage({ HOLDFAST_TEST_SABOTAGE: "yes" }), { ok: true, value: null });
  assert.deepEqual(readSabotage({ HOLDFAST_SABOTAGE: "fcfs", HOLDFAST_TEST_SABOTAGE: "yes" }), { ok: true, value: "fcfs" });
  for (const environment of [
    { HOLDFAST_SABOTAGE: "lanes-off" },
    { HOLDFAST_SABOTAGE: "lanes-off", HOLDFAST_TEST_SABOTAGE: "1" },
    { HOLDFAST_SABOTAGE: "everything", HOLDFAST_TEST_SABOTAGE: "yes" },
  ]) {
    const read = readSabotage(environment);
    assert.ok(!read.ok && read.failure.sentence.includes("for the bench alone"));
  }
});
