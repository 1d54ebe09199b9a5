/**
 * Which numbers does mail keep to? Each with its reason; docs/operate/mail.md names the ones that an operator notices.
 */
import { HOUR_MS, MINUTE_MS, SECOND_MS } from "#kit/time.ts";

/** Letters per recipient and hour, and how many of them a stranger may cause: one stays for a known device. */
export const LETTERS_PER_HOUR = 3;
export const STRANGERS_LETTERS_PER_HOUR = 2;
export const LIMIT_WINDOW_MS = HOUR_MS;

/**
 * Letters an hour whose codes stay unused, unless the operator says otherwise: what goes out in two minutes, since so long a crowd's
 * codes may be on their way at once.
 */
export const UNPROVEN_SECONDS = 120;
export const LEAST_UNPROVEN_PER_HOUR = 500;

/** Test letters that an operator may have sent to themselves. */
export const TEST_LETTERS_PER_HOUR = 5;

/** A letter's way from its order to a mail server, as it is promised. */
export const PROMISE_MS = MINUTE_MS;

/** Guesses per letter. 10 of 2^40 codes. */
export const TRIES_PER_LETTER = 10;

/** A row outlives every token that could name it: places live an hour after their last heartbeat, envelopes ten minutes. */
export const ROW_LIFETIME_MS = 25 * HOUR_MS;

/** One attempt at the relay, all in all. RFC 5321 would grant minutes; the newcomer has one. */
export const ATTEMPT_MS = 30 * SECOND_MS;
/** With another relay at hand: as long as this one may take until the letter's own bytes go. Then the other one has it. */
export const SWITCH_MS = 8 * SECOND_MS;
/** How long a claimed letter belongs to its courier without a sign of life; renewed each third of it. */
export const LEASE_MS = 15 * SECOND_MS;
/** Letters underway at once, one connection each. Some relays allow an account no more than a handful. */
export const CONNECTIONS = 5;

/** Setting up a session: name, connection, greeting, TLS. */
export const CONNECT_MS = 10 * SECOND_MS;
/** Silence within a session. */
export const SILENCE_MS = 20 * SECOND_MS;
/** A session without work is closed after this, and one that carried many letters: relays end long sessions themselves. */
export const IDLE_SESSION_MS = 10 * SECOND_MS;
export const LETTERS_PER_SESSION = 100;
/** While the relay fails and no letter is due, a session is opened to see whether it is back. */
export const PROBE_MS = 5 * SECOND_MS;
/** A relay that nothing was sent to for so long is asked whether it is still there, before newcomers rely on it. */
export const IDLE_CHECK_MS = 2 * MINUTE_MS;
/** How long attempts may go on when Holdfast stops. */
export const STOP_GRACE_MS = 3 * SECOND_MS;

/** Without a wake-up the courier looks by itself. */
export const POLL_MS = 2 * SECOND_MS;
export const COUNT_EVERY_MS = SECOND_MS;
export const SWEEP_EVERY_MS = 5 * SECOND_MS;
/** For the operator's page: what became of an hour's letters may be many rows. */
export const VIEW_EVERY_MS = 5 * SECOND_MS;
export const PRUNE_EVERY_MS = 10 * MINUTE_MS;

export const MAILBOX_LETTERS = 200;
export const MAILBOX_LETTER_MS = 24 * HOUR_MS;
