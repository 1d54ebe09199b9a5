import assert from "node:assert/strict";
import { test } from "node:test";
import { backOffMs } from "./back-off.ts";

test("browsers that lost their server come back soon at first, then ever later, but never much later than a quarter of a minute", () => {
  assert.ok(backOffMs(0, 0.5) <= 700);
  const waits = Array.from({ length: 30 }, (_, failures) => backOffMs(failures, 0.5));
  assert.deepEqual(
    waits,
    waits.toSorted((a, b) => a - b),
  );
  assert.ok(backOffMs(1_000, 0.999) <= 19_000);
});

test("two browsers that lost it at the same moment do not come back at the same moment", () => {
  assert.notEqual(backOffMs(3, 0.1), backOffMs(3, 0.9));
});
