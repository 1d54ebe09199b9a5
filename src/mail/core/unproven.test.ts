/** Is a sign-up form no cannon, and can nobody keep others out by never finishing? */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { HOUR_MS, MINUTE_MS, SECOND_MS } from "#kit/time.ts";
import { brakeOf, newUnproven, noteEntered, noteHeld, noteSent, paceOf, unprovenView, type Sent } from "./unproven.ts";

const NOW = 1_800_000_000_000;
const BUDGET = 6_000;
const to = (source: number | null, domain: number, kind: Sent["kind"] = "own"): Sent => ({ source, domain, kind });
const cell = (number: number) => Math.imul(number + 1, 0x9e3779b1) & 0xffffff;

test("a class that signs up together, and a company on its first day, are not held up", () => {
  const unproven = newUnproven(NOW);
  let now = NOW;
  for (let person = 0; person < 300; person += 1) {
    now += 2 * SECOND_MS;
    const letter = to(cell(1), cell(2));
    assert.equal(brakeOf(unproven, letter, BUDGET, now), undefined, `person ${person}`);
    noteSent(unproven, letter, now);
    // nine of ten enter their code, 40 seconds after
    if (person % 10 !== 0) noteEntered(unproven, letter, now + 40 * SECOND_MS, now);
  }
});

test("a network whose letters nobody answers is soon held up, and others are not", () => {
  const unproven = newUnproven(NOW);
  const bad = to(cell(1), cell(2), "large");
  let sent = 0;
  while (brakeOf(unproven, bad, BUDGET, NOW) === undefined && sent < 1_000) {
    noteSent(unproven, bad, NOW);
    sent += 1;
  }
  assert.equal(sent, 40);
  assert.equal(brakeOf(unproven, bad, BUDGET, NOW)?.by, "network");
  assert.equal(brakeOf(unproven, to(cell(3), cell(2), "large"), BUDGET, NOW), undefined);
  assert.equal(brakeOf(unproven, bad, BUDGET, NOW + 10 * MINUTE_MS), undefined, "and a few of its own go again after a while");
});

test("a domain that is shot at takes few letters more, but always those of a network that has sent none", () => {
  const unproven = newUnproven(NOW);
  for (let network = 0; network < 60; network += 1)
    for (let letter = 0; letter < 2; letter += 1) noteSent(unproven, to(cell(network), cell(900)), NOW);
  assert.equal(brakeOf(unproven, to(cell(1), cell(900)), BUDGET, NOW)?.by, "domain");
  assert.equal(brakeOf(unproven, to(cell(5_000), cell(900)), BUDGET, NOW), undefined);
  assert.equal(brakeOf(unproven, to(cell(1), cell(901)), BUDGET, NOW), undefined, "another domain is not concerned");
});

test("throw-away mailboxes of all domains have one small allowance together", () => {
  const unproven = newUnproven(NOW);
  for (let domain = 0; domain < 30; domain += 1) noteSent(unproven, to(cell(domain), cell(1_000 + domain), "throw-away"), NOW);
  noteSent(unproven, to(cell(1), cell(1), "large"), NOW);
  assert.equal(brakeOf(unproven, to(cell(1), cell(2_000), "throw-away"), BUDGET, NOW)?.by, "domain");
});

test("a cannon with networks without end gets the budget of an hour at most, and some of it is left at any time", () => {
  const unproven = newUnproven(NOW);
  let sent = 0;
  let asked = 0;
  let idleMs = 0;
  let longestIdleMs = 0;
  // 50 a second are asked for, each from a network that is new, to large providers
  for (let ms = 0, tokens = 0; ms < HOUR_MS; ms += SECOND_MS) {
    const now = NOW + ms;
    tokens = Math.min(50, tokens + Math.min(50, paceOf(unproven, BUDGET, now)));
    idleMs += SECOND_MS;
    for (; tokens >= 1; tokens -= 1) {
      asked += 1;
      const letter = to(cell(asked), cell(7), "large");
      if (brakeOf(unproven, letter, BUDGET, now) !== undefined) continue;
      noteSent(unproven, letter, now);
      sent += 1;
      idleMs = 0;
    }
    longestIdleMs = Math.max(longestIdleMs, idleMs);
  }
  assert.ok(sent <= BUDGET && sent > BUDGET * 0.9, `${sent}`);
  assert.ok(longestIdleMs <= 10 * SECOND_MS, `the door was shut for ${longestIdleMs} ms`);
  assert.equal(unprovenView(unproven, BUDGET, NOW + HOUR_MS - 1).alarm, true);
});

test("a surge of popularity is never slowed down, and raises no alarm", () => {
  const unproven = newUnproven(NOW);
  const pending: { letter: Sent; at: number }[] = [];
  for (let second = 0, number = 0; second < 20 * 60; second += 1) {
    const now = NOW + second * SECOND_MS;
    assert.ok(paceOf(unproven, BUDGET, now) > 50, `at ${second} s`);
    for (let person = 0; person < 50; person += 1, number += 1) {
      const letter = to(cell(number), cell(7), "large");
      assert.equal(brakeOf(unproven, letter, BUDGET, now), undefined);
      noteSent(unproven, letter, now);
      if (number % 100 < 85) pending.push({ letter, at: now });
    }
    while ((pending[0]?.at ?? now) <= now - 40 * SECOND_MS) {
      const { letter, at } = pending.shift() as { letter: Sent; at: number };
      noteEntered(unproven, letter, now, at);
    }
  }
  assert.equal(unprovenView(unproven, BUDGET, NOW + 20 * MINUTE_MS).alarm, false);
});

test("what was counted before a restart is counted after it", () => {
  const [before, after] = [newUnproven(NOW), newUnproven(NOW + 20 * MINUTE_MS)];
  const letter = to(cell(1), cell(2));
  for (let sent = 0; sent < 40; sent += 1) noteSent(before, letter, NOW);
  const later = NOW + 20 * MINUTE_MS;
  noteSent(after, letter, later, NOW, 40);
  assert.deepEqual(unprovenView(after, BUDGET, later), unprovenView(before, BUDGET, later));
  assert.equal(brakeOf(after, letter, BUDGET, later)?.by, brakeOf(before, letter, BUDGET, later)?.by);
});

test("whatever is sent and entered: never more open letters in an hour than the allowance, and an entered code never shortens it", () => {
  const event = fc.record({ source: fc.nat(20), domain: fc.nat(5), waitMs: fc.nat(10 * MINUTE_MS), entered: fc.boolean() });
  fc.assert(
    fc.property(fc.array(event, { maxLength: 400 }), (events) => {
      const unproven = newUnproven(NOW);
      let now = NOW;
      let lately: number[] = [];
      let entered: number[] = [];
      for (const { source, domain, waitMs, entered: finishes } of events) {
        now += waitMs;
        const letter = to(cell(source), cell(domain), "large");
        if (brakeOf(unproven, letter, 20, now) !== undefined) continue;
        noteSent(unproven, letter, now);
        lately = [...lately.filter((at) => at > now - HOUR_MS + MINUTE_MS), ...(finishes ? [] : [now])];
        if (!finishes) assert.ok(lately.length <= 20 + 0.5 * entered.filter((at) => at > now - HOUR_MS - MINUTE_MS).length);
        if (!finishes) continue;
        const before = paceOf(unproven, 20, now);
        noteEntered(unproven, letter, now, now);
        entered = [...entered, now];
        assert.ok(paceOf(unproven, 20, now) >= before);
      }
    }),
  );
});

test("an operator sees how many orders were held up in the last hour, and by what", () => {
  const unproven = newUnproven(NOW);
  noteHeld(unproven, "network", NOW);
  noteHeld(unproven, "network", NOW + 30 * MINUTE_MS);
  noteHeld(unproven, "domain", NOW + 30 * MINUTE_MS);
  assert.deepEqual(unprovenView(unproven, BUDGET, NOW + 30 * MINUTE_MS).held, { all: 0, network: 2, domain: 1 });
  assert.deepEqual(unprovenView(unproven, BUDGET, NOW + 60 * MINUTE_MS).held, { all: 0, network: 1, domain: 1 });
  assert.deepEqual(unprovenView(unproven, BUDGET, NOW + 3 * HOUR_MS).held, { all: 0, network: 0, domain: 0 });
});
