/** Are passwords hashed by the process of their own, whatever happens to it, and is nobody left waiting for ever? */
import assert from "node:assert/strict";
import { test } from "node:test";
import { systemClock } from "#kit/time.ts";
import { startHasher, temporarySocket } from "#support/hasher.ts";
import { createHashLine } from "./hash-line.ts";
import { LANE_LIMIT } from "./core/hash-queue.ts";

test("a password is hashed with argon2id at OWASP's parameters, and only the same password matches", async (t) => {
  const { socket } = await startHasher(t);
  const line = createHashLine({ sockets: [socket], clock: systemClock });
  t.after(() => line.stop());
  const hashed = await line.hash("plover-marigold-27", "confirm");
  assert.ok(hashed.ok);
  assert.match(hashed.value, /^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
  assert.deepEqual(await line.verify("plover-marigold-27", hashed.value, "sign-in"), { ok: true, value: true });
  assert.deepEqual(await line.verify("plover-marigold-28", hashed.value, "sign-in"), { ok: true, value: false });
  assert.deepEqual(await line.verify("plover-marigold-27", "no PHC string", "sign-in"), { ok: true, value: false });
});

test("the one who comes when the line is full is told so at once, and everybody in it is served", async (t) => {
  const { socket } = await startHasher(t);
  const line = createHashLine({ sockets: [socket], clock: systemClock });
  t.after(() => line.stop());
  const answers = await Promise.all(
    Array.from({ length: LANE_LIMIT + 10 }, (_, number) => line.hash(`password number ${number}`, "sign-in")),
  );
  const served = answers.filter((answer) => answer.ok).length;
  assert.ok(served >= LANE_LIMIT && served <= LANE_LIMIT + 1, `${served} were served`);
  const turnedAway = answers.find((answer) => !answer.ok);
  assert.ok(turnedAway !== undefined && !turnedAway.ok && turnedAway.failure.retryAfterMs >= 1_000);
  assert.ok(line.room("sign-in").ok);
});

test("a hasher that is killed in mid-work loses nobody's password", async (t) => {
  const socket = temporarySocket(t);
  const first = await startHasher(t, socket);
  const line = createHashLine({ sockets: [socket], clock: systemClock });
  t.after(() => line.stop());
  const waiting = Array.from({ length: 20 }, (_, number) => line.hash(`password number ${number}`, "confirm"));
  await Promise.race(waiting);
  first.kill();
  await startHasher(t, socket);
  const answers = await Promise.all(waiting);
  assert.ok(answers.every((answer) => answer.ok));
});

test("without any hasher somebody is told that it is busy, and is not left waiting", async (t) => {
  const due: (() => void)[] = [];
  const clock = {
    ...systemClock,
    after: (delayMs: number, work: () => void) => (delayMs >= 10_000 ? (due.push(work), () => {}) : systemClock.after(delayMs, work)),
  };
  const line = createHashLine({ sockets: [temporarySocket(t)], clock });
  const waiting = line.hash("plover-marigold-27", "confirm");
  for (const work of due) work();
  const answer = await waiting;
  assert.equal(answer.ok ? "ok" : answer.failure.tag, "too-busy");
  line.stop();
  assert.equal(line.room("confirm").ok, false);
});

test("a hasher ends when the process that started it is gone", async (t) => {
  const hasher = await startHasher(t);
  hasher.disconnect();
  assert.equal(await hasher.exited, 0);
});
