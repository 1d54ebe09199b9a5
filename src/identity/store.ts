/**
 * Which accounts, devices and sessions are there? Every statement of the identity module.
 * Whatever must happen once is guarded here, in SQL: one account per address, one use of the first operator's link.
 */
import type { Account, Language, Role } from "#contract/wire.ts";
import type { Sql, Transaction } from "#store/store.ts";

export type StoredAccount = Account & { passwordHash: string; cohort: number; sessionEpoch: number };
export type StoredSession = {
  id: string;
  account: Account;
  cohort: number;
  sessionEpoch: number;
  lastSeenAt: number;
};

/** Passes and device cookies of the account that carry a lower epoch are dead. */
export type Epoch = readonly [accountId: string, sessionEpoch: number];
/** What was ended of an account all at once. */
export type Ended = { epoch: Epoch; sessionIds: string[] };

type AccountRow = {
  id: string;
  address: string;
  password_hash: string;
  role: Role;
  language: Language;
  cohort: number;
  session_epoch: number;
};

/** Those of the keys that an account has. */
export async function accountsAmong(sql: Sql, addressKeys: readonly string[]): Promise<ReadonlySet<string>> {
  const rows = await sql<{ address_key: string }[]>`select address_key from account where address_key = any(${addressKeys as string[]})`;
  return new Set(rows.map((row) => row.address_key));
}

export async function findAccount(sql: Sql, addressKey: string): Promise<StoredAccount | undefined> {
  const [row] = await sql<AccountRow[]>`
    select id, address, password_hash, role, language, cohort, session_epoch from account where address_key = ${addressKey}`;
  return row === undefined
    ? undefined
    : {
        id: row.id,
        address: row.address,
        role: row.role,
        language: row.language,
        passwordHash: row.password_hash,
        cohort: row.cohort,
        sessionEpoch: row.session_epoch,
      };
}

/** Whether somebody signed in to the account of this address on the device, and has not been signed out everywhere since. */
export async function hasDevice(
  sql: Sql,
  addressKey: string,
  device: { accountId: string; deviceId: string; sessionEpoch: number },
): Promise<boolean> {
  const rows = await sql`
    select 1 from device join account on account.id = device.account_id
    where device.id::text = ${device.deviceId} and account.id::text = ${device.accountId} and account.address_key = ${addressKey}
      and account.session_epoch = ${device.sessionEpoch}`;
  return rows.length > 0;
}

/** False when the address has an account already. */
export async function insertAccount(tx: Transaction, account: StoredAccount, addressKey: string, now: number): Promise<boolean> {
  const rows = await tx`
    insert into account (id, address, address_key, password_hash, role, language, cohort, session_epoch, created_at)
    values (${account.id}, ${account.address}, ${addressKey}, ${account.passwordHash}, ${account.role}, ${account.language},
      ${account.cohort}, ${account.sessionEpoch}, ${new Date(now)})
    on conflict (address_key) do nothing returning 1`;
  return rows.length === 1;
}

export async function insertDevice(tx: Transaction, device: { id: string; accountId: string; label: string }, now: number): Promise<void> {
  await tx`
    insert into device (id, account_id, label, created_at, last_seen_at)
    values (${device.id}, ${device.accountId}, ${device.label}, ${new Date(now)}, ${new Date(now)})`;
}

/** False when the account has no such device (any more). */
export async function touchDevice(tx: Transaction, deviceId: string, accountId: string, now: number): Promise<boolean> {
  const rows = await tx`
    update device set last_seen_at = ${new Date(now)}
    where id::text = ${deviceId} and account_id = ${accountId} returning 1`;
  return rows.length === 1;
}

export async function insertSession(
  tx: Transaction,
  session: { id: string; tokenSha256: Uint8Array; accountId: string; deviceId: string; expiresAt: number },
  now: number,
): Promise<void> {
  await tx`
    insert into session (id, token_sha256, account_id, device_id, created_at, last_seen_at, expires_at)
    values (${session.id}, ${session.tokenSha256}, ${session.accountId}, ${session.deviceId}, ${new Date(now)}, ${new Date(now)},
      ${new Date(session.expiresAt)})`;
}

/** A session that is neither revoked nor expired. */
export async function findSession(sql: Sql, tokenSha256: Uint8Array, now: number): Promise<StoredSession | undefined> {
  const [row] = await sql<(Omit<AccountRow, "password_hash"> & { session_id: string; last_seen_at: Date })[]>`
    select session.id as session_id, session.last_seen_at, account.id, account.address, account.role, account.language,
      account.cohort, account.session_epoch
    from session join account on account.id = session.account_id
    where session.token_sha256 = ${tokenSha256} and session.revoked_at is null and session.expires_at > ${new Date(now)}`;
  return row === undefined
    ? undefined
    : {
        id: row.session_id,
        account: { id: row.id, address: row.address, role: row.role, language: row.language },
        cohort: row.cohort,
        sessionEpoch: row.session_epoch,
        lastSeenAt: row.last_seen_at.getTime(),
      };
}

/** Which of these sessions are neither revoked nor expired. Touches none: being listened to is not being used. */
export async function livingSessions(sql: Sql, sessionIds: readonly string[], now: number): Promise<string[]> {
  const rows = await sql<{ id: string }[]>`
    select id from session
    where id = any(${sessionIds as string[]}::uuid[]) and revoked_at is null and expires_at > ${new Date(now)}`;
  return rows.map(({ id }) => id);
}

/** False when it was revoked in between. */
export async function touchSession(sql: Sql, sessionId: string, now: number, expiresAt: number): Promise<boolean> {
  const rows = await sql`
    update session set last_seen_at = ${new Date(now)}, expires_at = ${new Date(expiresAt)}
    where id = ${sessionId} and revoked_at is null returning 1`;
  return rows.length === 1;
}

export async function revokeSession(sql: Sql, sessionId: string, now: number): Promise<void> {
  await sql`update session set revoked_at = ${new Date(now)} where id = ${sessionId} and revoked_at is null`;
}

export async function setLanguage(sql: Sql, accountId: string, language: Language): Promise<void> {
  await sql`update account set language = ${language} where id = ${accountId}`;
}

/** False when the account has another password by now. Until the transaction ends nobody replaces it. */
export async function holdPassword(tx: Transaction, accountId: string, passwordHash: string): Promise<boolean> {
  const rows = await tx`select 1 from account where id = ${accountId} and password_hash = ${passwordHash} for share`;
  return rows.length === 1;
}

/** Replaces the password of the account that has this address. `undefined` when none has it. */
export async function replacePassword(tx: Transaction, addressKey: string, passwordHash: string): Promise<StoredAccount | undefined> {
  await tx`update account set password_hash = ${passwordHash} where address_key = ${addressKey}`;
  return findAccount(tx, addressKey);
}

export async function makeOperator(tx: Transaction, accountId: string): Promise<void> {
  await tx`update account set role = 'operator' where id = ${accountId}`;
}

/**
 * Ends the account's sessions and raises its epoch, so that its passes and device cookies die too. The account first: whoever
 * signs in by what was replaced waits for that row, and who came before has a session that is seen here.
 */
export async function endSessions(tx: Transaction, accountId: string, now: number): Promise<Ended> {
  const [row] = await tx<{ session_epoch: number }[]>`
    update account set session_epoch = session_epoch + 1, session_epoch_raised_at = ${new Date(now)}
    where id = ${accountId} returning session_epoch`;
  const sessions = await tx<{ id: string }[]>`
    update session set revoked_at = ${new Date(now)} where account_id = ${accountId} and revoked_at is null returning id`;
  return { epoch: [accountId, row?.session_epoch ?? 0], sessionIds: sessions.map(({ id }) => id) };
}

/** The epochs that were raised after `since`: what the door must know so that no dead pass or device cookie buys a lane. */
export async function raisedEpochs(sql: Sql, since: number): Promise<[accountId: string, sessionEpoch: number][]> {
  const rows = await sql<{ id: string; session_epoch: number }[]>`
    select id, session_epoch from account where session_epoch_raised_at > ${new Date(since)}`;
  return rows.map((row) => [row.id, row.session_epoch]);
}

/** Removes sessions that ended before `before`, and devices without a session that were last seen before `unseenSince`. */
export async function removeEnded(sql: Sql, before: number, unseenSince: number): Promise<void> {
  await sql`delete from session where expires_at < ${new Date(before)} or revoked_at < ${new Date(before)}`;
  await sql`
    delete from device where last_seen_at < ${new Date(unseenSince)}
      and not exists (select 1 from session where session.device_id = device.id)`;
}

/** Replaces the link that makes the first operator, unless an operator exists. False when one does. */
export async function replaceFirstOperatorLink(sql: Sql, tokenSha256: Uint8Array, now: number): Promise<boolean> {
  const rows = await sql`
    insert into first_operator (token_sha256, created_at)
    select ${tokenSha256}, ${new Date(now)} where not exists (select 1 from account where role = 'operator')
    on conflict (only_row) do update set token_sha256 = excluded.token_sha256, created_at = excluded.created_at, used_at = null
    returning 1`;
  return rows.length === 1;
}

export async function isFirstOperatorLinkOpen(sql: Sql, tokenSha256: Uint8Array): Promise<boolean> {
  const rows = await sql`select 1 from first_operator where token_sha256 = ${tokenSha256} and used_at is null`;
  return rows.length === 1;
}

/** True for one caller at a time, and for nobody once it was used; the others wait until the transaction ends. */
export async function lockFirstOperatorLink(tx: Transaction, tokenSha256: Uint8Array): Promise<boolean> {
  const rows = await tx`select 1 from first_operator where token_sha256 = ${tokenSha256} and used_at is null for update`;
  return rows.length === 1;
}

export async function closeFirstOperatorLink(tx: Transaction, tokenSha256: Uint8Array, now: number): Promise<void> {
  await tx`update first_operator set used_at = ${new Date(now)} where token_sha256 = ${tokenSha256}`;
}
