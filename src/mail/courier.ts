/**
 * Which letters of the outbox are taken in hand, and when? Claimed under a lease, new ones first, the earliest deadline first, never
 * after the deadline, and not more than the relays have connections for. A courier that dies in mid-letter leaves it to the
 * next one, which sends the same letter again. How each is carried is carry.ts's.
 */
import type { Logger } from "pino";
import type { Dice } from "#kit/dice.ts";
import type { Clock } from "#kit/time.ts";
import type { Pool } from "#store/store.ts";
import { createCarriers, type Carriers } from "./carriers.ts";
import { createCarry, type InHand } from "./carry.ts";
import { closedCells, newDomains, troubledCells } from "./core/domains.ts";
import { LEASE_MS, POLL_MS, STOP_GRACE_MS } from "./core/limits.ts";
import { freshPace, nextTokenMs, refill } from "./core/pace.ts";
import type { CodeLetter } from "./letter.ts";
import type { Delivery } from "./parts.ts";
import { claimLetters, OUTBOX_CHANNEL, releaseClaim, renewLeases, type ClaimedLetter } from "./store.ts";

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

/** Letters in hand for each connection, and those that are over and not yet written down with them. */
const AHEAD = 3;
const MOST_UNSETTLED = 8;

export function createCourier(parts: CourierParts): Courier {
  const { sql, clock, log, lettersPerSecond } = parts;
  const carriers = createCarriers(parts);
  const domains = newDomains();
  const connections = parts.deliveries.reduce((sum, delivery) => sum + delivery.connections, 0);
  const stopping = new AbortController();
  const carry = createCarry({ ...parts, carriers, domains, stopping: stopping.signal, onFreed: wake });
  const underway = new Map<string, InHand & { done: Promise<void> }>();
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
    const inHand: InHand = { domainCell: letter.domainCell, relay: letter.relay, since: undefined, over: false };
    const done = carry(letter, opened, inHand).finally(() => {
      underway.delete(letter.id);
      wake();
    });
    underway.set(letter.id, Object.assign(inHand, { done }));
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
