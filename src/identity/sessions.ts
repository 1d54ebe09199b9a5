/**
 * Who is this? Sessions: 256 random bits in the browser, their SHA-256 here, 30 days sliding, revoked in SQL.
 * The pass that goes with one buys a lane in the door and authorises nothing; it is minted anew when half its day is over.
 */
import { mintDevice, mintPass, openDevice, openPass, PASS_LIFETIME_MS } from "#contract/tokens.ts";
import type { Account } from "#contract/wire.ts";
import { DAY_MS, HOUR_MS } from "#kit/time.ts";
import type { Transaction } from "#store/store.ts";
import { deviceLabel } from "./core/device-label.ts";
import { newSecret, secretHash, type Parts, type SignedIn, type Visitor } from "./parts.ts";
import { findSession, insertDevice, insertSession, touchDevice, touchSession, type StoredAccount } from "./store.ts";

export const SESSION_LIFETIME_MS = 30 * DAY_MS;
const TOUCH_EVERY_MS = HOUR_MS;
const TOKEN = /^[A-Za-z0-9_-]{43}$/;

export type Holder = { account: Account; cohort: number; sessionEpoch: number };

export type Authenticated = {
  account: Account;
  sessionId: string;
  /** Set when the session's 30 days begin anew: the cookie too must be given its new age. */
  renewedSession: boolean;
  /** Set when the browser needs a new pass. */
  newPass: string | null;
};

export function holderOf(stored: StoredAccount): Holder {
  const { id, address, role, language, cohort, sessionEpoch } = stored;
  return { account: { id, address, role, language }, cohort, sessionEpoch };
}

/** Makes device and session in the caller's transaction. A device that the account is known by stays the same one. */
export async function openSession(parts: Parts, tx: Transaction, holder: Holder, visitor: Visitor): Promise<SignedIn> {
  const { dice, clock } = parts;
  const now = clock.now();
  const accountId = holder.account.id;
  const known = visitor.deviceToken === undefined ? undefined : openDevice(parts.keys().device, now, visitor.deviceToken);
  let deviceId = known?.accountId === accountId ? known.deviceId : undefined;
  if (deviceId === undefined || !(await touchDevice(tx, deviceId, accountId, now))) {
    deviceId = dice.uuid();
    await insertDevice(tx, { id: deviceId, accountId, label: deviceLabel(visitor.userAgent) }, now);
  }
  const sessionToken = newSecret(dice);
  await insertSession(
    tx,
    { id: dice.uuid(), tokenSha256: secretHash(sessionToken), accountId, deviceId, expiresAt: now + SESSION_LIFETIME_MS },
    now,
  );
  return {
    account: holder.account,
    sessionToken,
    passToken: passFor(parts, holder, now),
    deviceToken: mintDevice(parts.keys().device, { accountId, deviceId, sessionEpoch: holder.sessionEpoch, issuedAt: now }),
    browserSecret: newSecret(dice),
  };
}

/** The account behind a session cookie, or `null`. Also says which cookies to renew. */
export async function authenticate(
  parts: Parts,
  sessionToken: string | undefined,
  passToken: string | undefined,
): Promise<Authenticated | null> {
  if (sessionToken === undefined || !TOKEN.test(sessionToken)) return null;
  const now = parts.clock.now();
  const session = await findSession(parts.sql, secretHash(sessionToken), now);
  if (session === undefined) return null;
  const stale = now - session.lastSeenAt > TOUCH_EVERY_MS;
  if (stale && !(await touchSession(parts.sql, session.id, now, now + SESSION_LIFETIME_MS))) return null;
  const pass = passToken === undefined ? undefined : openPass(parts.keys().pass, now, passToken);
  const passIsFine =
    pass?.accountId === session.account.id &&
    pass.role === session.account.role &&
    pass.sessionEpoch === session.sessionEpoch &&
    pass.expiresAt - now > PASS_LIFETIME_MS / 2;
  return {
    account: session.account,
    sessionId: session.id,
    renewedSession: stale,
    newPass: passIsFine ? null : passFor(parts, session, now),
  };
}

function passFor(parts: Parts, holder: Holder, now: number): string {
  return mintPass(parts.keys().pass, now, {
    accountId: holder.account.id,
    role: holder.account.role,
    cohort: holder.cohort,
    sessionEpoch: holder.sessionEpoch,
    expiresAt: now + PASS_LIFETIME_MS,
  });
}
