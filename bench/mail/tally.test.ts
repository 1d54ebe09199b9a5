/** Does the counting see each way in which a promise can be broken, from what relays and outbox wrote down? */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Row } from "./store.ts";
import {
  growthOf,
  rateOf,
  tally,
  tallyOutage,
  waitsOf,
  type Mark,
  type MemorySample,
  type Person,
  type Tally,
  type Telling,
} from "./tally.ts";

const NOON = 1_800_000_000_000;

function person(name: string, more: Partial<Person> = {}): Person {
  return { id: name, to: name, kind: "ordinary", arrivedAt: NOON, promisedAt: NOON, validMs: 600_000, refused: null, ...more };
}

function mark(to: string, seconds: number, what: Mark["what"], more: Partial<Mark> = {}): Mark {
  return { relay: "A", at: NOON + seconds * 1_000, what, to, id: `<${to}>`, ...more };
}

/** A relay's record of a letter that it took. */
function taken(to: string, seconds: number, relay: Mark["relay"] = "A"): Mark[] {
  return (["recipient", "content", "stored", "accepted"] as const).map((what) => mark(to, seconds, what, { relay }));
}

function row(id: string, state: string, lastFailure: string | null = null): Row {
  return { id, state, lastFailure, nextAttemptAt: NOON + 15_000 };
}

function told(id: string, seconds: number, nextSeconds = 15): Telling {
  return { id, at: NOON + seconds * 1_000, state: "queued", lastFailure: "asked-to-wait", nextAttemptAt: NOON + nextSeconds * 1_000 };
}

/** The figures that differ from those of a single letter that arrived after 2 s. */
function changed(marks: Mark[], tellings: Telling[] = [], rows: Row[] = [row("ana", "relayed")], who = [person("ana")]): Partial<Tally> {
  const good = tally([person("ana")], taken("ana", 2), [], [row("ana", "relayed")]);
  const seen = tally(who, marks, tellings, rows);
  const keys = [
    "acceptedInTime",
    "acceptedLate",
    "told",
    "untold",
    "lost",
    "duplicates",
    "duplicatesByRule",
    "afterDeadline",
    "secondRelay",
  ] as const;
  return Object.fromEntries(keys.filter((key) => good[key] !== seen[key]).map((key) => [key, seen[key]]));
}

test("a letter that a relay took within the minute is a promise kept", () => {
  const { promised, counted, acceptedInTime, p50, lost, duplicates } = tally([person("ana")], taken("ana", 2), [], [row("ana", "relayed")]);
  assert.deepEqual([promised, counted, acceptedInTime, p50, lost, duplicates], [1, 1, 1, 2_000, 0, 0]);
});

test("a letter after 61 s is late, and it counts whether the person was told before", () => {
  assert.deepEqual(changed(taken("ana", 61)), { acceptedInTime: 0, acceptedLate: 1, untold: 1 });
  assert.deepEqual(changed(taken("ana", 61), [told("ana", 59)]), { acceptedInTime: 0, acceptedLate: 1, told: 1 });
  assert.deepEqual(changed(taken("ana", 61), [told("ana", 60.5)]), { acceptedInTime: 0, acceptedLate: 1, untold: 1 });
});

test("a letter that nobody has is lost when it is not waiting either, whatever our own record says", () => {
  assert.deepEqual(changed([]), { acceptedInTime: 0, untold: 1, lost: 1 });
  assert.deepEqual(changed([], [], []), { acceptedInTime: 0, untold: 1, lost: 1 });
  assert.deepEqual(changed([], [], [row("ana", "failed")]), { acceptedInTime: 0, untold: 1, lost: 1 });
  assert.deepEqual(changed([], [], [row("ana", "queued")]), { acceptedInTime: 0, untold: 1 });
  const refused = mark("ana", 1, "refused", { stage: "rcpt" });
  assert.deepEqual(changed([refused], [told("ana", 2)], [row("ana", "failed")]), { acceptedInTime: 0, told: 1 });
});

test("a second copy is by the rule only while the first was not acknowledged", () => {
  const unsaid = taken("ana", 1).filter(({ what }) => what !== "accepted");
  assert.deepEqual(changed([...unsaid, ...taken("ana", 3)]), { duplicates: 1, duplicatesByRule: 1 });
  assert.deepEqual(changed([...taken("ana", 1), ...taken("ana", 3)]), { duplicates: 1 });
  const other = taken("ana", 3).map((one) => ({ ...one, id: "<another>" }));
  assert.deepEqual(changed([...unsaid, ...other]), { duplicates: 1 });
});

test("a letter goes to no second relay once the first has said 354", () => {
  const begun = [mark("ana", 1, "recipient"), mark("ana", 1, "content")];
  assert.deepEqual(changed([...begun, ...taken("ana", 3, "B")]), { secondRelay: 1 });
  assert.deepEqual(changed([...begun, ...taken("ana", 3)]), {});
  assert.deepEqual(changed([mark("ana", 1, "recipient"), ...taken("ana", 3, "B")]), {});
});

test("a code that ended is not sent any more", () => {
  const short = [person("ana", { kind: "short", validMs: 15_000 })];
  assert.equal(tally(short, taken("ana", 16.5), [], []).afterDeadline, 1);
  assert.deepEqual([tally(short, taken("ana", 14), [], []).afterDeadline, tally(short, taken("ana", 14), [], []).counted], [0, 0]);
});

test("whoever was not promised anything is in no promise, and shows", () => {
  const { arrived, promised, counted } = tally([person("ana"), person("ben", { promisedAt: null })], taken("ana", 2), [], []);
  assert.deepEqual([arrived, promised, counted], [2, 1, 1]);
});

test("a greylisted letter has arrived by then only when it came with the try that was told last", () => {
  const refused = mark("ana", 0, "refused", { stage: "rcpt" });
  const of = (seconds: number, tellings: Telling[]) => tally([person("ana")], [refused, ...taken("ana", seconds)], tellings, []).greylisted;
  assert.deepEqual(of(16, [told("ana", 1)]), { people: 1, told: 1, arrivedByThen: 1 });
  assert.deepEqual(of(30, [told("ana", 1)]), { people: 1, told: 1, arrivedByThen: 0 });
  assert.deepEqual(of(63, [told("ana", 1), told("ana", 16, 62)]), { people: 1, told: 1, arrivedByThen: 1 });
  assert.deepEqual(of(63, []), { people: 1, told: 0, arrivedByThen: 0 });
});

test("an outage shows who was promised in it, and who was overtaken after it", () => {
  const come = (name: string, seconds: number, promised: number) =>
    person(name, { arrivedAt: NOON + seconds * 1_000, promisedAt: NOON + promised * 1_000 });
  const people = [come("ana", 0, 0), come("ben", 20, 41), come("eva", 25, 42), come("leo", 30, 43)];
  const marks = [...taken("ana", 1), ...taken("leo", 44), ...taken("ben", 45), ...taken("eva", 46)];
  const capacity = [
    [NOON, 50],
    [NOON + 11_000, 0],
    [NOON + 41_000, 50],
  ] as const;
  const seen = tallyOutage(people, marks, capacity, NOON + 10_000, NOON + 40_000);
  assert.deepEqual(seen, {
    noticedMs: 1_000,
    promisedMeanwhile: 0,
    capacityMeanwhile: 0,
    backMs: 1_000,
    servedMs: 6_000,
    mostOvertaken: 1,
  });
  const hasty = tallyOutage([...people, come("ida", 12, 15)], marks, [...capacity, [NOON + 15_000, 50]], NOON + 10_000, NOON + 40_000);
  assert.deepEqual([hasty.promisedMeanwhile, hasty.capacityMeanwhile, hasty.servedMs], [1, 50, null]);
});

test("waits are drawn by the second of the promise, and break off where somebody got nothing", () => {
  const people = [person("ana"), person("ben"), person("eva", { promisedAt: NOON + 1_500 }), person("leo", { promisedAt: NOON + 3_000 })];
  assert.deepEqual(waitsOf(people, [...taken("ana", 1), ...taken("ben", 2), ...taken("leo", 5)], 1_000), [2, null, null, 2]);
});

test("a rate leaves out the first tenth, and of nothing there is none", () => {
  const slowFirst = [0, ...Array.from({ length: 20 }, (_, n) => 10_000 + n * 10)];
  assert.equal(rateOf(slowFirst), 100);
  assert.equal(rateOf([]), null);
});

test("memory is compared from the warm letters on, and too few looks say nothing", () => {
  const samples = (grown: number): MemorySample[] =>
    Array.from({ length: 50 }, (_, n) => ({
      letters: n * 1_000,
      rssMb: 100 + (n < 10 ? 0 : 40) + (grown * n) / 50,
      heapMb: 30 + (n % 3) * 10,
    }));
  assert.ok(Math.abs(growthOf(samples(0), 10_000).rssMb ?? 99) < 1);
  assert.ok((growthOf(samples(40), 10_000).rssMb ?? 0) > 20);
  assert.equal(growthOf(samples(0).slice(0, 12), 10_000).rssMb, null);
});
