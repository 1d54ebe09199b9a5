/**
 * What is a person told of their letter's way? From its row alone, in a few states that a sentence can be said about; and when
 * it is worth asking again. Pure.
 */
import { unreachable } from "#kit/outcome.ts";
import { SECOND_MS } from "#kit/time.ts";
import type { LetterTrace } from "#contract/wire.ts";
import type { FailureWord } from "./verdict.ts";

export type LetterRow = {
  state: "queued" | "sending" | "relayed" | "failed" | "expired";
  /** People's name for the relay that was tried last; null: none was, or there is only one. */
  server: string | null;
  /** That relay may have it, though it did not say so. */
  held: boolean;
  attempts: number;
  lastFailure: FailureWord | null;
  createdAt: number;
  deadlineAt: number;
  nextAttemptAt: number;
  triedAt: number | null;
  relayedAt: number | null;
  confirmedAt: number | null;
};

/** Of a letter that moves: often while it is young, since it then takes moments. */
const SOON_S = 1;
const YOUNG_MS = 10 * SECOND_MS;
const LATER_S = 4;
/** Of one that was put off: when the next try is over, and before that now and then. */
const PUT_OFF_S = 10;

export function traceOf(row: LetterRow, now: number): LetterTrace {
  const state = stateOf(row, now);
  // whole seconds: how long exactly a letter took would tell its length, and that whether there is an account
  const [orderedAt, triedAt, acceptedAt, enteredAt] = [
    seconds(row.createdAt),
    seconds(row.triedAt),
    seconds(row.relayedAt),
    seconds(row.confirmedAt),
  ];
  const { server } = row;
  const nextTryAt =
    state === "put-off" || state === "server-down" || state === "broken-off" || state === "unsure" ? seconds(row.nextAttemptAt) : null;
  return { state, server, orderedAt, triedAt, acceptedAt, enteredAt, nextTryAt, retryAfterSeconds: retryAfter(state, row, now) };
}

function seconds<Time extends number | null>(at: Time): Time {
  return (at === null ? at : Math.floor(at / SECOND_MS) * SECOND_MS) as Time;
}

function stateOf(row: LetterRow, now: number): LetterTrace["state"] {
  if (row.confirmedAt !== null) return "entered";
  switch (row.state) {
    case "relayed":
      return "accepted";
    case "failed":
      if (row.held) return "silent";
      return row.lastFailure === "recipient-refused" ? "refused" : "failed";
    case "expired":
      return "expired";
    case "sending":
      return row.held ? "unsure" : "trying";
    case "queued":
      if (now >= row.deadlineAt) return "expired";
      if (row.held) return "unsure";
      return putOffAs(row.lastFailure);
    default:
      return unreachable(row.state);
  }
}

function putOffAs(word: FailureWord | null): LetterTrace["state"] {
  if (word === null) return "waiting";
  if (word === "asked-to-wait") return "put-off";
  return word === "dropped" || word === "cut-off" ? "broken-off" : "server-down";
}

function retryAfter(state: LetterTrace["state"], row: LetterRow, now: number): number | null {
  switch (state) {
    case "waiting":
    case "trying":
      return now - row.createdAt < YOUNG_MS ? SOON_S : LATER_S;
    case "put-off":
    case "server-down":
    case "broken-off":
    case "unsure":
      return Math.min(Math.max(Math.ceil((row.nextAttemptAt - now) / SECOND_MS) + 1, SOON_S), PUT_OFF_S);
    case "accepted":
    case "refused":
    case "failed":
    case "silent":
    case "expired":
    case "entered":
      return null;
    default:
      return unreachable(state);
  }
}
