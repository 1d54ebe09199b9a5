/**
 * Who may come in now, and at what price? One decision per request, in constant time and memory, before a body is read. Changed
 * in place, by arithmetic only: the same calls give the same verdicts, and no input makes it throw.
 * Which lane a request belongs to, what is measured and what a refusal looks like belong to the caller.
 */
import type { CostClass } from "#contract/routes.ts";
import { has, newBucket, take, type Bucket } from "./core/bucket.ts";
import { adjust, askedByKnown, came, follow, newCut, passes, type Cut } from "./core/cut.ts";
import { adjustEffort, askedNow, isEnough, newEffort, noteStranger, type Effort } from "./core/effort.ts";
import {
  LANES,
  levelOf,
  LOWEST_ACCOUNT,
  LOWEST_KNOWN,
  MOST_USE,
  RANK,
  standing,
  standingShare,
  WORK,
  type Lane,
  type Rank,
} from "./core/lanes.ts";
import { limitsOf, type AdmissionLimits } from "./core/limits.ts";
import { charge, heldBy, newSketch, waitFor, type Sketch } from "./core/sketch.ts";
import { newWaiting, noteEnd, weigh, type Waiting } from "./core/waiting.ts";

export { LANES, type Lane } from "./core/lanes.ts";
export type { AdmissionLimits } from "./core/limits.ts";

/**
 * What the door knows of a request. `holder` (account, device or place; null: none) and `source` (network) are 8 bytes of a
 * keyed hash each. `effort`: log2 of the hashes spent, 0 for none.
 */
export type Facts = { lane: Lane; holder: Uint8Array | null; source: Uint8Array; cost: CostClass; effort: number };
export type Refusal = "pressure" | "source-budget" | "holder-budget" | "lane-budget";
export type Refused = { tag: "refuse"; why: Refusal; retryAfterSeconds: number };
export type Verdict = { tag: "admit" } | Refused;
/** `success`: it was served · `ignore`: says nothing about us (gone away, mistyped) · `dropped`: too late, or turned away further in. */
export type Ended = "success" | "ignore" | "dropped";

/** What waits, measured every 100 ms. */
export type Measured = {
  /** By how much the event loop was late: the least of the samples since the last time, taken every 10 ms or so. */
  lagMs: number;
  /** The share of the time that the event loop did not stand idle, 0 to 1; absent: not known. */
  busyShare?: number;
  /** Asked of the app and without a first byte yet. */
  appInFlight: number;
  /** The least time to a first byte since the last time; null: none came. */
  appWaitMs: number | null;
  /** What a newcomer would wait in the line for letters now; null or absent: not known. */
  lineWaitSeconds?: number | null;
};

export type Admission = {
  /** Monotonic ms; never goes back. */
  now: number;
  measuredAt: number;
  readonly limits: AdmissionLimits;
  /** Budgets: of each holder, and of each source in each of the strangers' lanes. */
  readonly accounts: Sketch;
  readonly devices: Sketch;
  readonly sources: Sketch;
  /** What each asked for lately: decides who stands higher inside a lane. */
  readonly useByKnown: Sketch;
  readonly useByStrangers: Sketch;
  /** By rank; null: no limit. */
  readonly floors: readonly (Bucket | null)[];
  readonly laneBudgets: readonly (Bucket | null)[];
  readonly hashBudgets: readonly (Bucket | null)[];
  readonly admitted: Float64Array;
  readonly refused: Float64Array;
  /** The door's own time, and the app's. */
  readonly doorCut: Cut;
  readonly appCut: Cut;
  readonly waiting: Waiting;
  readonly effort: Effort;
  /** Since the last measurement, and per second: all that came, all that was refused, and what was refused for want of room. */
  readonly lately: Flow;
  readonly perSecond: Flow;
};

type Flow = { came: number; refused: number; noRoom: number };

/** What was asked for is forgotten at this rate: a sign-up in half a minute, what a flooding network asked in half an hour. */
const USE_PER_SECOND = 2;
/** In the door: what it answers is 1, what it hands on is 2, a refusal is about half. */
const HAND_ON = 2;
const REFUSE = 0.5;
/** A person's few requests come together; a lane's must not pile up in the app before waiting shows. */
const FLOOR_BURST_SECONDS = 2;
const BUDGET_BURST_SECONDS = 0.25;
/** With the rate: as many at once as may wait in the app's line for hashes. */
const HASH_BURST_SECONDS = 3;
/** What whoever stands lowest leaves to others: the rest of a floor is given out also when everybody stands there (bucket.ts). */
const KEPT = { ofFloors: 0.8, ofBudgets: 1, ofHashes: 0.5 };
const SHORTEST_WINDOW_MS = 10;
const LONGEST_WINDOW_MS = 5_000;
/** A smaller share is what is left over of what is past. */
const LEAST_PRESSURE = 0.01;
const MOST_RETRY_SECONDS = 60;
const ADMIT: Verdict = Object.freeze({ tag: "admit" });

/** `now` is monotonic ms everywhere. About 5 MB, whatever comes. */
export function newAdmission(now: number, limits: Partial<AdmissionLimits> = {}): Admission {
  const known = limitsOf(limits);
  const at = Number.isFinite(now) ? now : 0;
  const buckets = (perSecond: Readonly<Record<Lane, number>>, burstSeconds: number, kept: number) =>
    LANES.toReversed().map((lane) =>
      perSecond[lane] < Number.POSITIVE_INFINITY ? newBucket(at, perSecond[lane], burstSeconds, kept) : null,
    );
  return {
    now: at,
    measuredAt: at,
    limits: known,
    accounts: newSketch(known.account.perSecond, known.account.burst),
    devices: newSketch(known.device.perSecond, known.device.burst),
    sources: newSketch(known.source.perSecond, known.source.burst),
    useByKnown: newSketch(USE_PER_SECOND, MOST_USE),
    useByStrangers: newSketch(USE_PER_SECOND, MOST_USE),
    floors: buckets(known.floors, FLOOR_BURST_SECONDS, KEPT.ofFloors),
    laneBudgets: buckets(known.laneBudgets, BUDGET_BURST_SECONDS, KEPT.ofBudgets),
    hashBudgets: buckets(known.hashBudgets, HASH_BURST_SECONDS, KEPT.ofHashes),
    admitted: new Float64Array(LANES.length),
    refused: new Float64Array(LANES.length),
    doorCut: newCut(),
    appCut: newCut(),
    waiting: newWaiting(),
    effort: newEffort(),
    lately: { came: 0, refused: 0, noRoom: 0 },
    perSecond: { came: 0, refused: 0, noRoom: 0 },
  };
}

/** Decides, and counts what was asked whether it comes in or not. */
export function decide(admission: Admission, now: number, facts: Facts): Verdict {
  const considered = consider(admission, now, facts);
  return considered.refusal === undefined ? admit(admission, facts, considered) : refuse(admission, facts, considered, considered.refusal);
}

/** The same for whoever is refused. Whoever would come in is neither let in nor counted (undefined): that is asked of `decide`. */
export function refusal(admission: Admission, now: number, facts: Facts): Refused | undefined {
  const considered = consider(admission, now, facts);
  return considered.refusal === undefined ? undefined : refuse(admission, facts, considered, considered.refusal);
}

/** What speaks for and against, with nothing counted yet. */
type Considered = {
  at: number;
  rank: Rank;
  level: number;
  refusal: { why: Refusal; seconds: number } | undefined;
  /** The cut-offs were asked: no budget was against it. */
  atCuts: boolean;
  byFloor: boolean;
};

function consider(admission: Admission, now: number, { lane, holder, source, cost, effort }: Facts): Considered {
  const at = pass(admission, now);
  const work = WORK[cost];
  // effort that is too small for what is asked buys no lane (fails closed, to the stranger's lane)
  const rank = lane === "effort" && !isEnough(admission.effort, effort) ? RANK.stranger : RANK[lane];
  const isKnown = rank >= LOWEST_KNOWN;
  const use = heldBy(isKnown ? admission.useByKnown : admission.useByStrangers, at, whoOf(rank, holder, source), useSaltOf(cost));
  const stands = standing(rank, effort, use);
  const considered: Considered = { at, rank, level: levelOf(rank, stands), refusal: undefined, atCuts: false, byFloor: false };
  const refused = (why: Refusal, seconds: number): Considered => ({ ...considered, refusal: { why, seconds } });

  // Budgets of each one. Counted in sketches: a collision in all rows refuses somebody wrongly, once in a million (fails closed).
  if (holder !== null) {
    const waitMs = waitFor(holdersOf(admission, rank), at, holder, 0, work);
    if (waitMs > 0) return refused("holder-budget", waitMs / 1_000);
  }
  if (!isKnown) {
    const waitMs = waitFor(admission.sources, at, source, sourceSaltOf(rank, cost), work);
    if (waitMs > 0) return refused("source-budget", waitMs / 1_000);
  }

  // What a lane may ask of the app, pressure or not: holds before waiting shows (fails closed; never below the floor).
  const share = standingShare(rank, stands, admission.limits.effortCapBits);
  const [budget, hashes] = [laneBudgetOf(admission, cost, rank), hashBudgetOf(admission, cost, rank)];
  const isOverBudget = (budget !== null && !has(budget, at, share)) || (hashes !== null && !has(hashes, at, share));
  // The cut-offs: whoever stands below one of them waits (fail open: without pressure nobody does).
  considered.atCuts = !isOverBudget;
  const passesApp = cost === "nothing" || passes(admission.appCut, considered.level);
  if (!isOverBudget && passesApp && passes(admission.doorCut, considered.level)) return considered;
  // The floor: what a lane gets whatever is measured (fails open). The last lane's too: that is what "open" means.
  const floor = admission.floors[rank];
  considered.byFloor = floor != null && has(floor, at, share);
  if (considered.byFloor) return considered;
  return refused(isOverBudget ? "lane-budget" : "pressure", 2 + 8 * pressureOf(admission) + ((source[7] ?? 0) & 3));
}

function admit(admission: Admission, facts: Facts, considered: Considered): Verdict {
  const { holder, source, cost } = facts;
  const { at, rank, byFloor } = considered;
  const work = WORK[cost];
  count(admission, facts, considered);
  if (byFloor) takeFrom(admission.floors[rank], work);
  else {
    takeFrom(laneBudgetOf(admission, cost, rank), appWorkOf(cost));
    takeFrom(hashBudgetOf(admission, cost, rank), 1);
  }
  if (holder !== null) charge(holdersOf(admission, rank), at, holder, 0, work);
  if (rank < LOWEST_KNOWN) {
    charge(admission.sources, at, source, sourceSaltOf(rank, cost), work);
    noteStranger(admission.effort, rank === RANK.effort, false);
  }
  admission.admitted[rank] = (admission.admitted[rank] ?? 0) + 1;
  return ADMIT;
}

function refuse(admission: Admission, facts: Facts, considered: Considered, { why, seconds }: { why: Refusal; seconds: number }): Refused {
  const { rank } = considered;
  count(admission, facts, considered);
  admission.refused[rank] = (admission.refused[rank] ?? 0) + 1;
  admission.lately.refused += 1;
  const noRoom = why === "pressure" || why === "lane-budget";
  if (noRoom) admission.lately.noRoom += 1;
  if (noRoom && rank < LOWEST_KNOWN) noteStranger(admission.effort, rank === RANK.effort, true);
  return { tag: "refuse", why, retryAfterSeconds: Math.max(1, Math.min(MOST_RETRY_SECONDS, Math.ceil(seconds))) };
}

/** What was asked for, whether it comes in or not. */
function count(admission: Admission, { holder, source, cost }: Facts, { at, rank, level, atCuts }: Considered): void {
  admission.lately.came += 1;
  const work = WORK[cost];
  charge(rank >= LOWEST_KNOWN ? admission.useByKnown : admission.useByStrangers, at, whoOf(rank, holder, source), useSaltOf(cost), work);
  if (!atCuts) return;
  came(admission.doorCut, level, cost === "nothing" ? 1 : HAND_ON);
  if (cost !== "nothing") came(admission.appCut, level, appWorkOf(cost));
}

/** A password is hashed in a process of its own, and its line has a budget of its own: the app looks up and writes. */
function appWorkOf(cost: CostClass): number {
  return cost === "hash" ? WORK.write : WORK[cost];
}

function whoOf(rank: Rank, holder: Uint8Array | null, source: Uint8Array): Uint8Array {
  return rank >= LOWEST_KNOWN ? (holder ?? source) : source;
}

function holdersOf({ accounts, devices }: Admission, rank: Rank): Sketch {
  return rank >= LOWEST_ACCOUNT ? accounts : devices;
}

/** A network that guesses passwords uses up what its people have for that, and not what they have for signing up. */
function useSaltOf(cost: CostClass): number {
  return cost === "hash" ? 1 : 0;
}

/** The same, in each of the strangers' lanes by itself. */
function sourceSaltOf(rank: Rank, cost: CostClass): number {
  return useSaltOf(cost) * LANES.length + rank;
}

function laneBudgetOf({ laneBudgets }: Admission, cost: CostClass, rank: Rank): Bucket | null {
  return cost === "nothing" ? null : (laneBudgets[rank] ?? null);
}

function hashBudgetOf({ hashBudgets }: Admission, cost: CostClass, rank: Rank): Bucket | null {
  return cost === "hash" ? (hashBudgets[rank] ?? null) : null;
}

function takeFrom(bucket: Bucket | null | undefined, work: number): void {
  if (bucket != null) take(bucket, work);
}

/**
 * Something that was admitted is over. Only what ended in the app says how the app is: `dropped` reads and writes (letters, hashes
 * and models have lines of their own that say so themselves), and how long the quickest read took.
 */
export function ended(admission: Admission, now: number, facts: Facts, outcome: Ended, durationMs: number): void {
  pass(admission, now);
  if (outcome === "ignore" || (facts.cost !== "read" && facts.cost !== "write")) return;
  noteEnd(admission.waiting, facts.cost === "read", outcome === "dropped", durationMs);
}

/** Moves the cut-offs and the effort. Not called: both stay as they are, and what is sure for each lane holds. */
export function measured(admission: Admission, now: number, seen: Measured): void {
  const at = pass(admission, now);
  const sinceMs = at - admission.measuredAt;
  if (sinceMs < SHORTEST_WINDOW_MS) return;
  admission.measuredAt = at;
  const elapsedMs = Math.min(LONGEST_WINDOW_MS, sinceMs);
  const { limits, doorCut, appCut } = admission;
  const targets = {
    lagMs: limits.lagTargetMs,
    busyShare: limits.busyTargetShare,
    appWaitMs: limits.appWaitTargetMs,
    appInFlight: limits.appInFlightTarget,
  };
  const pressure = weigh(admission.waiting, targets, elapsedMs, seen);
  const { lately, perSecond } = admission;
  for (const key of ["came", "refused", "noRoom"] as const) {
    perSecond[key] = follow(perSecond[key], lately[key], elapsedMs);
    lately[key] = 0;
  }

  // Nobody who is known is refused because the door is busy; nor, while most of its work is refusing strangers, because others wait
  // in it: it would not help (both fail open).
  const sparesKnown = pressure.door <= 1 || perSecond.refused * REFUSE > askedByKnown(doorCut);
  adjust(doorCut, elapsedMs, Math.max(pressure.door, pressure.busy), limits.leastWork, sparesKnown);
  adjust(appCut, elapsedMs, pressure.app, limits.leastWork);
  adjustEffort(admission.effort, elapsedMs, limits.effortCapBits, seen.lineWaitSeconds ?? 0);
}

/**
 * For pages, metrics and challenges. `pressure`: the share of requests that is refused for want of room, 0 in peace. `effort`: bits asked of
 * strangers. `lanes`: how many so far; effort that is too small counts as stranger.
 */
export function view(admission: Admission, now: number): { pressure: number; effort: number; lanes: Record<Lane, LaneCount> } {
  pass(admission, now);
  const lanes = {} as Record<Lane, LaneCount>;
  for (const lane of LANES) lanes[lane] = { admitted: admission.admitted[RANK[lane]] ?? 0, refused: admission.refused[RANK[lane]] ?? 0 };
  return { pressure: pressureOf(admission), effort: askedNow(admission.effort), lanes };
}

type LaneCount = { admitted: number; refused: number };

function pass(admission: Admission, now: number): number {
  if (now > admission.now && now < Number.POSITIVE_INFINITY) admission.now = now;
  return admission.now;
}

function pressureOf({ perSecond: { came, noRoom } }: Admission): number {
  return noRoom < LEAST_PRESSURE * came ? 0 : Math.min(1, noRoom / Math.max(1, came));
}
