/** What do the parts of the mail module share? Where letters go, and the keys. */
import type { KeysOf } from "#contract/processes.ts";
import type { AttemptEnd } from "./core/verdict.ts";
import type { CodeLetter } from "./letter.ts";

export type MailKeys = KeysOf<"letter" | "recipient">;

/** Where the courier takes letters: the operator's relay, or the built-in mailbox. */
export type Delivery = {
  /** Letters underway at once. */
  connections: number;
  /** Hands one letter over. When `signal` aborts, the attempt is over within moments. Throws only when our own database fails. */
  attempt(letter: CodeLetter, signal: AbortSignal): Promise<AttemptEnd>;
  /** Would a letter get through? Sends none. */
  probe(signal: AbortSignal): Promise<AttemptEnd>;
  /** Ends idle sessions. */
  close(): void;
};
