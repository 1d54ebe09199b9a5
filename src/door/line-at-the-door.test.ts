/** Who is served when, by a real door? Order across a crash, zero capacity, a change of network, and places that only the app knows as spent. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { INTERNAL } from "#contract/processes.ts";
import type { Problem } from "#contract/problems.ts";
import type { PlaceAnswer, StatusAnswer } from "#contract/wire.ts";
import { startDoor, takePlace, type TestDoor } from "#support/door.ts";

type Person = { name: string; cookie: string; place: string; network: string };

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const BEHIND_PROXY = { boot: { trustedProxyHops: 1 } };

async function arrive(door: TestDoor, name: string, network: string): Promise<Person> {
  const { cookie, placed } = await takePlace(door, { "x-forwarded-for": network });
  assert.equal(placed.status, 200);
  return { name, cookie, place: placed.json<PlaceAnswer>().place, network };
}

function post(door: TestDoor, path: string, person: Person, body: object) {
  const headers = { "x-forwarded-for": person.network };
  return door.ask(path, { method: "POST", cookie: person.cookie, headers, body: JSON.stringify({ place: person.place, ...body }) });
}

/** Asks once, and keeps the newest place as a browser does. */
async function look(door: TestDoor, person: Person): Promise<PlaceAnswer> {
  const answer = await post(door, "/sign-up/turn", person, {});
  assert.equal(answer.status, 200, answer.text);
  const looked = answer.json<PlaceAnswer>();
  person.place = looked.place;
  return looked;
}

const letter = (door: TestDoor, person: Person) => post(door, "/sign-up/letter", person, { address: `${person.name}@example.org` });

test("capacity zero calls nobody, promises no wait, and costs nobody the place", async (t) => {
  const door = await startDoor(t, BEHIND_PROXY);
  door.capacity(0);
  await pause(100);
  const ada = await arrive(door, "ada", "198.51.100.1");
  for (let round = 0; round < 3; round += 1, await pause(700)) {
    const { turn, wait, retryAfterSeconds } = await look(door, ada);
    assert.deepEqual([turn, wait, retryAfterSeconds], [false, undefined, 5]);
  }
  const refused = await letter(door, ada);
  assert.equal(refused.json<Problem>().code, "not-your-turn");
  assert.equal(refused.headers["retry-after"], "5");
  const { line } = (await door.ask("/status.json")).json<StatusAnswer>();
  assert.deepEqual(line, {
    ...{ waiting: 1, standsStill: true, wait: null, lettersPerSecond: 0 },
    quotes: { decided: 0, share: null },
  });
  assert.equal(door.reached.length, 0);
  door.capacity(10);
  await pause(300);
  assert.equal((await look(door, ada)).turn, true);
  assert.equal((await letter(door, ada)).status, 200);
});

test("a door that is killed serves those who wait in the order in which they came", { timeout: 60_000 }, async (t) => {
  const door = await startDoor(t, BEHIND_PROXY);
  const people: Person[] = [];
  // of one network each stands in a round of their own
  for (let number = 0; number < 5; number += 1) people.push(await arrive(door, `p${number}`, "198.51.100.1"));
  await pause(1_200);
  // after the snapshot: the door does not know of them when it is back
  for (let number = 5; number < 8; number += 1) people.push(await arrive(door, `p${number}`, "198.51.100.1"));
  await door.kill();
  // whoever came last asks first
  for (const person of people.toReversed()) assert.equal((await look(door, person)).turn, false);
  assert.equal((await door.ask("/status.json")).json<StatusAnswer>().line.waiting, 8);
  door.capacity(1);
  const served: number[] = [];
  for (const until = Date.now() + 30_000; served.length < 8 && Date.now() < until; await pause(150)) {
    for (const [number, person] of [...people.entries()].toReversed()) {
      if (served.includes(number) || !(await look(door, person)).turn) continue;
      if ((await letter(door, person)).status === 200) served.push(number);
    }
  }
  assert.equal(served.length, 8, `only ${served.join(" ")}`);
  // those of four seconds may be called together, and then whoever asks first is first
  for (const [rank, number] of served.entries()) assert.ok(Math.abs(rank - number) <= 4, `served: ${served.join(" ")}`);
  t.diagnostic(`asked in the opposite order, served: ${served.join(" ")}`);
});

test("a place shown from a flooded network waits there; shown from another quiet one it keeps its turn", async (t) => {
  const door = await startDoor(t, BEHIND_PROXY);
  const flooded = "203.0.113.5";
  for (let number = 0; number < 40; number += 1) await arrive(door, "bot", flooded);
  const moved = await arrive(door, "moved", "198.51.100.1");
  const stayed = await arrive(door, "stayed", "192.0.2.1");
  const wandered = await arrive(door, "wandered", "192.0.9.1");
  moved.network = flooded;
  await look(door, moved);
  wandered.network = "192.0.10.1";
  door.capacity(2);
  let [early, late] = [false, false];
  for (const until = Date.now() + 8_000; Date.now() < until && !(early && late); await pause(200)) {
    early ||= (await look(door, stayed)).turn;
    late ||= (await look(door, wandered)).turn;
    assert.equal((await look(door, moved)).turn, false, "forty places stand in front");
  }
  assert.deepEqual([early, late], [true, true], "who stayed, or moved to another quiet network, is next");
  assert.ok(((await look(door, moved)).wait?.highSeconds ?? 0) >= 10);
});

test("a place that only the app knows as spent is not offered again: whoever asks is given another", async (t) => {
  const door = await startDoor(t);
  const known = new Set<string>();
  let dieAfter = 1;
  // as the app does it: the place's id is unique, and the row may be there although the answer was lost
  door.answer = (request, response) => {
    const id = String(request.headers[INTERNAL.placeId]);
    const isNew = !known.has(id);
    known.add(id);
    if ((dieAfter -= 1) === 0) {
      request.socket.destroy();
      return;
    }
    const problem = { code: "place-spent", status: 409, title: "", detail: "", type: "" };
    response.writeHead(isNew ? 200 : 409, { "content-type": "application/json" }).end(JSON.stringify(isNew ? {} : problem));
  };
  door.capacity(50);
  await pause(100);
  const ada = await arrive(door, "ada", "");
  const statuses: number[] = [];
  for (let round = 0; round < 5 && !statuses.includes(200); round += 1) {
    assert.equal((await look(door, ada)).turn, true);
    statuses.push((await letter(door, ada)).status);
  }
  assert.deepEqual(statuses, [503, 409, 200], "the answer was lost, the place was spent, the next one is good");

  await door.kill();
  door.capacity(50);
  await pause(100);
  const again: number[] = [];
  for (let round = 0; round < 5 && !again.includes(200); round += 1) {
    await untilTurn(door, ada);
    again.push((await letter(door, ada)).status);
  }
  assert.deepEqual(again, [409, 200], "a door that began anew has forgotten; the app has not");
});

async function untilTurn(door: TestDoor, person: Person): Promise<void> {
  for (const until = Date.now() + 5_000; Date.now() < until; await pause(50)) if ((await look(door, person)).turn) return;
  assert.fail("the turn did not come");
}
