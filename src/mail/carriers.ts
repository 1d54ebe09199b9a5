/**
 * Which relays are there, how do they do, and which one is given the next letter? Each attempt runs under a limit, and what it
 * showed is kept in memory: numbers only, of fixed size. The rules are in core/; what becomes of a letter is the courier's.
 */
import type { Logger } from "pino";
import type { Clock } from "#kit/time.ts";
import { ATTEMPT_MS, IDLE_CHECK_MS, PROBE_MS, SWITCH_MS } from "./core/limits.ts";
import { afterAttempt, afterProbe, freshRelay, isMissing, lettersAllowed, mailStatus, type RelayState } from "./core/relay-state.ts";
import { relayName } from "./core/relay-url.ts";
import { chooseRoute, hasRoom, isTrusted, noTrial, spendTrial, watchTrial, type Route, type Trial } from "./core/routes.ts";
import { expectedMs, newSpeeds, noteAccepted, type Speeds } from "./core/speeds.ts";
import { judge, type AttemptEnd, type Verdict } from "./core/verdict.ts";
import type { CodeLetter } from "./letter.ts";
import type { Delivery } from "./parts.ts";
import type { RelayKeys } from "./store.ts";

/** One relay. `name` is what people are told: A is the first of the operator's list. */
export type Carrier = {
  name: string;
  delivery: Delivery;
  state: RelayState;
  speeds: Speeds;
  trial: Trial;
  /** Letters that run, with when they began (monotonic). */
  running: Map<string, number>;
  probing: Promise<void> | undefined;
  lastContactAt: number;
};

/** `begun`: the relay may have the letter. */
export type Tried = { end: AttemptEnd; verdict: Verdict; begun: boolean };

export type Carriers = {
  all: readonly Carrier[];
  /** Who takes a letter for this domain now; undefined: nobody has a connection free. `tried`: not these any more. */
  choose(domainCell?: number, tried?: ReadonlySet<Carrier>): Carrier | undefined;
  byKey(key: string): Carrier | undefined;
  hasRoom(carrier: Carrier): boolean;
  /** How many letters may be in hand at once now: as many as those have connections that are trusted, or else may be tried. */
  capacity(): number;
  /** Takes a connection for the letter, until its attempt is over. */
  reserve(carrier: Carrier, letterId: string): void;
  release(carrier: Carrier, letterId: string): void;
  keys(): RelayKeys;
  /** With a connection that was taken for it. */
  attempt(carrier: Carrier, letter: CodeLetter, domainCell: number, limitMs: number): Promise<Tried>;
  /** Sees after relays that nobody has heard of for long, but for those with these keys. `onEnd`: one of these looks is over. */
  probe(except: ReadonlySet<string>, onEnd: () => void): void;
  status(): RelayState["status"];
  /** Milliseconds until a pause or a trial makes something possible that is not possible now. */
  nextChangeMs(): number;
  /** Ends every attempt. What they show then says nothing about the relays. */
  cut(): void;
  /** Resolves when no probe runs. */
  settled(): Promise<void>;
  close(): void;
};

export function createCarriers(parts: { deliveries: Delivery[]; clock: Clock; log: Logger }): Carriers {
  const { clock, log } = parts;
  const all = parts.deliveries.map((delivery, at): Carrier => ({
    name: relayName(at),
    delivery,
    state: freshRelay,
    speeds: newSpeeds(),
    trial: noTrial,
    running: new Map(),
    probing: undefined,
    lastContactAt: Number.NEGATIVE_INFINITY,
  }));
  const attempts = new Set<AbortController>();
  let cutShort = false;

  function routes(domainCell?: number): Route[] {
    const now = clock.monotonic();
    return all.map((carrier) => ({
      state: carrier.state,
      connections: carrier.delivery.connections,
      underway: carrier.running.size + (carrier.probing === undefined ? 0 : 1),
      oldestMs: Math.max(0, ...[...carrier.running.values()].map((began) => now - began)),
      expectedMs: expectedMs(carrier.speeds, domainCell),
      trial: carrier.trial,
    }));
  }

  /** After anything that may have changed whom we trust. */
  function watch(): void {
    const now = clock.now();
    const looks = routes();
    for (const [at, carrier] of all.entries()) carrier.trial = watchTrial(carrier.trial, isTrusted(looks, at), now);
  }

  const keyAt = (at: number) => all[at]?.delivery.key ?? "";
  const isTrustedNow = (carrier: Carrier) => isTrusted(routes(), all.indexOf(carrier));

  function heard(carrier: Carrier, next: RelayState, end: AttemptEnd): void {
    const before = carrier.state;
    carrier.lastContactAt = clock.monotonic();
    carrier.state = next;
    if (next.status === before.status && next.lastFailure === before.lastFailure) return;
    const relay = all.length > 1 ? { relay: carrier.name } : {};
    if (next.status === "failing")
      log.warn({ ...relay, why: next.lastFailure, ...statusOf(end) }, "the mail server does not take letters; tried again until it does");
    else if (before.status === "failing") log.info(relay, "the mail server takes letters again");
  }

  /** `limit` gets the signal, and a function that gives the attempt `ATTEMPT_MS` in all instead of `limitMs`. */
  async function withLimit(limitMs: number, attempt: (signal: AbortSignal, extend: (ms: number) => void) => Promise<AttemptEnd>) {
    const late = new AbortController();
    const limit = (ms: number) => clock.after(Math.max(0, ms), () => late.abort());
    let cancel = limit(limitMs);
    attempts.add(late);
    if (cutShort) late.abort();
    try {
      return await attempt(late.signal, (ms) => {
        cancel();
        cancel = limit(ms);
      });
    } catch (error) {
      log.error({ err: error }, "an attempt broke off");
      return { tag: "no-reply", stage: "content", reason: "cut-off" } as const;
    } finally {
      cancel();
      attempts.delete(late);
    }
  }

  /** After trouble the pause says when; else while we say that it fails, before anybody relies on it, and when it was long silent. */
  function isProbeDue({ state, running, probing, lastContactAt }: Carrier): boolean {
    if (running.size > 0 || probing !== undefined || clock.now() < state.pausedUntil) return false;
    // an open session is no news of one that opens sessions and takes no letters; with others at hand a trial shows
    if (isMissing(state) && all.length > 1 && mailStatus(all.map((one) => one.state)) === "working") return false;
    const silentMs = clock.monotonic() - lastContactAt;
    return state.troubles > 0 || state.status === "unknown" || silentMs >= (state.status === "failing" ? PROBE_MS : IDLE_CHECK_MS);
  }

  async function probe(carrier: Carrier): Promise<void> {
    const end = await withLimit(ATTEMPT_MS, (signal) => carrier.delivery.probe(signal));
    if (!cutShort) heard(carrier, afterProbe(carrier.state, judge(end), clock.now()), end);
  }

  return {
    all,
    choose(domainCell, tried) {
      watch();
      const at = chooseRoute(routes(domainCell), clock.now(), tried && new Set([...tried].map((carrier) => all.indexOf(carrier))));
      return at === undefined ? undefined : all[at];
    },
    byKey: (key) => all.find(({ delivery }) => delivery.key === key),
    hasRoom: (carrier) => hasRoom(routes()[all.indexOf(carrier)], clock.now()),
    capacity() {
      const looks = routes();
      const trusted = looks.filter((_, at) => isTrusted(looks, at));
      const now = clock.now();
      return (trusted.length > 0 ? trusted : looks).reduce(
        (sum, { state, connections }) => sum + lettersAllowed(state, connections, now),
        0,
      );
    },
    reserve(carrier, letterId) {
      if (!isTrustedNow(carrier)) carrier.trial = spendTrial(carrier.trial, clock.now());
      carrier.running.set(letterId, clock.monotonic());
    },
    release: (carrier, letterId) => void carrier.running.delete(letterId),
    keys() {
      const now = clock.now();
      const looks = routes();
      const keysOf = (belongs: (route: Route) => boolean) => looks.flatMap((route, at) => (belongs(route) ? [keyAt(at)] : []));
      return {
        all: all.map((_, at) => keyAt(at)),
        open: keysOf((route) => hasRoom(route, now)),
        full: keysOf((route) => route.state.status === "working" && !hasRoom(route, now)),
      };
    },
    async attempt(carrier, letter, domainCell, limitMs) {
      const began = clock.monotonic();
      const onTrial = !isTrustedNow(carrier);
      let begun = false;
      const least = Math.min(ATTEMPT_MS, limitMs);
      const looks = routes();
      // it is left early only for one that will do better
      const hasOther = all.some((other, at) => other !== carrier && other.state.status === "working" && isTrusted(looks, at));
      const end = await withLimit(hasOther ? Math.min(SWITCH_MS, least) : least, (signal, extend) =>
        carrier.delivery.attempt(letter, signal, () => {
          begun = true;
          extend(least - (clock.monotonic() - began));
        }),
      );
      const verdict = judge(end);
      const tookMs = clock.monotonic() - began;
      if (verdict.tag === "success") noteAccepted(carrier.speeds, domainCell, tookMs, onTrial);
      if (!cutShort) heard(carrier, afterAttempt(carrier.state, verdict, clock.now()), end);
      return { end, verdict, begun };
    },
    probe(except, onEnd) {
      for (const carrier of all) {
        if (except.has(carrier.delivery.key) || !isProbeDue(carrier)) continue;
        carrier.probing = probe(carrier).finally(() => {
          carrier.probing = undefined;
          onEnd();
        });
      }
    },
    status: () => mailStatus(all.map(({ state }) => state)),
    nextChangeMs() {
      const waits = all.flatMap(({ state, trial }) => [state.pausedUntil - clock.now(), trial.dueAt - clock.now()]);
      return Math.min(...waits.filter((ms) => ms > 0), Number.POSITIVE_INFINITY);
    },
    cut() {
      cutShort = true;
      for (const attempt of attempts) attempt.abort();
    },
    settled: async () => void (await Promise.all(all.map(async ({ probing }) => probing))),
    close() {
      for (const { delivery } of all) delivery.close();
    },
  };
}

/** The status alone: the relay's words may name a recipient. */
export function statusOf(end: AttemptEnd) {
  return end.tag === "replied" ? { status: end.reply, command: end.command } : {};
}
