/** Is the schema brought up to date once, whoever starts beside whom, and never over what nobody knows? */
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { testDatabaseWithAddress } from "#support/database.ts";
import { migrate, openPool, readMigrations } from "./store.ts";

const { pool, address } = await testDatabaseWithAddress({ after });

test("of twenty that start at once on an empty database, one makes the schema and the others find it", async (t) => {
  await pool.unsafe("drop schema public cascade; create schema public");
  const starters = Array.from({ length: 20 }, (_, number) => openPool(address, { connections: 1, name: `starter-${number}` }));
  t.after(() => Promise.all(starters.map((starter) => starter.end({ timeout: 1 }))));
  const names = (await readMigrations()).map(({ name }) => name);
  const ran = (await Promise.all(starters.map((starter) => migrate(starter)))).flat();
  assert.deepEqual(ran.toSorted(), names);
  assert.deepEqual(
    (await pool<{ name: string }[]>`select name from migration order by name`).map(({ name }) => name),
    names,
  );
});

test("a database of a newer version, or a file that was changed after it ran, is left as it is", async () => {
  await pool`insert into migration (name, sha256) values ('9999_tomorrow.sql', 'x')`;
  await assert.rejects(migrate(pool), /newer than this version of Holdfast \(it has 9999_tomorrow\.sql\)/);
  await pool`delete from migration where name = '9999_tomorrow.sql'`;
  const [first] = await readMigrations();
  await pool`update migration set sha256 = 'changed' where name = ${first?.name ?? ""}`;
  await assert.rejects(migrate(pool), /was changed after it ran/);
  await pool`update migration set sha256 = ${first?.sha256 ?? ""} where name = ${first?.name ?? ""}`;
  assert.deepEqual(await migrate(pool), []);
});
