import assert from "node:assert/strict";
import { test } from "node:test";
import { readUnsent, writeUnsent, type UnsentMessage } from "./unsent.ts";

const message: UnsentMessage = {
  id: "m",
  conversationId: "c",
  parentId: null,
  text: "How do I connect a model?",
  modelId: null,
  begins: true,
  at: 1,
  state: "sending",
  problem: null,
};

test("a message that was on its way when the page was closed is there afterwards, and says that it was not sent", () => {
  assert.deepEqual(readUnsent(writeUnsent([message])), [{ ...message, state: "left-over" }]);
});

test("nothing is remembered when everything has arrived", () => {
  assert.equal(writeUnsent([]), null);
  assert.deepEqual(readUnsent(null), []);
});

test("what another program left under our name is skipped, and ours beside it is kept", () => {
  for (const broken of ["{", '"text"', "{}", "[1,null]", '[{"id":"m"}]']) assert.deepEqual(readUnsent(broken), [], broken);
  assert.equal(readUnsent(`[{"id":7},${JSON.stringify(message)}]`).length, 1);
});
