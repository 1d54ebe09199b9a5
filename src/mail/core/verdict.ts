/**
 * What does it mean for a letter, and for the relay, how an attempt ended? Success, try again, final, or relay trouble.
 * A recipient can influence every reply after the session is open (their server may be asked while we wait), so nothing
 * from there may count as trouble that holds up other people's letters.
 */
import { unreachable } from "#kit/outcome.ts";
import { SECOND_MS } from "#kit/time.ts";
import type { MailFailure } from "#contract/wire.ts";

/** How far an attempt got: to no session (connect, greeting, TLS, sign-in), to the envelope, or to the letter's own bytes. */
export type Stage = "connecting" | "envelope" | "content";

/** What the relay did, without any text of its own. `reply` is the SMTP status, `enhanced` e.g. "5.1.1" (RFC 3463). */
export type AttemptEnd =
  | { tag: "taken" }
  | { tag: "replied"; stage: Stage; command: "connect" | "sender" | "recipient" | "data"; reply: number; enhanced?: string }
  | { tag: "no-reply"; stage: Stage; reason: "unreachable" | "no-name" | "sign-in" | "tls" | "cut-off" };

/** Our words for what went wrong; kept in outbox.last_failure. */
export type FailureWord = MailFailure;

export type Verdict =
  /** The relay has the letter. */
  | { tag: "success" }
  /** The letter is tried again by `retryDelayMs`; others go on. */
  | { tag: "again"; word: FailureWord }
  /** No attempt can succeed. */
  | { tag: "final"; word: FailureWord }
  /** The relay itself does not work: the letter waits, and so do the others while one of them probes. */
  | { tag: "trouble"; word: FailureWord };

/** Of what happened before there was a session. */
const WORDS = {
  unreachable: "relay-unreachable",
  "no-name": "relay-unknown",
  "sign-in": "relay-sign-in",
  tls: "relay-tls",
  "cut-off": "relay-unreachable",
} as const;

export function judge(end: AttemptEnd): Verdict {
  switch (end.tag) {
    case "taken":
      return { tag: "success" };
    case "replied":
      return judgeReply(end);
    case "no-reply":
      if (end.stage === "content") return { tag: "again", word: "cut-off" };
      if (end.stage === "envelope") return { tag: "again", word: "dropped" };
      return { tag: "trouble", word: WORDS[end.reason] };
    default:
      return unreachable(end);
  }
}

function judgeReply({ command, reply, enhanced }: Extract<AttemptEnd, { tag: "replied" }>): Verdict {
  const permanent = reply >= 500 && reply !== 503;
  switch (command) {
    case "connect":
      return { tag: "trouble", word: permanent && [530, 534, 535, 538].includes(reply) ? "relay-sign-in" : "relay-busy" };
    case "sender":
      return { tag: "trouble", word: permanent ? "sender-refused" : "relay-busy" };
    case "recipient":
      if (!permanent) return { tag: "again", word: "asked-to-wait" };
      // 5.7.x and "authentication required" speak of us and of policy, not of a mailbox that is not there
      return { tag: "final", word: enhanced?.startsWith("5.7.") === true || reply === 530 ? "letter-refused" : "recipient-refused" };
    case "data":
      return permanent ? { tag: "final", word: "letter-refused" } : { tag: "again", word: "asked-to-wait" };
    default:
      return unreachable(command);
  }
}

/**
 * Whether another relay may have the letter at once: this one can't be used, broke off before the letter's own bytes went, or
 * will not pass it on. Not after those bytes went without an answer, since then it may have it; and not when the recipient's
 * side spoke, because a relay that is new to a greylisting server waits from the beginning.
 */
export function maySwitch({ end, verdict, begun }: { end: AttemptEnd; verdict: Verdict; begun: boolean }): boolean {
  if (verdict.tag === "trouble") return true;
  // a relay that puts off the very command DATA speaks for itself
  const putOffItself = end.tag === "replied" && end.command === "data";
  if (verdict.tag === "again") return !begun && (verdict.word === "dropped" || putOffItself);
  return verdict.tag === "final" && verdict.word === "letter-refused";
}

/**
 * From one attempt to the next, by how many were made. A greylisting server wants 1 to 5 minutes between tries and the
 * same relay, so attempts fall at about 0:00, 0:15, 1:02, 2:05, 3:35, 5:10, 7:10 and 9:10 of a letter's ten minutes.
 */
const ASKED_TO_WAIT_S = [15, 47, 63, 90, 95, 120];
/** After a broken connection another one may do at once. */
const BROKEN_S = [2, 4, 8, 15];

/** `attempts` counts the one that just ended; `fraction` in [0, 1) spreads letters by up to a tenth. */
export function retryDelayMs(word: FailureWord, attempts: number, fraction: number): number {
  const steps = word === "asked-to-wait" ? ASKED_TO_WAIT_S : BROKEN_S;
  const seconds = steps[Math.min(Math.max(attempts, 1), steps.length) - 1] ?? 15;
  return Math.round(seconds * SECOND_MS * (1 + fraction / 10));
}
