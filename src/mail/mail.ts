/**
 * How does a code reach its reader? Orders one letter per place in the line, at most three an hour per recipient, counts the
 * guesses at each code, and lets a courier carry the letters to the operator's relay or into the built-in mailbox.
 */
import type { Logger } from "pino";
import type { Dice } from "#kit/dice.ts";
import { fail, succeed, type Outcome } from "#kit/outcome.ts";
import { keyedMac, type PurposeKey, type PurposeKeys } from "#kit/seal.ts";
import { SECOND_MS, systemClock, type Clock } from "#kit/time.ts";
import type { DisposableDomains } from "#contract/processes.ts";
import type { Language, LetterTrace, OperatorMailAnswer, Way } from "#contract/wire.ts";
import type { Pool, Transaction } from "#store/store.ts";
import {
  COUNT_EVERY_MS,
  LEAST_UNPROVEN_PER_HOUR,
  MAILBOX_LETTER_MS,
  PRUNE_EVERY_MS,
  ROW_LIFETIME_MS,
  SWEEP_EVERY_MS,
  TRIES_PER_LETTER,
  UNPROVEN_SECONDS,
} from "./core/limits.ts";
import { IN_MAILBOX } from "#contract/words/trace.ts";
import { checkQuota, type RecipientLimit } from "./core/quota.ts";
import { recipientKey } from "./core/recipient.ts";
import { lettersPromised } from "./core/relay-state.ts";
import { parseRelayUrls, type RelayAddress } from "./core/relay-url.ts";
import { traceOf } from "./core/trace.ts";
import type { Brake } from "./core/unproven.ts";
import { createCourier } from "./courier.ts";
import { openBody, sealBody } from "./body.ts";
import { mailboxDelivery, noDelivery, relayDelivery } from "./delivery.ts";
import { cellsOf, createLetterBrake } from "./letter-brake.ts";
import { readSender } from "./letter.ts";
import { createMailView } from "./mail-view.ts";
import type { MailKeys } from "./parts.ts";
import { mintRecipientLink, openRecipientLink } from "./recipient-link.ts";
import { relayProblem, relayUrlProblem } from "./relay-problem.ts";
import { troubleOf, tryRelay } from "./relay-trial.ts";
import { createTestLetters, type TestLetters } from "./test-letter.ts";
import {
  confirmLetter,
  countWaiting,
  expireLetters,
  findLetter,
  insertLetter,
  isConfirmed,
  mailboxLetters,
  removeLetters,
  setStop,
  takeTry,
  type MailboxLetter,
  type Waiting,
} from "./store.ts";

export { checkAddress } from "./core/address.ts";
export { createDomainGuard, type DomainGuard } from "./domain-guard.ts";
export type { MailboxLetter } from "./store.ts";

export type MailParts = {
  sql: Pool;
  clock: Clock;
  dice: Dice;
  log: Logger;
  keys: () => MailKeys;
  /** As SMTP_URL says it: one relay or several with blanks between; null: the built-in mailbox. */
  smtpUrl: string | null;
  mailFrom: string;
  publicUrl: string;
  lettersPerSecond: number;
  /** Letters an hour whose codes may stay unused, in all. */
  unprovenPerHour?: number | undefined;
  /** What becomes of letters to mailboxes that are thrown away after use. */
  disposable?: DisposableDomains;
  /** False when nobody may open the built-in mailbox: without a relay no letter then reaches anybody, and that is said. */
  mailboxOpen?: boolean;
  /** Which of these addresses have an account: their owners read in the letter what the code does for them. */
  withAccount?: (addresses: readonly string[]) => Promise<ReadonlySet<string>>;
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
    /** The prefix that it was asked from. */
    network?: string | undefined;
    knownDevice: boolean;
    /** The most that is ever asked was worked for it: it may be the letter of the hour that strangers can't use up. */
    worked?: boolean;
    expiresAt: number;
  }): Promise<Outcome<{ letterId: string }, RecipientLimit | Brake | { tag: "place-spent" | "recipient-stopped" }>>;
  /** Whether a letter to this address that is ordered now can be with a mail server in time. Fails closed. */
  canPromise(address: string): boolean;
  /** What became of a letter, for its own reader; undefined: there is no such letter. */
  trace(letterId: string): Promise<LetterTrace | undefined>;
  /** Counts one guess at a letter's code, before it is compared. */
  countTry(letterId: string): Promise<{ tag: "counted"; triesLeft: number } | { tag: "confirmed" | "exhausted" | "unknown" }>;
  /** True for exactly one caller, when its transaction commits. */
  markConfirmed(tx: Transaction, letterId: string, address: string): Promise<boolean>;
  /** By the link in a letter: its recipient gets no more (`stop`), or gets them again. False: the link is no longer good. */
  stopLetters(token: string, stop: boolean): Promise<boolean>;
  /** The built-in mailbox, newest first. */
  readMailbox(): Promise<MailboxLetter[]>;
  health(): MailHealth;
  /** What an operator sees and may try out. */
  forOperator: { view(): Promise<OperatorMailAnswer> } & TestLetters;
  /** Letters per second that may be promised now; 0 while the relay fails or was not reached yet. */
  capacity(): number;
  start(): Promise<void>;
  stop(): Promise<void>;
};

export function createMail(parts: MailParts): Mail {
  const { sql, clock, log, keys } = parts;
  const intoMailbox = parts.smtpUrl === null && parts.mailboxOpen !== false;
  let waiting: Waiting = { letters: 0, oldestAt: null, oldestDueAt: null };
  let sweptAt = Number.NEGATIVE_INFINITY;
  let prunedAt = Number.NEGATIVE_INFINITY;
  let countedAt = Number.NEGATIVE_INFINITY;

  const relays = parts.smtpUrl === null ? null : parseRelayUrls(parts.smtpUrl);
  const letterBrake = createLetterBrake({
    ...parts,
    budgetPerHour: parts.unprovenPerHour ?? Math.max(LEAST_UNPROVEN_PER_HOUR, UNPROVEN_SECONDS * parts.lettersPerSecond),
    disposable: parts.disposable ?? "allow",
  });
  const courier = createCourier({
    ...parts,
    deliveries: chooseDeliveries(relays, parts),
    async open(claimed) {
      const bodies = claimed.map(({ id, body }) => (body === null ? undefined : openBody(keys().letter, id, body)));
      const addresses = bodies.flatMap((body) => (body === undefined ? [] : [body.address]));
      const members: ReadonlySet<string> = (await parts.withAccount?.(addresses)) ?? new Set();
      return claimed.map(({ id, createdAt, deadlineAt: expiresAt }, at) => {
        const body = bodies[at];
        if (body === undefined) return undefined;
        const recipientLink = mintRecipientLink(keys().recipient, recipientMacs(keys().recipient, body.address).current);
        return { ...body, id, createdAt, expiresAt, hasAccount: members.has(body.address), recipientLink };
      });
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
        waiting = await countWaiting(sql, courier.closedCells(), now);
        // says it in the log when the alarm begins or ends
        letterBrake.view();
        countedAt = clock.monotonic();
      }
    },
  });

  const ageMs = (at: number | null) => (at === null ? 0 : Math.max(0, clock.now() - at));
  const capacity = () =>
    intoMailbox
      ? parts.lettersPerSecond
      : Math.min(letterBrake.pace(), lettersPromised(courier.carriers.status(), parts.lettersPerSecond, ageMs(waiting.oldestDueAt)));

  const status = () => (intoMailbox ? "mailbox" : courier.carriers.status());
  const view = createMailView({ ...parts, recipientKeys: () => keys().recipient, courier, letterBrake, status, capacity });
  const testLetters = createTestLetters({ ...parts, relays: relays?.ok === true ? relays.value : [] });

  return {
    async enqueueCode(letter) {
      const now = clock.now();
      const { current } = keys().recipient;
      const cells = cellsOf(current, letter.address, letter.network);
      const reserved = letter.knownDevice || letter.worked === true;
      const counted = letterBrake.count(letter.address, cells, letter.knownDevice || intoMailbox);
      if (counted.brake !== undefined) return fail(counted.brake);
      const { current: recipientMac, previous: previousMac } = recipientMacs(keys().recipient, letter.address);
      const stored = await insertLetter(
        sql,
        {
          id: letter.letterId,
          placeId: letter.placeId,
          recipientMac,
          previousMac,
          domainCell: cells.domain,
          sourceCell: cells.source,
          body: sealBody(keys().letter, letter.letterId, now, letter),
          knownDevice: reserved,
          tries: TRIES_PER_LETTER,
          deadlineAt: letter.expiresAt,
        },
        now,
        (recent) => checkQuota(recent, reserved, now),
      ).catch((error: unknown) => {
        counted.notSent();
        throw error;
      });
      if (!stored.ok) counted.notSent();
      return stored.ok ? succeed({ letterId: letter.letterId }) : stored;
    },
    canPromise: (address) => capacity() > 0 && !courier.isPaused(cellsOf(keys().recipient.current, address).domain),
    async trace(letterId) {
      const row = await findLetter(sql, letterId);
      const name = courier.carriers.all.length > 1 && row?.relay != null ? (courier.carriers.byKey(row.relay)?.name ?? null) : null;
      return row && traceOf({ ...row, server: intoMailbox ? IN_MAILBOX : name }, clock.now());
    },
    async countTry(letterId) {
      const triesLeft = await takeTry(sql, letterId);
      if (triesLeft !== undefined) return { tag: "counted", triesLeft };
      const confirmed = await isConfirmed(sql, letterId);
      if (confirmed === undefined) return { tag: "unknown" };
      return { tag: confirmed ? "confirmed" : "exhausted" };
    },
    async markConfirmed(tx, letterId, address) {
      const confirmed = await confirmLetter(tx, letterId, clock.now());
      if (confirmed !== undefined) letterBrake.entered(address, confirmed, confirmed.createdAt);
      return confirmed !== undefined;
    },
    async stopLetters(token, stop) {
      const recipientMac = openRecipientLink(keys().recipient, token);
      if (recipientMac !== undefined) await setStop(sql, recipientMac, stop, clock.now());
      return recipientMac !== undefined;
    },
    readMailbox: () => mailboxLetters(sql, clock.now() - MAILBOX_LETTER_MS),
    health: () => ({
      mail: status(),
      lettersWaiting: waiting.letters,
      oldestLetterSeconds: Math.round(ageMs(waiting.oldestAt) / SECOND_MS),
    }),
    forOperator: { view, ...testLetters },
    capacity,
    async start() {
      await letterBrake.start();
      courier.start();
    },
    stop: () => courier.stop(),
  };
}

/** Under which a recipient's letters are counted: every spelling of the same mailbox has the same. */
function recipientMacs({ current, previous }: PurposeKeys, address: string): { current: Buffer; previous: Buffer | undefined } {
  const mac = (key: PurposeKey) => keyedMac(key, "recipient", [recipientKey(address)]);
  return { current: mac(current), previous: previous && mac(previous) };
}

function chooseDeliveries(relays: ReturnType<typeof parseRelayUrls> | null, parts: MailParts) {
  if (relays === null) {
    if (parts.mailboxOpen !== false) return [mailboxDelivery(parts)];
    parts.log.error(
      "no letter goes out: SMTP_URL is not set, and the built-in mailbox is closed because people from outside can reach Holdfast",
    );
    return [noDelivery()];
  }
  if (relays.ok) return relays.value.map((relay) => relayDelivery(relay, parts));
  parts.log.error(`SMTP_URL can't be used, so no letter goes out: ${relayUrlProblem(relays.failure)}`);
  return [noDelivery()];
}

export type RelayCheck = { host: string; problem: string | null };

/**
 * For doctor: opens a session at each relay (name, connection, TLS, sign-in), asks whether letters may come from `mailFrom`, and
 * sends nothing. `problem` says what to do. Fails when SMTP_URL itself can't be read.
 */
export async function checkRelays(
  smtpUrl: string,
  mailFrom: string,
): Promise<Outcome<RelayCheck[], { tag: "bad-relay-url"; sentence: string }>> {
  const parsed = parseRelayUrls(smtpUrl);
  if (!parsed.ok) return fail({ tag: "bad-relay-url", sentence: relayUrlProblem(parsed.failure) });
  const problems = await Promise.all(parsed.value.map((relay) => problemOf(relay, readSender(mailFrom).address)));
  return succeed(parsed.value.map(({ host }, at) => ({ host, problem: problems[at] ?? null })));
}

async function problemOf(address: RelayAddress, sender: string): Promise<string | null> {
  const end = await tryRelay(address, { clock: systemClock }, (relay, signal) => relay.probe(sender, signal));
  const trouble = troubleOf(end);
  return trouble === null ? null : relayProblem(address, trouble.word, end);
}
