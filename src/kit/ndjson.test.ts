/** Do values arrive whole however a socket cuts them? */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { createLineReader, toLine } from "./ndjson.ts";

test("values come out whole and in order however the stream is cut", () => {
  fc.assert(
    fc.property(fc.array(fc.jsonValue(), { maxLength: 6 }), fc.integer({ min: 1, max: 9 }), (values, size) => {
      const plain = JSON.parse(JSON.stringify(values)) as unknown[];
      const text = plain.map(toLine).join("");
      const read = createLineReader();
      const out: unknown[] = [];
      for (let at = 0; at < text.length; at += size) out.push(...read(text.slice(at, at + size)));
      assert.deepEqual(out, plain);
    }),
  );
});

test("a line that never ends is refused before it fills the memory", () => {
  const read = createLineReader(100);
  assert.deepEqual(read("x".repeat(90)), []);
  assert.throws(() => read("x".repeat(20)), RangeError);
});

test("a line that is not JSON is refused", () => {
  assert.throws(() => createLineReader()("nonsense\n"), SyntaxError);
});
