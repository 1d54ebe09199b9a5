/**
 * What happens to people in a line, in fast motion? Newcomers, a flood, and a capacity that may change, against the real
 * `src/line`; browsers ask again as the door tells them. Beside it the same arrivals served first come, first served.
 * The same seed gives the same world.
 */
import { join, newLine, quoteQuality, setCapacity, take, type QuoteQuality, type Source, type Standing } from "#line/line.ts";

export type World = {
  seconds: number;
  /** Turns per second, from a second on. */
  capacity: readonly { from: number; rate: number }[];
  /** People per second at a second, who all ask again until they are served, except those who leave. */
  newcomers: (second: number) => number;
  /** People come from networks of their own, or from so many that they share. */
  homes?: number;
  /** The share of people who close the page somewhere in their first minute. */
  leave?: number;
  /** The share of people who bring effort, and the weight that it buys. */
  effort?: { share: number; weight: number };
  flood?: Flood;
};
export type Flood = {
  perSecond: number;
  networks: number;
  /** The share of places for which somebody comes when they are called. */
  comes: number;
  /** The share of places with effort, of the weight that people have. */
  effort?: number;
  from?: number;
  /** This share of the people live in the flood's networks. */
  neighbours?: number;
};

export type Person = {
  at: number;
  weight: number;
  inFlood: boolean;
  left: boolean;
  /** Seconds; `undefined`: not served yet when the world ended. */
  waited: number | undefined;
  /** The wait in the line of who comes first. */
  inFirstCome: number | undefined;
  /** What the person was told while waiting, the first time at `at`. */
  told: { at: number; low: number; high: number }[];
  servedAt: number | undefined;
  /** When the world ends: whoever is not served then would have been later. */
  end: number;
};
/** `served`: when each turn was taken, also the flood's. */
export type Seen = { people: Person[]; served: number[]; quality: QuoteQuality };

const TICK = 0.1;
type Waiting = { standing: Standing; source: Source; weight: number; person: Person | undefined; until: number };

export function live(world: World, seed: number, progress?: (second: number) => void): Seen {
  const dice = numbers(seed);
  const line = newLine(dice(), 0);
  const people: Person[] = [];
  /** Who asks again in which tick. */
  const asking: Waiting[][] = [];
  const firstCome: { at: number; person: Person | undefined }[] = [];
  const ticks = Math.round(world.seconds / TICK);
  const floodSources: Source[] = [];
  const inFloodFrom = (network: number): Source => (floodSources[network] ??= sourceOf(2, network));
  const served: number[] = [];
  let fresh = 0;

  const askLater = (one: Waiting, tick: number, lowSeconds: number | undefined) => {
    const seconds = lowSeconds === undefined ? 5 : Math.min(30, Math.max(1, Math.floor(lowSeconds / 4)));
    // who floods needs no certainty: whose turn can't come before the end is not simulated any further
    if (one.person === undefined && (lowSeconds ?? 0) * 0.3 > world.seconds - tick * TICK) return;
    const next = tick + Math.max(1, Math.round((seconds + 0.3 * dice()) / TICK));
    if (next < ticks) (asking[next] ??= []).push(one);
  };

  const arrive = (tick: number, source: Source, weight: number, person: Person | undefined, comes: boolean) => {
    const now = tick * TICK;
    const answer = join(line, now * 1_000, source, weight);
    if (comes) firstCome.push({ at: now, person });
    if (!comes) return;
    const one = { standing: answer.standing, source, weight, person, until: person?.left ? now + 60 * dice() : Number.POSITIVE_INFINITY };
    if (answer.turn) (asking[tick] ??= []).push(one);
    else {
      if (person !== undefined && answer.wait !== undefined)
        person.told.push({ at: now, low: answer.wait.lowSeconds, high: answer.wait.highSeconds });
      askLater(one, tick, answer.wait?.lowSeconds);
    }
  };

  const ask = (tick: number, one: Waiting) => {
    const now = tick * TICK;
    if (now > one.until) return;
    const answer = take(line, now * 1_000, one.standing, one.source, false, one.weight);
    one.standing = answer.standing;
    if (answer.turn) {
      served.push(now);
      if (one.person !== undefined) [one.person.waited, one.person.servedAt] = [now - one.person.at, now];
      return;
    }
    if (one.person !== undefined && answer.wait !== undefined)
      one.person.told.push({ at: now, low: answer.wait.lowSeconds, high: answer.wait.highSeconds });
    askLater(one, tick, answer.wait?.lowSeconds);
  };

  const { flood } = world;
  for (let tick = 0; tick < ticks; tick += 1) {
    const now = tick * TICK;
    const rate = world.capacity.findLast(({ from }) => from <= now + 1e-9)?.rate ?? 0;
    if (line.calls.rate !== rate) setCapacity(line, now * 1_000, rate);
    if (tick % 100 === 0) progress?.(now);
    for (let left = poisson(dice, world.newcomers(now) * TICK); left > 0; left -= 1) {
      const inFlood = flood?.neighbours !== undefined && dice() < flood.neighbours;
      const home = world.homes === undefined ? fresh++ : Math.floor(world.homes * dice() ** 2);
      const source = inFlood ? inFloodFrom(Math.floor(dice() * flood.networks)) : sourceOf(1, home);
      const weight = world.effort !== undefined && dice() < world.effort.share ? world.effort.weight : 1;
      const leaves = dice() < (world.leave ?? 0);
      const person: Person = {
        at: now,
        weight,
        inFlood,
        left: leaves,
        waited: undefined,
        inFirstCome: undefined,
        told: [],
        servedAt: undefined,
        end: world.seconds,
      };
      people.push(person);
      arrive(tick, source, weight, person, true);
    }
    if (flood !== undefined && now >= (flood.from ?? 0)) {
      for (let left = poisson(dice, flood.perSecond * TICK); left > 0; left -= 1) {
        const weight = dice() < (flood.effort ?? 0) ? (world.effort?.weight ?? 1) : 1;
        arrive(tick, inFloodFrom(Math.floor(dice() * flood.networks)), weight, undefined, dice() < flood.comes);
      }
    }
    // who asks first in a tick is a matter of chance
    for (const one of shuffled(dice, asking[tick] ?? [])) ask(tick, one);
    asking[tick] = [];
  }
  serveFirstCome(world, firstCome);
  return { people, served, quality: quoteQuality(line) };
}

/** At its best: whoever doesn't come costs it nothing. */
function serveFirstCome({ capacity, seconds }: World, line: readonly { at: number; person: Person | undefined }[]): void {
  let free = 0;
  for (const { at, person } of line) {
    const turn = Math.max(at, free);
    if (turn > seconds) return;
    free = turn + 1 / (capacity.findLast(({ from }) => from <= turn)?.rate ?? 1);
    if (person !== undefined) person.inFirstCome = turn - at;
  }
}

/** `open`: the share of whom the world ended before it could be told. */
export type Held = { share: number; early: number; late: number; toldAgain: number; of: number; open: number; width: number };

/** Of what people were told when they came, between two moments: the share that held. */
export function held(people: readonly Person[], from: number, to: number, which: (person: Person) => boolean = () => true): Held {
  const counted = people.filter(
    (person) => person.at >= from && person.at < to && !person.left && person.told[0]?.at === person.at && which(person),
  );
  return count(counted.map((person) => ({ person, told: person.told[0] })));
}

/** The same of what those who waited already were told first after `from`. */
export function heldAgain(people: readonly Person[], from: number): Held {
  const waiting = people.filter((person) => person.at < from && !person.left && (person.servedAt ?? Number.POSITIVE_INFINITY) > from);
  return count(waiting.map((person) => ({ person, told: person.told.find(({ at }) => at >= from) })));
}

function count(quotes: readonly { person: Person; told: Person["told"][number] | undefined }[]): Held {
  const seen = { held: 0, early: 0, late: 0, toldAgain: 0, width: 0 };
  for (const { person, told } of quotes) {
    if (told === undefined || (person.servedAt === undefined && told.at + told.high >= person.end)) continue;
    const seconds = (person.servedAt ?? Number.POSITIVE_INFINITY) - told.at;
    seen.width += told.high - told.low;
    if (seconds < told.low - 1e-6) seen.early += 1;
    else if (seconds <= told.high + 1e-6) seen.held += 1;
    else {
      seen.late += 1;
      const again = person.told.some(
        ({ at, low, high }) => at > told.at && at <= told.at + told.high && at + (low + high) / 2 > told.at + told.high,
      );
      if (again) seen.toldAgain += 1;
    }
  }
  const of = seen.held + seen.early + seen.late;
  const open = quotes.length === 0 ? 0 : 1 - of / quotes.length;
  return {
    share: seen.held / of,
    early: seen.early / of,
    late: seen.late / of,
    toldAgain: seen.toldAgain,
    of,
    open,
    width: seen.width / of,
  };
}

/** The wait of the `share` who waited least; `undefined` when so many were not served. */
export function quantile(waits: readonly (number | undefined)[], share: number): number | undefined {
  const sorted = waits.map((wait) => wait ?? Number.POSITIVE_INFINITY).toSorted((a, b) => a - b);
  const value = sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
  return value === undefined || value === Number.POSITIVE_INFINITY ? undefined : value;
}

/** Eight bytes that look like a hash of a network. */
function sourceOf(kind: number, network: number): Source {
  const draw = numbers(network * 4 + kind);
  return Uint8Array.from({ length: 8 }, () => Math.floor(draw() * 256));
}

/** Numbers from 0 to below 1 (mulberry32). */
function numbers(seed: number): () => number {
  let state = Math.imul(seed + 1, 0x9e37_79b1) | 0;
  return () => {
    state = (state + 0x6d2b_79f5) | 0;
    let mix = Math.imul(state ^ (state >>> 15), 1 | state);
    mix = (mix + Math.imul(mix ^ (mix >>> 7), 61 | mix)) ^ mix;
    return ((mix ^ (mix >>> 14)) >>> 0) / 2 ** 32;
  };
}

function poisson(dice: () => number, mean: number): number {
  if (mean > 30) return Math.max(0, Math.round(mean + Math.sqrt(mean) * normal(dice)));
  let count = 0;
  for (let product = dice(); product > Math.exp(-mean); product *= dice()) count += 1;
  return count;
}

function normal(dice: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - dice())) * Math.cos(2 * Math.PI * dice());
}

function shuffled<Item>(dice: () => number, items: readonly Item[]): Item[] {
  return items
    .map((item) => ({ item, key: dice() }))
    .toSorted((a, b) => a.key - b.key)
    .map(({ item }) => item);
}
