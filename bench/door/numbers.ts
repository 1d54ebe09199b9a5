/** How are many measurements told in a few numbers? Percentiles by nearest rank, medians; empty ones are null, never 0. */

/** `share` from 0 to 1; of an unordered list. */
export function percentile(values: readonly number[], share: number): number | null {
  if (values.length === 0) return null;
  const ordered = Float64Array.from(values).toSorted();
  return ordered[Math.max(0, Math.ceil(share * ordered.length) - 1)] ?? null;
}

/** Of an even number of values the mean of the two in the middle. */
export function median(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null).toSorted((a, b) => a - b);
  const half = known.length / 2;
  if (known.length === 0) return null;
  return Number.isInteger(half) ? ((known[half - 1] ?? 0) + (known[half] ?? 0)) / 2 : (known[Math.floor(half)] ?? null);
}

export function ratio(above: number | null, below: number | null): number | null {
  return above === null || below === null || below === 0 ? null : above / below;
}

export function rounded(value: number, digits = 2): number {
  return Number(value.toFixed(digits));
}
