/** Is a network's name made by the letters that led to accounts, does it fade, and can nobody be shut out by spoiling it? */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { seededDice } from "#kit/dice.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS, systemClock, type Clock } from "#kit/time.ts";
import * as lines from "#line/line.ts";
import type { PlaceAnswer } from "#contract/wire.ts";
import { doorKeys, newRoot, startDoor, takePlace } from "#support/door.ts";
import { newReputation, noteConfirmed, noteGivenBack, noteOrdered, reputationOf } from "./core/reputation.ts";
import { createRegistrationLine } from "./registration-line.ts";

const source = (nth: number) => Uint8Array.from({ length: 8 }, (_, at) => (Math.imul(nth + 1, 0x9e3779b1) >>> (3 * at)) & 0xff);
const SCHOOL = source(1);
const LATER = 25 * MINUTE_MS;

test("nobody is known: everybody weighs one", () => {
  const reputation = newReputation(0);
  assert.equal(reputationOf(reputation, 0, SCHOOL), 1);
});

test("a network whose letters lead to accounts stands higher, one whose letters lead to nothing lower, never beyond 2 and 1/2", () => {
  const reputation = newReputation(0);
  const [good, bad] = [source(2), source(3)];
  for (let nth = 0; nth < 40; nth += 1) {
    noteOrdered(reputation, nth, good);
    noteConfirmed(reputation, nth, good);
    noteOrdered(reputation, nth, bad);
  }
  const [high, low] = [reputationOf(reputation, LATER, good), reputationOf(reputation, LATER, bad)];
  assert.ok(high > 1.8 && high <= 2, `${high}`);
  assert.ok(low < 0.6 && low >= 0.5, `${low}`);
  assert.equal(reputationOf(reputation, LATER, SCHOOL), 1, "neighbours have nothing of it");
});

test("a class that signs up together is not taken for people who never finish", () => {
  const reputation = newReputation(0);
  for (let nth = 0; nth < 30; nth += 1) noteOrdered(reputation, nth * 1_000, SCHOOL);
  assert.equal(reputationOf(reputation, 9 * MINUTE_MS, SCHOOL), 1, "their codes may still come back");
  for (let nth = 0; nth < 28; nth += 1) noteConfirmed(reputation, 5 * MINUTE_MS, SCHOOL);
  assert.ok(reputationOf(reputation, 9 * MINUTE_MS, SCHOOL) > 1.5);
  assert.ok(reputationOf(reputation, 40 * MINUTE_MS, SCHOOL) > 1.5, "two who gave up change little");
});

test("a letter that never went out says nothing about a network", () => {
  const reputation = newReputation(0);
  for (let nth = 0; nth < 30; nth += 1) {
    noteOrdered(reputation, 0, SCHOOL);
    noteGivenBack(reputation, 0, SCHOOL);
  }
  assert.equal(reputationOf(reputation, LATER, SCHOOL), 1);
});

test("a name fades: after a week nothing is left of it", () => {
  const reputation = newReputation(0);
  for (let nth = 0; nth < 20; nth += 1) noteOrdered(reputation, 0, SCHOOL);
  const after = (ms: number) => reputationOf(reputation, ms, SCHOOL);
  const [soon, dayLater, weekLater] = [after(HOUR_MS), after(DAY_MS), after(7 * DAY_MS)];
  assert.ok(soon < dayLater && dayLater < weekLater, `${soon} ${dayLater} ${weekLater}`);
  assert.ok(weekLater > 0.95);
});

test("whatever happened, and however time passes, the factor lies between 1/2 and 2, and one account more never lowers it", () => {
  const step = fc.record({ confirmed: fc.boolean(), who: fc.nat(5), later: fc.nat(3 * HOUR_MS) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const reputation = newReputation(0);
      let now = 0;
      for (const { confirmed, who, later } of steps) {
        now += later;
        if (!confirmed) noteOrdered(reputation, now, source(who));
        const before = reputationOf(reputation, now, source(who));
        if (confirmed) noteConfirmed(reputation, now, source(who));
        const after = reputationOf(reputation, now, source(who));
        assert.ok(after >= 0.5 && after <= 2, `${after}`);
        if (confirmed) assert.ok(after >= before - 1e-6, `${before} → ${after}`);
      }
    }),
    { numRuns: 200 },
  );
});

const asker = (prefix: string, isKnown = false) => ({
  prefix,
  facts: { lane: isKnown ? ("known-device" as const) : ("stranger" as const) },
});

/** In the line itself: a crowd waits, then one of each kind takes a place. */
function waits(names: { good: string; bad: string }): Record<string, number> {
  let passedMs = 0;
  let rate = 1_000;
  const clock: Clock = { ...systemClock, now: () => 1_800_000_000_000 + passedMs, monotonic: () => passedMs };
  const keys = doorKeys(newRoot(1));
  const line = createRegistrationLine({
    line: lines.newLine(7, 0),
    clock,
    dice: seededDice("reputation"),
    keys: () => keys,
    lettersPerSecond: () => rate,
    effort: () => 0,
  });
  const place = (prefix: string, isKnown = false) => {
    const placed = line.place({ challenge: line.challenge("mine").challenge }, "mine", asker(prefix, isKnown));
    assert.ok(placed.ok);
    return placed.value;
  };
  const take = (prefix: string, isKnown = false) => place(prefix, isKnown).wait?.highSeconds ?? 0;
  for (let nth = 0; nth < 60; nth += 1) {
    for (const prefix of [names.good, names.bad]) {
      passedMs += 100;
      assert.ok(line.take(place(prefix).place, "mine", asker(prefix)).ok, "a letter is ordered");
    }
    line.confirmed(names.good);
  }
  passedMs += LATER;
  rate = 1;
  // ten places from each of forty networks, so that the second place of a network stands a round later
  for (let nth = 0; nth < 400; nth += 1) take(`203.0.${nth % 40}.0/24`);
  const last = (prefix: string, isKnown = false) => {
    take(prefix, isKnown);
    take(prefix, isKnown);
    return take(prefix, isKnown);
  };
  return { good: last(names.good), nobody: last("192.0.3.0/24"), bad: last(names.bad), device: last("192.0.5.0/24", true) };
}

test("in the line, a good name waits less than none, and none less than a bad one; a known device waits as a good name does", () => {
  const told = waits({ good: "192.0.2.0/24", bad: "192.0.4.0/24" });
  assert.ok((told["good"] ?? 0) < (told["nobody"] ?? 0), JSON.stringify(told));
  assert.ok((told["nobody"] ?? 0) < (told["bad"] ?? 0), JSON.stringify(told));
  assert.ok((told["device"] ?? 0) < (told["nobody"] ?? 0), JSON.stringify(told));
});

test("at a real door, accounts that were made from a network, by a form or by a program, bring its next places forward", async (t) => {
  const door = await startDoor(t, { boot: { trustedProxyHops: 1 } });
  door.answer = (_request, response) => response.setHeader("content-type", "application/json").end("{}");
  door.capacity(0.2);
  const from = (address: string) => ({ "x-forwarded-for": address });
  const [nobody, program, form] = [from("192.0.2.1"), from("192.0.3.1"), from("192.0.4.1")];
  const code = { envelope: "e", code: "ABCD-EFGH", password: "a password of ten" };
  const asForm = { ...form, "content-type": "application/x-www-form-urlencoded", accept: "text/html", "sec-fetch-mode": "navigate" };
  const confirm = async (headers: Record<string, string>, body: string) =>
    assert.ok((await door.ask("/sign-up/confirm", { method: "POST", headers, body })).status < 400);
  for (let nth = 0; nth < 10; nth += 1) {
    await confirm(program, JSON.stringify(code));
    await confirm(asForm, new URLSearchParams(code).toString());
  }
  const last = async (headers: Record<string, string>) => {
    let taken = await takePlace(door, headers);
    for (let nth = 1; nth < 8; nth += 1) taken = await takePlace(door, headers);
    return { ...taken, headers };
  };
  // who is known comes last, so that nothing but the name can bring them forward
  const [first, second, third] = [await last(nobody), await last(program), await last(form)];
  const waitOf = async ({ cookie, placed, headers }: typeof first) => {
    const body = JSON.stringify({ place: placed.json<PlaceAnswer>().place });
    return (await door.ask("/sign-up/turn", { method: "POST", cookie, headers, body })).json<PlaceAnswer>().wait?.highSeconds ?? 0;
  };
  const waits = { nobody: await waitOf(first), program: await waitOf(second), form: await waitOf(third) };
  assert.ok(waits.program > 0 && waits.program < waits.nobody, JSON.stringify(waits));
  assert.ok(waits.form > 0 && waits.form < waits.nobody, JSON.stringify(waits));
});
