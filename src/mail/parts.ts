/** What do the parts of the mail module share? Where letters go, and the keys. */
import type { KeysOf } from "#contract/processes.ts";
import type { AttemptEnd } from "./core/verdict.ts";
import type { CodeLetter } from "./letter.ts";

export type MailKeys = KeysOf<"letter" | "recipient">;

/** Where a letter goes and where it was asked for, as rows name it: 24 bits of keyed hashes. `source` null: not known. */
export type Cells = { domain: number; source: number | null };

/** Where the courier takes letters: one of the operator's relays, or the built-in mailbox. */
export type Delivery = {
  /** Tells it from the others in our rows. */
  key: string;
  /** Null: it is no mail server. */
  server: { host: string; port: number } | null;
  /** Letters underway at once. */
  connections: number;
  /**
   * Hands one letter over. `onContent` is called when the letter's own bytes begin to go: from then on the other side may have it.
   * When `signal` aborts, the attempt is over within moments. Throws only when our own database fails.
   */
  attempt(letter: CodeLetter, signal: AbortSignal, onContent: () => void): Promise<AttemptEnd>;
  /** Would a letter get through? Sends none. */
  probe(signal: AbortSignal): Promise<AttemptEnd>;
  /** Ends idle sessions. */
  close(): void;
};
