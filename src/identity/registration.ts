/**
 * How does a stranger become a member, and how does a member get in who forgot the password? A letter for a place whose turn
 * has come; then envelope, code and password make the account, or replace the password of the one that is there, and device and
 * session, in one transaction. Between the two, nothing but the letter's outbox row is kept.
 */
import { suggestAddress } from "#contract/mail-providers.ts";
import type { FieldFault } from "#contract/problem-body.ts";
import type { AddressedTrace, Language, Way } from "#contract/wire.ts";
import { MOST_EFFORT_BITS } from "#contract/limits.ts";
import { openDevice } from "#contract/tokens.ts";
import { fail, succeed, unreachable, type Outcome } from "#kit/outcome.ts";
import { keyedMac, mintSealed, openSealed, sameBytes } from "#kit/seal.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from "#kit/time.ts";
import { checkAddress } from "#mail/mail.ts";
import { commonPasswords } from "./common-passwords.ts";
import { CODE_BYTES, makeCode, normaliseCode, showCode } from "./core/code.ts";
import { afterTry, beforeTry, type AfterTry } from "./core/confirm.ts";
import { packEnvelope, unpackEnvelope, type Envelope } from "./core/envelope.ts";
import { canonicalPassword, judgePassword } from "./core/password.ts";
import type { TooBusy } from "./hash-line.ts";
import { secretHash, type OrderFailure, type Parts, type SignedIn, type Visitor } from "./parts.ts";
import { holderOf, openSession } from "./sessions.ts";
import { endSessions, findAccount, hasDevice, insertAccount, replacePassword, type Ended, type StoredAccount } from "./store.ts";

const MAIL_DOWN_AGAIN_MS = 5 * SECOND_MS;
const ENVELOPE_LIFETIME_MS = 10 * MINUTE_MS;

export type LetterRefusal =
  | { tag: "invalid-field"; fields: FieldFault[] }
  | { tag: "place-expired" }
  | { tag: "place-spent" }
  | { tag: "letters-stopped" }
  | { tag: "letter-limit" | "letters-braked" | "mail-down"; retryAfterMs: number };

export type ConfirmRefusal =
  | Exclude<AfterTry, { tag: "right" }>
  | { tag: "invalid-field"; fields: FieldFault[] }
  | { tag: "sign-up-closed" }
  | TooBusy;
/** `ended`: what the account had before its password was replaced. */
export type Confirmed = SignedIn & { ended: Ended | null };

/** Orders the one letter of a place. The answer is the same, and takes the same work, whether the address has an account or not. */
export async function requestLetter(
  parts: Parts,
  asked: { placeId: Uint8Array; effort?: number; address: string; language: Language; way: Way; visitor: Visitor },
): Promise<Outcome<{ envelope: string; expiresAt: number }, LetterRefusal>> {
  const { clock, dice, keys, mail } = parts;
  const checked = checkAddress(asked.address);
  if (!checked.ok) return refuseAddress(asked.address, "address");
  // whoever is told that the code is on its way can count on it; the others keep their place and are told why
  if (!mail.canPromise(checked.value.address)) return fail({ tag: "mail-down", retryAfterMs: MAIL_DOWN_AGAIN_MS });
  const secret = asked.visitor.browserSecret;
  if (secret === undefined) return fail({ tag: "place-expired" });

  const { address, key } = checked.value;
  // before anything is looked up about the address: what is waited for here says nothing about an account
  const refusal = await parts.domains.refusalOf(address.slice(address.lastIndexOf("@") + 1));
  if (refusal !== undefined) return refuseAddress(address, refusal);

  const now = clock.now();
  const device = asked.visitor.deviceToken === undefined ? undefined : openDevice(keys().device, now, asked.visitor.deviceToken);
  const knownDevice = device !== undefined && (await hasDevice(parts.sql, key, device));
  const letterId = dice.uuid();
  const code = makeCode(dice.bytes(CODE_BYTES));
  const expiresAt = now + ENVELOPE_LIFETIME_MS;
  const packed = packEnvelope({
    id: letterId,
    browserHash: secretHash(secret),
    address,
    codeMac: keyedMac(keys().code.current, "code", [letterId, code]),
    language: asked.language,
    way: asked.way,
    issuedAt: now,
    expiresAt,
  });
  if (packed === undefined) return refuseAddress(address, "address");
  const ordered = await mail.enqueueCode({
    placeId: asked.placeId,
    letterId,
    address,
    code: showCode(code),
    language: asked.language,
    way: asked.way,
    network: asked.visitor.network,
    knownDevice,
    worked: (asked.effort ?? 0) >= MOST_EFFORT_BITS,
    expiresAt,
  });
  if (!ordered.ok) return fail(refusalOf(ordered.failure));
  return succeed({ envelope: mintSealed(keys().envelope, Math.floor(now / HOUR_MS), packed), expiresAt });
}

function refusalOf(failure: OrderFailure): LetterRefusal {
  switch (failure.tag) {
    case "recipient-limit":
      return { tag: "letter-limit", retryAfterMs: failure.retryAfterMs };
    case "braked":
      return { tag: "letters-braked", retryAfterMs: failure.retryAfterMs };
    case "recipient-stopped":
      return { tag: "letters-stopped" };
    case "place-spent":
      return { tag: "place-spent" };
    default:
      return unreachable(failure);
  }
}

/** What became of the letter of an envelope, told to nobody but the browser that it belongs to. */
export async function traceLetter(
  parts: Parts,
  asked: { envelope: string; visitor: Visitor },
): Promise<Outcome<AddressedTrace, { tag: "envelope-expired" }>> {
  const envelope = openEnvelope(parts, asked.envelope);
  const secret = secretHash(asked.visitor.browserSecret ?? "");
  if (envelope === undefined || !sameBytes(envelope.browserHash, secret)) return fail({ tag: "envelope-expired" });
  const trace = await parts.mail.trace(envelope.id);
  return trace === undefined ? fail({ tag: "envelope-expired" }) : succeed({ ...trace, address: envelope.address });
}

/** With what was probably meant, where that is plain. */
function refuseAddress(address: string, key: string): Outcome<never, { tag: "invalid-field"; fields: FieldFault[] }> {
  const suggestion = suggestAddress(address);
  return fail({ tag: "invalid-field", fields: [{ field: "address", key, ...(suggestion === undefined ? {} : { suggestion }) }] });
}

/**
 * Makes the account, or replaces the password of the one that is there: whoever has the code has proven the address. Without
 * `takesNew` the code of a letter that was ordered for a forgotten password makes no account. A full hash line is
 * told before the try is counted, so that waiting costs no try.
 */
export async function confirm(
  parts: Parts,
  asked: { envelope: string; code: string; password: string; takesNew: boolean; visitor: Visitor },
): Promise<Outcome<Confirmed, ConfirmRefusal>> {
  const { clock, mail, hashLine } = parts;
  const secret = secretHash(asked.visitor.browserSecret ?? "");
  const checked = beforeTry({
    envelope: openEnvelope(parts, asked.envelope),
    isSameBrowser: (hash) => sameBytes(hash, secret),
    now: clock.now(),
    code: normaliseCode(asked.code),
    judge: (address) => judgePassword(asked.password, address, commonPasswords()),
  });
  if (checked.tag !== "try") return fail(checked);
  const room = hashLine.room("confirm");
  if (!room.ok) return room;

  const { envelope, code } = checked;
  const verdict = afterTry(await mail.countTry(envelope.id), isCodeOf(parts, envelope, code));
  if (verdict.tag !== "right") return fail(verdict);
  const hashed = await hashLine.hash(canonicalPassword(asked.password), "confirm");
  return hashed.ok ? makeMember(parts, envelope, hashed.value, asked) : hashed;
}

function openEnvelope(parts: Parts, token: string): Envelope | undefined {
  const opened = openSealed(parts.keys().envelope, token);
  return opened === undefined ? undefined : unpackEnvelope(opened);
}

/** After a rotation of the keys the code of a letter that is still on its way stays right. */
function isCodeOf(parts: Parts, envelope: Envelope, code: string): boolean {
  const { current, previous } = parts.keys().code;
  return [current, ...(previous === undefined ? [] : [previous])].some((key) =>
    sameBytes(keyedMac(key, "code", [envelope.id, code]), envelope.codeMac),
  );
}

/** One transaction. Of several with one letter exactly one gets in; the others are told to sign in. */
async function makeMember(
  parts: Parts,
  envelope: Envelope,
  passwordHash: string,
  { takesNew, visitor }: { takesNew: boolean; visitor: Visitor },
): Promise<Outcome<Confirmed, ConfirmRefusal>> {
  const now = parts.clock.now();
  const key = envelope.address.toLowerCase();
  const mayBeNew = takesNew || envelope.way === "sign-up";
  const fresh: StoredAccount = {
    id: parts.dice.uuid(),
    address: envelope.address,
    role: "member",
    language: envelope.language,
    passwordHash,
    cohort: Math.floor(now / DAY_MS),
    sessionEpoch: 0,
  };
  return parts.sql.begin(async (tx) => {
    // before the letter is used up: it is still good should registration open again
    if (!mayBeNew && (await findAccount(tx, key)) === undefined) return fail({ tag: "sign-up-closed" });
    if (!(await parts.mail.markConfirmed(tx, envelope.id, envelope.address))) return fail({ tag: "already-confirmed" });
    if (mayBeNew && (await insertAccount(tx, fresh, key, now)))
      return succeed({ ...(await openSession(parts, tx, holderOf(fresh), visitor)), ended: null });
    const known = await replacePassword(tx, key, passwordHash);
    if (known === undefined) return fail({ tag: "already-confirmed" });
    const ended = await endSessions(tx, known.id, now);
    const holder = holderOf({ ...known, sessionEpoch: ended.epoch[1] });
    return succeed({ ...(await openSession(parts, tx, holder, visitor)), ended });
  });
}
