/** Does a backup bring everything back, and is a file that was cut or altered refused before anything is touched? */
import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { mkdirSync, readFileSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { gunzipSync, gzipSync } from "node:zlib";
import { seededDice } from "#kit/dice.ts";
import { openPool, type DatabaseAddress, type Pool } from "#store/store.ts";
import { openKeyRing } from "#supervisor/supervisor.ts";
import { testDatabaseWithAddress } from "#support/database.ts";
import { temporaryFolder } from "#support/holdfast.ts";
import { checkBackup, writeBackup } from "./backup-file.ts";
import { fillDatabase } from "./restore.ts";
import { inTheWay } from "./store.ts";

const MADE_AT = "2026-11-24T12:00:00.000Z";

/** A person with a long conversation full of what COPY has to escape. */
async function liveSomeLife(sql: Pool): Promise<void> {
  const [account, conversation, first, second] = [1, 2, 3, 4].map(uuid);
  await sql`insert into account (id, address, address_key, password_hash, role, language, cohort, created_at)
    values (${account ?? ""}, 'Ada@example.org', 'ada@example.org', '$argon2id$v=19$x', 'operator', 'es', 20000, now())`;
  await sql`insert into conversation values (${conversation ?? ""}, ${account ?? ""}, 'tabs\tand\\backslashes', ${second ?? ""}, now(), now(), null)`;
  await sql`insert into message (id, conversation_id, parent_id, role, text, state, created_at)
    values (${first ?? ""}, ${conversation ?? ""}, null, 'user', ${"a line\nanother\r\n\\N \\. \t é 漢字 🦔 "}, 'done', now()),
           (${second ?? ""}, ${conversation ?? ""}, ${first ?? ""}, 'assistant', ${randomBytes(7_000_000).toString("hex")}, 'done', now())`;
  await sql`insert into event (account_id, seq, message_id, body, created_at)
    select ${account ?? ""}, n, null, jsonb_build_object('kind', 'text', 'text', repeat('ä', 20)), now() from generate_series(1, 5000) n`;
  await sql`insert into outbox (id, place_id, recipient_mac, body, state, known_device, tries_left, created_at, deadline_at, next_attempt_at)
    values (${uuid(5)}, '\\x00ff5c0a', '\\x01', '\\x5c5c0d0a', 'queued', false, 10, now(), now(), now())`;
}

function uuid(number: number): string {
  return `00000000-0000-4000-8000-${String(number).padStart(12, "0")}`;
}

/** Every table as a number of rows and a hash over all of them. */
async function picture(sql: Pool): Promise<Record<string, string>> {
  const tables = await sql<{ name: string }[]>`select tablename as name from pg_tables where schemaname = 'public' order by 1`;
  const seen: Record<string, string> = {};
  for (const { name } of tables) {
    const rows = await sql<{ row: string }[]>`select t::text as row from ${sql(name)} t order by 1`;
    seen[name] = `${rows.length} ${createHash("sha256")
      .update(rows.map(({ row }) => row).join("\n"))
      .digest("hex")}`;
  }
  return seen;
}

async function backedUp(t: TestContext) {
  const { pool, address } = await testDatabaseWithAddress(t);
  await liveSomeLife(pool);
  const dataDir = temporaryFolder(t);
  assert.ok(openKeyRing(dataDir, seededDice("backup")).ok);
  const file = join(dataDir, "a.backup");
  const manifest = await writeBackup({ file, address, dataDir, version: "0.1.0", madeAt: MADE_AT, onProgress: () => {} });
  return { pool, dataDir, file, manifest };
}

/** A database in the test cluster without any table. */
async function emptyDatabase(t: TestContext): Promise<{ address: DatabaseAddress; pool: Pool }> {
  const { pool, address } = await testDatabaseWithAddress(t);
  await pool.unsafe("drop schema public cascade; create schema public");
  return { pool, address };
}

test("what was backed up comes back row for row, keys too", async (t) => {
  const { pool, dataDir, file, manifest } = await backedUp(t);
  assert.equal(statSync(file).mode & 0o777, 0o600, "nobody else can read it");
  assert.deepEqual(await checkBackup(file, () => {}), { ok: true, value: manifest });
  const fresh = await emptyDatabase(t);
  const keys = join(dataDir, "restored");
  mkdirSync(keys);
  await fillDatabase(fresh.address, file, manifest, keys, () => {});
  assert.deepEqual(await picture(fresh.pool), await picture(pool));
  assert.deepEqual(readFileSync(join(keys, "root-1.key")), readFileSync(join(dataDir, "keys", "root-1.key")));
});

test("a restore replaces the tables that are there, or leaves them as they are when it fails", async (t) => {
  const { pool, file, manifest, dataDir } = await backedUp(t);
  const other = await testDatabaseWithAddress(t);
  await other.pool`insert into model_choice values ('default', 'guide', now())`;
  const before = await picture(other.pool);
  const wrong = { ...manifest, tables: manifest.tables.map((table) => (table.name === "message" ? { ...table, rows: 3 } : table)) };
  await assert.rejects(
    fillDatabase(other.address, file, wrong, dataDir, () => {}),
    /message has 2 rows, and the backup has 3/,
  );
  assert.deepEqual(await picture(other.pool), before);
  await fillDatabase(other.address, file, manifest, dataDir, () => {});
  assert.deepEqual(await picture(other.pool), await picture(pool));
});

test("a file that was cut, altered, put together or is something else is refused", async (t) => {
  const { dataDir, file } = await backedUp(t);
  const whole = readFileSync(file);
  const bad = join(dataDir, "bad.backup");
  const refused = async (content: Buffer, why: RegExp) => {
    writeFileSync(bad, content);
    const checked = await checkBackup(bad, () => {});
    assert.ok(!checked.ok);
    assert.match(checked.failure.sentence, why);
  };
  await refused(whole.subarray(0, whole.length - 1_000), /no whole backup/);
  const flipped = Buffer.from(whole);
  flipped[Math.floor(whole.length / 2)] = (flipped[Math.floor(whole.length / 2)] ?? 0) ^ 1;
  await refused(flipped, /no whole backup/);
  const tar = gunzipSync(whole);
  const at = tar.indexOf("Ada@example.org");
  tar.write("Eve@example.org", at);
  await refused(gzipSync(tar, { level: 1 }), /table account/);
  await refused(Buffer.from("GIF89a"), /no whole backup/);
  await refused(gzipSync(Buffer.alloc(10_240)), /manifest is missing/);
  truncateSync(bad, 0);
  await refused(readFileSync(bad), /no whole backup/);
});

test("a database that a running Holdfast uses is left alone", async (t) => {
  const { address } = await testDatabaseWithAddress(t);
  assert.equal(await inTheWay(address), "tables");
  const running = openPool(address, { connections: 1, name: "app" });
  await running`select 1`;
  assert.equal(await inTheWay(address), "holdfast");
  await running.end();
});
