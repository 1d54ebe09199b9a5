/**
 * What became of each person's letter? From what the relays wrote down and what the outbox told meanwhile: promises kept,
 * people told in time, losses, duplicates and by which rule, letters after their deadline, letters in two relays' hands. Pure.
 */
import { percentile } from "../door/numbers.ts";
import type { Stage } from "./fault.ts";
import type { Row } from "./store.ts";

export type Person = {
  /** The letter's. */
  id: string;
  to: string;
  /** short: the code ends early, so that a late letter shows. unknown: a mailbox that relay A may refuse. */
  kind: "ordinary" | "short" | "unknown";
  arrivedAt: number;
  /** When the letter was ordered; null: still in the line. */
  promisedAt: number | null;
  validMs: number;
  /** Why the order was refused; null: it was not. */
  refused: string | null;
};

/** What a relay saw of a letter. content: it said 354. stored: it had the whole letter. accepted: and said 250. */
export type Mark = {
  relay: "A" | "B";
  at: number;
  what: "recipient" | "content" | "dropped" | "stored" | "accepted" | "refused";
  to: string;
  id?: string;
  stage?: Stage | "other";
};

/** What the outbox held when somebody looked; written down when it changed. */
export type Telling = Row & { at: number };

export type Tally = {
  arrived: number;
  promised: number;
  longestInLineMs: number | null;
  /** Of those who were promised a letter whose code outlives the minute. */
  counted: number;
  acceptedInTime: number;
  acceptedLate: number;
  /** Not accepted in time, and the outbox said so within the 60 s. */
  told: number;
  untold: number;
  p50: number | null;
  p99: number | null;
  worst: number | null;
  /** Neither with a relay, nor waiting, nor refused by a relay. */
  lost: number;
  /** Letters that a relay had whole more than once; by the rule: no copy but the last was acknowledged. */
  duplicates: number;
  duplicatesByRule: number;
  mostCopies: number;
  afterDeadline: number;
  /** Given to one relay after the other had said 354. */
  secondRelay: number;
  /** Not accepted in time, and a relay had said 354 for it: by the rule no other may get it. */
  missedInData: number;
  fromA: number;
  greylisted: { people: number; told: number; arrivedByThen: number };
};

const PROMISE_MS = 60_000;
/** From what the courier sent to the relay's record of it, on a machine that others use too. */
const TOLERANCE_MS = 1_000;
/** The next try is told to the second, and takes as long as a letter takes. */
const BY_THEN_MS = 5_000;

export function tally(people: readonly Person[], marks: readonly Mark[], tellings: readonly Telling[], rows: readonly Row[]): Tally {
  const byRecipient = Map.groupBy(
    marks.toSorted((a, b) => a.at - b.at),
    ({ to }) => to,
  );
  const byLetter = Map.groupBy(tellings, ({ id }) => id);
  const last = new Map(rows.map((row) => [row.id, row]));
  const promised = people.filter(isPromised);
  const all = promised.map((person) =>
    fateOf(person, byRecipient.get(person.to) ?? [], byLetter.get(person.id) ?? [], last.get(person.id)),
  );
  const counted = all.filter(({ person }) => person.kind !== "short");
  const missed = counted.filter(({ tookMs }) => tookMs === null || tookMs > PROMISE_MS);
  const took = counted.map(({ tookMs }) => tookMs).filter((ms) => ms !== null);
  const greylisted = counted.filter(({ deferred }) => deferred);
  const many = (which: (fate: Fate) => boolean, among = all) => among.filter(which).length;
  return {
    arrived: people.length,
    promised: promised.length,
    longestInLineMs: percentile(
      promised.map(({ arrivedAt, promisedAt }) => promisedAt - arrivedAt),
      1,
    ),
    counted: counted.length,
    acceptedInTime: counted.length - missed.length,
    acceptedLate: many(({ tookMs }) => tookMs !== null, missed),
    told: many(({ told }) => told, missed),
    untold: many(({ told }) => !told, missed),
    p50: percentile(took, 0.5),
    p99: percentile(took, 0.99),
    worst: percentile(took, 1),
    lost: many(({ lost }) => lost),
    duplicates: many(({ copies }) => copies > 1),
    duplicatesByRule: many(({ copies, byRule }) => copies > 1 && byRule),
    mostCopies: Math.max(0, ...all.map(({ copies }) => copies)),
    afterDeadline: many(({ afterDeadline }) => afterDeadline),
    secondRelay: many(({ secondRelay }) => secondRelay),
    missedInData: many(({ inData }) => inData, missed),
    fromA: many(({ fromA }) => fromA),
    greylisted: {
      people: greylisted.length,
      told: many(({ told, tookMs }) => told || (tookMs !== null && tookMs <= PROMISE_MS), greylisted),
      arrivedByThen: many(({ arrivedByThen }) => arrivedByThen, greylisted),
    },
  };
}

type Promised = Person & { promisedAt: number };
type Fate = ReturnType<typeof fateOf>;

function isPromised(person: Person): person is Promised {
  return person.promisedAt !== null && person.refused === null;
}

function fateOf(person: Promised, marks: readonly Mark[], tellings: readonly Telling[], row: Row | undefined) {
  const { promisedAt } = person;
  const deadlineAt = promisedAt + person.validMs;
  const accepted = marks.filter(({ what }) => what === "accepted");
  const stored = marks.filter(({ what }) => what === "stored");
  const content = marks.filter(({ what }) => what === "content");
  const first = accepted[0];
  const tookMs = first === undefined ? null : first.at - promisedAt;
  const news = tellings.filter(({ at }) => at <= promisedAt + PROMISE_MS);
  // the last copy may be acknowledged; before it there may be none that was
  const lastStored = stored.at(-1);
  const acknowledgedBefore = accepted.some(({ at }) => lastStored !== undefined && at < lastStored.at);
  const refusedByRelay = marks.some(({ what, stage }) => what === "refused" && stage !== undefined);
  const waits = row?.state === "queued" || row?.state === "sending";
  const dueAt = tellings.findLast(({ at }) => first === undefined || at <= first.at)?.nextAttemptAt;
  return {
    person,
    tookMs,
    told: news.length > 0,
    lost: first === undefined && !waits && !isTold(row, refusedByRelay),
    copies: stored.length,
    byRule: !acknowledgedBefore && new Set(stored.map(({ id }) => id)).size <= 1,
    afterDeadline: [...content, ...accepted].some(({ at }) => at > deadlineAt + TOLERANCE_MS),
    secondRelay: content.some(({ relay, at }) => marks.some((mark) => mark.what === "recipient" && mark.relay !== relay && mark.at >= at)),
    inData: content.length > 0,
    fromA: first?.relay === "A",
    deferred: marks.some(({ what, stage }) => what === "refused" && stage === "rcpt"),
    arrivedByThen: first !== undefined && dueAt !== undefined && first.at <= dueAt + BY_THEN_MS,
  };
}

/** A letter that no relay has may be given up only for a relay's refusal, or at its deadline; never as if it were sent. */
function isTold(row: Row | undefined, refusedByRelay: boolean): boolean {
  return row !== undefined && ((row.state === "failed" && refusedByRelay) || row.state === "expired");
}

/** By the step in which they were promised: the longest wait in seconds; null when nobody was promised or one was not accepted. */
export function waitsOf(people: readonly Person[], marks: readonly Mark[], stepMs: number): (number | null)[] {
  const accepted = new Map<string, number>();
  for (const { what, to, at } of marks) if (what === "accepted") accepted.set(to, Math.min(at, accepted.get(to) ?? at));
  const promised = people.filter(isPromised).filter(({ kind }) => kind !== "short");
  const startedAt = Math.min(...people.map(({ arrivedAt }) => arrivedAt));
  const bins: (number | null)[][] = [];
  for (const { to, promisedAt } of promised) {
    const at = accepted.get(to);
    const bin = (bins[Math.floor((promisedAt - startedAt) / stepMs)] ??= []);
    bin.push(at === undefined ? null : Math.max(1, at - promisedAt) / 1_000);
  }
  return Array.from(bins, (bin) =>
    bin === undefined ? null : bin.reduce((most, one) => (most === null || one === null ? null : Math.max(most, one)), 0),
  );
}

// ---- both relays dead, and back ------------------------------------------------------------------------------

export type Outage = {
  /** From the relays' end until nobody was promised any more. */
  noticedMs: number | null;
  promisedMeanwhile: number;
  capacityMeanwhile: number;
  backMs: number | null;
  /** From their return until the last who waited through it had a letter. */
  servedMs: number | null;
  /** Of letters that were promised after the return, how many places the most overtaken one lost. */
  mostOvertaken: number;
};

/** `capacity` as [ms since 1970, letters a second], one entry per change. */
export function tallyOutage(
  people: readonly Person[],
  marks: readonly Mark[],
  capacity: readonly (readonly [number, number])[],
  from: number,
  until: number,
): Outage {
  const noticed = capacity.find(([at, may]) => at >= from && may === 0)?.[0];
  const meanwhile = capacity.filter(([at]) => noticed !== undefined && at >= noticed && at < until);
  const back = capacity.find(([at, may]) => at >= until && may > 0)?.[0];
  const promised = people.filter(isPromised);
  const accepted = new Map(marks.filter(({ what }) => what === "accepted").map(({ to, at }) => [to, at]));
  const waited = promised.filter(({ arrivedAt, kind }) => arrivedAt < until && arrivedAt >= from && kind !== "short");
  const servedAt = waited.map(({ to }) => accepted.get(to)).filter((at) => at !== undefined);
  const order = promised
    .filter(({ promisedAt }) => promisedAt >= until)
    .flatMap(({ to, promisedAt, kind }) => (accepted.has(to) && kind !== "short" ? [{ promisedAt, at: accepted.get(to) ?? 0 }] : []))
    .toSorted((a, b) => a.promisedAt - b.promisedAt)
    .map((one, place) => ({ ...one, place }));
  const overtaken = order.toSorted((a, b) => a.at - b.at || a.place - b.place).map(({ place }, at) => at - place);
  return {
    noticedMs: noticed === undefined ? null : noticed - from,
    promisedMeanwhile: promised.filter(({ promisedAt }) => noticed !== undefined && promisedAt > noticed && promisedAt < until).length,
    capacityMeanwhile: Math.max(0, ...meanwhile.map(([, may]) => may)),
    backMs: back === undefined ? null : back - until,
    servedMs: servedAt.length === 0 || servedAt.length < waited.length ? null : Math.max(...servedAt) - until,
    mostOvertaken: Math.max(0, ...overtaken),
  };
}

// ---- speed and memory ----------------------------------------------------------------------------------------

/** Letters a second by when a sink took them, without the first tenth: until then code is compiled. */
export function rateOf(at: readonly number[]): number | null {
  const from = Math.floor(at.length / 10);
  const [first, last] = [at[from], at.at(-1)];
  if (first === undefined || last === undefined || last <= first) return null;
  return ((at.length - 1 - from) * 1_000) / (last - first);
}

export type MemorySample = { letters: number; rssMb: number; heapMb: number };
export type Growth = { letters: number; rssMb: number | null; heapMb: number | null };

/** From the letters after `warm` to the last: medians of the memory, and the least heap, each of a tenth of the samples. */
export function growthOf(samples: readonly MemorySample[], warm: number): Growth {
  const after = samples.filter(({ letters }) => letters >= warm);
  const tenth = Math.max(3, Math.floor(after.length / 10));
  const [early, late] = [after.slice(0, tenth), after.slice(-tenth)];
  const letters = samples.at(-1)?.letters ?? 0;
  if (after.length < 2 * tenth) return { letters, rssMb: null, heapMb: null };
  const half = (some: readonly MemorySample[]) =>
    percentile(
      some.map(({ rssMb }) => rssMb),
      0.5,
    ) ?? 0;
  const least = (some: readonly MemorySample[]) => Math.min(...some.map(({ heapMb }) => heapMb));
  return { letters, rssMb: half(late) - half(early), heapMb: least(late) - least(early) };
}
