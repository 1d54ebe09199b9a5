/**
 * How do letters get from the outbox to the relay? Claimed one by one under a lease, the earliest deadline first, never
 * after the deadline. A courier that dies in mid-letter leaves it to the next one, which sends the same letter again.
 * While the relay is in trouble one letter at a time, or an empty session, tries whether it is back.
 */
import type { Logger } from "pino";
import type { Dice } from "#kit/dice.ts";
import type { Clock } from "#kit/time.ts";
import type { Pool } from "#store/store.ts";
import { ATTEMPT_MS, CLAIMS_PER_RETRY, IDLE_CHECK_MS, LEASE_MS, POLL_MS, PROBE_MS, STOP_GRACE_MS } from "./core/limits.ts";
import { freshPace, nextTokenMs, refill } from "./core/pace.ts";
import { afterAttempt, afterProbe, freshRelay, lettersAllowed, type RelayState } from "./core/relay-state.ts";
import { judge, retryDelayMs, type AttemptEnd, type Verdict } from "./core/verdict.ts";
import type { CodeLetter } from "./letter.ts";
import type { Delivery } from "./parts.ts";
import { claimLetters, markFailed, markRelayed, OUTBOX_CHANNEL, putOff, releaseClaim, renewLeases, type ClaimedLetter } from "./store.ts";

export type CourierParts = {
  sql: Pool;
  clock: Clock;
  dice: Dice;
  log: Logger;
  delivery: Delivery;
  lettersPerSecond: number;
  /** The letter in a claimed row; `undefined` when nobody can read it any more. */
  open: (claimed: ClaimedLetter) => Promise<CodeLetter | undefined>;
  /** Runs between two rounds, every few seconds at least. */
  tidy: () => Promise<void>;
};

export type Courier = {
  relay(): RelayState;
  start(): void;
  /** No new attempt; those that run may end, for a few seconds. */
  stop(): Promise<void>;
};

const SETTLE_RETRY_MS = 1_000;

export function createCourier(parts: CourierParts): Courier {
  const { sql, clock, dice, log, delivery, lettersPerSecond } = parts;
  const stopping = new AbortController();
  /** One for each attempt that runs. */
  const attempts = new Set<AbortController>();
  let cutShort = false;
  /** In our hands: no more than the delivery has connections. */
  const underway = new Map<string, Promise<void>>();
  let relay = freshRelay;
  let probing: Promise<void> | undefined;
  let pace = freshPace(lettersPerSecond, clock.monotonic());
  let claims = 0;
  /** The lease of a claim whose answer was lost with the database: committed or not, nobody has its letters in hand. */
  let lostLease: number | undefined;
  let lastContactAt = Number.NEGATIVE_INFINITY;
  let renewedAt = 0;
  let databaseFails = false;
  let woken = false;
  let wakeUp = () => {};
  let loop = Promise.resolve();

  function wake(): void {
    woken = true;
    wakeUp();
  }

  async function run(): Promise<void> {
    void listen();
    while (!stopping.signal.aborted) {
      woken = false;
      try {
        await round();
        databaseFails = false;
      } catch (error) {
        if (!databaseFails) log.warn({ err: error }, "the outbox can't be read; letters wait");
        databaseFails = true;
      }
      if (!woken && !stopping.signal.aborted) await rest();
    }
  }

  /** Until somebody wakes us, a pause of the relay is over, or it is time to look by ourselves. */
  async function rest(): Promise<void> {
    const pauseMs = relay.pausedUntil - clock.now();
    const tokenMs = nextTokenMs(pace, lettersPerSecond);
    await new Promise<void>((resolve) => {
      const cancel = clock.after(Math.min(POLL_MS, ...[pauseMs, tokenMs].filter((ms) => ms > 0)), resolve);
      wakeUp = () => {
        cancel();
        resolve();
      };
    });
    wakeUp = () => {};
  }

  /** The driver connects again by itself; only the first connection is ours to repeat. */
  async function listen(): Promise<void> {
    while (!stopping.signal.aborted) {
      try {
        const { unlisten } = await sql.listen(OUTBOX_CHANNEL, wake, wake);
        stopping.signal.addEventListener("abort", () => void unlisten().catch(() => {}));
        if (stopping.signal.aborted) await unlisten().catch(() => {});
        return;
      } catch {
        await clock.sleep(POLL_MS, stopping.signal).catch(() => {});
      }
    }
  }

  async function round(): Promise<void> {
    await parts.tidy();
    if (underway.size > 0 && clock.monotonic() - renewedAt >= LEASE_MS / 3) {
      await renewLeases(sql, [...underway.keys()], clock.now() + LEASE_MS);
      renewedAt = clock.monotonic();
    }
    const claimed = await claim();
    for (const letter of claimed) {
      const delivered = deliver(letter).finally(() => {
        underway.delete(letter.id);
        wake();
      });
      underway.set(letter.id, delivered);
    }
    if (claimed.length === 0 && underway.size === 0 && probing === undefined && isProbeDue()) {
      probing = probe().finally(() => {
        probing = undefined;
        wake();
      });
    }
  }

  async function claim(): Promise<ClaimedLetter[]> {
    pace = refill(pace, lettersPerSecond, clock.monotonic());
    const busy = underway.size + (probing === undefined ? 0 : 1);
    const count = Math.min(lettersAllowed(relay, delivery.connections, clock.now()) - busy, Math.floor(pace.tokens));
    if (count <= 0) return [];
    const inHand = [...underway.keys()];
    if (lostLease !== undefined) await releaseClaim(sql, lostLease, inHand);
    const newFirst = claims % CLAIMS_PER_RETRY !== 0;
    lostLease = clock.now() + LEASE_MS;
    const claimed = await claimLetters(sql, { count, newFirst, except: inHand, leaseUntil: lostLease }, clock.now());
    lostLease = undefined;
    pace = { ...pace, tokens: pace.tokens - claimed.length };
    if (claimed.length > 0) claims += 1;
    return claimed;
  }

  async function deliver(claimed: ClaimedLetter): Promise<void> {
    let letter: CodeLetter | undefined;
    try {
      letter = await parts.open(claimed);
    } catch (error) {
      // the database went while it was asked about the reader: that says nothing about the letter
      log.warn({ err: error, letter: claimed.id }, "a letter could not be opened yet");
      return settle(claimed, { tag: "again", word: "cut-off" });
    }
    if (letter === undefined) return settle(claimed, { tag: "final", word: "unreadable" });
    const end = await withDeadline(Math.min(ATTEMPT_MS, claimed.deadlineAt - clock.now()), (signal) => delivery.attempt(letter, signal));
    const verdict = judge(end);
    if (!cutShort) heard(afterAttempt(relay, verdict, clock.now()), end);
    log.debug({ letter: claimed.id, attempt: claimed.attempts, ...shown(end, verdict) }, "a letter was tried");
    await settle(claimed, verdict);
  }

  async function probe(): Promise<void> {
    const end = await withDeadline(ATTEMPT_MS, (signal) => delivery.probe(signal));
    if (!cutShort) heard(afterProbe(relay, judge(end), clock.now()), end);
  }

  /** After trouble the pause says when; else while we say that it fails, before anybody relies on it, and when it was long silent. */
  function isProbeDue(): boolean {
    if (clock.now() < relay.pausedUntil) return false;
    const silentMs = clock.monotonic() - lastContactAt;
    return relay.troubles > 0 || relay.status === "unknown" || silentMs >= (relay.status === "failing" ? PROBE_MS : IDLE_CHECK_MS);
  }

  function heard(next: RelayState, end: AttemptEnd): void {
    lastContactAt = clock.monotonic();
    if (next.status !== relay.status || next.lastFailure !== relay.lastFailure) {
      if (next.status === "failing")
        log.warn({ why: next.lastFailure, ...statusOf(end) }, "the mail server does not take letters; tried again until it does");
      else if (relay.status === "failing") log.info("the mail server takes letters again");
    }
    relay = next;
  }

  async function withDeadline(limitMs: number, attempt: (signal: AbortSignal) => Promise<AttemptEnd>): Promise<AttemptEnd> {
    const late = new AbortController();
    const cancel = clock.after(Math.max(0, limitMs), () => late.abort());
    attempts.add(late);
    if (cutShort) late.abort();
    try {
      return await attempt(late.signal);
    } catch (error) {
      log.error({ err: error }, "an attempt broke off");
      return { tag: "no-reply", stage: "content", reason: "cut-off" };
    } finally {
      cancel();
      attempts.delete(late);
    }
  }

  function cut(): void {
    cutShort = true;
    for (const attempt of attempts) attempt.abort();
  }

  /** Writes down what became of it, as often as it takes: until then it is ours and nobody sends it a second time. */
  async function settle(claimed: ClaimedLetter, verdict: Verdict): Promise<void> {
    for (;;) {
      try {
        return await writeDown(claimed, verdict);
      } catch (error) {
        log.warn({ err: error, letter: claimed.id }, "what became of a letter could not be written down yet");
        if (stopping.signal.aborted || clock.now() > claimed.deadlineAt + LEASE_MS) return;
        await clock.sleep(SETTLE_RETRY_MS, stopping.signal).catch(() => {});
      }
    }
  }

  async function writeDown(claimed: ClaimedLetter, verdict: Verdict): Promise<void> {
    const now = clock.now();
    if (verdict.tag === "success") return markRelayed(sql, claimed.id, now);
    if (verdict.tag === "final") return markFailed(sql, claimed, verdict.word);
    const next =
      verdict.tag === "trouble" ? Math.max(now, relay.pausedUntil) : now + retryDelayMs(verdict.word, claimed.attempts, dice.fraction());
    return putOff(sql, claimed, verdict.word, next);
  }

  return {
    relay: () => relay,
    start() {
      loop = run();
    },
    async stop() {
      stopping.abort();
      wake();
      await loop;
      const cancel = clock.after(STOP_GRACE_MS, cut);
      if (probing !== undefined && underway.size === 0) cut();
      await Promise.all([...underway.values(), probing]);
      cancel();
      delivery.close();
    },
  };
}

function shown(end: AttemptEnd, verdict: Verdict) {
  return { verdict: verdict.tag, ...("word" in verdict ? { word: verdict.word } : {}), ...statusOf(end) };
}

/** The status alone: the relay's words may name a recipient. */
function statusOf(end: AttemptEnd) {
  return end.tag === "replied" ? { status: end.reply, command: end.command } : {};
}
