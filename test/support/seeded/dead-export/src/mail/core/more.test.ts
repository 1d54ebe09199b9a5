import assert from "node:assert/strict";
import { test } from "node:test";
import { used } from "./more.ts";

test("one of two is used", () => {
  assert.equal(used, 1);
});
