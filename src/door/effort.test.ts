/**
 * What does work buy at the door? What was asked for counts once, for the challenge that it was done for; whoever brings less,
 * wrong or used work, or none, gets a place all the same. In peace nothing is asked for.
 */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { seededDice, type Dice } from "#kit/dice.ts";
import { effortOf } from "#kit/effort.ts";
import { HOUR_MS, MINUTE_MS, systemClock, type Clock } from "#kit/time.ts";
import type { ChallengeAnswer, PlaceAnswer } from "#contract/wire.ts";
import * as lines from "#line/line.ts";
import { doorKeys, startDoor } from "#support/door.ts";
import { workOut } from "#support/effort.ts";
import { paidBits, wantedBits, weightOf } from "./core/effort-weight.ts";
import { minuteOf, openPlace } from "./core/place-token.ts";
import { emptySpentEffort, spendEffort } from "./core/spent-effort.ts";
import { createRegistrationLine } from "./registration-line.ts";

const HOME = "192.0.2.0/24";
const strangerIn = (prefix: string) => ({ prefix, facts: { lane: "stranger" as const } });
const BITS = 8;
/** The last second of a minute. */
const START = 30_000_000 * MINUTE_MS + 59_000;

type Given = { effort?: number; rate?: number | null; dice?: Dice };

/** A registration line whose clock stands still until it is moved. */
function openLine({ effort = BITS, rate = 50, dice = seededDice("effort") }: Given = {}) {
  let passedMs = 0;
  const clock: Clock = { ...systemClock, now: () => START + passedMs, monotonic: () => passedMs };
  // always the same, so that the same networks meet in the line's tables: by chance they may share a bucket and be called together
  const keys = doorKeys({ id: 1, secret: new Uint8Array(32).fill(7) });
  const state = { effort };
  const line = createRegistrationLine({
    line: lines.newLine(7, 0),
    clock,
    dice,
    keys: () => keys,
    lettersPerSecond: () => rate,
    effort: () => state.effort,
  });
  const paidBy = (asked: Parameters<typeof line.place>[0], browser = "mine", prefix = HOME): PlaceAnswer => {
    const placed = line.place(asked, browser, strangerIn(prefix));
    assert.ok(placed.ok, "there is always a place");
    return placed.value;
  };
  return { line, state, paidBy, pass: (ms: number) => (passedMs += ms), now: () => START + passedMs, keys };
}

test("in peace nothing is asked for, nothing is said of effort, and work that somebody brings anyway counts for nothing", () => {
  const { line, paidBy } = openLine({ effort: 0 });
  const { challenge, effort } = line.challenge("mine");
  assert.equal(effort, 0);
  const place = paidBy({ challenge, nonce: workOut(challenge, BITS) });
  assert.equal(place.effort, undefined);
  assert.equal(place.turn, true);
});

test("right work counts as what was asked for, less as what it is, and none, nonsense or another challenge's as nothing", () => {
  const { line, paidBy } = openLine();
  const paid = (nonceFor: (challenge: string) => string | undefined) => {
    const { challenge, effort } = line.challenge("mine");
    assert.equal(effort, BITS);
    return paidBy({ challenge, nonce: nonceFor(challenge) }).effort;
  };
  assert.deepEqual(
    paid((challenge) => workOut(challenge, BITS)),
    { paid: BITS, wanted: BITS },
  );
  assert.deepEqual(
    paid((challenge) => workOut(challenge, BITS + 4)),
    { paid: BITS, wanted: BITS },
    "luck buys nothing",
  );
  assert.deepEqual(
    paid((challenge) => workOut(challenge, 5, 6)),
    { paid: 5, wanted: BITS },
  );
  const foreign = line.challenge("mine").challenge;
  for (const nonce of [undefined, "", "nonsense", "AAAAAAAAAAB", "ü".repeat(11)]) {
    assert.deepEqual(
      paid(() => nonce),
      { paid: 0, wanted: BITS },
      String(nonce),
    );
  }
  const others = [BITS, BITS + 1, BITS + 2].map((bits) => workOut(foreign, bits, bits + 1));
  const stolen = paid((challenge) => others.find((nonce) => effortOf(challenge, nonce) < BITS - 2));
  assert.ok((stolen?.paid ?? BITS) < BITS - 2, "what is work for one challenge is a number like any other for the next");
});

test("work counts once: replayed in the same minute, in the next one, and by twenty at a time", () => {
  const { line, paidBy, pass } = openLine();
  const { challenge } = line.challenge("mine");
  const nonce = workOut(challenge, BITS);
  const answers = Array.from({ length: 20 }, (_, at) => paidBy({ challenge, nonce }, `browser ${at}`));
  assert.deepEqual(
    answers.map(({ effort }) => effort?.paid),
    [BITS, ...Array.from({ length: 19 }, () => 0)],
  );
  pass(1_500);
  assert.equal(paidBy({ challenge, nonce }).effort?.paid, 0, "the minute has changed");
  pass(MINUTE_MS);
  assert.equal(paidBy({ challenge, nonce }).effort?.paid, 0, "and again");
  pass(MINUTE_MS);
  assert.equal(line.place({ challenge, nonce }, "mine", strangerIn(HOME)).ok, false, "then the challenge is too old");
  const later = line.challenge("mine").challenge;
  assert.equal(paidBy({ challenge: later, nonce: workOut(later, BITS) }).effort?.paid, BITS, "new work counts");
});

test("work that the bitmap takes for used, because it is full, counts all the same", () => {
  const dice = seededDice("full");
  let repeated: Uint8Array | undefined;
  const { line, paidBy } = openLine({ effort: 1, dice: { ...dice, bytes: (size) => repeated ?? dice.bytes(size) } });
  const spend = () => {
    const { challenge } = line.challenge("mine");
    return paidBy({ challenge, nonce: workOut(challenge, 1) }).effort?.paid;
  };
  repeated = randomBytes(16);
  assert.deepEqual([spend(), spend()], [1, 0], "a map that is nearly empty is sure of what it says");
  repeated = undefined;
  for (let used = 0; used < 36_000; used += 1) spend();
  repeated = randomBytes(16);
  assert.deepEqual([spend(), spend(), spend()], [1, 1, 0], "a full one is not, and gives the benefit of the doubt once");
});

test("under 2,500 challenges a second whose work is paid, nobody's work is lost, in fixed memory", () => {
  const spent = emptySpentEffort();
  const minute = minuteOf(START);
  let lost = 0;
  for (let used = 0; used < 150_000; used += 1) if (!spendEffort(spent, minute, randomBytes(16))) lost += 1;
  assert.ok(lost <= 5, `${lost} of 150,000`);
  for (const later of [1, 2, 3, 4]) spendEffort(spent, minute + later, randomBytes(16));
  assert.equal(spent.length, 3);
  assert.ok(spent.every((epoch) => epoch?.map.length === 2 ** 19));
});

test("effort stays paid while one waits, also when the line began anew", () => {
  const { line, paidBy, state, pass } = openLine({ rate: null });
  const { challenge } = line.challenge("mine");
  let { place } = paidBy({ challenge, nonce: workOut(challenge, BITS) });
  state.effort = 0;
  for (let asked = 0; asked < 3; asked += 1) {
    pass(30 * MINUTE_MS);
    const looked = line.turn(place, "mine", strangerIn(HOME));
    assert.ok(looked.ok);
    assert.deepEqual(looked.value.effort, { paid: BITS, wanted: 0 });
    place = looked.value.place;
  }
});

test("a place that is used up, or taken for it, is replaced and its effort stays paid: once, and for one letter", () => {
  const { line, paidBy, pass, keys, now } = openLine();
  const { challenge } = line.challenge("mine");
  const { place } = paidBy({ challenge, nonce: workOut(challenge, BITS) });
  const take = (token: string) => line.take(token, "mine", strangerIn(HOME));
  const again = (token: string) => {
    const looked = line.turn(token, "mine", strangerIn(HOME));
    assert.ok(looked.ok);
    return looked.value;
  };
  const idOf = (token: string) => Buffer.from(openPlace(keys.place, now(), "mine", token)?.id ?? []).toString("hex");
  assert.ok(take(place).ok);
  const renewed = Array.from({ length: 10 }, () => again(place));
  assert.ok(renewed.every(({ effort }) => effort?.paid === BITS));
  assert.equal(new Set(renewed.map((one) => idOf(one.place))).size, 1, "ten times the same place");
  pass(1_000);
  assert.deepEqual(
    renewed.map((one) => take(one.place).ok),
    [true, ...Array.from({ length: 9 }, () => false)],
    "one letter",
  );
  for (const token of [place, renewed[1]?.place ?? ""]) {
    const third = again(token);
    assert.equal(third.effort?.paid, 0, "the same work does not buy a third");
    pass(1_000);
    assert.ok(take(third.place).ok, "and there is always a place");
  }
});

test("somebody who waits may work later: the place stays the same one, keeps what was paid, and stands earlier", () => {
  const { line, paidBy, keys, now } = openLine({ rate: 0.5, effort: 14 });
  for (let number = 0; number < 30; number += 1)
    paidBy({ challenge: line.challenge("other").challenge }, `other ${number}`, `198.51.${number}.0/24`);
  const waiting = paidBy({ challenge: line.challenge("mine").challenge });
  assert.equal(waiting.turn, false);
  const { challenge } = line.challenge("mine");
  const ahead = paidBy({ challenge, nonce: workOut(challenge, 14), place: waiting.place });
  assert.equal(ahead.effort?.paid, 14);
  const [before, after] = [openPlace(keys.place, now(), "mine", waiting.place), openPlace(keys.place, now(), "mine", ahead.place)];
  assert.deepEqual(after?.id, before?.id, "one place, one letter");
  assert.ok((after?.standing.tag?.tick ?? 0) < (before?.standing.tag?.tick ?? 0));
  assert.ok((ahead.wait?.highSeconds ?? 999) < (waiting.wait?.highSeconds ?? 0), "and is told so");
  const less = line.challenge("mine").challenge;
  assert.equal(paidBy({ challenge: less, place: ahead.place }).effort?.paid, 14, "without new work it stays as it is");
  const another = paidBy({ challenge: line.challenge("x").challenge, place: ahead.place }, "another browser");
  assert.equal(another.effort?.paid, 0, "somebody else's place moves nobody ahead");
});

test("whoever worked is called before whoever came first without, and both are called", () => {
  const { line, paidBy, pass } = openLine({ rate: 1, effort: 14 });
  for (let number = 0; number < 20; number += 1)
    paidBy({ challenge: line.challenge("other").challenge }, `other ${number}`, `198.51.${number}.0/24`);
  const places = {
    rests: { ...paidBy({ challenge: line.challenge("rests").challenge }, "rests", "192.0.2.0/24"), from: "192.0.2.0/24" },
    works: { place: "", from: "203.0.113.0/24" },
  };
  const { challenge } = line.challenge("works");
  places.works.place = paidBy({ challenge, nonce: workOut(challenge, 14) }, "works", "203.0.113.0/24").place;
  const called: string[] = [];
  for (let second = 0; second < 60; second += 1) {
    pass(1_000);
    for (const who of ["rests", "works"] as const) {
      if (!called.includes(who) && line.take(places[who].place, who, strangerIn(places[who].from)).ok) called.push(who);
    }
  }
  assert.deepEqual(called, ["works", "rests"]);
});

test("the effort that is asked for is a whole number of bits with an end, whatever measured it", () => {
  for (const [measured, wanted] of [
    [0, 0],
    [-3, 0],
    [Number.NaN, 0],
    [Number.POSITIVE_INFINITY, 0],
    [17.4, 17],
    [900, 30],
  ] as const) {
    assert.equal(wantedBits(measured), wanted, String(measured));
  }
  const { line, state, pass } = openLine({ effort: 12.6 });
  assert.equal(line.challenge("mine").effort, 13);
  state.effort = 3;
  pass(HOUR_MS);
  assert.equal(line.challenge("mine").effort, 3, "and follows");
});

test("more effort never weighs less, none weighs as in peace, and four times the work weighs twice", () => {
  const weights = Array.from({ length: 30 }, (_, bits) => weightOf(bits));
  assert.equal(weights[0], 1);
  assert.deepEqual(
    weights,
    weights.toSorted((a, b) => a - b),
  );
  assert.ok(weights.every((weight) => weight >= 1 && weight <= 64));
  assert.equal(weightOf(18), 2 * weightOf(16));
  assert.equal(paidBits(30, 16), 16);
});

test("a real door takes the work as JSON and as a form, and keeps it apart from what is wrong with a field", async (t) => {
  const door = await startDoor(t, { boot: { minimumEffort: BITS } });
  door.capacity(50);
  const challenged = await door.ask("/sign-up/challenge", { method: "POST" });
  const cookie = challenged.setCookies[0]?.split(";")[0] ?? "";
  const first = challenged.json<ChallengeAnswer>();
  assert.equal(first.effort, BITS);
  const next = async () => (await door.ask("/sign-up/challenge", { method: "POST", cookie })).json<ChallengeAnswer>().challenge;
  const place = (body: object) => door.ask("/sign-up/place", { method: "POST", cookie, body: JSON.stringify(body) });

  const json = await place({ challenge: first.challenge, nonce: workOut(first.challenge, BITS) });
  assert.deepEqual(json.json<PlaceAnswer>().effort, { paid: BITS, wanted: BITS });
  const replayed = await place({ challenge: first.challenge, nonce: workOut(first.challenge, BITS) });
  assert.deepEqual([replayed.status, replayed.json<PlaceAnswer>().effort?.paid], [200, 0]);
  const tooLong = await place({ challenge: await next(), nonce: "A".repeat(12) });
  assert.equal(tooLong.status, 422);

  const challenge = await next();
  const headers = { "content-type": "application/x-www-form-urlencoded" };
  const fields = new URLSearchParams({ challenge, nonce: workOut(challenge, BITS) }).toString();
  const form = await door.ask("/sign-up/place", { method: "POST", cookie, headers, body: fields });
  assert.deepEqual([form.status, form.json<PlaceAnswer>().effort?.paid], [200, BITS]);

  const signUp = await next();
  const asForm = { ...headers, accept: "text/html" };
  const body = new URLSearchParams({ address: "ada@example.org", challenge: signUp, nonce: workOut(signUp, BITS) }).toString();
  const gone = await door.ask("/sign-up", { method: "POST", cookie, headers: asForm, body });
  assert.equal(gone.status, 303, "a form with the work in it leads on to the waiting page");
  const used = await place({ challenge: signUp, nonce: workOut(signUp, BITS) });
  assert.equal(used.json<PlaceAnswer>().effort?.paid, 0, "and has used it");

  const survives = await next();
  await door.kill();
  assert.equal(
    (await place({ challenge: survives, nonce: workOut(survives, BITS) })).json<PlaceAnswer>().effort?.paid,
    BITS,
    "a door that died takes it too",
  );
});
