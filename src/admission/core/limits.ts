/**
 * How much is each lane sure of, and how much may it and each one in it take? The table that an operator may want to change.
 * Work per second everywhere (lanes.ts: a page from memory is 1, a letter 8, a password hash 32, a message to the model 64).
 */
import { MOST_EFFORT_BITS } from "#contract/limits.ts";
import { LANES, MOST_EFFORT, type Lane } from "./lanes.ts";

export type Budget = { perSecond: number; burst: number };

export type AdmissionLimits = {
  /** What a lane gets however great the pressure is. The last lane's is what "open" means. */
  floors: Readonly<Record<Lane, number>>;
  /** What a lane may ask of the app, pressure or not: holds in the moment before waiting can be measured. Infinity: no limit. */
  laneBudgets: Readonly<Record<Lane, number>>;
  /** Password hashes per second, beside that. Three seconds of it may come at once: a class, two classes, sign in together. */
  hashBudgets: Readonly<Record<Lane, number>>;
  /** For each account: a stolen or bought pass can do no more than this. */
  account: Budget;
  /** For each device that signs in and each place in the line. */
  device: Budget;
  /** For each network, in each of the strangers' lanes by itself. A whole university may be behind one. */
  source: Budget;
  /** Most bits of effort that are ever asked: 2^19 hashes are 5 s of a slow phone on average, 16 s in one case of twenty. */
  effortCapBits: number;
  /** Least wait over 100 ms from which on there is a queue (CoDel: 5 ms), for the door's event loop. */
  lagTargetMs: number;
  /** So much of the time the door may be at work before strangers are asked to wait: what a member's request finds in front of it. */
  busyTargetShare: number;
  /** Like `lagTargetMs`, for the app's first byte. */
  appWaitTargetMs: number;
  /** So many asked of the app and not answered are too many. */
  appInFlightTarget: number;
  /** As little as this per second is never refused for pressure: refusing it would help nobody. */
  leastWork: number;
};

const USUAL: AdmissionLimits = {
  floors: {
    operator: 200,
    member: 800,
    "new-member": 200,
    "known-device": 200,
    place: 200,
    heartbeat: 100,
    effort: 100,
    stranger: 60,
  },
  laneBudgets: {
    operator: Number.POSITIVE_INFINITY,
    member: Number.POSITIVE_INFINITY,
    // on a new Holdfast everybody is one, and what one account may ask at once must not count against it here
    "new-member": 51_200,
    "known-device": 1_600,
    place: 3_200,
    heartbeat: Number.POSITIVE_INFINITY,
    // 200 writes: two fifths of a slow core in the app (2 ms each were seen). With twice of it, members waited 0.7 s in a flood's first second
    effort: 800,
    stranger: 800,
  },
  // half of what one hasher does, so that a flood of guesses leaves the other half to confirmations and known devices; elsewhere no
  // hash is asked for
  hashBudgets: {
    operator: Number.POSITIVE_INFINITY,
    member: Number.POSITIVE_INFINITY,
    "new-member": Number.POSITIVE_INFINITY,
    "known-device": 20,
    place: Number.POSITIVE_INFINITY,
    heartbeat: Number.POSITIVE_INFINITY,
    effort: Number.POSITIVE_INFINITY,
    stranger: 20,
  },
  account: { perSecond: 400, burst: 4_000 },
  device: { perSecond: 40, burst: 400 },
  source: { perSecond: 200, burst: 2_000 },
  effortCapBits: MOST_EFFORT_BITS,
  lagTargetMs: 5,
  busyTargetShare: 0.5,
  appWaitTargetMs: 25,
  appInFlightTarget: 64,
  leastWork: 200,
};

/** What is no sensible number becomes the usual one. */
export function limitsOf(given: Partial<AdmissionLimits>): AdmissionLimits {
  const wanted = { ...USUAL, ...given };
  const floors = lanes((lane) => (wanted.floors[lane] >= 0 && wanted.floors[lane] < Infinity ? wanted.floors[lane] : USUAL.floors[lane]));
  return {
    floors,
    // a lane's budget never takes its floor away
    laneBudgets: lanes((lane) =>
      Math.max(floors[lane], wanted.laneBudgets[lane] >= 0 ? wanted.laneBudgets[lane] : USUAL.laneBudgets[lane]),
    ),
    hashBudgets: lanes((lane) => (wanted.hashBudgets[lane] >= 0 ? wanted.hashBudgets[lane] : USUAL.hashBudgets[lane])),
    account: budgetOf(wanted.account, USUAL.account),
    device: budgetOf(wanted.device, USUAL.device),
    source: budgetOf(wanted.source, USUAL.source),
    effortCapBits: Math.min(MOST_EFFORT, Math.round(positive(wanted.effortCapBits, USUAL.effortCapBits))),
    lagTargetMs: positive(wanted.lagTargetMs, USUAL.lagTargetMs),
    busyTargetShare: positive(wanted.busyTargetShare, USUAL.busyTargetShare),
    appWaitTargetMs: positive(wanted.appWaitTargetMs, USUAL.appWaitTargetMs),
    appInFlightTarget: positive(wanted.appInFlightTarget, USUAL.appInFlightTarget),
    leastWork: positive(wanted.leastWork, USUAL.leastWork),
  };
}

function lanes(value: (lane: Lane) => number): Record<Lane, number> {
  return Object.fromEntries(LANES.map((lane) => [lane, value(lane)])) as Record<Lane, number>;
}

function budgetOf(wanted: Budget, usual: Budget): Budget {
  return { perSecond: positive(wanted.perSecond, usual.perSecond), burst: positive(wanted.burst, usual.burst) };
}

function positive(wanted: number, usual: number): number {
  return wanted > 0 && wanted < Number.POSITIVE_INFINITY ? wanted : usual;
}
