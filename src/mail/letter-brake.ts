/**
 * Is the form used as a cannon? Keeps count of letters whose codes nobody entered, in memory, and takes the last hour's up from
 * the outbox when Holdfast starts. What that means for the next letter is core/unproven.ts's.
 */
import type { Logger } from "pino";
import { keyedMac, type PurposeKey } from "#kit/seal.ts";
import { HOUR_MS, type Clock } from "#kit/time.ts";
import { isLargeProvider } from "#contract/mail-providers.ts";
import type { DisposableDomains } from "#contract/processes.ts";
import type { Pool } from "#store/store.ts";
import {
  brakeOf,
  newUnproven,
  noteEntered,
  noteHeld,
  noteNotSent,
  noteSent,
  paceOf,
  unprovenView,
  type Brake,
  type Sent,
} from "./core/unproven.ts";
import { isDisposable } from "./disposable.ts";
import type { Cells } from "./parts.ts";
import { lettersSince } from "./store.ts";

export type LetterBrake = {
  /** Counts the letter, unless it is held up. `notSent` takes that back. */
  count(address: string, cells: Cells, knownDevice: boolean): { brake: Brake } | { brake: undefined; notSent: () => void };
  /** The code of a letter that was ordered at `at` was entered. */
  entered(address: string, cells: Cells, at: number): void;
  /** Letters a second that the budget allows. */
  pace(): number;
  view(): ReturnType<typeof unprovenView>;
  /** Takes up what was sent in the hour before. */
  start(): Promise<void>;
};

export function createLetterBrake(parts: {
  sql: Pool;
  clock: Clock;
  log: Logger;
  /** Letters an hour whose code is not entered. */
  budgetPerHour: number;
  disposable: DisposableDomains;
}): LetterBrake {
  const { clock, budgetPerHour } = parts;
  let unproven = newUnproven(clock.now());
  let alarmed = false;

  const letterOf = (address: string, { domain, source }: Cells): Sent => ({ domain, source, kind: kindOf(domainOf(address)) });
  const kindOf = (domain: string): Sent["kind"] =>
    isLargeProvider(domain) ? "large" : parts.disposable === "limit" && isDisposable(domain) ? "throw-away" : "own";

  function view() {
    const seen = unprovenView(unproven, budgetPerHour, clock.now());
    if (seen.alarm !== alarmed) {
      alarmed = seen.alarm;
      if (alarmed)
        parts.log.warn({ sent: seen.sent, entered: seen.entered }, "most letters of the last hour were not asked for by their readers");
      else parts.log.info("letters are answered again");
    }
    return seen;
  }

  return {
    count(address, cells, knownDevice) {
      const letter = letterOf(address, cells);
      const at = clock.now();
      const brake = knownDevice ? undefined : brakeOf(unproven, letter, budgetPerHour, at);
      if (brake !== undefined) {
        noteHeld(unproven, brake.by, at);
        return { brake };
      }
      noteSent(unproven, letter, at);
      return { brake, notSent: () => noteNotSent(unproven, letter, clock.now(), at) };
    },
    entered: (address, cells, at) => noteEntered(unproven, letterOf(address, cells), clock.now(), at),
    pace: () => paceOf(unproven, budgetPerHour, clock.now()),
    view,
    async start() {
      const now = clock.now();
      const rows = await lettersSince(parts.sql, now - HOUR_MS);
      unproven = newUnproven(now);
      for (const { domain, source, at, letters, entered } of rows) {
        const letter: Sent = { domain, source, kind: "own" };
        noteSent(unproven, letter, now, at, letters);
        noteEntered(unproven, letter, now, at, entered);
      }
    },
  };
}

/** `network`: the prefix that it was asked from; undefined: not known. */
export function cellsOf(key: PurposeKey, address: string, network?: string): Cells {
  const cell = (what: string, text: string) => keyedMac(key, "recipient", [what, text]).readUIntBE(0, 3);
  return { domain: cell("domain", domainOf(address)), source: network === undefined ? null : cell("network", network) };
}

function domainOf(address: string): string {
  return address.slice(address.lastIndexOf("@") + 1).toLowerCase();
}
