/**
 * Which changes of the schema have run, and which still have to? SQL files in migrations/, in order of name.
 * Each runs once, in a transaction, under one advisory lock; a file that already ran must never change.
 */
import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { Pool, Transaction } from "./store.ts";

export type Migration = { name: string; text: string; sha256: string };

const FOLDER = fileURLToPath(new URL("./migrations/", import.meta.url));
const LOCK_KEY = 4_845_711;

/** The migrations that this version brings, in order. */
export async function readMigrations(): Promise<Migration[]> {
  const names = (await readdir(FOLDER)).filter((name) => name.endsWith(".sql")).toSorted();
  return Promise.all(
    names.map(async (name) => {
      const text = await readFile(FOLDER + name, "utf8");
      return { name, text, sha256: createHash("sha256").update(text).digest("hex") };
    }),
  );
}

/** Runs what has not run. Throws when a file that ran has changed, or when the database is newer than this version. */
export async function runMigrations(pool: Pool, migrations: readonly Migration[]): Promise<string[]> {
  return pool.begin((tx) => migrateWithin(tx, migrations));
}

/** The same inside of a transaction that does more (a restore). */
export async function migrateWithin(tx: Transaction, migrations: readonly Migration[]): Promise<string[]> {
  await tx`select pg_advisory_xact_lock(${LOCK_KEY})`;
  await tx`
    create table if not exists migration (
      name text primary key,
      sha256 text not null,
      ran_at timestamptz not null default now()
    )`;
  const ran = new Map(
    (await tx<{ name: string; sha256: string }[]>`select name, sha256 from migration`).map((row) => [row.name, row.sha256] as const),
  );
  const known = new Set(migrations.map((migration) => migration.name));
  const newer = [...ran.keys()].filter((name) => !known.has(name));
  if (newer.length > 0) {
    throw new Error(
      `the database is newer than this version of Holdfast (it has ${newer.join(", ")}): start the newer version, or restore a backup of this one`,
    );
  }
  const fresh: string[] = [];
  for (const migration of migrations) {
    const before = ran.get(migration.name);
    if (before === undefined) {
      await tx.unsafe(migration.text);
      await tx`insert into migration (name, sha256) values (${migration.name}, ${migration.sha256})`;
      fresh.push(migration.name);
    } else if (before !== migration.sha256) {
      throw new Error(`the migration ${migration.name} was changed after it ran: restore the file as it was`);
    }
  }
  return fresh;
}
