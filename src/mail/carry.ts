/**
 * How is one letter carried? By a relay that has a connection free, by another one at once where the first has not got it, and then
 * it is written down what became of it: as often as it takes, since until then it is ours and nobody sends it a second time.
 */
import type { Logger } from "pino";
import type { Dice } from "#kit/dice.ts";
import type { Clock } from "#kit/time.ts";
import type { Pool } from "#store/store.ts";
import { statusOf, type Carrier, type Carriers, type Tried } from "./carriers.ts";
import { afterDomainAttempt, type Domains } from "./core/domains.ts";
import { LEASE_MS } from "./core/limits.ts";
import { maySwitch, retryDelayMs, type AttemptEnd, type Verdict } from "./core/verdict.ts";
import { gathering } from "./gathering.ts";
import type { CodeLetter } from "./letter.ts";
import { handBack, markFailed, markRelayed, moveLetter, putOff, type ClaimedLetter, type Relayed } from "./store.ts";

/** A letter in our hands. `since`: when its attempt began (monotonic); `over`: it is, and only has to be written down. */
export type InHand = { domainCell: number; relay: string; since: number | undefined; over: boolean };

export type CarryParts = {
  sql: Pool;
  clock: Clock;
  dice: Dice;
  log: Logger;
  carriers: Carriers;
  domains: Domains;
  stopping: AbortSignal;
  /** A connection is free again. */
  onFreed: () => void;
};

const SETTLE_RETRY_MS = 1_000;
/** A letter in hand waits for a connection for so long; then it is put back. */
const CONNECTION_WITHIN_MS = 5_000;
const LOOK_AGAIN_MS = 250;

/** Resolves when it is written down what became of the letter. */
export type Carry = (claimed: ClaimedLetter, opened: Promise<CodeLetter | undefined>, inHand: InHand) => Promise<void>;

export function createCarry(parts: CarryParts): Carry {
  const { sql, clock, dice, log, carriers, domains, stopping } = parts;
  /** Letters that wait for a connection. */
  const waiters: (() => void)[] = [];
  const relayed = gathering((letters: Relayed[]) => markRelayed(sql, letters));

  async function deliver(claimed: ClaimedLetter, opened: Promise<CodeLetter | undefined>, inHand: InHand): Promise<void> {
    let letter: CodeLetter | undefined;
    try {
      letter = await opened;
    } catch (error) {
      // the database went while it was asked about the reader: that says nothing about the letter
      log.warn({ err: error, letter: claimed.id }, "a letter could not be opened yet");
      return settle(claimed, { tag: "again", word: "dropped" });
    }
    if (letter === undefined) return settle(claimed, { tag: "final", word: "unreadable" });
    const tried = new Set<Carrier>();
    let carrier = await connectionFor(claimed);
    for (;;) {
      if (carrier === undefined) return settle(claimed, "given to nobody");
      inHand.since = clock.monotonic();
      const attempt = await carriers.attempt(carrier, letter, claimed.domainCell, claimed.deadlineAt - clock.now());
      const { end, verdict } = attempt;
      afterDomainAttempt(domains, claimed.domainCell, verdict.tag === "again" && verdict.word === "dropped", clock.now());
      const relay = carriers.all.length > 1 ? { relay: carrier.name } : {};
      log.debug({ letter: claimed.id, attempt: claimed.attempts, ...relay, ...shown(end, verdict) }, "a letter was tried");
      tried.add(carrier);
      const other = claimed.held || stopping.aborted || !maySwitch(attempt) ? undefined : carriers.choose(claimed.domainCell, tried);
      if (other !== undefined) carriers.reserve(other, claimed.id);
      carriers.release(carrier, claimed.id);
      if (other === undefined || !(await moved(claimed, other))) {
        if (other !== undefined) carriers.release(other, claimed.id);
        inHand.over = true;
        freed();
        return settle(claimed, ...judged(attempt, claimed), carrier);
      }
      freed();
      carrier = other;
    }
  }

  /** A connection of the relay that it was claimed for, or of a better one for its domain; undefined: there was none for long. */
  async function connectionFor(claimed: ClaimedLetter): Promise<Carrier | undefined> {
    for (const until = clock.monotonic() + CONNECTION_WITHIN_MS; clock.monotonic() < until && !stopping.aborted; await nextFreed()) {
      const own = carriers.byKey(claimed.relay);
      const stays = own !== undefined && (claimed.held || (claimed.attempts > 1 && carriers.hasRoom(own)));
      const carrier = stays ? (carriers.hasRoom(own) ? own : undefined) : carriers.choose(claimed.domainCell);
      if (carrier === undefined) continue;
      carriers.reserve(carrier, claimed.id);
      if (carrier === own || (await moved(claimed, carrier))) return carrier;
      carriers.release(carrier, claimed.id);
      return undefined;
    }
    return undefined;
  }

  function freed(): void {
    for (const resolve of waiters.splice(0)) resolve();
    parts.onFreed();
  }

  function nextFreed(): Promise<void> {
    return new Promise((resolve) => {
      const cancel = clock.after(LOOK_AGAIN_MS, resolve);
      waiters.push(() => {
        cancel();
        resolve();
      });
    });
  }

  /** Written down before the other relay is given it, so that whoever comes after us knows who may have it. */
  async function moved(claimed: ClaimedLetter, other: Carrier): Promise<boolean> {
    if (clock.now() >= claimed.deadlineAt) return false;
    return moveLetter(sql, claimed, other.delivery.key, clock.now()).catch(() => false);
  }

  /** Writes down what became of it, as often as it takes: until then it is ours and nobody sends it a second time. */
  async function settle(
    claimed: ClaimedLetter,
    verdict: Verdict | "given to nobody",
    held = claimed.held,
    carrier?: Carrier,
  ): Promise<void> {
    const at = clock.now();
    for (;;) {
      try {
        if (verdict === "given to nobody") return await handBack(sql, claimed, Math.max(at, pauseEnd()));
        if (verdict.tag === "success") return await relayed.write({ id: claimed.id, relay: carrier?.delivery.key ?? claimed.relay, at });
        return await writeDown(claimed, verdict, carrier, held);
      } catch (error) {
        log.warn({ err: error, letter: claimed.id }, "what became of a letter could not be written down yet");
        if (stopping.aborted || clock.now() > claimed.deadlineAt + LEASE_MS) return;
        await clock.sleep(SETTLE_RETRY_MS, stopping).catch(() => {});
      }
    }
  }

  /** From then on one of the relays may be tried. */
  function pauseEnd(): number {
    return Math.min(...carriers.all.map(({ state }) => state.pausedUntil));
  }

  async function writeDown(
    claimed: ClaimedLetter,
    verdict: Exclude<Verdict, { tag: "success" }>,
    carrier: Carrier | undefined,
    held: boolean,
  ) {
    const now = clock.now();
    if (verdict.tag === "final") return markFailed(sql, claimed, verdict.word, held);
    // in trouble, another relay may be there sooner than this one's pause is over
    const next =
      verdict.tag === "trouble"
        ? Math.max(now, held ? (carrier?.state.pausedUntil ?? now) : pauseEnd())
        : now + retryDelayMs(verdict.word, claimed.attempts, dice.fraction());
    return putOff(sql, claimed, verdict.word, next, held);
  }

  return deliver;
}

/**
 * What is written down, and whether the relay may have the letter: its bytes began to go, and no answer said that it has not got
 * it. A second silence ends the letter, so that nobody gets it more often than twice.
 */
function judged({ end, verdict, begun }: Tried, { held }: ClaimedLetter): [verdict: Verdict, held: boolean] {
  const silent = begun && end.tag === "no-reply";
  if (silent && held) return [{ tag: "final", word: "cut-off" }, true];
  return [verdict, held || silent];
}

function shown(end: AttemptEnd, verdict: Verdict) {
  return { verdict: verdict.tag, ...("word" in verdict ? { word: verdict.word } : {}), ...statusOf(end) };
}
