/**
 * Who may come in now? The shell around admission: what a request shows becomes facts, how long others wait is measured ten times
 * a second, and what one holder or one network has in hand at once is counted. Decides before anything of a body is read.
 */
import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import {
  decide,
  ended,
  measured,
  newAdmission,
  refusal,
  view,
  type Ended,
  type Facts,
  type Lane,
  type Refused,
  type Verdict,
} from "#admission/admission.ts";
import { COOKIES, readCookies, type CookieName } from "#contract/cookies.ts";
import { EFFORT_HEADER, readEffortHeader } from "#contract/effort-header.ts";
import type { DoorPurpose, KeysOf, Sabotage } from "#contract/processes.ts";
import type { CostClass, Route } from "#contract/routes.ts";
import { keyedMac } from "#kit/seal.ts";
import { shortHash, shortKey } from "#kit/short-hash.ts";
import { newBusyShare, SECOND_MS, type Clock } from "#kit/time.ts";
import { clientPrefix } from "./core/client-address.ts";
import { isKnown, standingOf, type Standing } from "./core/facts.ts";
import { add, countOf, newCounts, takeAway } from "./core/hashed-counts.ts";
import { readDraft } from "./pages/draft.ts";

export type Cookies = { readonly [name in CookieName]?: string };
/** What is known of a request before anything is parsed further: its head, and where it came in. */
export type Head = Pick<IncomingMessage, "socket" | "headers">;
/** `leave` must be called when the request is over. */
export type Admitted = { facts: Facts; prefix: string; cookies: Cookies; verdict: Admit; leave(): void };
export type TurnedAway = { facts: Facts; cookies: Cookies; verdict: Refused };
type Admit = Exclude<Verdict, Refused>;
/** `who` answers for what is in hand at once: the account or device, else the network. */
type Seen = { facts: Facts; prefix: string; cookies: Cookies; who: Uint8Array; isKnown: boolean };
type Origin = { prefix: string; source: Uint8Array };
/** Kept on the connection itself: a WeakMap costs as much as the whole decision. */
const ORIGIN = Symbol("origin");

export type Gate = {
  /** `route` is undefined where the door itself will refuse it (no such path, foreign, too long): that costs nothing further in. */
  enter(head: Head, route: Route | undefined): Admitted | TurnedAway;
  /** The same for whoever is refused; undefined: nothing is decided or counted, `enter` has to be asked. */
  turnsAway(head: Head, route: Route | undefined): TurnedAway | undefined;
  /** Something is asked of the app; what is returned is called once, when its answer begins or none comes. */
  asked(facts: Facts): (how: Ended | "gone") => void;
  /** 8 bytes of a keyed hash of the network that this connection comes from; null behind a proxy. */
  sourceOf(socket: Socket): Uint8Array | null;
  view(): ReturnType<typeof view>;
  /** As of the last measurement: the share that is refused for want of room, and the bits of effort that strangers are asked for. */
  now(): { pressure: number; effort: number };
  start(): void;
  stop(): void;
};

export type GateParts = {
  clock: Clock;
  keys: () => KeysOf<DoorPurpose>;
  trustedProxyHops: number;
  revoked: () => ReadonlyMap<string, number> | undefined;
  /** What work for a challenge is worth that was not used yet. */
  worth: (challenge: string, nonce: string) => { id: Uint8Array; bits: number } | undefined;
  /** What a newcomer would wait for a letter; null: not known. */
  lineWaitSeconds: () => number | null;
  sabotage?: Sabotage | undefined;
};

const SAMPLE_MS = 10;
const MEASURE_MS = 100;
/** Unanswered requests at once, event streams among them: one HTTP/2 proxy may bring a hundred of one page. */
const MOST_IN_HAND = { account: 128, other: 256 };
/** One per browser, which all its tabs share. */
const MOST_STREAMS = 16;
export const EVENT_STREAM = "/api/events";
/** Health checks come in always, so that nobody restarts a door that is busy: so many, and beyond them like anybody. */
const HEALTH = { path: "/healthz", perSecond: 20, most: 40 };
const FULL_HANDS: Refused = { tag: "refuse", why: "holder-budget", retryAfterSeconds: 5 };
const FULL_NETWORK: Refused = { tag: "refuse", why: "source-budget", retryAfterSeconds: 5 };
const ADMIT: Verdict = { tag: "admit" };
const NO_FLOORS = { operator: 0, member: 0, "new-member": 0, "known-device": 0, place: 0, heartbeat: 0, effort: 0, stranger: 0 };
const ANYBODY: Standing = { lane: "stranger", holder: null, effort: 0 };

export function createGate(parts: GateParts): Gate {
  const { clock, trustedProxyHops: hops, sabotage } = parts;
  const admission = newAdmission(clock.monotonic(), sabotage === "floors-off" ? { floors: NO_FLOORS } : {});
  // as long as this process lives, so that what was counted under it can be taken away again
  const key = shortKey(keyedMac(parts.keys().bucket.current, "bucket", ["short"]));
  const hash = (text: string) => shortHash(key, text);
  const inHand = newCounts();
  const streams = newCounts();
  const health = { tokens: HEALTH.most, at: clock.monotonic() };

  /** By the connection; behind a proxy by each request. */
  function originOf({ socket, headers }: Head): Origin {
    if (hops === 0) return originOfSocket(socket);
    const forwarded = headers["x-forwarded-for"];
    const prefix = clientPrefix(undefined, Array.isArray(forwarded) ? forwarded.join(",") : forwarded, hops);
    return { prefix, source: hash(prefix) };
  }

  function originOfSocket(socket: Socket & { [ORIGIN]?: Origin }): Origin {
    const known = socket[ORIGIN];
    if (known !== undefined) return known;
    const prefix = clientPrefix(socket.remoteAddress, undefined, 0);
    return (socket[ORIGIN] = { prefix, source: hash(prefix) });
  }

  function stands({ headers }: Head, cookies: Cookies, route: Route | undefined): Standing {
    if (sabotage === "lanes-off") return ANYBODY;
    const shown = {
      cookies,
      draftPlace: () => placeOf(cookies),
      work: () => {
        const header = headers[EFFORT_HEADER];
        const work = readEffortHeader(typeof header === "string" ? header : undefined);
        return work === undefined ? undefined : parts.worth(work.challenge, work.nonce);
      },
    };
    return standingOf({ keys: parts.keys(), now: clock.now(), revoked: parts.revoked(), hash }, shown, route);
  }

  function look(head: Head, route: Route | undefined): Seen {
    const { prefix, source } = originOf(head);
    const cookies = readCookies(head.headers.cookie);
    const { lane, holder, effort } = stands(head, cookies, route);
    const known = isKnown(lane);
    const facts: Facts = { lane, holder, source, cost: costOf(route, lane, known), effort };
    return { facts, prefix, cookies, who: known && holder !== null ? holder : source, isKnown: known };
  }

  /** Too much in hand at once. */
  function isFull({ who, isKnown }: Seen, route: Route | undefined): Refused | undefined {
    const full = isKnown ? FULL_HANDS : FULL_NETWORK;
    if (countOf(inHand, who) >= (isKnown ? MOST_IN_HAND.account : MOST_IN_HAND.other)) return full;
    return route?.path === EVENT_STREAM && countOf(streams, who) >= MOST_STREAMS ? full : undefined;
  }

  function judge(seen: Seen, route: Route | undefined): Verdict {
    const now = clock.monotonic();
    if (route?.path === HEALTH.path && takeHealth(now)) return ADMIT;
    return isFull(seen, route) ?? decide(admission, now, seen.facts);
  }

  function takeHealth(now: number): boolean {
    health.tokens = Math.min(HEALTH.most, health.tokens + ((now - health.at) / SECOND_MS) * HEALTH.perSecond);
    health.at = now;
    if (health.tokens < 1) return false;
    health.tokens -= 1;
    return true;
  }

  // ---- what is measured --------------------------------------------------------------------------------------

  let inFlight = 0;
  let quickestMs: number | null = null;
  let lagMs = Number.POSITIVE_INFINITY;
  let measuredAt = clock.monotonic();
  const busyShare = newBusyShare();
  let seen = { pressure: 0, effort: 0 };
  let cancel = () => {};

  /**
   * By how much a timer was late, and how long what stood ready then kept everybody busy: so long does somebody wait who asks now.
   * The lateness alone is nothing while one batch of requests follows the other.
   */
  function sample(expectedAt: number): void {
    const now = clock.monotonic();
    setImmediate(() => {
      const after = clock.monotonic();
      lagMs = Math.min(lagMs, Math.max(0, now - expectedAt) + after - now);
      if (after - measuredAt >= MEASURE_MS) measure(after);
    });
    cancel = clock.after(SAMPLE_MS, () => sample(now + SAMPLE_MS));
  }

  function measure(now: number): void {
    measured(admission, now, {
      lagMs,
      busyShare: busyShare(),
      appInFlight: inFlight,
      appWaitMs: quickestMs,
      lineWaitSeconds: parts.lineWaitSeconds(),
    });
    seen = view(admission, now);
    measuredAt = now;
    lagMs = Number.POSITIVE_INFINITY;
    quickestMs = null;
  }

  return {
    enter(head, route) {
      const seen = look(head, route);
      const { facts, prefix, cookies, who } = seen;
      const verdict = judge(seen, route);
      if (verdict.tag === "refuse") return { facts, cookies, verdict };
      const isStream = route?.path === EVENT_STREAM;
      add(inHand, who);
      if (isStream) add(streams, who);
      const leave = () => {
        takeAway(inHand, who);
        if (isStream) takeAway(streams, who);
      };
      return { facts, prefix, cookies, verdict, leave };
    },
    turnsAway(head, route) {
      if (route?.path === HEALTH.path) return undefined;
      const seen = look(head, route);
      const verdict = isFull(seen, route) ?? refusal(admission, clock.monotonic(), seen.facts);
      return verdict === undefined ? undefined : { facts: seen.facts, cookies: seen.cookies, verdict };
    },
    asked(facts) {
      const from = clock.monotonic();
      let isOver = false;
      inFlight += 1;
      return (how) => {
        if (isOver) return;
        isOver = true;
        inFlight -= 1;
        const now = clock.monotonic();
        // a hash or a letter takes its time also when nobody waits
        const tells = facts.cost === "read" || facts.cost === "write";
        if (tells && (how === "success" || how === "ignore")) quickestMs = Math.min(quickestMs ?? Number.POSITIVE_INFINITY, now - from);
        ended(admission, now, facts, how === "gone" ? "ignore" : how, now - from);
      };
    },
    sourceOf: (socket) => (hops === 0 ? originOfSocket(socket).source : null),
    view: () => view(admission, clock.monotonic()),
    now: () => seen,
    start: () => sample(clock.monotonic()),
    stop: () => cancel(),
  };
}

/**
 * What is handed on to the app is at least a read. Nor is it more for whoever shows no account where one is needed: the app looks
 * for a session and turns them away. A code is looked at before a password is hashed, so that finishing costs one hash per letter.
 */
function costOf(route: Route | undefined, lane: Lane, isKnown: boolean): CostClass {
  if (route === undefined) return "nothing";
  if (route.at === "app" && (route.cost === "nothing" || (!isKnown && route.who !== "anybody"))) return "read";
  return lane === "place" && route.cost === "hash" ? "write" : route.cost;
}

function placeOf(cookies: Cookies): string | undefined {
  const draft = cookies[COOKIES.draft] === undefined ? undefined : readDraft(`${COOKIES.draft}=${cookies[COOKIES.draft]}`);
  return draft !== undefined && "place" in draft ? draft.place : undefined;
}
