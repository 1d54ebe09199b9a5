/**
 * How many does each of any number of sources hold at the moment? Four rows of counters in constant memory, of which the least
 * counts: a bystander must fall together with others in all four rows to be counted as more than they are. What is added must
 * be taken away again.
 */

const ROWS = 4;
const CELLS = 4_096;

export type HashedCounts = Uint16Array | Float32Array;

export function newCounts(): Uint16Array {
  return new Uint16Array(ROWS * CELLS);
}

/** That may fade to fractions. */
export function newFadingCounts(): Float32Array {
  return new Float32Array(ROWS * CELLS);
}

/** `key`: 8 bytes of a keyed hash. Never too few. */
export function countOf(counts: HashedCounts, key: Uint8Array): number {
  let least = Number.POSITIVE_INFINITY;
  for (let row = 0; row < ROWS; row += 1) least = Math.min(least, counts[cellOf(key, row)] ?? 0);
  return least;
}

export function add(counts: HashedCounts, key: Uint8Array): void {
  change(counts, key, 1);
}

export function takeAway(counts: HashedCounts, key: Uint8Array): void {
  change(counts, key, -1);
}

function change(counts: HashedCounts, key: Uint8Array, by: 1 | -1): void {
  for (let row = 0; row < ROWS; row += 1) {
    const cell = cellOf(key, row);
    counts[cell] = (counts[cell] ?? 0) + by;
  }
}

function cellOf(key: Uint8Array, row: number): number {
  return row * CELLS + ((((key[2 * row] ?? 0) << 8) | (key[2 * row + 1] ?? 0)) & (CELLS - 1));
}
