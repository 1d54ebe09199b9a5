/** Is the line fair, bounded and the same each time, whatever anybody does? */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import fc from "fast-check";
import {
  fromBytes,
  join,
  look,
  newLine,
  setCapacity,
  take,
  toBytes,
  view,
  type Line,
  type Look,
  type Source,
  type Standing,
} from "./line.ts";

const sourceOf = (name: string | number): Source => createHash("sha256").update(String(name)).digest().subarray(0, 8);
const SECOND = 1_000;

/** What people and time do to a line; `who` picks somebody who waits. */
type Step =
  | { kind: "pass"; ms: number }
  | { kind: "join"; source: number }
  | { kind: "look" | "take"; who: number; from: number | null }
  | { kind: "capacity"; rate: number | null }
  | { kind: "restart" };

const step = fc.oneof(
  fc.record({ kind: fc.constant("pass" as const), ms: fc.integer({ min: 1, max: 20_000 }) }),
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("join" as const), source: fc.nat(12) }) },
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constantFrom("look" as const, "take" as const), who: fc.nat(), from: fc.option(fc.nat(12)) }),
  },
  fc.record({ kind: fc.constant("capacity" as const), rate: fc.constantFrom(null, 0, 1, 7, 50) }),
  fc.record({ kind: fc.constant("restart" as const) }),
);

/** Lets the steps happen; tells of each turn that was taken, when, and at which rate time passed. */
function live(steps: readonly Step[], rate: number | null) {
  let line = newLine(1, 0);
  let now = 0;
  // what may be saved up: two seconds of capacity
  let granted = Math.max(1, 2 * (rate ?? 0));
  let current = rate;
  const turns: number[] = [];
  const seen: Look[] = [];
  const waiting: { standing: Standing; source: Source }[] = [];
  setCapacity(line, now, rate);
  for (const event of steps) {
    switch (event.kind) {
      case "pass":
        now += event.ms;
        granted += ((current ?? 0) * event.ms) / SECOND;
        break;
      case "join": {
        const source = sourceOf(event.source);
        const answer = join(line, now, source);
        waiting.push({ standing: answer.standing, source });
        seen.push(answer);
        break;
      }
      case "look":
      case "take": {
        if (waiting.length === 0) break;
        const at = event.who % waiting.length;
        const person = waiting[at];
        if (person === undefined) break;
        const source = event.from === null ? person.source : sourceOf(event.from);
        const answer = (event.kind === "look" ? look : take)(line, now, person.standing, source, event.from !== null);
        seen.push(answer);
        person.standing = answer.standing;
        if (event.kind === "take" && answer.turn) {
          turns.push(now);
          waiting.splice(at, 1);
        }
        break;
      }
      case "capacity":
        current = event.rate;
        setCapacity(line, now, event.rate);
        break;
      case "restart": {
        const restored = fromBytes(toBytes(line), now);
        assert.ok(restored);
        line = restored;
        setCapacity(line, now, current);
        break;
      }
    }
    assert.ok(turns.length <= granted + 1e-6, `${turns.length} turns, ${granted} were there`);
  }
  return { line, turns, seen, waiting, now };
}

test("there are never more turns than capacity, whatever people do and however often the door restarts", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), fc.constantFrom(1, 3, 50), (steps, rate) => {
      live(steps, rate);
    }),
    { numRuns: 60 },
  );
});

test("the same things in the same order make the same line, to the byte", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
      const [one, two] = [live(steps, 5), live(steps, 5)];
      assert.deepEqual(one.seen, two.seen);
      assert.ok(Buffer.from(toBytes(one.line)).equals(toBytes(two.line)));
    }),
    { numRuns: 25 },
  );
});

test("while the capacity is unknown nobody is called, no wait is promised, and nobody loses a turn", () => {
  const line = newLine(1, 0);
  const first = join(line, 0, sourceOf("ada"));
  assert.equal(first.turn, false);
  assert.equal(first.wait, undefined);
  assert.equal(view(line, 0).moves, false);
  setCapacity(line, 0, 1);
  assert.equal(look(line, 0, first.standing, sourceOf("ada"), false).turn, true, "called at once when the capacity is known");
  setCapacity(line, 10, null);
  assert.equal(take(line, 20, first.standing, sourceOf("ada"), false).turn, false);
  setCapacity(line, 3_600_000, 1);
  assert.equal(take(line, 3_600_010, first.standing, sourceOf("ada"), false).turn, true, "an hour of standing still costs nobody the turn");
});

test("in peace the turn comes at once", () => {
  const line = newLine(1, 0);
  setCapacity(line, 0, 50);
  for (let person = 0; person < 100; person += 1) {
    const now = person * 40;
    const place = join(line, now, sourceOf("one office, one address"));
    assert.equal(place.turn, true, `person ${person}`);
    assert.equal(take(line, now + 10, place.standing, sourceOf("one office, one address"), false).turn, true);
  }
});

test("a newcomer from a fresh network waits behind at most one of each active source, however much a flood has queued", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 60 }), fc.integer({ min: 1, max: 8 }), (sources, each, rate) => {
      const line = newLine(1, 0);
      const flood: { standing: Standing; source: Source }[] = [];
      for (let round = 0; round < each; round += 1) {
        for (let number = 0; number < sources; number += 1) {
          const source = sourceOf(`flood ${number}`);
          flood.push({ standing: join(line, 0, source).standing, source });
        }
      }
      setCapacity(line, 0, rate);
      let now = 500;
      const mine = join(line, now, sourceOf("newcomer"));
      let before = 0;
      const waiting = flood.slice();
      // everybody comes when called, the flood before the newcomer
      for (; now < 1_000 * SECOND; now += 250) {
        for (let at = 0; at < waiting.length; at += 1) {
          const other = waiting[at];
          if (other === undefined || !take(line, now, other.standing, other.source, false).turn) continue;
          waiting.splice(at, 1);
          at -= 1;
          before += 1;
        }
        if (take(line, now, mine.standing, sourceOf("newcomer"), false).turn) break;
      }
      // who was called already, or is called at the same time: at most ten seconds of turns, however long the flood is
      const called = 10 * rate + 4;
      assert.ok(before <= sources + called, `${before} were served before the newcomer; ${sources} sources are active`);
      assert.ok(now <= 500 + ((sources + called) / rate + 1) * SECOND, `${now} ms`);
    }),
    { numRuns: 15 },
  );
});

test("nobody waits for ever: whoever keeps asking gets the turn, also out of the flood's own network", () => {
  const line = newLine(1, 0);
  setCapacity(line, 0, 2);
  const flooded = sourceOf("flooded network");
  for (let place = 0; place < 300; place += 1) join(line, 0, flooded);
  let mine = join(line, 0, flooded);
  let newcomers = 0;
  let now = 0;
  for (; !mine.turn && now < 3_600 * SECOND; now += SECOND) {
    // one new source every two seconds, who comes at once when called; the flood's places are never redeemed
    if (now % (2 * SECOND) === 0) {
      const place = join(line, now, sourceOf(`newcomer ${newcomers++}`));
      if (place.turn) take(line, now, place.standing, sourceOf(`newcomer ${newcomers - 1}`), false);
    }
    mine = look(line, now, mine.standing, flooded, false);
  }
  assert.ok(mine.turn, "the turn came");
  assert.ok(now < 600 * SECOND, `after ${now / SECOND} s`);
});

test("the line's memory is the same for ten and for two hundred thousand places", () => {
  const line = newLine(1, 0);
  setCapacity(line, 0, 10);
  const shape = () => ({
    arrays: [line.order, line.inflow, line.quotes].flatMap((part) =>
      Object.values(part).map((value) => (ArrayBuffer.isView(value) ? value.byteLength : 0)),
    ),
    marks: line.calls.marks.length <= 25,
    keys: Object.keys(line).concat(Object.keys(line.calls), Object.keys(line.order), Object.keys(line.quotes)),
  });
  for (let place = 0; place < 10; place += 1) join(line, place, sourceOf(place));
  const before = shape();
  for (let place = 0; place < 200_000; place += 1)
    join(line, place * 10, Uint8Array.of(place, place >> 8, place >> 3, 1, place >> 5, 2, 3, place >> 9));
  assert.deepEqual(shape(), before);
  assert.ok(toBytes(line).length < 2_000_000);
  assert.ok(shape().arrays.reduce((sum, bytes) => sum + bytes, 0) < 6_000_000, "six megabytes, however many come");
});

test("a source that fills every round waits outside, and is let in when there is room", () => {
  const line = newLine(1, 0);
  setCapacity(line, 0, null);
  const greedy = sourceOf("greedy");
  let last = join(line, 0, greedy);
  for (let place = 0; place < 9_000; place += 1) last = join(line, 0, greedy);
  assert.equal(last.standing.tag, null);
  assert.equal(last.wait, undefined);
  setCapacity(line, 0, 1_000);
  const newcomer = join(line, 0, sourceOf("newcomer"));
  assert.ok(newcomer.wait !== undefined && newcomer.wait.highSeconds <= 10, "others are not concerned");
  let now = 0;
  for (; last.standing.tag === null && now < 60 * SECOND; now += SECOND) last = look(line, now, last.standing, greedy, false);
  assert.ok(last.standing.tag !== null, "let in");
});

test("whoever was called and stays away for two minutes gets a new place, and holds nobody up", () => {
  const line = newLine(1, 0);
  setCapacity(line, 0, 1);
  const absent = join(line, 0, sourceOf("absent"));
  const present = join(line, 0, sourceOf("present"));
  let now = 0;
  for (; now < 10 * SECOND; now += 500) if (take(line, now, present.standing, sourceOf("present"), false).turn) break;
  assert.ok(now < 10 * SECOND, "the next one had the turn soon");
  for (; now < 200 * SECOND; now += 500) view(line, now);
  const late = look(line, now, absent.standing, sourceOf("absent"), false);
  assert.notDeepEqual(late.standing, absent.standing);
  assert.equal(look(line, now + SECOND, late.standing, sourceOf("absent"), false).turn, true, "which is soon served");
});

test("a place that moves to a flooded network takes the later of both; moved to a quiet one it stays", () => {
  const line = newLine(1, 0);
  const home = sourceOf("home");
  const mine = join(line, 0, home).standing;
  for (let place = 0; place < 20; place += 1) join(line, 0, sourceOf("flooded"));
  assert.deepEqual(look(line, 0, mine, sourceOf("quiet"), true).standing, mine);
  const moved = look(line, 0, mine, sourceOf("flooded"), true).standing;
  assert.ok((moved.tag?.tick ?? 0) >= 20 * 64, "behind the twenty who stand there");
  assert.deepEqual(look(line, 0, moved, home, true).standing, moved, "and does not come forward again by moving back");
});

test("a restarted door keeps everybody's place, also of those who came after the last snapshot", () => {
  fc.assert(
    fc.property(fc.array(fc.nat(8), { minLength: 1, maxLength: 60 }), fc.nat(60), fc.integer({ min: 1, max: 9 }), (names, cut, rate) => {
      let line = newLine(7, 0);
      let snapshot = toBytes(line);
      const standings: { standing: Standing; source: Source }[] = [];
      for (const [at, name] of names.entries()) {
        if (at === cut % names.length) snapshot = toBytes(line);
        const source = sourceOf(name);
        standings.push({ standing: join(line, at, source).standing, source });
      }
      const restored = fromBytes(snapshot, 5);
      assert.ok(restored);
      line = restored;
      for (const { standing, source } of standings) assert.deepEqual(look(line, 10, standing, source, false).standing, standing);
      setCapacity(line, 20, rate);
      const served: Standing[] = [];
      for (let now = 20; now < 200 * SECOND && served.length < standings.length; now += 500) {
        for (const { standing, source } of standings) {
          if (!served.includes(standing) && take(line, now, standing, source, false).turn) served.push(standing);
        }
      }
      assert.equal(served.length, standings.length, "everybody was served");
    }),
    { numRuns: 30 },
  );
});

test("what is no whole snapshot is not restored", () => {
  const line = newLine(1, 0);
  for (let place = 0; place < 5; place += 1) join(line, 0, sourceOf(place % 2));
  const bytes = toBytes(line);
  assert.ok(fromBytes(bytes, 0));
  for (let end = 0; end < bytes.length; end += 1) assert.equal(fromBytes(bytes.subarray(0, end), 0), undefined);
  assert.equal(fromBytes(Uint8Array.from([...bytes, 0]), 0), undefined);
  assert.equal(
    fromBytes(
      bytes.map((byte, at) => (at === 0 ? byte ^ 1 : byte)),
      0,
    ),
    undefined,
  );
});

test("a standing of a line that is gone gets a new place", () => {
  const old = newLine(1, 0);
  const mine = join(old, 0, sourceOf("ada")).standing;
  const line: Line = newLine(2, 0);
  setCapacity(line, 0, 1);
  const now = look(line, 10, mine, sourceOf("ada"), false);
  assert.equal(now.standing.life, 2);
  assert.equal(now.turn, true);
});
