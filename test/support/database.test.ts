/** Do tests get databases of their own? */
import assert from "node:assert/strict";
import { test } from "node:test";
import { testDatabase } from "#support/database.ts";

test("two tests that run at once see nothing of each other", async (t) => {
  const [one, two] = await Promise.all([testDatabase(t), testDatabase(t)]);
  await one`insert into model_choice (key, value, updated_at) values ('k', 'v', now())`;
  assert.equal((await one`select * from model_choice`).length, 1);
  assert.equal((await two`select * from model_choice`).length, 0);
});
