/**
 * Which places were used up? Two bitmaps of fixed size that take turns: what was marked is known for one to two hours, longer
 * than a place lives. Never evicts; may take an unused place for a used one (one in 10,000 at 50 letters a second, by
 * arithmetic), who then simply gets a new place. SQL's unique place id is the last arbiter, also after a restart.
 */
import { HOUR_MS } from "#kit/time.ts";

const BITS = 2 ** 23;
const HASHES = 4;

export type Spent = { current: Uint8Array; previous: Uint8Array; rotatedAt: number };

export function emptySpent(now: number): Spent {
  return { current: new Uint8Array(BITS / 8), previous: new Uint8Array(BITS / 8), rotatedAt: now };
}

/** `now` is monotonic ms; `id` are 16 random bytes that we made ourselves. */
export function isSpent(spent: Spent, now: number, id: Uint8Array): boolean {
  rotate(spent, now);
  const bits = bitsOf(id);
  return bits.every((bit) => has(spent.current, bit)) || bits.every((bit) => has(spent.previous, bit));
}

/** Marks `id`; the returned function takes back what this call alone had marked. */
export function markSpent(spent: Spent, now: number, id: Uint8Array): () => void {
  rotate(spent, now);
  const map = spent.current;
  const fresh = bitsOf(id).filter((bit) => !has(map, bit));
  for (const bit of fresh) map[bit >> 3] = (map[bit >> 3] ?? 0) | (1 << (bit & 7));
  return () => {
    for (const bit of fresh) map[bit >> 3] = (map[bit >> 3] ?? 0) & ~(1 << (bit & 7));
  };
}

function rotate(spent: Spent, now: number): void {
  if (now - spent.rotatedAt < HOUR_MS) return;
  [spent.current, spent.previous] = [spent.previous, spent.current];
  spent.current.fill(0);
  if (now - spent.rotatedAt >= 2 * HOUR_MS) spent.previous.fill(0);
  spent.rotatedAt = now;
}

export function has(map: Uint8Array, bit: number): boolean {
  return ((map[bit >> 3] ?? 0) & (1 << (bit & 7))) !== 0;
}

/** Where the 16 bytes of `id` fall in a map of `size` bits. */
export function bitsOf(id: Uint8Array, size = BITS): number[] {
  const view = new DataView(id.buffer, id.byteOffset, id.byteLength);
  return Array.from({ length: HASHES }, (_, at) => view.getUint32(4 * at) % size);
}
