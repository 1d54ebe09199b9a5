import assert from "node:assert/strict";
import { test } from "node:test";
import { shape } from "./shape.ts";

test("the shape is used, its type is not", () => {
  assert.equal(shape, 1);
});
