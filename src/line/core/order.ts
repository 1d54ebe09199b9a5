/**
 * In which order is everybody served? Weighted fair queueing: a place costs its source a round divided by its weight, and who
 * is through first in virtual time is first. So a flood competes with itself, and effort and waiting buy the same thing.
 * Fixed size, changed in place; a place carries its own tag, and nothing here is kept per place.
 */
import { bandOf, costOf, ROUND_TICKS } from "./weight.ts";

/** Where somebody stands: the virtual time, and who was how manieth to get it. Integers; they travel, signed, in the browser. */
export type Tag = { readonly tick: number; readonly ordinal: number };

/** Eight bytes of a keyed hash of the source; each hash row reads 16 bits of its own. */
export type Source = Uint8Array;
export const SOURCE_BYTES = 8;

export const RING_TICKS = 4_096 * ROUND_TICKS;
/** Four rows of which the least counts: with 20,000 flooding sources one bystander in 200 collides in all four. */
const ROWS = 4;
const CELLS = 65_536;
/** Those who arrive together are drawn: up to this share of its cost is added to a place. */
const DRAWN_SHARE = 1 / 8;
/** The longest that anybody of weight one stands behind the clock. */
const LONGEST = ROUND_TICKS * (1 + DRAWN_SHARE);
/** Where somebody of weight one who comes now would stand, on average. */
export const FRESH_TICKS = ROUND_TICKS * (1 + DRAWN_SHARE / 2);

export type Order = {
  /** Virtual time, in ticks: where whoever comes now starts. One round for as many calls as there are places within a round. */
  clock: number;
  /** The first tick in which somebody waits, if anybody does. Goes back for whoever brings more weight, never behind the clock. */
  head: number;
  /** How many have a tag and were not called yet: in all, and within a round of the clock. */
  waiting: number;
  near: number;
  /** Per tick of the ring: how many entered it, and how many of them were called. Before the clock, everybody was. */
  readonly entered: Uint32Array;
  readonly called: Uint32Array;
  /** How many wait, in sums over ticks of the ring (a Fenwick tree). */
  readonly sums: Int32Array;
  /** Per row and cell: where the next place of this cell's sources starts. */
  readonly next: Float64Array;
  /** What the draw is salted with. */
  readonly salt: number;
};

/** `life` salts the draw: the same for the same line, and nothing that anybody outside knows. */
export function emptyOrder(life: number): Order {
  return {
    clock: 0,
    head: 0,
    waiting: 0,
    near: 0,
    entered: new Uint32Array(RING_TICKS),
    called: new Uint32Array(RING_TICKS),
    sums: new Int32Array(RING_TICKS + 1),
    next: new Float64Array(ROWS * CELLS),
    salt: mixed(new Uint8Array(new Float64Array([life]).buffer), 0),
  };
}

/** Everybody with an earlier tick was called. */
export function base(order: Order): number {
  return Math.floor(order.clock);
}

/** Gives `source` its next place, or `undefined` when its places already fill the ring. */
export function enter(order: Order, source: Source, weight: number): Tag | undefined {
  const cost = costOf(weight);
  const start = startOf(order, source, weight);
  const tick = start + Math.floor(cost * (1 + DRAWN_SHARE * draw(order.salt, source, start)));
  if (tick >= base(order) + RING_TICKS) return undefined;
  // lighter ones of the source stand behind it, and never in front of heavier ones
  for (let band = bandOf(weight); band >= 0; band -= 1) {
    for (let row = 0; row < ROWS; row += 1) {
      const cell = cellOf(source, row, band);
      order.next[cell] = Math.max(order.next[cell] ?? 0, start + cost);
    }
  }
  const ordinal = at(order.entered, tick);
  addWaiting(order, tick, 1);
  return { tick, ordinal };
}

/** Would somebody who showed up from `source` only now stand behind `tag`, because others of that source are in front? */
export function isHeldUp(order: Order, source: Source, weight: number, tag: Tag): boolean {
  const start = startOf(order, source, weight);
  return start > base(order) && start + costOf(weight) > tag.tick;
}

/** Calls whoever is next. `false` when nobody waits. */
export function callNext(order: Order): boolean {
  if (order.waiting === 0) return false;
  seekHead(order);
  const tick = order.head;
  const slot = tick % RING_TICKS;
  const near = Math.max(1, order.near);
  order.called[slot] = (order.called[slot] ?? 0) + 1;
  countWaiting(order, tick, -1);
  if (order.waiting === 0) moveClock(order, tick + 1);
  else {
    seekHead(order);
    moveClock(order, Math.min(order.head, Math.max(order.clock + ROUND_TICKS / near, tick - LONGEST)));
  }
  return true;
}

export function isCalled(order: Order, tag: Tag): boolean {
  return tag.tick < base(order) || tag.ordinal < at(order.called, tag.tick);
}

/** Farther behind the clock than somebody from a source without any place would be. */
export function isDeep(order: Order, tag: Tag): boolean {
  return tag.tick >= order.clock + LONGEST;
}

/** How many are called before `tag`, were nobody to join in front. */
export function ahead(order: Order, tag: Tag): number {
  if (tag.tick < order.head) return 0;
  const end = Math.min(tag.tick, base(order) + RING_TICKS);
  const [first, last] = [order.head % RING_TICKS, end % RING_TICKS];
  const before = sumBefore(order, last) - sumBefore(order, first) + (end > order.head && last <= first ? order.waiting : 0);
  return before + (tag.tick === end ? Math.max(0, tag.ordinal - at(order.called, end)) : 0);
}

/**
 * Takes in a tag that was given out after the snapshot from which this order was restored.
 * `false` when it lies outside of the ring: then only a new place helps.
 */
export function adopt(order: Order, tag: Tag): boolean {
  if (tag.tick < base(order)) return true;
  if (tag.tick >= base(order) + RING_TICKS) return false;
  const missing = tag.ordinal + 1 - at(order.entered, tag.tick);
  if (missing > 0) addWaiting(order, tag.tick, missing);
  return true;
}

/** `many` more wait at `tick`. */
export function addWaiting(order: Order, tick: number, many: number): void {
  const slot = tick % RING_TICKS;
  order.entered[slot] = (order.entered[slot] ?? 0) + many;
  order.head = order.waiting === 0 ? tick : Math.min(order.head, tick);
  countWaiting(order, tick, many);
}

function countWaiting(order: Order, tick: number, many: number): void {
  for (let index = (tick % RING_TICKS) + 1; index <= RING_TICKS; index += index & -index) {
    order.sums[index] = (order.sums[index] ?? 0) + many;
  }
  order.waiting += many;
  if (tick < base(order) + LONGEST) order.near += many;
}

/** How many wait in the slots of the ring before `slot`. */
function sumBefore(order: Order, slot: number): number {
  let sum = 0;
  for (let index = slot; index > 0; index -= index & -index) sum += order.sums[index] ?? 0;
  return sum;
}

/** Lets virtual time pass; nobody may wait before `to`. The ticks that it passes are used again. */
function moveClock(order: Order, to: number): void {
  const from = base(order);
  order.clock = Math.max(order.clock, to);
  for (let tick = from; tick < base(order); tick += 1) {
    order.entered[tick % RING_TICKS] = 0;
    order.called[tick % RING_TICKS] = 0;
    order.near += waitingAt(order, tick + LONGEST);
  }
}

/** The first tick in which somebody waits. Only when somebody does. */
function seekHead(order: Order): void {
  while (waitingAt(order, order.head) === 0) order.head += 1;
}

function waitingAt(order: Order, tick: number): number {
  return at(order.entered, tick) - at(order.called, tick);
}

function at(counts: Uint32Array, tick: number): number {
  return counts[tick % RING_TICKS] ?? 0;
}

/**
 * Where the next place of a source starts. It has a queue for each band of weight, so that effort also helps whoever lives in
 * a flooded network; the least of the hash rows counts.
 */
function startOf(order: Order, source: Source, weight: number): number {
  let least = Number.POSITIVE_INFINITY;
  for (let row = 0; row < ROWS; row += 1) least = Math.min(least, order.next[cellOf(source, row, bandOf(weight))] ?? 0);
  return Math.max(base(order), least);
}

function cellOf(source: Source, row: number, band: number): number {
  const hash = ((source[2 * row] ?? 0) << 8) | (source[2 * row + 1] ?? 0);
  return row * CELLS + (hash ^ ((band * 0x9e37) & 0xffff));
}

/** From 0 to below 1, the same for the same source and start: asking again draws nothing new. */
function draw(salt: number, source: Source, start: number): number {
  return mixed(source, salt ^ (start % 2 ** 32)) / 2 ** 32;
}

/** 32 bits of the bytes (FNV-1a, and murmur3's last mixing). */
function mixed(bytes: Uint8Array, seed: number): number {
  let hash = seed ^ 0x811c_9dc5;
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x0100_0193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85eb_ca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2_ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
