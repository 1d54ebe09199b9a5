/** What can go wrong with a relay? The faults that its process knows, and the cells of the matrix that they make. Pure. */

/** Where in the conversation: after connecting, at a command, at DATA before its 354, and when the whole letter is there. */
export type Stage = "banner" | "ehlo" | "mail" | "rcpt" | "data" | "letter";

export type Fault =
  /** From here on no answer at all; who was connected is left to wait. */
  | { kind: "hang"; at: Stage }
  | { kind: "slow"; delayMs: number }
  | { kind: "slow-banner"; delayMs: number }
  | { kind: "reply"; at: "banner" | "rcpt" | "data"; status: number; enhanced: string; onlyTo?: string }
  /** The first try of each recipient is refused, and each other one that comes sooner than `afterMs` after it. */
  | { kind: "greylist"; afterMs: number }
  /** The connection breaks when a part of the letter is there. */
  | { kind: "drop" }
  /** STARTTLS is answered, and what follows is no TLS. */
  | { kind: "broken-tls" }
  /** Each answer begins and goes on, a line at a time, and never ends. */
  | { kind: "tarpit"; everyMs: number }
  /** Nobody listens. */
  | { kind: "refuse" };

/** What befalls relay A: a fault of its process, or of the machine that it runs on. */
export type Blow = Fault | { kind: "killed" } | { kind: "stopped" };

export type Cell = {
  name: string;
  says: string;
  blow: Blow | null;
  /** What A offers and our URL asks for. */
  startTls?: true;
  /** It was never sound. */
  fromTheStart?: true;
};

/** A stranger's mailbox that A does not know; B does. */
export const UNKNOWN = "unknown-";

export function matrix(greylistMs: number): Cell[] {
  const hang = (at: Stage, says: string): Cell => ({ name: `hang-${at}`, says: `A hangs ${says}`, blow: { kind: "hang", at } });
  // side by side are neighbours: those that last longest first, so that the others end sooner
  return [
    hang("letter", "after DATA: it has the letter and doesn't say so"),
    hang("data", "at DATA"),
    { name: "drop", says: "A drops in the middle of DATA", blow: { kind: "drop" } },
    { name: "greylist", says: `450 until ${greylistMs / 1_000} s after the first try`, blow: { kind: "greylist", afterMs: greylistMs } },
    { name: "sound", says: "nothing fails: what the bench itself costs", blow: null },
    { name: "451", says: "451 at DATA", blow: { kind: "reply", at: "data", status: 451, enhanced: "4.3.0" } },
    { name: "tarpit", says: "A answers without end", blow: { kind: "tarpit", everyMs: 2_000 } },
    { name: "slow", says: "each answer of A takes 3 s", blow: { kind: "slow", delayMs: 3_000 } },
    hang("mail", "at MAIL"),
    hang("rcpt", "at RCPT"),
    hang("banner", "before its banner"),
    hang("ehlo", "at EHLO"),
    { name: "dies", says: "A is killed", blow: { kind: "killed" } },
    { name: "slow-banner", says: "A's banner takes 8 s", blow: { kind: "slow-banner", delayMs: 8_000 } },
    { name: "421", says: "421 at connect", blow: { kind: "reply", at: "banner", status: 421, enhanced: "4.3.2" } },
    {
      name: "550",
      says: "550 for one address in twenty",
      blow: { kind: "reply", at: "rcpt", status: 550, enhanced: "5.1.1", onlyTo: UNKNOWN },
    },
    { name: "tls", says: "the TLS handshake breaks", blow: { kind: "broken-tls" }, startTls: true, fromTheStart: true },
  ];
}

/** The acceptance's own three, in mid-run. */
export const MID_RUN: readonly Cell[] = [
  { name: "dies", says: "A is killed", blow: { kind: "killed" } },
  { name: "hangs", says: "A's machine stands still", blow: { kind: "stopped" } },
  { name: "slow", says: "each answer of A takes 3 s", blow: { kind: "slow", delayMs: 3_000 } },
];
