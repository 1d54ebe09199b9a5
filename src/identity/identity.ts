/**
 * Who are you? Registration, sign-in, sessions, devices, the first operator.
 * SQL decides whatever must happen once; the pass is for the door only and authorises nothing here.
 */
import type { Dice } from "#kit/dice.ts";
import type { Outcome } from "#kit/outcome.ts";
import { DAY_MS, HOUR_MS } from "#kit/time.ts";
import { DEVICE_LIFETIME_MS } from "#contract/tokens.ts";
import type { AddressedTrace, Language } from "#contract/wire.ts";
import type { Sql } from "#store/store.ts";
import { newSecret, secretHash, type Parts, type SignedIn, type Visitor } from "./parts.ts";
import { confirm, requestLetter, traceLetter, type ConfirmRefusal, type LetterRefusal } from "./registration.ts";
import { authenticate, type Authenticated } from "./sessions.ts";
import { makeFirstOperator, signIn, type Epoch, type FirstOperatorRefusal, type SignInRefusal } from "./sign-in.ts";
import { findAccount, livingSessions, raisedEpochs, removeEnded, replaceFirstOperatorLink, revokeSession, setLanguage } from "./store.ts";

export { createHashLine } from "./hash-line.ts";
export { SESSION_LIFETIME_MS } from "./sessions.ts";
export type { Authenticated, Epoch, SignedIn, Visitor };

export type Identity = {
  /** Orders the one letter of a place whose turn has come. */
  requestLetter(asked: {
    placeId: Uint8Array;
    address: string;
    language: Language;
    visitor: Visitor;
  }): Promise<Outcome<{ envelope: string; expiresAt: number }, LetterRefusal>>;
  /** What became of the letter that was ordered. */
  traceLetter(asked: { envelope: string; visitor: Visitor }): Promise<Outcome<AddressedTrace, { tag: "envelope-expired" }>>;
  /** Envelope, code and password become account and session. */
  confirm(asked: { envelope: string; code: string; password: string; visitor: Visitor }): Promise<Outcome<SignedIn, ConfirmRefusal>>;
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
  hasAccount(address: string): Promise<boolean>;
  changeLanguage(accountId: string, language: Language): Promise<void>;
  /** Every epoch whose raising still matters to a pass or a device cookie that may be alive. */
  revocations(): Promise<Epoch[]>;
  /** Removes every hour what ended, until stopped. */
  start(): void;
  stop(): void;
};

/** `onRevoked` hears of each raised epoch after it was committed: the door must know before it gives a lane again. */
export function createIdentity({ onRevoked, ...parts }: Parts & { onRevoked: (epoch: Epoch) => void }): Identity {
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
    confirm: (asked) => confirm(parts, asked),
    signIn: (asked) => signIn(parts, asked),
    async signOut(sessionId) {
      await revokeSession(parts.sql, sessionId, parts.clock.now());
      return { browserSecret: newSecret(parts.dice) };
    },
    authenticate: (sessionToken, passToken) => authenticate(parts, sessionToken, passToken),
    livingSessions: (sessionIds) => livingSessions(parts.sql, sessionIds, parts.clock.now()),
    async makeFirstOperator(asked) {
      const made = await makeFirstOperator(parts, asked);
      if (made.ok && made.value.revoked !== null) onRevoked(made.value.revoked);
      return made;
    },
    hasAccount: async (address) => (await findAccount(parts.sql, address.toLowerCase())) !== undefined,
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
