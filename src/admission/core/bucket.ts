/**
 * Who gets the next of something that is filled up at a fixed rate? The emptier the bucket, the better one must stand: a flood
 * that stands low keeps it as full as was `kept` and never empties it for those who stand higher.
 */

export type Bucket = { tokens: number; at: number; readonly perMs: number; readonly burst: number; readonly kept: number };

/**
 * `perSecond` of work, finite; 0: never anything. Saves up `burstSeconds` of it, and is full at first. `kept`: the share that whoever
 * stands lowest leaves to others. Below 1 all of it is given out also when everybody stands there; at 1 what comes in at
 * the full is lost.
 */
export function newBucket(now: number, perSecond: number, burstSeconds: number, kept: number): Bucket {
  const burst = perSecond * burstSeconds;
  return { tokens: burst, at: now, perMs: perSecond / 1_000, burst, kept };
}

/** Is there something for whoever stands at `share` (0 the lowest, 1 the highest) of the lane? */
export function has(bucket: Bucket, now: number, share: number): boolean {
  bucket.tokens = Math.min(bucket.burst, bucket.tokens + (now - bucket.at) * bucket.perMs);
  bucket.at = now;
  return bucket.tokens > 0 && bucket.tokens >= bucket.burst * bucket.kept * (1 - share);
}

/** Takes `work`, also more than is there: then nobody gets anything until it has been made up for. */
export function take(bucket: Bucket, work: number): void {
  bucket.tokens -= work;
}
