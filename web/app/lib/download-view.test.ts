import assert from "node:assert/strict";
import { test } from "node:test";
import type { Download } from "#contract/wire.ts";
import { cardState, isMoving } from "./download-view.ts";

const model = { id: "m", present: false, sizeBytes: 1_000 };
const download = (part: Partial<Download>): Download => ({
  id: "d",
  modelId: "m",
  state: "running",
  receivedBytes: 0,
  totalBytes: 1_000,
  bytesPerSecond: null,
  problemCode: null,
  ...part,
});

test("a model that does not fit on the disk says so before anybody begins", () => {
  assert.deepEqual(cardState(model, [], 999), { kind: "offer", fits: false });
  assert.deepEqual(cardState(model, [], 1_000), { kind: "offer", fits: true });
});

test("how long it still takes is said as soon as a speed is known", () => {
  const slow = cardState(model, [download({ receivedBytes: 400, bytesPerSecond: 60 })], 0);
  assert.equal(slow.kind === "running" && slow.secondsLeft, 10);
  const unknown = cardState(model, [download({ bytesPerSecond: 0 })], 0);
  assert.equal(unknown.kind === "running" && unknown.secondsLeft, null);
});

test("a broken download goes on where it stopped, if anything came", () => {
  assert.deepEqual(cardState(model, [download({ state: "failed", receivedBytes: 5 })], 0).kind, "failed");
  const none = cardState(model, [download({ state: "failed" })], 0);
  assert.equal(none.kind === "failed" && none.resumable, false);
});

test("the last download of a model counts, and a file that is there counts more", () => {
  const both = [download({ state: "failed" }), download({ id: "e", state: "checking" })];
  assert.equal(cardState(model, both, 0).kind, "checking");
  assert.equal(cardState({ ...model, present: true }, both, 0).kind, "present");
});

test("the page looks again soon only while something moves", () => {
  assert.equal(isMoving([download({ state: "waiting" })]), true);
  assert.equal(isMoving([download({ state: "done" }), download({ state: "failed" }), download({ state: "cancelled" })]), false);
});
