/** What does the bench ask the outbox, beside the courier? What is told of each letter, how many wait, and what the database did. */
import type { Sql } from "#store/store.ts";

/** As a person's page would find it. */
export type Row = { id: string; state: string; lastFailure: string | null; nextAttemptAt: number };

/** Letters that the relay does not have, and for which there is something to tell. */
export async function rowsWithNews(sql: Sql): Promise<Row[]> {
  const rows = await sql<{ id: string; state: string; last_failure: string | null; next_attempt_at: Date }[]>`
    select id, state, last_failure, next_attempt_at from outbox
    where state in ('failed', 'expired') or (state in ('queued', 'sending') and last_failure is not null)`;
  return rows.map(readRow);
}

export async function allRows(sql: Sql): Promise<Row[]> {
  const rows = await sql<{ id: string; state: string; last_failure: string | null; next_attempt_at: Date }[]>`
    select id, state, last_failure, next_attempt_at from outbox`;
  return rows.map(readRow);
}

function readRow(row: { id: string; state: string; last_failure: string | null; next_attempt_at: Date }): Row {
  return { id: row.id, state: row.state, lastFailure: row.last_failure, nextAttemptAt: row.next_attempt_at.getTime() };
}

export async function countPending(sql: Sql): Promise<number> {
  const [row] = await sql<{ many: number }[]>`select count(*)::integer as many from outbox where state in ('queued', 'sending')`;
  return row?.many ?? 0;
}

/** Transactions of this database that were committed; the server counts with up to a second's delay. */
export async function countCommits(sql: Sql): Promise<number> {
  const [row] = await sql<{ many: number }[]>`
    select xact_commit::integer as many from pg_stat_database where datname = current_database()`;
  return row?.many ?? 0;
}

/** What a Holdfast asks about readers before their letters are written. */
export async function withAccount(sql: Sql, addresses: readonly string[]): Promise<ReadonlySet<string>> {
  const keys = addresses.map((address) => address.toLowerCase());
  const rows = await sql<{ address_key: string }[]>`select address_key from account where address_key = any(${keys})`;
  return new Set(rows.map((row) => row.address_key));
}
