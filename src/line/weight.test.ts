/** Do effort, reputation and waiting buy what they should, and never more; and is who arrives together drawn? */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import fc from "fast-check";
import { callNext, emptyOrder, enter, isCalled } from "./core/order.ts";
import { join, look, newLine, setCapacity, take, weigh, type Source, type Standing } from "./line.ts";

const sourceOf = (name: string | number): Source => createHash("sha256").update(String(name)).digest().subarray(0, 8);
const SECOND = 1_000;

test("more effort or better standing never waits longer, all else equal", () => {
  const weight = fc.oneof(
    fc.integer({ min: -1, max: 6 }).map((power) => 2 ** power),
    fc.double({ min: 0.5, max: 64, noNaN: true }),
  );
  // few sources and, in each history, few weights: so that queues of one weight grow long beside empty ones
  const history = fc.array(weight, { minLength: 1, maxLength: 3 }).chain((some) =>
    fc.array(fc.record({ source: fc.nat(3), weight: fc.constantFrom(...some), calls: fc.constantFrom(0, 0, 0, 1, 2) }), {
      maxLength: 120,
      size: "max",
    }),
  );
  const factor = fc.oneof(fc.constantFrom(1, 2, 4, 16, 64), fc.double({ min: 1, max: 8, noNaN: true }));
  fc.assert(
    fc.property(history, history, weight, factor, fc.nat(4), (before, after, light, times, mine) => {
      const callsUntilMine = (mineWeighs: number) => {
        const order = emptyOrder(0.5);
        const happen = ({ source, weight: weighs, calls }: (typeof before)[number]) => {
          enter(order, sourceOf(source), weighs);
          for (let left = calls; left > 0; left -= 1) callNext(order);
        };
        for (const event of before) happen(event);
        const tag = enter(order, sourceOf(mine), mineWeighs);
        assert.ok(tag);
        let calls = 0;
        for (const event of after) {
          if (isCalled(order, tag)) return calls;
          happen(event);
          calls += event.calls;
        }
        for (; !isCalled(order, tag); calls += 1) assert.ok(callNext(order));
        return calls;
      };
      const [one, other] = [callsUntilMine(light), callsUntilMine(Math.min(64, light * times))];
      assert.ok(other <= one, `weight ${light}: called after ${one}; ${times} times as much: ${other}`);
    }),
    { numRuns: 300 },
  );
});

test("effort and reputation multiply, a name moves nobody by more than a factor of two, and nonsense weighs what it may", () => {
  assert.equal(weigh(1, 1), 1);
  assert.equal(weigh(8, 2), 16);
  assert.equal(weigh(8, 1_000), 16);
  assert.equal(weigh(1, 0), 0.5);
  fc.assert(
    fc.property(fc.double(), fc.double(), (effort, reputation) => weigh(effort, reputation) >= 0.5 && weigh(effort, reputation) <= 64),
  );
  fc.assert(fc.property(fc.double(), (weight) => join(newLine(1, 0), 0, sourceOf("anybody"), weight).standing.tag !== null));
});

test("effort also helps whoever lives in a flooded network", () => {
  const line = newLine(1, 0);
  const flooded = sourceOf("flooded");
  for (let place = 0; place < 200; place += 1) join(line, 0, flooded);
  for (let number = 0; number < 20; number += 1) join(line, 0, sourceOf(`other ${number}`));
  setCapacity(line, 0, 1);
  let [light, heavy] = [join(line, 0, flooded), join(line, 0, flooded, 8)];
  let now = 0;
  for (; now < 60 * SECOND && !heavy.turn; now += 500) {
    light = look(line, now, light.standing, flooded, false);
    heavy = look(line, now, heavy.standing, flooded, false, 8);
  }
  assert.ok(heavy.turn && !light.turn, `after ${now / SECOND} s`);
});

test("who has waited a round is overtaken by no effort: the light one is served although heavy ones keep coming, faster than turns", () => {
  const line = newLine(1, 0);
  setCapacity(line, 0, 2);
  for (let number = 0; number < 30; number += 1) join(line, 0, sourceOf(`there before ${number}`));
  let light = join(line, 0, sourceOf("light"));
  const heavies: { standing: Standing; source: Source }[] = [];
  let [heavy, overtook, now] = [0, 0, 0];
  for (; !light.turn && now < 900 * SECOND; now += 250) {
    // three a second, of the greatest weight, each from a network of its own; all come when they are called
    if (now % 1_000 < 750) {
      const source = sourceOf(`heavy ${heavy++}`);
      heavies.push({ standing: join(line, now, source, 64).standing, source });
    }
    for (const place of heavies.splice(0)) {
      if (take(line, now, place.standing, place.source, false, 64).turn) overtook += 1;
      else heavies.push(place);
    }
    light = look(line, now, light.standing, sourceOf("light"), false);
  }
  assert.ok(light.turn, "the turn came");
  assert.ok(overtook >= 10, `${overtook} with effort came first`);
  assert.ok(now < 300 * SECOND, `after ${now / SECOND} s and ${overtook} heavy ones`);
});

test("a flood with effort competes with itself: a newcomer without waits for what its networks weigh, not for how much they ask", () => {
  const served = (each: number) => {
    const line = newLine(1, 0);
    const flood: { standing: Standing; source: Source }[] = [];
    for (let place = 0; place < each; place += 1) {
      for (let number = 0; number < 5; number += 1) {
        const source = sourceOf(`flood ${number}`);
        flood.push({ standing: join(line, 0, source, 8).standing, source });
      }
    }
    const mine = join(line, 0, sourceOf("newcomer"));
    setCapacity(line, 0, 10);
    let before = 0;
    for (let now = 0; now < 600 * SECOND; now += 100) {
      for (const place of flood.splice(0)) {
        if (take(line, now, place.standing, place.source, false, 8).turn) before += 1;
        else flood.push(place);
      }
      if (take(line, now, mine.standing, sourceOf("newcomer"), false).turn) return before;
    }
    return Number.POSITIVE_INFINITY;
  };
  const most = 5 * (8 * (1 + 1 / 8) + 1) + 40;
  for (const each of [10, 40, 160]) assert.ok(served(each) <= most, `${served(each)} of ${each} from each of five networks`);
});

test("who arrives together is drawn: coming a second before everybody else buys little, and asking again draws nothing new", () => {
  const line = newLine(0.42, 0);
  const places = new Map<string, Standing>();
  const arrive = (name: string, now: number) => places.set(name, join(line, now, sourceOf(name)).standing);
  setCapacity(line, 0, 20);
  const ranks: number[] = [];
  let served = 0;
  for (let now = 0; (now < 2_000 || places.size > 0) && now < 120 * SECOND; now += 50) {
    if (now === 0) for (let number = 0; number < 600; number += 1) arrive(`bot ${number}`, now);
    if (now >= 1_000 && now < 2_000) for (let number = 0; number < 10; number += 1) arrive(`person ${now} ${number}`, now);
    for (const [name, standing] of places) {
      if (!take(line, now, standing, sourceOf(name), false).turn) continue;
      places.delete(name);
      served += 1;
      if (name.startsWith("person")) ranks.push(served / 800);
    }
  }
  assert.equal(served, 800);
  const mean = ranks.reduce((sum, rank) => sum + rank, 0) / ranks.length;
  // first come, first served: 0.875; drawn among all: 0.5
  assert.ok(mean > 0.4 && mean < 0.68, `${mean}`);
  const [one, two] = [newLine(1, 0), newLine(1, 0)];
  assert.deepEqual(join(one, 0, sourceOf("ada")).standing, join(two, 50, sourceOf("ada")).standing);
  const drawn = new Set(Array.from({ length: 20 }, (_, life) => join(newLine(life / 20, 0), 0, sourceOf("ada")).standing.tag?.tick));
  assert.ok(drawn.size > 3, "another line draws otherwise");
});

test("who comes with effort stands before others who were called long ago, and is not taken for somebody who stayed away", () => {
  const line = newLine(1, 0);
  setCapacity(line, 0, 1);
  const crowd = Array.from({ length: 1_000 }, (_, number) => sourceOf(`somebody ${number}`));
  // every other one has left
  let waiting = crowd.map((source) => ({ standing: join(line, 0, source).standing, source })).filter((_, number) => number % 2 === 0);
  let now = 0;
  for (; now < 300 * SECOND; now += SECOND) waiting = waiting.filter((one) => !take(line, now, one.standing, one.source, false).turn);
  assert.ok(waiting.length > 150, "the first round is not over");
  const place = join(line, now, sourceOf("heavy"), 64);
  let seen = look(line, now + 500, place.standing, sourceOf("heavy"), false, 64);
  for (let asked = 0; !seen.turn && asked < 20; asked += 1) {
    waiting = waiting.filter((one) => !take(line, now, one.standing, one.source, false).turn);
    seen = look(line, (now += SECOND), seen.standing, sourceOf("heavy"), false, 64);
  }
  assert.ok(seen.turn);
  assert.deepEqual(seen.standing, place.standing);
});
