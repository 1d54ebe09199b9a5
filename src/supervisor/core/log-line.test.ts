/** Is everything kept that a part writes, and does the terminal get words that can't play tricks on it? */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { readLogLine } from "./log-line.ts";

test("a warning reads as a sentence with its reason", () => {
  const line = readLogLine(
    "app",
    `{"level":40,"time":1,"part":"app","err":{"message":"connect ECONNREFUSED"},"msg":"the relay does not answer"}`,
    2,
  );
  assert.equal(line?.level, 40);
  assert.equal(line?.text, "the relay does not answer (connect ECONNREFUSED)");
});

test("what is no JSON is kept as a text", () => {
  const line = readLogLine("door", "TypeError: x is not a function", 7);
  assert.deepEqual(JSON.parse(line?.json ?? ""), { level: 30, time: 7, part: "door", msg: "TypeError: x is not a function" });
  assert.equal(readLogLine("door", "   ", 7), undefined);
});

test("whatever a part writes becomes one line of JSON, and no control character reaches the terminal", () => {
  const line = fc.oneof(
    fc.string({ unit: "binary", maxLength: 300 }),
    fc.json(),
    fc.record({ msg: fc.string({ unit: "binary" }), level: fc.anything() }).map((value) => JSON.stringify(value)),
  );
  fc.assert(
    fc.property(line, (text) => {
      const read = readLogLine("app", text, 1);
      if (read === undefined) return;
      assert.doesNotMatch(read.json, /\n/);
      assert.equal(typeof (JSON.parse(read.json) as { part: unknown }).part === "undefined", false);
      if (text.startsWith("{")) assert.doesNotMatch(read.text, /\p{Cc}/u);
    }),
  );
});
