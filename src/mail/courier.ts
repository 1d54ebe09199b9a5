/**
 * How do letters get from the outbox to a relay? Claimed under a lease, new ones first, the earliest deadline first, never
 * after the deadline. A courier that dies in mid-letter leaves it to the next one, which sends the same letter again. What a
 * relay did not get as far as the letter's own bytes goes to another one at once; after that, to that same relay only.
 */
import type { Logger } from "pino";
import type { Dice } from "#kit/dice.ts";
import type { Clock } from "#kit/time.ts";
import type { Pool } from "#store/store.ts";
import { createCarriers, statusOf, type Carrier, type Carriers, type Tried } from "./carriers.ts";
import { afterDomainAttempt, closedCells, newDomains, troubledCells } from "./core/domains.ts";
import { LEASE_MS, POLL_MS, STOP_GRACE_MS } from "./core/limits.ts";
import { freshPace, nextTokenMs, refill } from "./core/pace.ts";
import { maySwitch, retryDelayMs, type AttemptEnd, type Verdict } from "./core/verdict.ts";
import type { CodeLetter } from "./letter.ts";
import type { Delivery } from "./parts.ts";
import {
  claimLetters,
  markFailed,
  markRelayed,
  moveLetter,
  OUTBOX_CHANNEL,
  putOff,
  releaseClaim,
  renewLeases,
  type ClaimedLetter,
} from "./store.ts";

export type CourierParts = {
  sql: Pool;
  clock: Clock;
  dice: Dice;
  log: Logger;
  /** In the order in which they are to be used; at least one. */
  deliveries: Delivery[];
  lettersPerSecond: number;
  /** The letter in a claimed row; `undefined` when nobody can read it any more. */
  open: (claimed: ClaimedLetter) => Promise<CodeLetter | undefined>;
  /** Runs between two rounds, every few seconds at least. */
  tidy: () => Promise<void>;
};

export type Courier = {
  carriers: Carriers;
  /** Domains that get no letter now. */
  closedCells(): number[];
  /** The domain's own server broke off several times in a row, and is left alone for a moment. */
  isPaused(domainCell: number): boolean;
  /** Domains that are left alone for a moment, and those that have few connections because they are slow. */
  troubled(): { paused: number[]; slow: number[] };
  start(): void;
  /** No new attempt; those that run may end, for a few seconds. */
  stop(): Promise<void>;
};

const SETTLE_RETRY_MS = 1_000;

export function createCourier(parts: CourierParts): Courier {
  const { sql, clock, dice, log, lettersPerSecond } = parts;
  const carriers = createCarriers(parts);
  const domains = newDomains();
  const connections = parts.deliveries.reduce((sum, delivery) => sum + delivery.connections, 0);
  const stopping = new AbortController();
  /** In our hands: no more than there are connections. */
  type InHand = { domainCell: number; since: number; done: Promise<void> };
  const underway = new Map<string, InHand>();
  let pace = freshPace(lettersPerSecond, clock.monotonic());
  /** The lease of a claim whose answer was lost with the database: committed or not, nobody has its letters in hand. */
  let lostLease: number | undefined;
  let renewedAt = 0;
  let databaseFails = false;
  let woken = false;
  let wakeUp = () => {};
  let loop = Promise.resolve();

  function wake(): void {
    woken = true;
    wakeUp();
  }

  async function run(): Promise<void> {
    void listen();
    while (!stopping.signal.aborted) {
      woken = false;
      try {
        await round();
        databaseFails = false;
      } catch (error) {
        if (!databaseFails) log.warn({ err: error }, "the outbox can't be read; letters wait");
        databaseFails = true;
      }
      if (!woken && !stopping.signal.aborted) await rest();
    }
  }

  /** Until somebody wakes us, a pause of a relay is over, or it is time to look by ourselves. */
  async function rest(): Promise<void> {
    const tokenMs = nextTokenMs(pace, lettersPerSecond) || POLL_MS;
    await new Promise<void>((resolve) => {
      const cancel = clock.after(Math.min(POLL_MS, tokenMs, carriers.nextChangeMs()), resolve);
      wakeUp = () => {
        cancel();
        resolve();
      };
    });
    wakeUp = () => {};
  }

  /** The driver connects again by itself; only the first connection is ours to repeat. */
  async function listen(): Promise<void> {
    while (!stopping.signal.aborted) {
      try {
        const { unlisten } = await sql.listen(OUTBOX_CHANNEL, wake, wake);
        stopping.signal.addEventListener("abort", () => void unlisten().catch(() => {}));
        if (stopping.signal.aborted) await unlisten().catch(() => {});
        return;
      } catch {
        await clock.sleep(POLL_MS, stopping.signal).catch(() => {});
      }
    }
  }

  async function round(): Promise<void> {
    await parts.tidy();
    if (underway.size > 0 && clock.monotonic() - renewedAt >= LEASE_MS / 3) {
      await renewLeases(sql, [...underway.keys()], clock.now() + LEASE_MS);
      renewedAt = clock.monotonic();
    }
    for (let claimed = await claim(); claimed.length > 0; claimed = await claim()) {
      for (const letter of claimed) takeInHand(letter);
    }
    carriers.probe(wake);
  }

  function takeInHand(letter: ClaimedLetter): void {
    const done = deliver(letter).finally(() => {
      underway.delete(letter.id);
      wake();
    });
    underway.set(letter.id, { domainCell: letter.domainCell, since: clock.monotonic(), done });
  }

  function running() {
    const now = clock.monotonic();
    return [...underway.values()].map(({ domainCell, since }) => ({ domainCell, ageMs: now - since }));
  }

  const closed = () => closedCells(domains, running(), connections, clock.now());

  /** For the relay that is to have the next letter; those that belong to another one go along. */
  async function claim(): Promise<ClaimedLetter[]> {
    pace = refill(pace, lettersPerSecond, clock.monotonic());
    const carrier = carriers.choose();
    const count = carrier === undefined ? 0 : Math.min(carriers.room(carrier), Math.floor(pace.tokens));
    if (carrier === undefined || count <= 0 || stopping.signal.aborted) return [];
    const inHand = [...underway.keys()];
    if (lostLease !== undefined) await releaseClaim(sql, lostLease, inHand);
    lostLease = clock.now() + LEASE_MS;
    const asked = { count, relay: carrier.delivery.key, relays: carriers.keys(), closedCells: closed(), except: inHand };
    const claimed = await claimLetters(sql, { ...asked, leaseUntil: lostLease }, clock.now());
    lostLease = undefined;
    pace = { ...pace, tokens: pace.tokens - claimed.length };
    return claimed;
  }

  async function deliver(claimed: ClaimedLetter): Promise<void> {
    let letter: CodeLetter | undefined;
    try {
      letter = await parts.open(claimed);
    } catch (error) {
      // the database went while it was asked about the reader: that says nothing about the letter
      log.warn({ err: error, letter: claimed.id }, "a letter could not be opened yet");
      return settle(claimed, { tag: "again", word: "cut-off" });
    }
    if (letter === undefined) return settle(claimed, { tag: "final", word: "unreadable" });
    for (let carrier = await firstCarrier(claimed), tried = new Set<Carrier>(); ;) {
      if (carrier === undefined) return settle(claimed, { tag: "again", word: "relay-unreachable" });
      const attempt = await carriers.attempt(carrier, letter, claimed.domainCell, claimed.deadlineAt - clock.now());
      const { end, verdict } = attempt;
      afterDomainAttempt(domains, claimed.domainCell, verdict.tag === "again" && verdict.word === "dropped", clock.now());
      const relay = carriers.all.length > 1 ? { relay: carrier.name } : {};
      log.debug({ letter: claimed.id, attempt: claimed.attempts, ...relay, ...shown(end, verdict) }, "a letter was tried");
      tried.add(carrier);
      const other = claimed.held || stopping.signal.aborted || !maySwitch(attempt) ? undefined : carriers.choose(claimed.domainCell, tried);
      if (other === undefined || !(await moved(claimed, other)))
        return settle(claimed, verdict, carrier, claimed.held || mayHaveIt(attempt));
      carrier = other;
    }
  }

  /** The one that it was claimed for, unless another one is better for its domain. */
  async function firstCarrier(claimed: ClaimedLetter): Promise<Carrier | undefined> {
    const carrier = carriers.byKey(claimed.relay);
    if (claimed.held || claimed.attempts > 1) return carrier;
    const better = carriers.choose(claimed.domainCell);
    return better === undefined || better === carrier || !(await moved(claimed, better)) ? carrier : better;
  }

  /** Written down before the other relay is given it, so that whoever comes after us knows who may have it. */
  async function moved(claimed: ClaimedLetter, other: Carrier): Promise<boolean> {
    if (clock.now() >= claimed.deadlineAt) return false;
    return moveLetter(sql, claimed, other.delivery.key, clock.now()).catch(() => false);
  }

  /** Writes down what became of it, as often as it takes: until then it is ours and nobody sends it a second time. */
  async function settle(claimed: ClaimedLetter, verdict: Verdict, carrier?: Carrier, held = claimed.held): Promise<void> {
    for (;;) {
      try {
        return await writeDown(claimed, verdict, carrier, held);
      } catch (error) {
        log.warn({ err: error, letter: claimed.id }, "what became of a letter could not be written down yet");
        if (stopping.signal.aborted || clock.now() > claimed.deadlineAt + LEASE_MS) return;
        await clock.sleep(SETTLE_RETRY_MS, stopping.signal).catch(() => {});
      }
    }
  }

  async function writeDown(claimed: ClaimedLetter, verdict: Verdict, carrier: Carrier | undefined, held: boolean): Promise<void> {
    const now = clock.now();
    if (verdict.tag === "success") return markRelayed(sql, claimed.id, carrier?.delivery.key ?? claimed.relay, now);
    if (verdict.tag === "final") return markFailed(sql, claimed, verdict.word);
    // in trouble, another relay may be there sooner than this one's pause is over
    const pausedUntil = Math.min(...carriers.all.map(({ state }) => state.pausedUntil));
    const next =
      verdict.tag === "trouble"
        ? Math.max(now, held ? (carrier?.state.pausedUntil ?? now) : pausedUntil)
        : now + retryDelayMs(verdict.word, claimed.attempts, dice.fraction());
    return putOff(sql, claimed, verdict.word, next, held);
  }

  return {
    carriers,
    closedCells: closed,
    isPaused: (domainCell) => closedCells(domains, [], connections, clock.now()).includes(domainCell),
    troubled: () => troubledCells(domains, running(), clock.now()),
    start() {
      loop = run();
    },
    async stop() {
      stopping.abort();
      wake();
      await loop;
      const cancel = clock.after(STOP_GRACE_MS, () => carriers.cut());
      if (underway.size === 0) carriers.cut();
      await Promise.all([...underway.values()].map(({ done }) => done));
      carriers.cut();
      await carriers.settled();
      cancel();
      carriers.close();
    },
  };
}

/** Its bytes began to go, and no answer said that it has not got it. */
function mayHaveIt({ end, begun }: Tried): boolean {
  return begun && end.tag === "no-reply";
}

function shown(end: AttemptEnd, verdict: Verdict) {
  return { verdict: verdict.tag, ...("word" in verdict ? { word: verdict.word } : {}), ...statusOf(end) };
}
