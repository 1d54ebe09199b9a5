/** Are slips of the hand counted as people make them? */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { editDistance } from "./edit-distance.ts";

test("a letter too many, missing, wrong or swapped is one slip each", () => {
  const slips: [string, string, number][] = [
    ["gmail", "gmail", 0],
    ["gmaill", "gmail", 1],
    ["gmal", "gmail", 1],
    ["gnail", "gmail", 1],
    ["gmial", "gmail", 1],
    ["gmial", "gmaill", 2],
    ["", "gmail", 5],
    ["ca", "abc", 3],
  ];
  for (const [a, b, distance] of slips) assert.equal(editDistance(a, b), distance, `${a} and ${b}`);
});

test("it is the same in both directions, none only for the same word, and never more than the longer word", () => {
  const word = fc.string({ unit: fc.constantFrom("a", "b", "c"), maxLength: 8 });
  fc.assert(
    fc.property(word, word, (a, b) => {
      const distance = editDistance(a, b);
      assert.equal(distance, editDistance(b, a));
      assert.equal(distance === 0, a === b);
      assert.ok(distance <= Math.max(a.length, b.length));
    }),
  );
});
