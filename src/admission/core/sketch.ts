/**
 * How much did each of any number of sources ask for lately? Count-min in constant memory: four hash rows, of which the least
 * counts, so that a bystander must collide in all four to be taken for somebody else (1,000 flooding sources: once in a million).
 * A cell holds the moment at which what was asked will have drained away, so nothing has to be swept.
 */

/** Eight bytes of a keyed hash; each row reads 16 bits of its own. */
export type Key = Uint8Array;

const ROWS = 4;
const CELLS = 32_768;

export type Sketch = {
  /** Monotonic ms at which a cell is empty again. */
  readonly emptyAt: Float64Array;
  readonly drainPerMs: number;
  readonly most: number;
};

/** Drains `perSecond`, holds `most`: more than that is not counted. */
export function newSketch(perSecond: number, most: number): Sketch {
  return { emptyAt: new Float64Array(ROWS * CELLS).fill(Number.NEGATIVE_INFINITY), drainPerMs: perSecond / 1_000, most };
}

/** How much of what `key` asked has not drained yet. Never too little; too much only after a collision in all rows. */
export function heldBy(sketch: Sketch, now: number, key: Key, salt: number): number {
  return Math.max(0, emptyAtOf(sketch, key, salt) - now) * sketch.drainPerMs;
}

/** Counts `work`. Only cells below the new sum are raised, so that others who share one are charged as little as can be. */
export function charge(sketch: Sketch, now: number, key: Key, salt: number, work: number): void {
  const { emptyAt, drainPerMs, most } = sketch;
  const until = Math.min(now + most / drainPerMs, Math.max(now, emptyAtOf(sketch, key, salt)) + work / drainPerMs);
  for (let row = 0; row < ROWS; row += 1) {
    const cell = cellOf(key, row, salt);
    if ((emptyAt[cell] ?? 0) < until) emptyAt[cell] = until;
  }
}

/** How many ms until `work` fits; 0 when it does now. What is larger than everything that fits comes when nothing else is held. */
export function waitFor(sketch: Sketch, now: number, key: Key, salt: number, work: number): number {
  const room = sketch.most - Math.min(sketch.most, work);
  return Math.max(0, heldBy(sketch, now, key, salt) - room) / sketch.drainPerMs;
}

function emptyAtOf({ emptyAt }: Sketch, key: Key, salt: number): number {
  let least = Number.POSITIVE_INFINITY;
  for (let row = 0; row < ROWS; row += 1) least = Math.min(least, emptyAt[cellOf(key, row, salt)] ?? 0);
  return least;
}

/** `salt` keeps apart what one source does in different lanes. */
function cellOf(key: Key, row: number, salt: number): number {
  const hash = ((key[2 * row] ?? 0) << 8) | (key[2 * row + 1] ?? 0);
  return row * CELLS + ((hash ^ (salt * 0x1a35)) & (CELLS - 1));
}
