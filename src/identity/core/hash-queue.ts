/**
 * Whose password is hashed next, and who is told that the line is full? Two bounded lanes that take turns, so that a
 * flood of sign-ins keeps nobody out who has just proved a mailbox. Pure; carrying the work to a hasher is hash-line.ts's.
 */

export type HashLane = "confirm" | "sign-in";
const LANES = ["confirm", "sign-in"] as const;

/** Waiting jobs, oldest first in each lane. `last` is the lane that was served last. */
export type HashQueue<Job> = { readonly lanes: Readonly<Record<HashLane, readonly Job[]>>; readonly last: HashLane };

/** How many may wait in each lane: two classes that sign in at once; at 25 ms of work each, at most about 3.2 s in front of anybody. */
export const LANE_LIMIT = 64;

export function emptyQueue<Job>(): HashQueue<Job> {
  return { lanes: { confirm: [], "sign-in": [] }, last: "sign-in" };
}

export function hasRoom<Job>(queue: HashQueue<Job>, lane: HashLane): boolean {
  return queue.lanes[lane].length < LANE_LIMIT;
}

/** The queue with `job` at the end of its lane; call only when `hasRoom`. */
export function join<Job>(queue: HashQueue<Job>, lane: HashLane, job: Job): HashQueue<Job> {
  return { ...queue, lanes: { ...queue.lanes, [lane]: [...queue.lanes[lane], job] } };
}

/** Puts a job back to the front of its lane: its hasher died under it. */
export function rejoin<Job>(queue: HashQueue<Job>, lane: HashLane, job: Job): HashQueue<Job> {
  return { ...queue, lanes: { ...queue.lanes, [lane]: [job, ...queue.lanes[lane]] } };
}

/** The job whose turn it is: the lanes alternate while both have somebody waiting. */
export function takeNext<Job>(queue: HashQueue<Job>): { queue: HashQueue<Job>; lane: HashLane; job: Job } | undefined {
  const order = queue.last === "confirm" ? LANES.toReversed() : LANES;
  for (const lane of order) {
    const [job, ...rest] = queue.lanes[lane];
    if (job !== undefined) return { queue: { lanes: { ...queue.lanes, [lane]: rest }, last: lane }, lane, job };
  }
  return undefined;
}

/** The queue without `job`: nobody waits for it any more. */
export function leave<Job>(queue: HashQueue<Job>, lane: HashLane, job: Job): HashQueue<Job> {
  return { ...queue, lanes: { ...queue.lanes, [lane]: queue.lanes[lane].filter((other) => other !== job) } };
}

/** After how many milliseconds a lane that is full now has emptied by half, given the measured work per job. */
export function retryAfterMs<Job>(queue: HashQueue<Job>, jobMs: number, hashers: number): number {
  const waiting = LANES.reduce((sum, lane) => sum + queue.lanes[lane].length, 0);
  return Math.max(1_000, Math.ceil((waiting * jobMs) / Math.max(1, hashers) / 2));
}
