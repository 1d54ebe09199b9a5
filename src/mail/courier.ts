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
import { gathering } from "./gathering.ts";
import type { CodeLetter } from "./letter.ts";
import type { Delivery } from "./parts.ts";
import {
  claimLetters,
  handBack,
  markFailed,
  markRelayed,
  moveLetter,
  OUTBOX_CHANNEL,
  putOff,
  releaseClaim,
  renewLeases,
  type ClaimedLetter,
  type Relayed,
} from "./store.ts";

export type CourierParts = {
  sql: Pool;
  clock: Clock;
  dice: Dice;
  log: Logger;
  /** In the order in which they are to be used; at least one. */
  deliveries: Delivery[];
  lettersPerSecond: number;
  /** The letters in claimed rows, in their order; `undefined` for one that nobody can read any more. */
  open: (claimed: readonly ClaimedLetter[]) => Promise<(CodeLetter | undefined)[]>;
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
/** Letters in hand for each connection, and those that are over and not yet written down with them. */
const AHEAD = 3;
const MOST_UNSETTLED = 8;
/** A letter in hand waits for a connection for so long; then it is put back. */
const CONNECTION_WITHIN_MS = 5_000;
const LOOK_AGAIN_MS = 250;

export function createCourier(parts: CourierParts): Courier {
  const { sql, clock, dice, log, lettersPerSecond } = parts;
  const carriers = createCarriers(parts);
  const domains = newDomains();
  const connections = parts.deliveries.reduce((sum, delivery) => sum + delivery.connections, 0);
  const stopping = new AbortController();
  /** In our hands. `since`: when its attempt began; `over`: it is, and only has to be written down. */
  type InHand = { domainCell: number; relay: string; since: number | undefined; over: boolean; done: Promise<void> };
  const underway = new Map<string, InHand>();
  /** Letters that wait for a connection. */
  const waiters: (() => void)[] = [];
  const relayed = gathering((letters: Relayed[]) => markRelayed(sql, letters));
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
      const opened = parts.open(claimed);
      for (const [at, letter] of claimed.entries())
        takeInHand(
          letter,
          opened.then((letters) => letters[at]),
        );
    }
    // a letter that waits for a relay shows how it is
    carriers.probe(new Set(open().flatMap(({ relay, since }) => (since === undefined ? [relay] : []))), wake);
  }

  function takeInHand(letter: ClaimedLetter, opened: Promise<CodeLetter | undefined>): void {
    const inHand: InHand = { domainCell: letter.domainCell, relay: letter.relay, since: undefined, over: false, done: Promise.resolve() };
    underway.set(letter.id, inHand);
    inHand.done = deliver(letter, opened, inHand).finally(() => {
      underway.delete(letter.id);
      wake();
    });
  }

  /** Letters that are claimed and not yet given to a relay, or running there. */
  function open(): InHand[] {
    return [...underway.values()].filter(({ over }) => !over);
  }

  function agesInHand() {
    const now = clock.monotonic();
    return open().map(({ domainCell, since }) => ({ domainCell, ageMs: since === undefined ? 0 : now - since }));
  }

  const closed = () => closedCells(domains, agesInHand(), { connections, most: AHEAD * connections }, clock.now());

  /**
   * As many again as run are kept ready while all is well, so that no connection waits for the database. Those that belong to
   * another relay than the next one go along.
   */
  async function claim(): Promise<ClaimedLetter[]> {
    pace = refill(pace, lettersPerSecond, clock.monotonic());
    const carrier = carriers.choose() ?? carriers.all.find(({ state }) => state.status === "working") ?? carriers.all[0];
    const most = (carriers.status() === "working" ? AHEAD : 1) * carriers.capacity();
    const room = most - open().length;
    // a few at once: one statement for each would cost more than the letters
    const count =
      room < Math.min(connections, most) / 2 ? 0 : Math.min(room, MOST_UNSETTLED * connections - underway.size, Math.floor(pace.tokens));
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
      const other = claimed.held || stopping.signal.aborted || !maySwitch(attempt) ? undefined : carriers.choose(claimed.domainCell, tried);
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
    for (const until = clock.monotonic() + CONNECTION_WITHIN_MS; clock.monotonic() < until && !stopping.signal.aborted; await nextFreed()) {
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
    wake();
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
        if (stopping.signal.aborted || clock.now() > claimed.deadlineAt + LEASE_MS) return;
        await clock.sleep(SETTLE_RETRY_MS, stopping.signal).catch(() => {});
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

  return {
    carriers,
    closedCells: closed,
    isPaused: (domainCell) => closedCells(domains, [], { connections, most: connections }, clock.now()).includes(domainCell),
    troubled: () => troubledCells(domains, agesInHand(), clock.now()),
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
