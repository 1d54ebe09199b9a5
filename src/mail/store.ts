/**
 * Which letters are there, and what became of them? Every statement on outbox and mailbox_letter.
 * What must happen once is guarded here: one letter per place, tries, the confirmation, who works on a letter.
 */
import { succeed, fail, type Outcome } from "#kit/outcome.ts";
import type { EndedLetters } from "#contract/wire.ts";
import type { Pool, Sql, Transaction } from "#store/store.ts";
import { LIMIT_WINDOW_MS, MAILBOX_LETTERS } from "./core/limits.ts";
import type { RecentLetter, RecipientLimit } from "./core/quota.ts";
import type { LetterRow } from "./core/trace.ts";
import type { FailureWord } from "./core/verdict.ts";
import type { Cells } from "./parts.ts";

/** Heard by the courier when a letter was committed. */
export const OUTBOX_CHANNEL = "outbox";

export type NewLetter = {
  id: string;
  placeId: Uint8Array;
  /** The address's MAC under the current key and under the one before, if there is one. */
  recipientMac: Buffer;
  previousMac: Buffer | undefined;
  body: Buffer;
  domainCell: number;
  sourceCell: number | null;
  knownDevice: boolean;
  tries: number;
  deadlineAt: number;
};

/** A letter that belongs to a courier until its lease runs out. `attempts` tells this claim from a later one. */
export type ClaimedLetter = {
  id: string;
  body: Buffer | null;
  attempts: number;
  domainCell: number;
  /** The key of the relay that it goes to. `held`: that relay may have it already, so no other one may be given it. */
  relay: string;
  held: boolean;
  createdAt: number;
  deadlineAt: number;
};

/** Keys of the relays that there are: those that may have a letter now, and those that work but have no connection free. */
export type RelayKeys = { all: string[]; open: string[]; full: string[] };

/** `decide` sees the recipient's letters of the last hour; nobody else decides about the same recipient meanwhile. */
export async function insertLetter(
  sql: Pool,
  letter: NewLetter,
  now: number,
  decide: (recent: RecentLetter[]) => Outcome<undefined, RecipientLimit>,
): Promise<Outcome<undefined, RecipientLimit | { tag: "place-spent" | "recipient-stopped" }>> {
  return sql.begin(async (tx) => {
    await tx`select pg_advisory_xact_lock(${letter.recipientMac.readBigInt64BE(0).toString()}::text::bigint)`;
    const [stands] = await tx<{ spent: boolean; stopped: boolean }[]>`
      select exists (select 1 from outbox where place_id = ${letter.placeId}) as spent,
        exists (select 1 from letter_stop where recipient_mac in (${letter.recipientMac}, ${letter.previousMac ?? letter.recipientMac})) as stopped`;
    if (stands?.spent === true) return fail({ tag: "place-spent" });
    if (stands?.stopped === true) return fail({ tag: "recipient-stopped" });
    const decided = decide(await recentLetters(tx, letter, now));
    if (!decided.ok) return decided;
    const inserted = await tx`
      insert into outbox (id, place_id, recipient_mac, domain_cell, source_cell, body, state, known_device, tries_left, created_at, deadline_at, next_attempt_at)
      values (${letter.id}, ${letter.placeId}, ${letter.recipientMac}, ${letter.domainCell}, ${letter.sourceCell}, ${letter.body}, 'queued', ${letter.knownDevice},
        ${letter.tries}, ${new Date(now)}, ${new Date(letter.deadlineAt)}, ${new Date(now)})
      on conflict (place_id) do nothing returning 1`;
    if (inserted.length === 0) return fail({ tag: "place-spent" });
    await tx`select pg_notify(${OUTBOX_CHANNEL}, '')`;
    return succeed(undefined);
  });
}

/** The recipient wants no letters any more, or wants them again. */
export async function setStop(sql: Sql, recipientMac: Buffer, stopped: boolean, now: number): Promise<void> {
  if (!stopped) await sql`delete from letter_stop where recipient_mac = ${recipientMac}`;
  else
    await sql`insert into letter_stop (recipient_mac, stopped_at) values (${recipientMac}, ${new Date(now)}) on conflict (recipient_mac) do nothing`;
}

/** Without those that never left us because the relay was down: they burdened nobody. */
async function recentLetters(tx: Transaction, letter: NewLetter, now: number): Promise<RecentLetter[]> {
  const rows = await tx<{ created_at: Date; known_device: boolean }[]>`
    select created_at, known_device from outbox
    where recipient_mac in (${letter.recipientMac}, ${letter.previousMac ?? letter.recipientMac})
      and created_at > ${new Date(now - LIMIT_WINDOW_MS)}
      and not (state = 'expired' and (last_failure is null or last_failure like 'relay-%' or last_failure = 'sender-refused'))
    order by created_at desc limit 10`;
  return rows.map((row) => ({ createdAt: row.created_at.getTime(), knownDevice: row.known_device }));
}

/** A letter as its reader may hear of it; undefined: there is none. `relay` is the key of the one that was tried last. */
export async function findLetter(sql: Sql, id: string): Promise<(Omit<LetterRow, "server"> & { relay: string | null }) | undefined> {
  const [row] = await sql<FoundRow[]>`
    select state, relay, data_begun, attempts, last_failure, created_at, deadline_at, next_attempt_at, tried_at, relayed_at, confirmed_at
    from outbox where id = ${id}`;
  return (
    row && {
      state: row.state,
      relay: row.relay,
      held: row.data_begun,
      attempts: row.attempts,
      lastFailure: row.last_failure,
      createdAt: row.created_at.getTime(),
      deadlineAt: row.deadline_at.getTime(),
      nextAttemptAt: row.next_attempt_at.getTime(),
      triedAt: row.tried_at?.getTime() ?? null,
      relayedAt: row.relayed_at?.getTime() ?? null,
      confirmedAt: row.confirmed_at?.getTime() ?? null,
    }
  );
}

type FoundRow = {
  state: LetterRow["state"];
  relay: string | null;
  data_begun: boolean;
  attempts: number;
  last_failure: FailureWord | null;
  created_at: Date;
  deadline_at: Date;
  next_attempt_at: Date;
  tried_at: Date | null;
  relayed_at: Date | null;
  confirmed_at: Date | null;
};

/** Takes one try of an unconfirmed letter and returns how many are left; `undefined` when there was none to take. */
export async function takeTry(sql: Sql, id: string): Promise<number | undefined> {
  const [row] = await sql<{ tries_left: number }[]>`
    update outbox set tries_left = tries_left - 1 where id = ${id} and tries_left > 0 and confirmed_at is null returning tries_left`;
  return row?.tries_left;
}

/** Whether the letter was confirmed; `undefined` when there is no such letter. */
export async function isConfirmed(sql: Sql, id: string): Promise<boolean | undefined> {
  const [row] = await sql<{ confirmed: boolean }[]>`select confirmed_at is not null as confirmed from outbox where id = ${id}`;
  return row?.confirmed;
}

/** What was confirmed, for exactly one caller per letter once its transaction commits; `undefined` for all others. */
export async function confirmLetter(tx: Transaction, id: string, now: number): Promise<(Cells & { createdAt: number }) | undefined> {
  const [row] = await tx<{ domain_cell: number; source_cell: number | null; created_at: Date }[]>`
    update outbox set confirmed_at = ${new Date(now)} where id = ${id} and confirmed_at is null
    returning domain_cell, source_cell, created_at`;
  return row && { domain: row.domain_cell, source: row.source_cell, createdAt: row.created_at.getTime() };
}

/** Letters by domain, network and minute, and how many of their codes were entered. */
export async function lettersSince(sql: Sql, since: number): Promise<(Cells & { at: number; letters: number; entered: number })[]> {
  const rows = await sql<{ domain_cell: number; source_cell: number | null; at: Date; letters: number; entered: number }[]>`
    select domain_cell, source_cell, date_trunc('minute', created_at) as at, count(*)::integer as letters,
      count(confirmed_at)::integer as entered
    from outbox where created_at > ${new Date(since)} group by 1, 2, 3`;
  return rows.map((row) => ({
    domain: row.domain_cell,
    source: row.source_cell,
    at: row.at.getTime(),
    letters: row.letters,
    entered: row.entered,
  }));
}

/**
 * Takes up to `count` letters that are due: new ones first, the earliest deadline first. A letter whose courier died is due
 * when its lease has run out, and its relay may have it: like one whose relay fell silent in the middle it waits for that
 * same relay. One that was asked to wait goes to the same relay too, if that one works: another one's wait would begin anew.
 * `except` are still in the caller's own hands; `closedCells` are domains that get nothing now.
 */
export async function claimLetters(
  sql: Sql,
  asked: { count: number; relay: string; relays: RelayKeys; closedCells: number[]; except: string[]; leaseUntil: number },
  now: number,
): Promise<ClaimedLetter[]> {
  const at = new Date(now);
  const { all, open, full } = asked.relays;
  const rows = await sql<ClaimedRow[]>`
    with due as materialized (
      select id,
        (state = 'sending' or data_begun) and relay = any(${all}::text[]) is true as held,
        last_failure = 'asked-to-wait' and relay = any(${open}::text[]) is true as stays
      from outbox
      where state in ('queued', 'sending') and deadline_at > ${at} and next_attempt_at <= ${at}
        and (state = 'queued' or locked_until <= ${at}) and id <> all(${asked.except}::uuid[])
        and domain_cell <> all(${asked.closedCells}::integer[])
        and case
          when relay is null or relay <> all(${all}::text[]) then true
          when state = 'sending' or data_begun then relay = any(${open}::text[])
          else last_failure is distinct from 'asked-to-wait' or relay <> all(${full}::text[])
        end
      order by attempts = 0 desc, deadline_at, id
      limit ${asked.count}
      for update skip locked
    )
    update outbox set state = 'sending', attempts = attempts + 1, locked_until = ${new Date(asked.leaseUntil)}, tried_at = ${at},
      data_begun = due.held, relay = case when due.held or due.stays then outbox.relay else ${asked.relay} end
    from due where outbox.id = due.id
    returning outbox.id, outbox.body, outbox.attempts, outbox.domain_cell, outbox.relay, outbox.data_begun,
      outbox.created_at, outbox.deadline_at`;
  const claimed = rows.map((row) => ({
    id: row.id,
    body: row.body,
    attempts: row.attempts,
    domainCell: row.domain_cell,
    relay: row.relay,
    held: row.data_begun,
    createdAt: row.created_at.getTime(),
    deadlineAt: row.deadline_at.getTime(),
  }));
  // an update gives back its rows in any order
  return claimed.toSorted((one, other) => Number(one.attempts > 1) - Number(other.attempts > 1) || one.deadlineAt - other.deadlineAt);
}

type ClaimedRow = {
  id: string;
  body: Buffer | null;
  attempts: number;
  domain_cell: number;
  relay: string;
  data_begun: boolean;
  created_at: Date;
  deadline_at: Date;
};

/** Before another relay is given the letter in the same claim. False: it is no longer this claim's, and nobody may send it. */
export async function moveLetter(sql: Sql, letter: ClaimedLetter, relay: string, now: number): Promise<boolean> {
  const moved = await sql`
    update outbox set relay = ${relay}, tried_at = ${new Date(now)}
    where id = ${letter.id} and state = 'sending' and attempts = ${letter.attempts} returning 1`;
  return moved.length === 1;
}

/**
 * Gives back what a claim took whose answer never came: nobody has those letters in hand. They are known by the very
 * millisecond of their lease, so that no other courier's are among them.
 */
export async function releaseClaim(sql: Sql, leaseUntil: number, inHand: string[]): Promise<void> {
  await sql`
    update outbox set state = 'queued', attempts = attempts - 1, locked_until = null
    where state = 'sending' and locked_until = ${new Date(leaseUntil)} and id <> all(${inHand}::uuid[])`;
}

/** Puts back a letter that was claimed and given to nobody, until `nextAttemptAt`. */
export async function handBack(sql: Sql, letter: ClaimedLetter, nextAttemptAt: number): Promise<void> {
  await sql`
    update outbox set state = 'queued', attempts = attempts - 1, locked_until = null, next_attempt_at = ${new Date(nextAttemptAt)}
    where id = ${letter.id} and state = 'sending' and attempts = ${letter.attempts}`;
}

export async function renewLeases(sql: Sql, ids: string[], leaseUntil: number): Promise<void> {
  await sql`update outbox set locked_until = ${new Date(leaseUntil)} where id = any(${ids}::uuid[]) and state = 'sending'`;
}

/** A letter that a relay has, and when it said so. */
export type Relayed = { id: string; relay: string; at: number };

/** These relays have these letters, whoever sent them: nobody sends them again. */
export async function markRelayed(sql: Sql, letters: readonly Relayed[]): Promise<void> {
  await sql`
    update outbox set state = 'relayed', body = null, locked_until = null, last_failure = null, relay = taken.relay,
      relayed_at = to_timestamp(taken.at / 1000.0)
    from unnest(${letters.map(({ id }) => id)}::uuid[], ${letters.map(({ relay }) => relay)}::text[],
      ${letters.map(({ at }) => at)}::float8[]) as taken (id, relay, at)
    where outbox.id = taken.id and state in ('queued', 'sending')`;
}

/** `held`: the relay may have it, though it did not say so. */
export async function putOff(sql: Sql, letter: ClaimedLetter, word: FailureWord, nextAttemptAt: number, held: boolean): Promise<void> {
  await sql`
    update outbox set state = 'queued', locked_until = null, last_failure = ${word}, next_attempt_at = ${new Date(nextAttemptAt)},
      data_begun = ${held}
    where id = ${letter.id} and state = 'sending' and attempts = ${letter.attempts}`;
}

/** `held`: its relay may have it all the same. */
export async function markFailed(sql: Sql, letter: ClaimedLetter, word: FailureWord, held: boolean): Promise<void> {
  await sql`
    update outbox set state = 'failed', body = null, locked_until = null, last_failure = ${word}, data_begun = ${held}
    where id = ${letter.id} and state = 'sending' and attempts = ${letter.attempts}`;
}

/** Letters whose deadline is past, and which nobody is sending right now. Returns how many there were. */
export async function expireLetters(sql: Sql, now: number): Promise<number> {
  const expired = await sql`
    update outbox set state = 'expired', body = null, locked_until = null
    where state in ('queued', 'sending') and deadline_at <= ${new Date(now)} and (state = 'queued' or locked_until <= ${new Date(now)})`;
  return expired.count;
}

/** Removes outbox rows and mailbox letters that were made before. */
export async function removeLetters(sql: Sql, outboxBefore: number, mailboxBefore: number): Promise<void> {
  await sql`delete from outbox where created_at < ${new Date(outboxBefore)}`;
  await sql`delete from mailbox_letter where created_at < ${new Date(mailboxBefore)}`;
}

/** What waits now. `oldestDueAt`: since when the one has been due that has waited longest for a connection, new or put off before. */
export type Waiting = { letters: number; oldestAt: number | null; oldestDueAt: number | null };

/** `closedCells`: domains whose own server holds their letters up. */
export async function countWaiting(sql: Sql, closedCells: number[], now: number): Promise<Waiting> {
  const [row] = await sql<{ letters: number; oldest: Date | null; due: Date | null }[]>`
    select count(*)::integer as letters, min(created_at) as oldest,
      min(next_attempt_at) filter (where state = 'queued' and not data_begun and next_attempt_at <= ${new Date(now)}
        and domain_cell <> all(${closedCells}::integer[])) as due
    from outbox where state in ('queued', 'sending') and deadline_at > ${new Date(now)}`;
  return { letters: row?.letters ?? 0, oldestAt: row?.oldest?.getTime() ?? null, oldestDueAt: row?.due?.getTime() ?? null };
}

/** What waits for some domain, or for all others together (`cell` null); `domains`, `paused` and `slow` count domains, the rest letters. */
export type WaitingThere = {
  cell: number | null;
  domains: number;
  letters: number;
  oldestAt: number;
  putOff: number;
  paused: number;
  slow: number;
};

/** Domains that are not `known` are one row, however many there are. */
export async function waitingByDomain(
  sql: Sql,
  asked: { known: number[]; paused: number[]; slow: number[] },
  now: number,
): Promise<WaitingThere[]> {
  const rows = await sql<(Omit<WaitingThere, "oldestAt" | "putOff"> & { oldest: Date; put_off: number })[]>`
    select case when domain_cell = any(${asked.known}::integer[]) then domain_cell end as cell,
      count(distinct domain_cell)::integer as domains, count(*)::integer as letters, min(created_at) as oldest,
      (count(*) filter (where state = 'queued' and next_attempt_at > ${new Date(now)}))::integer as put_off,
      (count(distinct domain_cell) filter (where domain_cell = any(${asked.paused}::integer[])))::integer as paused,
      (count(distinct domain_cell) filter (where domain_cell = any(${asked.slow}::integer[])))::integer as slow
    from outbox where state in ('queued', 'sending') and deadline_at > ${new Date(now)} group by 1`;
  return rows.map(({ oldest, put_off, ...row }) => ({ ...row, oldestAt: oldest.getTime(), putOff: put_off }));
}

/** Letters that came to an end since then. `inTime`: accepted within `promiseMs`. */
export async function endedSince(sql: Sql, since: number, promiseMs: number): Promise<EndedLetters> {
  const [row] = await sql<{ accepted: number; in_time: number; took: number[] | null; refused: number; failed: number; expired: number }[]>`
    select (count(*) filter (where state = 'relayed'))::integer as accepted,
      (count(*) filter (where state = 'relayed' and took <= ${promiseMs}))::integer as in_time,
      percentile_disc(array[0.5, 0.99]::float8[]) within group (order by took) filter (where state = 'relayed') as took,
      (count(*) filter (where state = 'failed' and last_failure = 'recipient-refused'))::integer as refused,
      (count(*) filter (where state = 'failed' and last_failure is distinct from 'recipient-refused'))::integer as failed,
      (count(*) filter (where state = 'expired'))::integer as expired
    from (
      select state, last_failure, (extract(epoch from relayed_at - created_at) * 1000)::float8 as took
      from outbox where created_at > ${new Date(since)}
    ) letters`;
  const [p50Ms = null, p99Ms = null] = row?.took ?? [];
  const { accepted = 0, in_time: inTime = 0, refused = 0, failed = 0, expired = 0 } = row ?? {};
  return { accepted, inTime, p50Ms, p99Ms, refused, failed, expired };
}

export type MailboxLetter = { recipient: string; subject: string; text: string; html: string; createdAt: number };

/** Puts a letter into the built-in mailbox, once however often it is tried; the oldest beyond the cap go. */
export async function insertMailboxLetter(sql: Sql, id: string, letter: MailboxLetter): Promise<void> {
  await sql`
    insert into mailbox_letter (id, recipient, subject, body_text, body_html, created_at)
    values (${id}, ${letter.recipient}, ${letter.subject}, ${letter.text}, ${letter.html}, ${new Date(letter.createdAt)})
    on conflict (id) do nothing`;
  await sql`
    delete from mailbox_letter where id in (select id from mailbox_letter order by created_at desc, id offset ${MAILBOX_LETTERS})`;
}

export async function mailboxLetters(sql: Sql, since: number): Promise<MailboxLetter[]> {
  const rows = await sql<{ recipient: string; subject: string; text: string; html: string; created_at: Date }[]>`
    select recipient, subject, body_text as text, body_html as html, created_at
    from mailbox_letter where created_at >= ${new Date(since)} order by created_at desc, id limit ${MAILBOX_LETTERS}`;
  return rows.map(({ created_at, ...letter }) => ({ ...letter, createdAt: created_at.getTime() }));
}
