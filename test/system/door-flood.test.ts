/**
 * Does Holdfast stay what it is when its door is killed in the middle of a flood? A member chats, people wait in the line for
 * letters, strangers flood from many networks; then `kill -9`. The member is served again within three seconds, whoever waited
 * keeps their tag in the line, and nobody gets a letter twice.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { ChallengeAnswer, PlaceAnswer } from "#contract/wire.ts";
import { unpack, unpackNumber } from "#kit/pack.ts";
import { startFlood, visitorFrom, type Visitor } from "#support/flood.ts";
import { startHoldfast } from "#support/holdfast.ts";
import { finished, mailboxReader, openBrowser, pause, register, startChat, type Browser } from "#support/people.ts";

const FLOOD = { perSecond: Number(process.env["HOLDFAST_TEST_FLOOD_PER_SECOND"] ?? 300), networks: 200 };
const FLOOD_MS = 3_000;
const WAITING = 10;
const BACK_WITHIN_MS = 3_000;
const SERVED_WITHIN_MS = 60_000;
/** What stands before the fields of a signed token: the key's id and the MAC. */
const SIGNATURE_BYTES = 33;

/** `tags`: where they stood in the line, as their own place says it. `broken`: letters whose answer was lost with the door. */
type Person = { name: string; visitor: Visitor; tags: Set<string>; used: string; broken: number };

test("kill -9 of the door in mid-flood: members go on, places keep their tags, no letter goes twice", { timeout: 180_000 }, async (t) => {
  const holdfast = await startHoldfast(t, { env: { LETTERS_PER_SECOND: "1" } });
  const port = Number(new URL(holdfast.url).port);
  const read = mailboxReader(holdfast.mailboxUrl);
  const member = openBrowser(holdfast.url);
  await register(member, "member@example.org", read);

  const served: number[] = [];
  const late = AbortSignal.timeout(SERVED_WITHIN_MS);
  const people: Promise<Person>[] = [];
  for (let number = 0; number < WAITING; number += 1) {
    const visitor = visitorFrom(port, `127.${100 + number}.0.1`);
    const { challenge } = (await visitor.ask("/sign-up/challenge", {})).json<ChallengeAnswer>();
    const place = (await visitor.ask("/sign-up/place", { challenge })).json<PlaceAnswer>();
    const person: Person = { name: `newcomer-${number}@example.org`, visitor, tags: new Set(), used: "", broken: 0 };
    people.push(waitForLetter(person, place, late).finally(() => served.push(number)));
  }

  const chat = chatWithoutEnd(member);
  const flood = startFlood(port, FLOOD);
  await pause(FLOOD_MS);
  const servedBefore = served.length;
  const pid = (await holdfast.pids()).door;
  assert.ok(pid !== undefined, "the door is running");
  process.kill(pid, "SIGKILL");
  chat.doorDied();
  const backAfterMs = await servedAgain(member, performance.now());
  await pause(FLOOD_MS);
  const asked = await flood.stop();
  const { answers, slowestMs } = await chat.end();
  t.diagnostic(`the flood asked ${asked.asked} times: ${JSON.stringify(asked.byStatus)}`);
  t.diagnostic(
    `a member was served again after ${Math.round(backAfterMs)} ms; beside the flood ${answers} answers within ${Math.round(slowestMs)} ms`,
  );
  assert.ok(asked.asked > (FLOOD.perSecond * FLOOD_MS) / 1_000, "there was a flood");
  assert.ok(backAfterMs < BACK_WITHIN_MS, `back after ${backAfterMs} ms`);

  const all = await Promise.all(people);
  assert.ok(servedBefore < WAITING - 2, "people waited when the door was killed");
  for (const { name, tags, used, broken } of all) {
    assert.notEqual(used, "", `${name} got a letter`);
    assert.ok(tags.size <= 1 + broken, `${name} stood at ${[...tags].join(", then at ")}`);
  }

  // a place that was used is used up, also for a door that began anew
  for (const { visitor, used } of all) {
    const again = await visitor.ask("/sign-up/letter", { place: used, address: "again@example.org" });
    assert.ok(again.status === 409 || again.status === 425, `a used place was answered ${again.status}`);
  }
  await pause(2_000);
  assert.deepEqual(await read("again@example.org"), []);
  for (const { name, broken } of all) {
    const letters = (await read(name)).length;
    // whose answer was lost with the door asked again with another place
    assert.ok(letters >= 1 && letters <= 1 + broken, `${name} got ${letters} letters; ${broken} answers were lost`);
  }
});

/** Asks for the turn as a page does, keeps the place through whatever happens, and orders one letter. */
async function waitForLetter(person: Person, first: PlaceAnswer, late: AbortSignal): Promise<Person> {
  for (let place = first; !late.aborted; await pause(250)) {
    person.tags.add(tagOf(place.place));
    const { visitor, name } = person;
    if (!place.turn) {
      const answer = await visitor.ask("/sign-up/turn", { place: place.place }).catch(() => undefined);
      if (answer?.status === 200) place = answer.json<PlaceAnswer>();
      continue;
    }
    const answer = await visitor.ask("/sign-up/letter", { place: place.place, address: name }).catch(() => undefined);
    if (answer?.status === 200) return { ...person, used: place.place };
    if (answer === undefined || answer.status === 503) person.broken += 1;
    place = { ...place, turn: false };
  }
  return person;
}

/** What a place says of where it stands: the line's life, tick and number in it (src/door/core/place-token.ts). */
function tagOf(place: string): string {
  const fields = unpack(Buffer.from(place, "base64url").subarray(SIGNATURE_BYTES), 9) ?? assert.fail("a place has nine fields");
  return [2, 3, 4].map((at) => unpackNumber(fields[at])).join("/");
}

/** Ms from `since` to the first answer that a member gets from door, app and database. */
async function servedAgain(member: Browser, since: number): Promise<number> {
  for (; performance.now() - since < 4 * BACK_WITHIN_MS; await pause(20)) {
    const answer = await member.request("GET", "/api/me", undefined, { connection: "close" }).catch(() => undefined);
    if (answer?.status === 200) return performance.now() - since;
  }
  return Number.POSITIVE_INFINITY;
}

/** Asks and reads answers all the time. Only what met the dead door may fail. */
function chatWithoutEnd(member: Browser) {
  let [left, answers, slowestMs, diedAt] = [false, 0, 0, Number.POSITIVE_INFINITY];
  const faults: string[] = [];
  const once = async () => {
    const { conversationId, assistantMessage } = await startChat(member, "How are you?");
    await finished(member, conversationId, assistantMessage.id);
  };
  const running = (async () => {
    for (; !left; await pause(20)) {
      const from = performance.now();
      const fault = await once().then(
        () => undefined,
        (error: unknown) => String(error),
      );
      const now = performance.now();
      const metDeadDoor = now >= diedAt && from < diedAt + BACK_WITHIN_MS;
      if (fault === undefined) answers += 1;
      else if (!metDeadDoor) faults.push(fault);
      if (!metDeadDoor) slowestMs = Math.max(slowestMs, now - from);
    }
  })();
  return {
    doorDied: () => void (diedAt = performance.now()),
    async end() {
      left = true;
      await running;
      assert.deepEqual(faults, [], "a member's chat beside the flood");
      assert.ok(answers > 0);
      return { answers, slowestMs };
    },
  };
}
