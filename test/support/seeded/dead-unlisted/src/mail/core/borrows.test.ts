import { test } from "node:test";
import { Hono } from "hono";

test("a package that package.json does not list", () => {
  new Hono();
});
