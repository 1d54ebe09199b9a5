/**
 * How many letters to one receiving domain may be in hand at once? All but one; of a domain whose server is slow or breaks off, as many
 * as a quarter of the connections, and after several breaks in a row none for a while. So no domain holds up the others, and
 * nobody who names a dead one makes others wait. Fixed tables by a hash of the domain: a collision costs a short wait.
 */
import { SECOND_MS } from "#kit/time.ts";

export type Domains = { cells: Int32Array; misses: Uint8Array; pausedUntil: Float64Array };

const ROWS = 1_024;
const NOBODY = -1;
const SLOW_MS = 2 * SECOND_MS;
const SHARE_OF_SLOW = 4;
const PAUSES_S = [2, 4, 8, 15];

export function newDomains(): Domains {
  return { cells: new Int32Array(ROWS).fill(NOBODY), misses: new Uint8Array(ROWS), pausedUntil: new Float64Array(ROWS) };
}

/** `isMiss`: the session to the domain broke off or stayed silent. Any other end shows that it answers. */
export function afterDomainAttempt(domains: Domains, cell: number, isMiss: boolean, now: number): void {
  const row = cell % ROWS;
  if (domains.cells[row] !== cell && !isMiss) return;
  const misses = isMiss ? Math.min((domains.cells[row] === cell ? (domains.misses[row] ?? 0) : 0) + 1, 255) : 0;
  domains.cells[row] = isMiss ? cell : NOBODY;
  domains.misses[row] = misses;
  // one letter may meet any mishap; the second shows that it is the domain
  const pauseS = misses < 2 ? 0 : (PAUSES_S[Math.min(misses - 2, PAUSES_S.length - 1)] ?? 15);
  domains.pausedUntil[row] = misses < 2 ? 0 : now + pauseS * SECOND_MS;
}

/** Cells that get no letter now. `inHand` are the domains of the letters in hand, with the age of their attempt in milliseconds. */
export function closedCells(
  domains: Domains,
  inHand: readonly { domainCell: number; ageMs: number }[],
  { connections, most }: { connections: number; most: number },
  now: number,
): number[] {
  const closed = new Set(missingCells(domains, (row) => (domains.pausedUntil[row] ?? 0) > now));
  for (const { domainCell } of inHand) {
    const there = inHand.filter((letter) => letter.domainCell === domainCell);
    const row = domainCell % ROWS;
    const slow = there.some(({ ageMs }) => ageMs >= SLOW_MS) || (domains.cells[row] === domainCell && (domains.misses[row] ?? 0) > 0);
    if (there.length >= Math.max(1, slow ? Math.floor(connections / SHARE_OF_SLOW) : most - 1)) closed.add(domainCell);
  }
  return [...closed];
}

/** For the operator: domains that are left alone now, and those that have a quarter of the connections. */
export function troubledCells(domains: Domains, inHand: readonly { domainCell: number; ageMs: number }[], now: number) {
  const paused = missingCells(domains, (row) => (domains.pausedUntil[row] ?? 0) > now);
  const missed = missingCells(domains, (row) => (domains.misses[row] ?? 0) > 0);
  const late = inHand.filter(({ ageMs }) => ageMs >= SLOW_MS).map(({ domainCell }) => domainCell);
  return { paused, slow: [...new Set([...missed, ...late])].filter((cell) => !paused.includes(cell)) };
}

function missingCells({ cells }: Domains, isSo: (row: number) => boolean): number[] {
  return [...cells].filter((cell, row) => cell !== NOBODY && isSo(row));
}
