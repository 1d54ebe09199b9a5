/** Does a log tell what went wrong without telling what people wrote? With faults of a real database. */
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { pino } from "pino";
import { testDatabase } from "#support/database.ts";
import { LOG_SERIALIZERS } from "./app-log.ts";

const sql = await testDatabase({ after });

async function loggedFault(work: () => Promise<unknown>): Promise<string> {
  let line = "";
  const log = pino({ serializers: LOG_SERIALIZERS }, { write: (written: string) => void (line = written) });
  await work().then(
    () => assert.fail("the database refuses it"),
    (error: unknown) => log.error({ err: error }, "a request failed"),
  );
  return line;
}

test("a row that the database refuses is not written into the log", async () => {
  const line = await loggedFault(
    () => sql`
      insert into account (id, address, address_key, password_hash, role, language, cohort, created_at)
      values (gen_random_uuid(), 'ada@example.org', 'ada@example.org', '$argon2id$hers', 'queen', 'en', 1, now())`,
  );
  assert.doesNotMatch(line, /ada@example|argon2id|Failing row/);
  const { err } = JSON.parse(line) as { err: Record<string, unknown> };
  assert.equal(err["code"], "23514");
  assert.equal(err["constraint_name"], "account_role_check");
  assert.match(String(err["message"]), /violates check constraint/);
  assert.match(String(err["stack"]), /app-log\.test/);
});

test("words that the database can't read as JSON are not written into the log", async () => {
  const line = await loggedFault(() => sql`select ${'{"text": "what Ada wrote \\u0000"}'}::text::jsonb`);
  assert.doesNotMatch(line, /what Ada wrote/);
  assert.equal((JSON.parse(line) as { err: { code: string } }).err.code, "22P05");
});

test("what is no fault of the database is told whole, with its causes", async () => {
  const line = await loggedFault(() => Promise.reject(new Error("outer", { cause: Object.assign(new Error("inner"), { code: "EPIPE" }) })));
  const { err } = JSON.parse(line) as { err: { message: string } };
  assert.match(err.message, /outer.*inner/);
});
