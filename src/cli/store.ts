/**
 * How do a backup and a restore read and write rows? By COPY, table for table in the order of their references, inside of one
 * transaction: a backup sees one moment of a running server and holds nobody up, a restore is there whole or not at all.
 */
import type { Readable, Writable } from "node:stream";
import {
  migrateWithin,
  openPool,
  readMigrations,
  type DatabaseAddress,
  type Migration,
  type Pool,
  type Transaction,
} from "#store/store.ts";
import type { BackedUpTable, BackupManifest } from "./core/backup-manifest.ts";

export type TableShape = { name: string; columns: string[]; references: string[]; bytes: number };
export type Snapshot = {
  tables: TableShape[];
  migrations: { name: string; sha256: string }[];
  sequences: { name: string; value: number | null }[];
  /** The rows of a table in COPY's text format. */
  read(table: TableShape): Promise<Readable>;
};

const CONNECTION = { connections: 1, name: "backup" };

/** Hands `work` one moment of the database. */
export async function withSnapshot<Value>(address: DatabaseAddress, work: (snapshot: Snapshot) => Promise<Value>): Promise<Value> {
  return withPool(address, (pool) =>
    pool.begin("isolation level repeatable read read only", async (tx) => {
      const migrations = await tx<{ name: string; sha256: string }[]>`select name, sha256 from migration order by name`;
      return work({
        tables: await tablesIn(tx),
        migrations: migrations.map((row) => ({ ...row })),
        sequences: await sequencesIn(tx),
        async read(table) {
          const rows = await tx.unsafe(`copy ${named(table)} to stdout`).readable();
          // the driver pauses its socket when the reader is behind, and forgets to go on when those were the last rows: the
          // next table would never come
          rows.once("end", () => rows._read(0));
          return rows;
        },
      });
    }),
  ) as Promise<Value>;
}

/** What stands in the way of a restore into this database; `undefined` when nothing does. */
export async function inTheWay(address: DatabaseAddress): Promise<"tables" | "holdfast" | undefined> {
  return withPool(address, async (pool) => {
    const others = await pool`
      select 1 from pg_stat_activity
      where datname = current_database() and pid <> pg_backend_pid() and application_name in ('holdfast-app', 'holdfast-supervisor') limit 1`;
    if (others.length > 0) return "holdfast";
    return (await pool`select 1 from pg_tables where schemaname = current_schema() and tablename = 'migration'`).length > 0
      ? "tables"
      : undefined;
  });
}

/**
 * Fills the database in one transaction: our tables of before go, the schema of the backup comes, then its rows (`load` writes
 * them table by table), then what this version added to the schema. Throws, and leaves everything as it was, when a count differs.
 */
export async function restoreRows(
  address: DatabaseAddress,
  manifest: BackupManifest,
  load: (write: (table: BackedUpTable) => Promise<Writable>) => Promise<void>,
): Promise<void> {
  const migrations = await readMigrations();
  const ran = new Map(manifest.migrations.map(({ name, sha256 }) => [name, sha256]));
  const before: Migration[] = migrations.filter(({ name, sha256 }) => ran.get(name) === sha256);
  if (before.length < ran.size)
    throw new Error("this backup was made by another version of Holdfast: restore it with that one, then update");
  await withPool(address, async (pool) => {
    await pool.begin(async (tx) => {
      for (const { name } of (await tablesIn(tx)).toReversed()) await tx`drop table ${tx(name)} cascade`;
      await migrateWithin(tx, before);
      // the backup brings its own rows of this table
      await tx`delete from migration`;
      await load(async (table) => tx.unsafe(`copy ${named(table)} from stdin`).writable());
      for (const { name, rows } of manifest.tables) {
        const [counted] = await tx<{ count: number }[]>`select count(*) as count from ${tx(name)}`;
        if (counted?.count !== rows) throw new Error(`the table ${name} has ${counted?.count ?? "no"} rows, and the backup has ${rows}`);
      }
      for (const { name, value } of manifest.sequences) if (value !== null) await tx`select setval(${name}::regclass, ${value})`;
      await migrateWithin(tx, migrations);
    });
    await pool`analyze`;
  });
}

async function withPool<Value>(address: DatabaseAddress, work: (pool: Pool) => Promise<Value>): Promise<Value> {
  const pool = openPool(address, CONNECTION);
  try {
    return await work(pool);
  } finally {
    await pool.end({ timeout: 5 });
  }
}

/** Our tables, those first that others refer to. Ours are those that some migration speaks of. */
async function tablesIn(tx: Transaction): Promise<TableShape[]> {
  const words = new Set((await readMigrations()).flatMap(({ text }) => text.match(/\w+/g) ?? []).concat("migration"));
  const found = await tx<TableShape[]>`
    select c.relname as name, pg_table_size(c.oid) as bytes,
      array(select attname::text from pg_attribute where attrelid = c.oid and attnum > 0 and not attisdropped and attgenerated = '' order by attnum) as columns,
      array(select distinct confrelid::regclass::text from pg_constraint where conrelid = c.oid and contype = 'f' and confrelid <> c.oid) as references
    from pg_class c where c.relkind = 'r' and c.relnamespace = current_schema()::regnamespace order by c.relname`;
  const left = found.filter(({ name }) => words.has(name)).map((row) => ({ ...row }));
  const ordered: TableShape[] = [];
  while (left.length > 0) {
    const next = left.findIndex(({ references }) => references.every((name) => !left.some((other) => other.name === name)));
    if (next < 0) throw new Error(`these tables refer to each other in a circle: ${left.map(({ name }) => name).join(", ")}`);
    ordered.push(...left.splice(next, 1));
  }
  return ordered;
}

async function sequencesIn(tx: Transaction): Promise<{ name: string; value: number | null }[]> {
  const rows = await tx<{ name: string; value: number | null }[]>`
    select quote_ident(sequencename) as name, last_value as value from pg_sequences where schemaname = current_schema() order by sequencename`;
  return rows.map((row) => ({ ...row }));
}

function named({ name, columns }: { name: string; columns: readonly string[] }): string {
  return `${quoted(name)} (${columns.map(quoted).join(", ")})`;
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

export type DatabaseFacts = { major: number; bytes: number; nowMs: number; accounts: number; waitingMigrations: string[] };

/** For doctor. */
export async function readDatabaseFacts(address: DatabaseAddress): Promise<DatabaseFacts> {
  return withPool(address, async (pool) => {
    const [row] = await pool<{ version: string; bytes: number; now: number }[]>`
      select current_setting('server_version_num') as version, pg_database_size(current_database()) as bytes,
        extract(epoch from clock_timestamp())::float8 * 1000 as now`;
    const there = await pool`select 1 from pg_tables where schemaname = current_schema() and tablename in ('migration', 'account')`;
    const ran = there.length < 2 ? [] : await pool<{ name: string }[]>`select name from migration`;
    const [counted] = there.length < 2 ? [{ accounts: 0 }] : await pool<{ accounts: number }[]>`select count(*) as accounts from account`;
    return {
      major: Math.floor(Number(row?.version ?? 0) / 10_000),
      bytes: row?.bytes ?? 0,
      nowMs: row?.now ?? 0,
      accounts: counted?.accounts ?? 0,
      waitingMigrations: (await readMigrations()).map(({ name }) => name).filter((name) => !ran.some((one) => one.name === name)),
    };
  });
}
