/**
 * How long does a relay take to accept a letter, for which receiving domain? Moving averages in fixed arrays: one for the relay,
 * and one per cell that domains are hashed to; and a histogram for the operator.
 */
import { MINUTE_MS, SECOND_MS } from "#kit/time.ts";

const CELLS = 1_024;
/** Of a new measurement; a dozen letters later the old ones hardly count. */
const SHARE = 0.2;

/** Upper ends of the histogram's steps, in milliseconds; the last step has none. */
export const STEPS_MS = [100, 250, 500, SECOND_MS, 2_500, 5_000, 10_000, 20_000, 30_000, MINUTE_MS] as const;

export type Speeds = {
  /** Milliseconds; 0: not known. */
  overall: number;
  byCell: Float32Array;
  /** Accepted letters by time, one more than `STEPS_MS`. */
  histogram: Uint32Array;
};

export function newSpeeds(): Speeds {
  return { overall: 0, byCell: new Float32Array(CELLS), histogram: new Uint32Array(STEPS_MS.length + 1) };
}

/** `afresh`: what was measured before no longer holds (a relay that was slow shows how it is now). */
export function noteAccepted(speeds: Speeds, domainCell: number, tookMs: number, afresh: boolean): void {
  const took = Math.max(1, tookMs);
  const cell = domainCell % CELLS;
  if (afresh) speeds.byCell.fill(0);
  speeds.overall = afresh ? took : moved(speeds.overall, took);
  speeds.byCell[cell] = moved(speeds.byCell[cell] ?? 0, took);
  const step = STEPS_MS.findIndex((endMs) => tookMs <= endMs);
  const at = step === -1 ? STEPS_MS.length : step;
  speeds.histogram[at] = (speeds.histogram[at] ?? 0) + 1;
}

/** Milliseconds that a letter to this domain takes about; 0: not known. */
export function expectedMs(speeds: Speeds, domainCell: number | undefined): number {
  if (domainCell === undefined) return speeds.overall;
  return speeds.byCell[domainCell % CELLS] || speeds.overall;
}

function moved(average: number, took: number): number {
  return average === 0 ? took : average + SHARE * (took - average);
}
