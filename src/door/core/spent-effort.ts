/**
 * Was the work for this challenge counted before? One bitmap of fixed size for each minute in which challenges were minted, of
 * which three may be used at a time; never evicts. A map that is so full that it may take new work for old gives the benefit of
 * the doubt: then work may count twice, and nobody's is lost. Touched only where effort is asked for.
 */
import { createHash } from "node:crypto";
import { bitsOf, has } from "./spent.ts";

/** Half a megabyte: 300,000 challenges in a minute (5,000 a second) fill a quarter of it, and one in 300 is doubted. */
const BITS = 2 ** 22;
const MINUTES = 3;
const HASHES = 4;
/** Below that a challenge that looks used was used: mistaken for one in a million. */
const DOUBT = 1e-6;

export type SpentEffort = ({ minute: number; map: Uint8Array; marked: number } | undefined)[];

export function emptySpentEffort(): SpentEffort {
  return Array.from({ length: MINUTES }, () => undefined);
}

/** True when the work for the challenge `id`, minted in `minute` (since 1970), counts; it is used up by that. */
export function spendEffort(spent: SpentEffort, minute: number, id: Uint8Array): boolean {
  const epoch = epochOf(spent, minute);
  const isNew = mark(epoch, id);
  if (isNew || (epoch.marked / BITS) ** HASHES < DOUBT) return isNew;
  return mark(epoch, doubted(id));
}

/** Whether `spendEffort` would count it now; uses nothing up. */
export function isUnspent(spent: SpentEffort, minute: number, id: Uint8Array): boolean {
  const kept = spent[minute % MINUTES];
  if (kept?.minute !== minute) return true;
  return !isMarked(kept.map, id) || ((kept.marked / BITS) ** HASHES >= DOUBT && !isMarked(kept.map, doubted(id)));
}

function isMarked(map: Uint8Array, id: Uint8Array): boolean {
  return bitsOf(id, BITS).every((bit) => has(map, bit));
}

function doubted(id: Uint8Array): Uint8Array {
  return createHash("sha256").update(id).digest();
}

function epochOf(spent: SpentEffort, minute: number): NonNullable<SpentEffort[number]> {
  const at = minute % MINUTES;
  const kept = spent[at];
  if (kept?.minute === minute) return kept;
  const epoch = { minute, map: kept?.map.fill(0) ?? new Uint8Array(BITS / 8), marked: 0 };
  spent[at] = epoch;
  return epoch;
}

/** False when every bit of it was marked already. */
function mark(epoch: { map: Uint8Array; marked: number }, id: Uint8Array): boolean {
  const fresh = bitsOf(id, BITS).filter((bit) => !has(epoch.map, bit));
  for (const bit of fresh) epoch.map[bit >> 3] = (epoch.map[bit >> 3] ?? 0) | (1 << (bit & 7));
  epoch.marked += fresh.length;
  return fresh.length > 0;
}
