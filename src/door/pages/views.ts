/**
 * What does each small page show? Plain data that the door hands in; the pages turn it into HTML and decide nothing.
 */
import type { Problem } from "#contract/problems.ts";
import type { AddressedTrace, Language, SignUpSetting, StatusAnswer, Wait, Way } from "#contract/wire.ts";

/** How registration is now: what somebody who came now would be told, and how the operator set it. */
export type RegistrationNow = { standsStill: boolean; waiting: number; wait: Wait | null; signUp: SignUpSetting };

export type PageContext = AskedContext & { registration: RegistrationNow };
/** Who asks for which page. */
export type AskedContext = {
  language: Language;
  /** Letters land in the built-in mailbox. */
  mailbox: boolean;
  version: string;
  /** The browser carries a session cookie. */
  signedIn: boolean;
  /** Path and query that show this page again by GET: where the language switch and "try again" lead. */
  path: string;
};

/** `address` is what was typed; `suggestion` what was probably meant. `cookieMissing`: the browser did not send its cookie back. */
export type SignUpView = { way: Way; challenge: string; address: string; suggestion?: string; problem?: Problem; cookieMissing?: boolean };
export type WaitingView = {
  way: Way;
  place: string;
  address: string;
  wait: Wait | null;
  retryAfterSeconds: number;
  /** What the app last said about mail; null while it has not. */
  mail: "working" | "failing" | "mailbox" | "unknown" | null;
  /** Why the letter did not go out although it was this person's turn. */
  problem?: Problem;
};
/** `code` is what was typed. `expiresAt` is when the code ends (ms since 1970). */
export type CodeView = {
  way: Way;
  envelope: string;
  address: string;
  code: string;
  expiresAt: number;
  trace?: AddressedTrace;
  problem?: Problem;
};
export type SignInView = { address: string; problem?: Problem };
export type FirstOperatorView = { token: string; address: string; problem?: Problem };
/** `token`: the recipient's, from the letter. */
export type NotMeView = { token: string; state: "asked" | "stopped" | "allowed"; problem?: Problem };
export type MailboxView = { letters: MailboxLetter[]; token: string };
export type StatusView = StatusAnswer;

/** A letter in the built-in mailbox, as the app hands it over. */
export type MailboxLetter = { recipient: string; subject: string; text: string; html: string; createdAt: number };
