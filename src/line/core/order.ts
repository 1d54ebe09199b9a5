/**
 * In which order is everybody served? Start-time fair queueing in rounds: each source has one place in a round, rounds
 * are served one after the other, and within a round whoever came first is first. So a flood competes with itself.
 * Fixed size, changed in place; a place carries its own tag, and nothing here is kept per place.
 */

/** Where somebody stands. Both numbers travel, signed, in the browser. */
export type Tag = { readonly round: number; readonly ordinal: number };

/** Eight bytes of a keyed hash of the source; each hash row reads 16 bits of its own. */
export type Source = Uint8Array;
export const SOURCE_BYTES = 8;

export const RING_ROUNDS = 8_192;
/** Four rows of which the least counts: with 1,000 flooding sources a bystander collides in all four once in a million. */
const ROWS = 4;
const CELLS = 32_768;

export type Order = {
  /** The round that is being served: the server's virtual time. */
  virtual: number;
  /** How many have a tag and were not called yet. */
  waiting: number;
  /** Per round of the ring: how many entered it, and how many of them were called. */
  readonly entered: Uint32Array;
  readonly called: Uint32Array;
  /** Per row and cell: the first round in which sources of this cell have no place yet. */
  readonly next: Float64Array;
};

export function emptyOrder(): Order {
  return {
    virtual: 0,
    waiting: 0,
    entered: new Uint32Array(RING_ROUNDS),
    called: new Uint32Array(RING_ROUNDS),
    next: new Float64Array(ROWS * CELLS),
  };
}

/** Gives `source` its next place, or `undefined` when its places already fill every round of the ring. */
export function enter(order: Order, source: Source): Tag | undefined {
  const cells = cellsOf(source);
  const round = roundOf(order, cells);
  if (round >= order.virtual + RING_ROUNDS) return undefined;
  for (const cell of cells) order.next[cell] = Math.max(order.next[cell] ?? 0, round + 1);
  const ordinal = at(order.entered, round);
  order.entered[round % RING_ROUNDS] = ordinal + 1;
  order.waiting += 1;
  return { round, ordinal };
}

/** The round in which `source` would get its next place. */
export function nextRound(order: Order, source: Source): number {
  return roundOf(order, cellsOf(source));
}

/** Calls whoever is next. `false` when nobody waits. */
export function callNext(order: Order): boolean {
  if (order.waiting === 0) return false;
  while (at(order.called, order.virtual) >= at(order.entered, order.virtual)) {
    order.entered[order.virtual % RING_ROUNDS] = 0;
    order.called[order.virtual % RING_ROUNDS] = 0;
    order.virtual += 1;
  }
  order.called[order.virtual % RING_ROUNDS] = at(order.called, order.virtual) + 1;
  order.waiting -= 1;
  return true;
}

export function isCalled(order: Order, tag: Tag): boolean {
  return isBefore(tag, frontier(order));
}

/** The tag that is called next, if somebody has it. */
export function frontier(order: Order): Tag {
  return { round: order.virtual, ordinal: at(order.called, order.virtual) };
}

export function isBefore(tag: Tag, other: Tag): boolean {
  return tag.round < other.round || (tag.round === other.round && tag.ordinal < other.ordinal);
}

/** How many are called before `tag`, were nobody to join in front. */
export function ahead(order: Order, tag: Tag): number {
  let count = tag.ordinal - (tag.round >= order.virtual ? at(order.called, tag.round) : tag.ordinal);
  for (let round = order.virtual; round < tag.round; round += 1) count += at(order.entered, round) - at(order.called, round);
  return Math.max(0, count);
}

/** The tag that a source without any place would get now. */
export function freshTag(order: Order): Tag {
  return { round: order.virtual, ordinal: at(order.entered, order.virtual) };
}

/**
 * Takes in a tag that was given out after the snapshot from which this order was restored.
 * `false` when it lies outside of the ring: then only a new place helps.
 */
export function adopt(order: Order, tag: Tag): boolean {
  if (tag.round < order.virtual) return true;
  if (tag.round >= order.virtual + RING_ROUNDS) return false;
  const missing = tag.ordinal + 1 - at(order.entered, tag.round);
  if (missing > 0) {
    order.entered[tag.round % RING_ROUNDS] = tag.ordinal + 1;
    order.waiting += missing;
  }
  return true;
}

function at(counts: Uint32Array, round: number): number {
  return counts[round % RING_ROUNDS] ?? 0;
}

function roundOf(order: Order, cells: readonly number[]): number {
  return Math.max(order.virtual, Math.min(...cells.map((cell) => order.next[cell] ?? 0)));
}

function cellsOf(source: Source): number[] {
  return Array.from({ length: ROWS }, (_, row) => row * CELLS + ((((source[2 * row] ?? 0) << 8) | (source[2 * row + 1] ?? 0)) % CELLS));
}
