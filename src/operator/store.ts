/** Where is it kept how the operator set sign-up? One row per change in `sign_up_change`; the newest one counts. */
import type { Account, SignUpChange, SignUpMode } from "#contract/wire.ts";
import type { Pool } from "#store/store.ts";

type Row = { id: number; mode: SignUpMode; letters_per_minute: number | null; set_at: Date; account_address: string };

/** The newest first. */
export async function readChanges(sql: Pool, most: number): Promise<SignUpChange[]> {
  const rows = await sql<Row[]>`
    select id, mode, letters_per_minute, set_at, account_address from sign_up_change order by id desc limit ${most}`;
  return rows.map(changeOf);
}

/** One statement: of two operators at once both are written down, and the later one counts. */
export async function insertChange(
  sql: Pool,
  by: Pick<Account, "id" | "address">,
  asked: { mode: SignUpMode; lettersPerMinute: number | null },
  now: number,
): Promise<SignUpChange> {
  const [row] = await sql<Row[]>`
    insert into sign_up_change (mode, letters_per_minute, set_at, account_id, account_address)
    values (${asked.mode}, ${asked.lettersPerMinute}, ${new Date(now)}, ${by.id}, ${by.address})
    returning id, mode, letters_per_minute, set_at, account_address`;
  if (row === undefined) throw new Error("an insert returned no row");
  return changeOf(row);
}

function changeOf(row: Row): SignUpChange {
  return {
    id: row.id,
    mode: row.mode,
    lettersPerMinute: row.letters_per_minute,
    at: row.set_at.getTime(),
    by: row.account_address,
  };
}
