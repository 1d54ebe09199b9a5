/**
 * Which relay is a letter given to? The first in the operator's order that works and is not much slower than the others; the
 * others take over at once when it fails, hangs or has no connection free. A relay that takes sessions but no letters, or
 * takes them slowly, gets one letter now and then to show that it is well again. Pure; the courier keeps what is passed in.
 */
import { MINUTE_MS, SECOND_MS } from "#kit/time.ts";
import { isMissing, lettersAllowed, type RelayState } from "./relay-state.ts";

/** What is known of a relay at the moment. Times are milliseconds. */
export type Route = {
  state: RelayState;
  connections: number;
  /** Letters and probes that run. */
  underway: number;
  /** How long the oldest of these letters has been running. */
  oldestMs: number;
  /** How long it takes to accept a letter for the domain in question, as measured; 0: not known. */
  expectedMs: number;
  trial: Trial;
};

/** When a relay that is not trusted may have a letter again, and how many it had in vain. */
export type Trial = { dueAt: number; failed: number };
export const noTrial: Trial = { dueAt: 0, failed: 0 };

/** Nobody minds so much; more is slow where another relay takes a third of it. */
const QUICK_MS = 2 * SECOND_MS;
const SLOW_FACTOR = 3;
const FIRST_TRIAL_MS = 15 * SECOND_MS;
const LAST_TRIAL_MS = 5 * MINUTE_MS;

/** The relay's place in `routes`; undefined: the letter waits until one has a connection free. `tried`: not these any more. */
export function chooseRoute(routes: readonly Route[], now: number, tried: ReadonlySet<number> = new Set()): number | undefined {
  const open = (at: number) => !tried.has(at) && hasRoom(routes[at], now);
  const all = routes.map((_, at) => at);
  const trusted = all.filter((at) => !tried.has(at) && isTrusted(routes, at));
  const due = tried.size > 0 ? undefined : all.find((at) => !trusted.includes(at) && isTrialDue(routes[at], now) && open(at));
  if (trusted.length > 0) return due ?? trusted.find(open);
  return all.filter(open).toSorted((one, other) => standing(routes[one]) - standing(routes[other]))[0];
}

/** Whether a connection is free that a letter may use. */
export function hasRoom(route: Route | undefined, now: number): boolean {
  return route !== undefined && lettersAllowed(route.state, route.connections, now) > route.underway;
}

/** Works, and is as quick as others are. */
export function isTrusted(routes: readonly Route[], at: number): boolean {
  const route = routes[at];
  if (route === undefined || route.state.status === "failing") return false;
  const others = routes.filter((other) => other !== route && other.state.status !== "failing").map(delayMs);
  return delayMs(route) <= Math.max(QUICK_MS, SLOW_FACTOR * Math.min(...others, Number.POSITIVE_INFINITY));
}

/** How a relay's trial stands: none while it is trusted; else the first one is due soon. */
export function watchTrial(trial: Trial, trusted: boolean, now: number): Trial {
  if (trusted) return noTrial;
  return trial.dueAt === 0 ? { dueAt: now + FIRST_TRIAL_MS, failed: 0 } : trial;
}

/** After a letter was given to a relay that is not trusted: the next one is due later. */
export function spendTrial({ failed }: Trial, now: number): Trial {
  return { dueAt: now + Math.min(LAST_TRIAL_MS, FIRST_TRIAL_MS * 2 ** (failed + 1)), failed: failed + 1 };
}

/** A relay that can't be reached is probed without letters; one that only misses or dawdles shows itself by a letter alone. */
function isTrialDue(route: Route | undefined, now: number): boolean {
  return route !== undefined && route.state.troubles === 0 && route.trial.dueAt > 0 && now >= route.trial.dueAt && route.underway === 0;
}

function delayMs(route: Route): number {
  return Math.max(route.expectedMs, route.oldestMs);
}

/** Where none is trusted: rather one that answers than one that does not. */
function standing(route: Route | undefined): number {
  if (route === undefined) return Number.POSITIVE_INFINITY;
  return delayMs(route) + MINUTE_MS * (Math.min(route.state.troubles, 9) + (isMissing(route.state) ? 1 : 0));
}
