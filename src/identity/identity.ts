/**
 * Who are you? Registration, sign-in, sessions, devices, the first operator.
 * SQL decides whatever must happen once; the pass is for the door only and authorises nothing here.
 */
import type { Dice } from "#kit/dice.ts";
import type { Outcome } from "#kit/outcome.ts";
import { DAY_MS, HOUR_MS } from "#kit/time.ts";
import { DEVICE_LIFETIME_MS } from "#contract/tokens.ts";
import type { AddressedTrace, Language, Way } from "#contract/wire.ts";
import type { Sql } from "#store/store.ts";
import { newSecret, secretHash, type Parts, type SignedIn, type Visitor } from "./parts.ts";
import { confirm, requestLetter, traceLetter, type ConfirmRefusal, type LetterRefusal } from "./registration.ts";
import { authenticate, type Authenticated } from "./sessions.ts";
import { makeFirstOperator, signIn, type FirstOperatorRefusal, type SignInRefusal } from "./sign-in.ts";
import {
  accountsAmong,
  livingSessions,
  raisedEpochs,
  removeEnded,
  replaceFirstOperatorLink,
  revokeSession,
  setLanguage,
  type Ended,
  type Epoch,
} from "./store.ts";

export { createHashLine } from "./hash-line.ts";
export { SESSION_LIFETIME_MS } from "./sessions.ts";
export type { Authenticated, Ended, Epoch, SignedIn, Visitor };

export type Identity = {
  /** Orders the one letter of a place whose turn has come. */
  requestLetter(asked: {
    placeId: Uint8Array;
    /** Bits that the place was paid for with. */
    effort?: number;
    address: string;
    language: Language;
    way: Way;
    visitor: Visitor;
  }): Promise<Outcome<{ envelope: string; expiresAt: number }, LetterRefusal>>;
  /** What became of the letter that was ordered. */
  traceLetter(asked: { envelope: string; visitor: Visitor }): Promise<Outcome<AddressedTrace, { tag: "envelope-expired" }>>;
  /** Envelope, code and password become account and session, or a known account's new password and its only session. */
  confirm(asked: {
    envelope: string;
    code: string;
    password: string;
    /** Whether a letter that was ordered for a forgotten password may make an account. */
    takesNew: boolean;
    visitor: Visitor;
  }): Promise<Outcome<SignedIn, ConfirmRefusal>>;
  signIn(asked: { address: string; password: string; visitor: Visitor }): Promise<Outcome<SignedIn, SignInRefusal>>;
  /** Ends the session and returns the new browser secret. */
  signOut(sessionId: string): Promise<{ browserSecret: string }>;
  /** The one who holds this session, or `null`. */
  authenticate(sessionToken: string | undefined, passToken: string | undefined): Promise<Authenticated | null>;
  /** Which of these sessions still hold. For streams that outlive their request; renews nothing. */
  livingSessions(sessionIds: readonly string[]): Promise<string[]>;
  makeFirstOperator(asked: {
    token: string;
    address: string;
    password: string;
    language: Language;
    visitor: Visitor;
  }): Promise<Outcome<SignedIn, FirstOperatorRefusal>>;
  /** Those of the addresses that have an account. */
  withAccount(addresses: readonly string[]): Promise<ReadonlySet<string>>;
  changeLanguage(accountId: string, language: Language): Promise<void>;
  /** Every epoch whose raising still matters to a pass or a device cookie that may be alive. */
  revocations(): Promise<Epoch[]>;
  /** Removes every hour what ended, until stopped. */
  start(): void;
  stop(): void;
};

/** `onEnded` hears after it was committed: the door must know the epoch before it gives a lane again, and streams must stop. */
export function createIdentity({ onEnded, ...parts }: Parts & { onEnded: (ended: Ended) => void }): Identity {
  let stopTidying = () => {};

  async function tidy(): Promise<void> {
    const now = parts.clock.now();
    try {
      await removeEnded(parts.sql, now - DAY_MS, now - DEVICE_LIFETIME_MS);
    } catch (error) {
      parts.log.warn({ err: error }, "sessions that ended could not be removed; tried again in an hour");
    }
    stopTidying = parts.clock.after(HOUR_MS, () => void tidy());
  }

  return {
    requestLetter: (asked) => requestLetter(parts, asked),
    traceLetter: (asked) => traceLetter(parts, asked),
    async confirm(asked) {
      const confirmed = await confirm(parts, asked);
      if (confirmed.ok && confirmed.value.ended !== null) onEnded(confirmed.value.ended);
      return confirmed;
    },
    signIn: (asked) => signIn(parts, asked),
    async signOut(sessionId) {
      await revokeSession(parts.sql, sessionId, parts.clock.now());
      return { browserSecret: newSecret(parts.dice) };
    },
    authenticate: (sessionToken, passToken) => authenticate(parts, sessionToken, passToken),
    livingSessions: (sessionIds) => livingSessions(parts.sql, sessionIds, parts.clock.now()),
    async makeFirstOperator(asked) {
      const made = await makeFirstOperator(parts, asked);
      if (made.ok && made.value.ended !== null) onEnded(made.value.ended);
      return made;
    },
    async withAccount(addresses) {
      const keys = await accountsAmong(
        parts.sql,
        addresses.map((address) => address.toLowerCase()),
      );
      return new Set(addresses.filter((address) => keys.has(address.toLowerCase())));
    },
    changeLanguage: (accountId, language) => setLanguage(parts.sql, accountId, language),
    revocations: () => raisedEpochs(parts.sql, parts.clock.now() - DEVICE_LIFETIME_MS - HOUR_MS),
    start() {
      stopTidying = parts.clock.after(HOUR_MS, () => void tidy());
    },
    stop() {
      stopTidying();
    },
  };
}

/**
 * Makes the one-time link's token, to be printed in the terminal; only its SHA-256 is kept. A new one replaces the last.
 * `undefined` when there is an operator already.
 */
export async function offerFirstOperatorLink(sql: Sql, dice: Dice, now: number): Promise<string | undefined> {
  const token = newSecret(dice);
  return (await replaceFirstOperatorLink(sql, secretHash(token), now)) ? token : undefined;
}
