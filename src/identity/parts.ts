/** What do the parts of the identity module share? Its keys, what it is handed, and what a browser brings along. */
import { createHash } from "node:crypto";
import type { Logger } from "pino";
import type { Dice } from "#kit/dice.ts";
import type { Outcome } from "#kit/outcome.ts";
import type { Clock } from "#kit/time.ts";
import type { KeysOf } from "#contract/processes.ts";
import type { Account, Language, LetterTrace, Way } from "#contract/wire.ts";
import type { DomainGuard } from "#mail/mail.ts";
import type { Pool, Transaction } from "#store/store.ts";
import type { Counted } from "./core/confirm.ts";
import type { HashLine } from "./hash-line.ts";

export type IdentityKeys = KeysOf<"envelope" | "code" | "pass" | "device">;

/** Why no letter was ordered. */
export type OrderFailure = { tag: "recipient-limit" | "braked"; retryAfterMs: number } | { tag: "place-spent" | "recipient-stopped" };

/** What identity asks of mail. */
export type LetterOffice = {
  enqueueCode(letter: {
    placeId: Uint8Array;
    letterId: string;
    address: string;
    code: string;
    language: Language;
    way: Way;
    network?: string | undefined;
    knownDevice: boolean;
    worked?: boolean;
    expiresAt: number;
  }): Promise<Outcome<{ letterId: string }, OrderFailure>>;
  canPromise(address: string): boolean;
  trace(letterId: string): Promise<LetterTrace | undefined>;
  countTry(letterId: string): Promise<Counted>;
  markConfirmed(tx: Transaction, letterId: string, address: string): Promise<boolean>;
};

export type Parts = {
  sql: Pool;
  clock: Clock;
  dice: Dice;
  /** The keys as they are now: they change when the operator rotates them. */
  keys: () => IdentityKeys;
  mail: LetterOffice;
  domains: DomainGuard;
  hashLine: HashLine;
  log: Logger;
};

/** What the request's browser brought along. Nothing of it is trusted before it is checked. */
export type Visitor = {
  browserSecret: string | undefined;
  deviceToken: string | undefined;
  userAgent: string | undefined;
  /** The prefix that it comes from, as the door says. */
  network?: string | undefined;
};

/** A session that was just made: what the browser is given, once. */
export type SignedIn = { account: Account; sessionToken: string; passToken: string; deviceToken: string; browserSecret: string };

const SECRET_BYTES = 32;

/** A new secret as a cookie carries it. */
export function newSecret(dice: Dice): string {
  return Buffer.from(dice.bytes(SECRET_BYTES)).toString("base64url");
}

/** What is kept of a secret. */
export function secretHash(secret: string): Buffer {
  return createHash("sha256").update(secret).digest();
}
