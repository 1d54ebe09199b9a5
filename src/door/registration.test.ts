/** Does the line at the door hold what the protocol promises? Challenge, place and turn at a real door, across restarts and rotations. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { COOKIES } from "#contract/cookies.ts";
import type { Problem } from "#contract/problems.ts";
import { INTERNAL } from "#contract/processes.ts";
import type { ChallengeAnswer, PlaceAnswer, StatusAnswer } from "#contract/wire.ts";
import { doorKeys, newRoot, startDoor, takePlace, type Reply, type TestDoor } from "#support/door.ts";

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const codeOf = (answer: Reply) => answer.json<Problem>().code;
const post = (door: TestDoor, path: string, cookie: string, body: unknown, headers: Record<string, string> = {}) =>
  door.ask(path, { method: "POST", cookie, headers, body: JSON.stringify(body) });
const letter = (door: TestDoor, cookie: string, place: string, address = "ada@example.org") =>
  post(door, "/sign-up/letter", cookie, { place, address });

/** A door with capacity; the app answers each letter as done. */
async function openDoor(t: Parameters<typeof startDoor>[0], rate: number | null = 50, more: Parameters<typeof startDoor>[1] = {}) {
  const door = await startDoor(t, more);
  door.capacity(rate);
  await pause(50);
  return door;
}

/** Asks until the turn is there. */
async function untilTurn(door: TestDoor, cookie: string, place: string, limitMs = 10_000): Promise<string> {
  for (const until = Date.now() + limitMs; Date.now() < until; await pause(100)) {
    const answer = await post(door, "/sign-up/turn", cookie, { place });
    assert.equal(answer.status, 200, answer.text);
    const asked = answer.json<PlaceAnswer>();
    place = asked.place;
    if (asked.turn) return place;
  }
  return assert.fail("the turn did not come");
}

test("in peace the turn comes with the place, and the app gets the letter with the place's id and no other", async (t) => {
  const door = await openDoor(t);
  const { cookie, placed } = await takePlace(door);
  assert.match(cookie, new RegExp(`^${COOKIES.browser}=[\\w-]{43}$`));
  const place = placed.json<PlaceAnswer>();
  assert.equal(place.turn, true);
  assert.equal(place.retryAfterSeconds, 0);
  assert.ok(place.place.length <= 512);
  assert.equal((await letter(door, cookie, place.place)).status, 200);
  const reached = door.reached.filter((one) => one.path === "/sign-up/letter");
  assert.equal(reached.length, 1, "challenge, place and turn reached nobody");
  assert.match(String(reached[0]?.headers[INTERNAL.placeId]), /^[\w-]{22}$/);
  assert.deepEqual(door.reached.length, 1);
});

test("a challenge costs no effort, is good for two minutes from any browser, and only as it was made", async (t) => {
  const door = await openDoor(t);
  const answer = await door.ask("/sign-up/challenge", { method: "POST" });
  const { challenge, effort, expiresAt } = answer.json<ChallengeAnswer>();
  assert.equal(effort, 0);
  assert.ok(Math.abs(expiresAt - Date.now() - 120_000) < 5_000);
  assert.equal(
    (await post(door, "/sign-up/place", "", { challenge })).status,
    200,
    "without the cookie: the browser gets one with the place",
  );
  for (const wrong of [
    "",
    "x",
    `${challenge}A`,
    challenge.slice(1),
    challenge.slice(0, 9) + (challenge[9] === "A" ? "B" : "A") + challenge.slice(10),
  ]) {
    assert.equal(codeOf(await post(door, "/sign-up/place", "", { challenge: wrong })), "challenge-expired", wrong);
  }
});

test("a place is refused to another browser, when it was altered, and as a token of another kind", async (t) => {
  const door = await openDoor(t);
  const [mine, theirs] = [await takePlace(door), await takePlace(door)];
  const { place } = mine.placed.json<PlaceAnswer>();
  for (const path of ["/sign-up/turn", "/sign-up/letter"]) {
    const more = path.endsWith("letter") ? { address: "ada@example.org" } : {};
    assert.equal(codeOf(await post(door, path, theirs.cookie, { place, ...more })), "place-expired", "another browser");
    assert.equal(codeOf(await post(door, path, "", { place, ...more })), "place-expired", "no browser at all");
    assert.equal(
      codeOf(await post(door, path, mine.cookie, { place: mine.challenge, ...more })),
      "place-expired",
      "a challenge is no place",
    );
    for (let at = 0; at < place.length; at += 7) {
      // no faster than strangers together may ask for letters
      await pause(20);
      const altered = place.slice(0, at) + (place[at] === "A" ? "B" : "A") + place.slice(at + 1);
      assert.equal(codeOf(await post(door, path, mine.cookie, { place: altered, ...more })), "place-expired", `character ${at}`);
    }
  }
  assert.equal(
    codeOf(await post(door, "/sign-up/place", mine.cookie, { challenge: place })),
    "challenge-expired",
    "a place is no challenge",
  );
  assert.equal(door.reached.length, 0);
  assert.equal((await letter(door, mine.cookie, place)).status, 200, "and is still good where it belongs");
});

test("one place asked for in parallel gives one letter", async (t) => {
  const door = await openDoor(t);
  const { cookie, placed } = await takePlace(door);
  const { place } = placed.json<PlaceAnswer>();
  const answers = await Promise.all(Array.from({ length: 20 }, () => letter(door, cookie, place)));
  assert.equal(answers.filter(({ status }) => status === 200).length, 1);
  assert.deepEqual(new Set(answers.filter(({ status }) => status !== 200).map(codeOf)), new Set(["place-spent"]));
  assert.equal(door.reached.length, 1);
  const after = (await post(door, "/sign-up/turn", cookie, { place })).json<PlaceAnswer>();
  assert.equal((await letter(door, cookie, after.place)).status, 200, "whoever needs another letter gets a new place by the old one");
});

test("a turn that led to no letter is not lost: the place stays good", async (t) => {
  const door = await openDoor(t);
  const { cookie, placed } = await takePlace(door);
  const { place } = placed.json<PlaceAnswer>();
  assert.equal(codeOf(await letter(door, cookie, place, "no")), "invalid-field");
  await door.stopApp();
  assert.equal(codeOf(await letter(door, cookie, place)), "app-down");
  await door.startApp();
  assert.equal((await letter(door, cookie, place)).status, 200);
});

test("capacity that is not known lets nobody through and says so; when it is known again everybody still has a place", async (t) => {
  const door = await openDoor(t, null);
  const { cookie, placed } = await takePlace(door);
  const place = placed.json<PlaceAnswer>();
  assert.deepEqual([place.turn, place.wait], [false, undefined]);
  assert.ok(place.retryAfterSeconds >= 1);
  const early = await letter(door, cookie, place.place);
  assert.equal(early.status, 425);
  assert.equal(codeOf(early), "not-your-turn");
  assert.equal((await door.ask("/status.json")).json<StatusAnswer>().line.standsStill, true);
  assert.equal(door.reached.length, 0);
  door.capacity(50);
  await pause(50);
  assert.equal((await letter(door, cookie, await untilTurn(door, cookie, place.place))).status, 200);
});

test("an app that went silent is believed for ten seconds and no longer", { timeout: 30_000 }, async (t) => {
  const door = await openDoor(t, 50);
  door.capacity(null);
  await pause(8_500);
  const still = await takePlace(door);
  assert.equal(still.placed.json<PlaceAnswer>().turn, true);
  await pause(2_500);
  const { placed } = await takePlace(door);
  assert.equal(placed.json<PlaceAnswer>().turn, false);
  assert.equal((await door.ask("/status.json")).json<StatusAnswer>().line.lettersPerSecond, null);
});

test("a line has an end: who waits is told how long, and the turns come no faster than the letters", async (t) => {
  const door = await openDoor(t, 2, { boot: { trustedProxyHops: 1 } });
  const people = await Promise.all(Array.from({ length: 14 }, (_, number) => takePlace(door, { "x-forwarded-for": `198.51.${number}.7` })));
  const startedAt = Date.now();
  const told = people.map(({ placed }) => placed.json<PlaceAnswer>());
  assert.ok(told.some(({ turn, wait }) => !turn && wait !== undefined && wait.highSeconds >= 2 && wait.confidence >= 0.8));
  let letters = 0;
  await Promise.all(
    people.map(async ({ cookie, placed }, number) => {
      const headers = { "x-forwarded-for": `198.51.${number}.7` };
      for (let { place } = placed.json<PlaceAnswer>(); ; await pause(200)) {
        const asked = (await post(door, "/sign-up/turn", cookie, { place }, headers)).json<PlaceAnswer>();
        place = asked.place;
        if (!asked.turn) continue;
        const answer = await post(door, "/sign-up/letter", cookie, { place, address: "ada@example.org" }, headers);
        if (answer.status !== 200) continue;
        letters += 1;
        const seconds = (Date.now() - startedAt) / 1_000;
        assert.ok(letters <= 4 + 2 * (seconds + 1), `${letters} letters after ${seconds} s`);
        return;
      }
    }),
  );
  assert.equal(letters, 14);
});

test("a door that dies keeps everybody's place", async (t) => {
  const door = await openDoor(t, null);
  const people = [];
  for (let number = 0; number < 5; number += 1) people.push(await takePlace(door));
  await pause(1_200);
  people.push(await takePlace(door));
  const before = (await door.ask("/status.json")).json<StatusAnswer>().line.waiting;
  assert.equal(before, 6);
  await door.kill();
  for (const { cookie, placed } of people) {
    const asked = (await post(door, "/sign-up/turn", cookie, { place: placed.json<PlaceAnswer>().place })).json<PlaceAnswer>();
    assert.equal(asked.turn, false);
  }
  assert.equal((await door.ask("/status.json")).json<StatusAnswer>().line.waiting, 6, "also of whoever came after the last snapshot");
  door.capacity(50);
  for (const { cookie, placed } of people) {
    assert.equal((await letter(door, cookie, await untilTurn(door, cookie, placed.json<PlaceAnswer>().place))).status, 200);
  }
});

test("challenge and place outlive the door that made them", async (t) => {
  const door = await openDoor(t, 50);
  const challenged = await door.ask("/sign-up/challenge", { method: "POST" });
  const cookie = challenged.setCookies[0]?.split(";")[0] ?? "";
  await door.kill();
  door.capacity(50);
  const placed = await post(door, "/sign-up/place", cookie, { challenge: challenged.json<ChallengeAnswer>().challenge });
  assert.equal(placed.status, 200);
  await door.kill();
  door.capacity(50);
  await pause(50);
  assert.equal((await letter(door, cookie, await untilTurn(door, cookie, placed.json<PlaceAnswer>().place))).status, 200);
});

test("after the keys were rotated what was made before is still good; after a second rotation it is not", async (t) => {
  const [one, two, three] = [newRoot(1), newRoot(2), newRoot(3)];
  const door = await openDoor(t, 50, { root: one });
  const { cookie, challenge, placed } = await takePlace(door);
  const { place } = placed.json<PlaceAnswer>();
  door.send({ kind: "keys", keys: doorKeys(two, one) });
  await pause(50);
  assert.equal((await post(door, "/sign-up/place", cookie, { challenge })).status, 200);
  const kept = await untilTurn(door, cookie, place);
  door.send({ kind: "keys", keys: doorKeys(three, two) });
  await pause(50);
  assert.equal(codeOf(await post(door, "/sign-up/turn", cookie, { place })), "place-expired");
  assert.equal(codeOf(await post(door, "/sign-up/place", cookie, { challenge })), "challenge-expired");
  assert.equal((await letter(door, cookie, kept)).status, 200, "whoever asked in between carries on");
});

test("one flooding network waits behind itself: a newcomer from another is next", async (t) => {
  const door = await openDoor(t, null, { boot: { trustedProxyHops: 1 } });
  const flood = { "x-forwarded-for": "203.0.113.5" };
  for (let place = 0; place < 60; place += 1) await takePlace(door, flood);
  const home = { "x-forwarded-for": "10.9.9.9, 192.0.2.44" };
  const { cookie, placed } = await takePlace(door, home);
  door.capacity(1);
  for (let { place } = placed.json<PlaceAnswer>(), asked = 0; ; asked += 1, await pause(200)) {
    const answer = (await post(door, "/sign-up/turn", cookie, { place }, home)).json<PlaceAnswer>();
    if (answer.turn) break;
    assert.ok(asked < 40, "eight seconds are not enough");
    place = answer.place;
  }
  const lastOfFlood = (await takePlace(door, flood)).placed.json<PlaceAnswer>();
  assert.equal(lastOfFlood.turn, false);
  assert.ok((lastOfFlood.wait?.highSeconds ?? 0) > 5);
});

test("a field that is missing, unknown or broken is named, and nothing is used up", async (t) => {
  const door = await openDoor(t);
  const { cookie, placed } = await takePlace(door);
  const { place } = placed.json<PlaceAnswer>();
  const wrong = await post(door, "/sign-up/letter", cookie, { place, address: "ada@example.org", role: "operator" });
  assert.deepEqual(
    wrong.json<Problem>().errors?.map(({ field }) => field),
    ["role"],
  );
  assert.equal((await post(door, "/sign-up/turn", cookie, {})).status, 422);
  for (const body of ["{", "[]", "7", Buffer.from([0x7b, 0xff, 0x7d])]) {
    assert.equal(codeOf(await door.ask("/sign-up/turn", { method: "POST", cookie, body })), "bad-request");
  }
  const plain = await door.ask("/sign-up/turn", { method: "POST", cookie, headers: { "content-type": "text/plain" }, body: "{}" });
  assert.equal(codeOf(plain), "unsupported-media");
  assert.equal((await letter(door, cookie, place)).status, 200);
});
