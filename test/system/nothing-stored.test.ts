/**
 * Is anything stored for an applicant before the turn? Tens of thousands of unproven requests change no row count and
 * no relation's size and write no WAL; after the turn there is exactly one outbox row, whose body goes with the letter.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { openPool, type Pool } from "#store/store.ts";
import { startHoldfast } from "#support/holdfast.ts";
import { askForLetter, mailboxReader, openBrowser, pause, readCode } from "#support/people.ts";
import { unproven } from "#support/unproven.ts";

const FIRST = Number(process.env["HOLDFAST_TEST_UNPROVEN_FIRST"] ?? 2_000);
const LAST = Number(process.env["HOLDFAST_TEST_UNPROVEN_LAST"] ?? 20_000);

test("an applicant who has no turn yet leaves no trace in the database", { timeout: 10 * 60_000 }, async (t) => {
  const holdfast = await startHoldfast(t, { env: { TRUSTED_PROXY_HOPS: "1" } });
  const pool = openPool(holdfast.database, { connections: 1, name: "test" });
  t.after(() => pool.end());
  const port = Number(new URL(holdfast.url).port);

  await unproven(port, 0, FIRST);
  await pool`checkpoint`;
  const before = await measure(pool);
  const startedAt = Date.now();
  const refused = await unproven(port, FIRST, LAST - FIRST);
  const after = await measure(pool);
  const underFlood = after.walBytes - before.walBytes;

  const idleFrom = await measure(pool);
  await pause(Math.min(Date.now() - startedAt, 20_000));
  const idle = (await measure(pool)).walBytes - idleFrom.walBytes;

  t.diagnostic(
    `${LAST - FIRST} requests that were served, ${refused} that were refused: ${underFlood} bytes of WAL (idle for as long: ${idle})`,
  );
  assert.deepEqual(after.rows, before.rows, "row counts stay equal");
  assert.deepEqual(after.sizes, before.sizes, "relation sizes stay equal");
  assert.ok(underFlood <= Math.max(2 * idle, 8_192), `${underFlood} bytes of WAL were written for unproven requests, ${idle} when idle`);
});

test("after the turn there is exactly one outbox row, and its body is gone once the relay has the letter", async (t) => {
  const holdfast = await startHoldfast(t);
  const pool = openPool(holdfast.database, { connections: 1, name: "test" });
  t.after(() => pool.end());
  const before = await measure(pool);
  await askForLetter(openBrowser(holdfast.url), "one@example.org");
  await readCode(mailboxReader(holdfast.mailboxUrl), "one@example.org");
  await pause(300);
  const rows = await pool<{ state: string; body: Uint8Array | null }[]>`select state, body from outbox`;
  assert.equal(rows.length, 1);
  assert.equal(rows[0]?.state, "relayed");
  assert.equal(rows[0]?.body, null);
  const after = await measure(pool);
  const changed = Object.keys(after.rows).filter((table) => after.rows[table] !== before.rows[table]);
  assert.deepEqual(changed.toSorted(), ["mailbox_letter", "outbox"], "no other table got a row");
});

async function measure(pool: Pool) {
  const tables = await pool<{ name: string }[]>`
    select relname as name from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace order by relname`;
  const rows: Record<string, number> = {};
  for (const { name } of tables) rows[name] = (await pool<{ count: number }[]>`select count(*) as count from ${pool(name)}`)[0]?.count ?? 0;
  const sizes = await pool<{ name: string; bytes: number }[]>`
    select relname as name, pg_total_relation_size(oid) as bytes from pg_class
    where relkind = 'r' and relnamespace = 'public'::regnamespace order by relname`;
  const wal = await pool<{ bytes: number }[]>`select pg_current_wal_insert_lsn() - '0/0'::pg_lsn as bytes`;
  return { rows, sizes: sizes.map((row) => ({ ...row })), walBytes: Number(wal[0]?.bytes ?? 0) };
}
