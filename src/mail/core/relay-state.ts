/**
 * Does the relay work, and may letters go to it right now? After trouble one letter at a time probes, at growing
 * intervals; the first open session ends that. What a recipient's side can cause never holds up others; but when
 * several letters in a row are dropped or refused without one success, we say that mail is failing, and go on trying.
 */
import { unreachable } from "#kit/outcome.ts";
import { SECOND_MS } from "#kit/time.ts";
import type { FailureWord, Verdict } from "./verdict.ts";

export type RelayState = {
  /** Told to people. `unknown` only until the first attempt. */
  status: "unknown" | "working" | "failing";
  /** Attempts in a row that found the relay in trouble. */
  troubles: number;
  /** Letters in a row that the relay neither took nor put down to their recipient. */
  misses: number;
  /** No letter goes out before this (ms since 1970). */
  pausedUntil: number;
  lastFailure: FailureWord | null;
};

export const freshRelay: RelayState = { status: "unknown", troubles: 0, misses: 0, pausedUntil: 0, lastFailure: null };

const MISSES_TO_FAIL = 3;
const PAUSES_S = [1, 2, 4, 8, 15];
/** A wait for the relay that needs no brake, and one after which nobody can be promised a letter within the minute. */
const BACKLOG_OK_MS = 3 * SECOND_MS;
const BACKLOG_FULL_MS = 20 * SECOND_MS;

export function afterAttempt(state: RelayState, verdict: Verdict, now: number): RelayState {
  switch (verdict.tag) {
    case "success":
      return { ...freshRelay, status: "working" };
    case "trouble": {
      // attempts that were underway together find the same trouble: they lengthen the pause once
      const troubles = now < state.pausedUntil ? state.troubles : state.troubles + 1;
      const pauseMs = (PAUSES_S[Math.min(troubles, PAUSES_S.length) - 1] ?? 15) * SECOND_MS;
      const pausedUntil = Math.max(state.pausedUntil, now + pauseMs);
      return { ...state, status: "failing", troubles, pausedUntil, lastFailure: verdict.word };
    }
    case "again":
    case "final": {
      // the session was open; a reply about the recipient says nothing against the relay
      const missed = verdict.word !== "asked-to-wait" && verdict.word !== "recipient-refused";
      const misses = missed ? state.misses + 1 : state.misses;
      const failing = isMissing({ ...state, misses });
      const lastFailure = failing ? (missed ? verdict.word : state.lastFailure) : null;
      return { status: failing ? "failing" : "working", troubles: 0, misses, pausedUntil: 0, lastFailure };
    }
    default:
      return unreachable(verdict);
  }
}

/**
 * After an attempt to open a session without a letter. It shows that the relay is there, not that it takes letters: one
 * more miss in a row and it is failing again.
 */
export function afterProbe(state: RelayState, verdict: Verdict, now: number): RelayState {
  if (verdict.tag === "success") return { ...freshRelay, status: "working", misses: Math.min(state.misses, MISSES_TO_FAIL - 1) };
  return afterAttempt(state, verdict, now);
}

/** Sessions open, and yet several letters in a row were neither taken nor put down to their recipient. */
export function isMissing(state: RelayState): boolean {
  return state.misses >= MISSES_TO_FAIL;
}

/** How many letters may be underway at once: none during a pause, one while probing, else all connections. */
export function lettersAllowed(state: RelayState, connections: number, now: number): number {
  if (now < state.pausedUntil) return 0;
  return state.troubles > 0 ? 1 : connections;
}

/** What people are told of mail, with all relays together: it works while one of them does. */
export function mailStatus(states: readonly RelayState[]): RelayState["status"] {
  const has = (status: RelayState["status"]) => states.some((state) => state.status === status);
  return has("working") ? "working" : has("unknown") ? "unknown" : "failing";
}

/**
 * Letters per second that newcomers may be promised. None while no relay works or none was reached yet; fewer, down to
 * none, when letters that are due wait for a connection: then the relays take less than the operator said. Letters that a
 * recipient's side puts off don't count before they are due, so nobody's server can slow down the line of all.
 */
export function lettersPromised(status: RelayState["status"], lettersPerSecond: number, oldestDueMs: number): number {
  if (status !== "working") return 0;
  const late = (oldestDueMs - BACKLOG_OK_MS) / (BACKLOG_FULL_MS - BACKLOG_OK_MS);
  return lettersPerSecond * (1 - Math.min(Math.max(late, 0), 1));
}
