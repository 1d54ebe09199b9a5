/**
 * Where is it kept what left? One row per request, committed before its first byte; the body as it was sent.
 * `response_bytes` stays null when no connection was made, so nothing can have left.
 */
import type { EgressEntry } from "#contract/wire.ts";
import type { Pool } from "#store/store.ts";
import type { SentTotal } from "./core/summary.ts";

export type NewEntry = {
  id: string;
  accountId: string | null;
  conversationId: string | null;
  messageId: string | null;
  purpose: EgressEntry["purpose"];
  destination: string;
  method: string;
  url: string;
  host: string;
  ip: string;
  stayed: boolean;
  body: Uint8Array;
  bodySha256: Uint8Array;
  openedAt: number;
};

export async function insertEntry(sql: Pool, entry: NewEntry): Promise<void> {
  await sql`
    insert into egress_entry (id, account_id, conversation_id, message_id, purpose, destination, method, url, host, ip, stayed,
      request_bytes, request_sha256, request_body, state, opened_at)
    values (${entry.id}, ${entry.accountId}, ${entry.conversationId}, ${entry.messageId}, ${entry.purpose}, ${entry.destination},
      ${entry.method}, ${entry.url}, ${entry.host}, ${entry.ip}, ${entry.stayed},
      ${entry.body.length}, ${Buffer.from(entry.bodySha256)}, ${Buffer.from(entry.body)}, 'opened', ${new Date(entry.openedAt)})`;
}

export type EntryEnd = { state: "answered" | "failed"; status: number | null; bytes: number | null };

/** Guarded: an entry is closed once. */
export async function closeEntry(sql: Pool, id: string, end: EntryEnd, now: number): Promise<void> {
  await sql`
    update egress_entry
    set state = ${end.state}, response_status = ${end.status}, response_bytes = ${end.bytes}, closed_at = ${new Date(now)}
    where id = ${id} and state = 'opened'`;
}

/** Entries whose process ended before the answer did. Returns how many there were. */
export async function closeLeftOpen(sql: Pool, now: number): Promise<number> {
  const closed = await sql`
    update egress_entry set state = 'failed', response_bytes = 0, closed_at = ${new Date(now)} where state = 'opened'`;
  return closed.count;
}

/** Lists of models that nobody's words were in. */
export async function deleteModelListsBefore(sql: Pool, before: number): Promise<void> {
  await sql`delete from egress_entry where purpose = 'model-list' and account_id is null and opened_at < ${new Date(before)}`;
}

/** Requests that may have carried a byte, per message and destination. */
export async function totalsOf(sql: Pool, messageIds: readonly string[]): Promise<SentTotal[]> {
  if (messageIds.length === 0) return [];
  return sql<SentTotal[]>`
    select message_id as "messageId", destination as name, host, stayed, count(*)::integer as requests, sum(request_bytes)::bigint as bytes
    from egress_entry
    where message_id = any(${messageIds as string[]}::uuid[]) and not (state = 'failed' and response_bytes is null)
    group by message_id, destination, host, stayed
    order by min(opened_at)`;
}

type EntryRow = Omit<EgressEntry, "at" | "requestSha256"> & { openedAt: Date; sha256: Buffer };

export async function entriesOfMessage(sql: Pool, accountId: string, messageId: string): Promise<EgressEntry[]> {
  const rows = await sql<EntryRow[]>`
    select id, purpose, destination, method, url, host, ip, stayed, request_bytes as "requestBytes", request_sha256 as sha256, state,
      response_status as "responseStatus", response_bytes as "responseBytes", opened_at as "openedAt"
    from egress_entry where message_id = ${messageId} and account_id = ${accountId} order by opened_at, id`;
  return rows.map(({ openedAt, sha256, ...row }) => ({ ...row, at: openedAt.getTime(), requestSha256: sha256.toString("hex") }));
}

export async function bodyOfEntry(sql: Pool, accountId: string, entryId: string): Promise<Uint8Array | undefined> {
  const [row] = await sql<{ body: Buffer }[]>`
    select request_body as body from egress_entry where id = ${entryId} and account_id = ${accountId}`;
  return row?.body;
}
