/** Does every letter go to a relay that works, and does one that failed get its chance without people paying for it? */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { MINUTE_MS, SECOND_MS } from "#kit/time.ts";
import { afterAttempt, freshRelay, type RelayState } from "./relay-state.ts";
import { chooseRoute, hasRoom, isTrusted, noTrial, spendTrial, watchTrial, type Route } from "./routes.ts";

const NOW = 1_800_000_000_000;
const working: RelayState = { ...freshRelay, status: "working" };
const down = afterAttempt(working, { tag: "trouble", word: "relay-unreachable" }, NOW);
const missing: RelayState = { ...working, status: "failing", misses: 3, lastFailure: "cut-off" };
const route = (more: Partial<Route> = {}): Route => ({
  state: working,
  connections: 5,
  underway: 0,
  oldestMs: 0,
  expectedMs: 100,
  trial: noTrial,
  ...more,
});

test("the operator's first relay has the letters while it works", () => {
  assert.equal(chooseRoute([route(), route()], NOW), 0);
  assert.equal(chooseRoute([route({ expectedMs: 900 }), route({ expectedMs: 50 })], NOW), 0, "a second more is no reason");
});

test("the next one takes over at once when the first is down, hangs, is slow, or has no connection free", () => {
  for (const first of [{ state: down }, { oldestMs: 3 * SECOND_MS }, { expectedMs: 8 * SECOND_MS }, { underway: 5 }])
    assert.equal(chooseRoute([route(first), route()], NOW), 1, JSON.stringify(first));
});

test("where all are slow the first one still has them", () => {
  assert.equal(chooseRoute([route({ expectedMs: 8 * SECOND_MS }), route({ expectedMs: 7 * SECOND_MS })], NOW), 0);
});

test("a letter that a relay has failed is not given to it again, and waits where there is nobody else", () => {
  assert.equal(chooseRoute([route(), route()], NOW, new Set([0])), 1);
  assert.equal(chooseRoute([route(), route({ state: down })], NOW, new Set([0])), undefined);
});

test("with every relay in trouble, one letter at a time tries the one whose pause is over", () => {
  const over = NOW + SECOND_MS;
  assert.equal(chooseRoute([route({ state: down }), route({ state: down })], NOW), undefined);
  assert.equal(chooseRoute([route({ state: down, underway: 1 }), route({ state: down })], over), 1);
});

test("a relay that takes no letters gets one after 15 s, and then ever more rarely, down to one in five minutes", () => {
  let trial = watchTrial(noTrial, false, NOW);
  const at = (now: number) => chooseRoute([route({ state: missing, trial }), route()], now);
  assert.equal(at(NOW + 14 * SECOND_MS), 1);
  const waits: number[] = [];
  for (let now = trial.dueAt; waits.length < 6; now = trial.dueAt) {
    assert.equal(at(now), 0, "its turn");
    trial = watchTrial(spendTrial(trial, now), false, now);
    assert.equal(at(now), 1, "and nobody else's");
    waits.push((trial.dueAt - now) / SECOND_MS);
  }
  assert.deepEqual(waits, [30, 60, 120, 240, 300, 300]);
  assert.equal(watchTrial(trial, true, NOW), noTrial);
});

test("whatever relays do, a letter goes only where there is room, and to one that is trusted if one of these has room", () => {
  const state = fc.constantFrom(working, freshRelay, down, missing);
  const ms = fc.integer({ min: 0, max: MINUTE_MS });
  const arbitrary = fc.record({
    state,
    connections: fc.integer({ min: 1, max: 5 }),
    underway: fc.integer({ min: 0, max: 6 }),
    oldestMs: ms,
    expectedMs: ms,
    trial: fc.record({ dueAt: fc.constantFrom(0, NOW - 1, NOW + 1), failed: fc.nat(5) }),
  });
  fc.assert(
    fc.property(fc.array(arbitrary, { maxLength: 4 }), fc.array(fc.nat(3), { maxLength: 3 }), (routes, before) => {
      const tried = new Set(before);
      const chosen = chooseRoute(routes, NOW, tried);
      const trusted = routes.flatMap((_, at) => (!tried.has(at) && isTrusted(routes, at) ? [at] : []));
      const free = routes.flatMap((one, at) => (!tried.has(at) && hasRoom(one, NOW) ? [at] : []));
      if (chosen === undefined) {
        assert.ok(trusted.every((at) => !free.includes(at)));
        assert.ok(trusted.length > 0 || free.length === 0, "somebody who could, would");
        return;
      }
      assert.ok(free.includes(chosen));
      const onTrial = (routes[chosen]?.trial.dueAt ?? 0) > 0;
      if (!onTrial && trusted.length > 0) assert.ok(trusted.includes(chosen));
    }),
  );
});
