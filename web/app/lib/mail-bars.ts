/** How does a histogram of times become bars and a sentence? Heights by the largest count; whatever there is can be seen. Pure. */

export type Bar = {
  count: number;
  /** In percent of the highest bar. */
  height: number;
  /** The step's upper end in milliseconds; null: the last step, which has none. */
  endMs: number | null;
};

const LEAST_HEIGHT = 4;

/** `histogram` has one more count than `stepsMs`. */
export function barsOf(histogram: readonly number[], stepsMs: readonly number[]): Bar[] {
  const most = Math.max(1, ...histogram);
  return histogram.map((count, at) => ({
    count,
    height: count === 0 ? 0 : Math.max(LEAST_HEIGHT, Math.round((100 * count) / most)),
    endMs: stepsMs[at] ?? null,
  }));
}

export function lettersIn(histogram: readonly number[]): number {
  return histogram.reduce((sum, count) => sum + count, 0);
}
