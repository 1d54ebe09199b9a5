/**
 * How does a code reach its reader? Orders one letter per place in the line, at most three an hour per recipient, counts the
 * guesses at each code, and lets a courier carry the letters to the operator's relay or into the built-in mailbox.
 */
import type { Logger } from "pino";
import type { Dice } from "#kit/dice.ts";
import { fail, succeed, type Outcome } from "#kit/outcome.ts";
import { keyedMac } from "#kit/seal.ts";
import { SECOND_MS, systemClock, type Clock } from "#kit/time.ts";
import type { Language, Way } from "#contract/wire.ts";
import type { Pool, Transaction } from "#store/store.ts";
import {
  ATTEMPT_MS,
  COUNT_EVERY_MS,
  MAILBOX_LETTER_MS,
  PRUNE_EVERY_MS,
  ROW_LIFETIME_MS,
  SWEEP_EVERY_MS,
  TRIES_PER_LETTER,
} from "./core/limits.ts";
import { checkQuota, type RecipientLimit } from "./core/quota.ts";
import { lettersPromised } from "./core/relay-state.ts";
import { parseRelayUrl } from "./core/relay-url.ts";
import { judge } from "./core/verdict.ts";
import { createCourier } from "./courier.ts";
import { openBody, sealBody } from "./body.ts";
import { mailboxDelivery, noDelivery, relayDelivery } from "./delivery.ts";
import type { MailKeys } from "./parts.ts";
import { relayProblem, relayUrlProblem } from "./relay-problem.ts";
import { createRelay } from "./smtp.ts";
import {
  confirmLetter,
  countWaiting,
  expireLetters,
  insertLetter,
  isConfirmed,
  mailboxLetters,
  removeLetters,
  takeTry,
  type MailboxLetter,
  type Waiting,
} from "./store.ts";

export { checkAddress } from "./core/address.ts";
export type { MailboxLetter } from "./store.ts";

export type MailParts = {
  sql: Pool;
  clock: Clock;
  dice: Dice;
  log: Logger;
  keys: () => MailKeys;
  /** null: the built-in mailbox. */
  smtpUrl: string | null;
  mailFrom: string;
  publicUrl: string;
  lettersPerSecond: number;
  /** False when nobody may open the built-in mailbox: without a relay no letter then reaches anybody, and that is said. */
  mailboxOpen?: boolean;
  /** Whether an address has an account: its owner then reads in the letter what the code does to it. */
  hasAccount?: (address: string) => Promise<boolean>;
};

export type MailHealth = { mail: "working" | "failing" | "mailbox" | "unknown"; lettersWaiting: number; oldestLetterSeconds: number };

export type Mail = {
  /** Commits the one letter of a place; the courier has it a moment later. `letterId` is also the envelope's. */
  enqueueCode(letter: {
    placeId: Uint8Array;
    letterId: string;
    address: string;
    code: string;
    language: Language;
    way: Way;
    knownDevice: boolean;
    expiresAt: number;
  }): Promise<Outcome<{ letterId: string }, RecipientLimit | { tag: "place-spent" }>>;
  /** Counts one guess at a letter's code, before it is compared. */
  countTry(letterId: string): Promise<{ tag: "counted"; triesLeft: number } | { tag: "confirmed" | "exhausted" | "unknown" }>;
  /** True for exactly one caller, when its transaction commits. */
  markConfirmed(tx: Transaction, letterId: string): Promise<boolean>;
  /** The built-in mailbox, newest first. */
  readMailbox(): Promise<MailboxLetter[]>;
  health(): MailHealth;
  /** Letters per second that may be promised now; 0 while the relay fails or was not reached yet. */
  capacity(): number;
  start(): Promise<void>;
  stop(): Promise<void>;
};

export function createMail(parts: MailParts): Mail {
  const { sql, clock, log, keys } = parts;
  const intoMailbox = parts.smtpUrl === null && parts.mailboxOpen !== false;
  const delivery = chooseDelivery(parts);
  let waiting: Waiting = { letters: 0, oldestAt: null, oldestUntriedAt: null };
  let sweptAt = Number.NEGATIVE_INFINITY;
  let prunedAt = Number.NEGATIVE_INFINITY;
  let countedAt = Number.NEGATIVE_INFINITY;

  const courier = createCourier({
    ...parts,
    delivery,
    async open(claimed) {
      const body = claimed.body === null ? undefined : openBody(keys().letter, claimed.id, claimed.body);
      if (body === undefined) return undefined;
      const hasAccount = (await parts.hasAccount?.(body.address)) ?? false;
      return { ...body, id: claimed.id, createdAt: claimed.createdAt, expiresAt: claimed.deadlineAt, hasAccount };
    },
    async tidy() {
      const now = clock.now();
      if (clock.monotonic() - sweptAt >= SWEEP_EVERY_MS) {
        const expired = await expireLetters(sql, now);
        if (expired > 0) log.warn({ letters: expired }, "letters could not be sent before their codes ended");
        sweptAt = clock.monotonic();
      }
      if (clock.monotonic() - prunedAt >= PRUNE_EVERY_MS) {
        await removeLetters(sql, now - ROW_LIFETIME_MS, now - MAILBOX_LETTER_MS);
        prunedAt = clock.monotonic();
      }
      // a round follows each letter, and counting looks at all that wait
      if (clock.monotonic() - countedAt >= COUNT_EVERY_MS) {
        waiting = await countWaiting(sql, now);
        countedAt = clock.monotonic();
      }
    },
  });

  const ageMs = (at: number | null) => (at === null ? 0 : Math.max(0, clock.now() - at));

  return {
    async enqueueCode(letter) {
      const now = clock.now();
      const { current, previous } = keys().recipient;
      const key = letter.address.toLowerCase();
      const stored = await insertLetter(
        sql,
        {
          id: letter.letterId,
          placeId: letter.placeId,
          recipientMac: keyedMac(current, "recipient", [key]),
          previousMac: previous === undefined ? undefined : keyedMac(previous, "recipient", [key]),
          body: sealBody(keys().letter, letter.letterId, now, letter),
          knownDevice: letter.knownDevice,
          tries: TRIES_PER_LETTER,
          deadlineAt: letter.expiresAt,
        },
        now,
        (recent) => checkQuota(recent, letter.knownDevice, now),
      );
      return stored.ok ? succeed({ letterId: letter.letterId }) : stored;
    },
    async countTry(letterId) {
      const triesLeft = await takeTry(sql, letterId);
      if (triesLeft !== undefined) return { tag: "counted", triesLeft };
      const confirmed = await isConfirmed(sql, letterId);
      if (confirmed === undefined) return { tag: "unknown" };
      return { tag: confirmed ? "confirmed" : "exhausted" };
    },
    markConfirmed: (tx, letterId) => confirmLetter(tx, letterId, clock.now()),
    readMailbox: () => mailboxLetters(sql, clock.now() - MAILBOX_LETTER_MS),
    health: () => ({
      mail: intoMailbox ? "mailbox" : courier.relay().status,
      lettersWaiting: waiting.letters,
      oldestLetterSeconds: Math.round(ageMs(waiting.oldestAt) / SECOND_MS),
    }),
    capacity: () =>
      intoMailbox ? parts.lettersPerSecond : lettersPromised(courier.relay(), parts.lettersPerSecond, ageMs(waiting.oldestUntriedAt)),
    async start() {
      courier.start();
    },
    stop: () => courier.stop(),
  };
}

function chooseDelivery(parts: MailParts) {
  if (parts.smtpUrl === null) {
    if (parts.mailboxOpen !== false) return mailboxDelivery(parts);
    parts.log.error(
      "no letter goes out: SMTP_URL is not set, and the built-in mailbox is closed because people from outside can reach Holdfast",
    );
    return noDelivery();
  }
  const relay = parseRelayUrl(parts.smtpUrl);
  if (relay.ok) return relayDelivery(relay.value, parts);
  parts.log.error(`SMTP_URL can't be used, so no letter goes out: ${relayUrlProblem(relay.failure)}`);
  return noDelivery();
}

/** For doctor: opens a session at the relay (connection, TLS, sign-in) and sends nothing. The sentence says what to do. */
export async function checkRelay(smtpUrl: string): Promise<Outcome<{ host: string }, { tag: "relay-unusable"; sentence: string }>> {
  const parsed = parseRelayUrl(smtpUrl);
  if (!parsed.ok) return fail({ tag: "relay-unusable", sentence: relayUrlProblem(parsed.failure) });
  const late = new AbortController();
  const cancel = systemClock.after(ATTEMPT_MS, () => late.abort());
  const relay = createRelay(parsed.value, { clock: systemClock });
  const end = await relay.probe(undefined, late.signal);
  cancel();
  relay.close();
  const verdict = judge(end);
  if (verdict.tag === "success") return succeed({ host: parsed.value.host });
  return fail({ tag: "relay-unusable", sentence: relayProblem(parsed.value, verdict.word, end) });
}
