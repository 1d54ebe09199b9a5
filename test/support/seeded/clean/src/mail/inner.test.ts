import assert from "node:assert/strict";
import { test } from "node:test";
import { inner } from "./inner.ts";

test("the inside of mail is its own", () => {
  assert.match(inner, /mail/);
});
