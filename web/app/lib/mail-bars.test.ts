/** Does everybody get the same of a histogram, who sees it and who hears it? */
import assert from "node:assert/strict";
import { test } from "node:test";
import { barsOf, lettersIn } from "./mail-bars.ts";

test("the highest bar is the most letters, a single letter among thousands can still be seen, and none is none", () => {
  assert.deepEqual(barsOf([5_000, 0, 1], [100, 250]), [
    { count: 5_000, height: 100, endMs: 100 },
    { count: 0, height: 0, endMs: 250 },
    { count: 1, height: 4, endMs: null },
  ]);
  assert.equal(lettersIn([5_000, 0, 1]), 5_001);
});

test("a server without a letter has bars without height", () => {
  assert.ok(barsOf([0, 0, 0], [100, 250]).every(({ height }) => height === 0));
  assert.equal(lettersIn([0, 0, 0]), 0);
});
