/**
 * How does mail do, for an operator? Servers, what waits, the last hour and what is held up, in numbers. Nobody's address, no
 * login and no small domain is in it: domains are known by their hashes, and only those of large providers are recognised.
 */
import { HOUR_MS, SECOND_MS, type Clock } from "#kit/time.ts";
import type { PurposeKeys } from "#kit/seal.ts";
import { largeProviders } from "#contract/mail-providers.ts";
import type { EndedLetters, Health, MailQueue, MailServer, OperatorMailAnswer } from "#contract/wire.ts";
import type { Pool } from "#store/store.ts";
import type { Carrier } from "./carriers.ts";
import { PROMISE_MS, VIEW_EVERY_MS } from "./core/limits.ts";
import { STEPS_MS } from "./core/speeds.ts";
import type { Courier } from "./courier.ts";
import { cellsOf, type LetterBrake } from "./letter-brake.ts";
import { endedSince, waitingByDomain, type WaitingThere } from "./store.ts";

export type MailViewParts = {
  sql: Pool;
  clock: Clock;
  smtpUrl: string | null;
  recipientKeys: () => PurposeKeys;
  courier: Pick<Courier, "carriers" | "troubled">;
  letterBrake: LetterBrake;
  status: () => Health["mail"];
  /** Letters a second that newcomers get now, and that they get at most. */
  capacity: () => number;
  lettersPerSecond: number;
};

/** Reads what an operator sees. What is dear to count is counted every few seconds, however many look. */
export function createMailView(parts: MailViewParts): () => Promise<OperatorMailAnswer> {
  const { sql, clock, courier, letterBrake, lettersPerSecond } = parts;
  let counted: { at: number; ended: Promise<EndedLetters> } | undefined;

  function ended(): Promise<EndedLetters> {
    if (counted === undefined || clock.monotonic() - counted.at >= VIEW_EVERY_MS) {
      counted = { at: clock.monotonic(), ended: endedSince(sql, clock.now() - HOUR_MS, PROMISE_MS) };
      counted.ended.catch(() => (counted = undefined));
    }
    return counted.ended;
  }

  async function waiting(now: number): Promise<OperatorMailAnswer["waiting"]> {
    const providers = providerCells(parts.recipientKeys());
    const rows = await waitingByDomain(sql, { known: [...providers.keys()], ...courier.troubled() }, now);
    const byDomain = queues(rows, providers, now);
    return {
      letters: byDomain.reduce((sum, { letters }) => sum + letters, 0),
      oldestSeconds: Math.max(0, ...byDomain.map(({ oldestSeconds }) => oldestSeconds)),
      byDomain,
    };
  }

  function pace(): OperatorMailAnswer["pace"] {
    const now = parts.capacity();
    const slowed = now < lettersPerSecond;
    const byBudget = letterBrake.pace() <= now;
    const status = parts.status();
    const slowedBy = !slowed ? null : status === "failing" || status === "unknown" ? "servers" : byBudget ? "budget" : "queue";
    return { lettersPerSecond: now, allowed: lettersPerSecond, slowedBy };
  }

  return async () => {
    const now = clock.now();
    const mail = parts.status();
    const servers = courier.carriers.all.flatMap((carrier) => serverOf(carrier, clock) ?? []);
    const [there, hour] = await Promise.all([waiting(now), ended()]);
    const { sent, entered, budget, alarm, held } = letterBrake.view();
    return {
      now,
      goesTo: servers.length > 0 ? "servers" : mail === "mailbox" ? "mailbox" : parts.smtpUrl === null ? "nowhere" : "unusable",
      mail,
      servers,
      stepsMs: [...STEPS_MS],
      waiting: there,
      pace: pace(),
      hour: { ordered: sent, entered, unused: { letters: Math.max(0, sent - entered), budget }, alarm, heldUp: held, ...hour },
    };
  };
}

function serverOf(
  { name, delivery, state, speeds, trial, running, probing, lastContactAt }: Carrier,
  clock: Clock,
): MailServer | undefined {
  if (delivery.server === null) return undefined;
  const now = clock.now();
  const silentMs = clock.monotonic() - lastContactAt;
  return {
    name,
    ...delivery.server,
    state: state.status === "working" && trial.dueAt > 0 ? "slow" : state.status,
    why: state.lastFailure,
    heardAt: Number.isFinite(silentMs) ? Math.round(now - silentMs) : null,
    nextTryAt: state.pausedUntil > now ? state.pausedUntil : null,
    connections: { used: running.size + (probing === undefined ? 0 : 1), allowed: delivery.connections },
    acceptMs: speeds.overall === 0 ? null : Math.round(speeds.overall),
    histogram: [...speeds.histogram],
  };
}

/** Also under the keys before these: letters that wait were counted under them. */
function providerCells({ current, previous }: PurposeKeys): Map<number, string> {
  const keys = previous === undefined ? [current] : [previous, current];
  return new Map(keys.flatMap((key) => largeProviders.map((domain) => [cellsOf(key, `@${domain}`).domain, domain] as const)));
}

/** Large providers first, by how much waits for them; all others come last, as one. */
function queues(rows: readonly WaitingThere[], providers: ReadonlyMap<number, string>, now: number): MailQueue[] {
  const found = new Map<string | null, MailQueue>();
  for (const { cell, oldestAt, ...row } of rows) {
    const provider = cell === null ? null : (providers.get(cell) ?? null);
    const queue = { ...row, provider, oldestSeconds: Math.max(0, Math.round((now - oldestAt) / SECOND_MS)) };
    const before = found.get(provider);
    found.set(provider, before === undefined ? queue : joined(before, queue));
  }
  const byLetters = (one: MailQueue, other: MailQueue) => other.letters - one.letters;
  return [...found.values()].toSorted(
    (one, other) => Number(one.provider === null) - Number(other.provider === null) || byLetters(one, other),
  );
}

/** The same provider under two keys is one domain. */
function joined(one: MailQueue, other: MailQueue): MailQueue {
  return {
    ...one,
    letters: one.letters + other.letters,
    oldestSeconds: Math.max(one.oldestSeconds, other.oldestSeconds),
    putOff: one.putOff + other.putOff,
    paused: Math.max(one.paused, other.paused),
    slow: Math.max(one.slow, other.slow),
  };
}
