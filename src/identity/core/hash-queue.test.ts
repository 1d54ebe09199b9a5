/** Does a flood of sign-ins keep a newcomer's password from being hashed? */
import assert from "node:assert/strict";
import { test } from "node:test";
import { emptyQueue, hasRoom, join, LANE_LIMIT, leave, rejoin, retryAfterMs, takeNext, type HashQueue } from "./hash-queue.ts";

function filled(signIns: number): HashQueue<string> {
  let queue = emptyQueue<string>();
  for (let number = 0; number < signIns; number += 1) queue = join(queue, "sign-in", `guess ${number}`);
  return queue;
}

test("a newcomer who proved a mailbox is served next, however many sign-ins wait", () => {
  let queue = filled(LANE_LIMIT);
  assert.equal(hasRoom(queue, "sign-in"), false);
  assert.equal(hasRoom(queue, "confirm"), true);
  queue = takeNext(queue)?.queue ?? queue;
  queue = join(queue, "confirm", "newcomer");
  assert.equal(takeNext(queue)?.job, "newcomer");
});

test("the lanes take turns while both wait, and each is first come, first served", () => {
  let queue = filled(3);
  for (const name of ["n0", "n1", "n2"]) queue = join(queue, "confirm", name);
  const served: string[] = [];
  for (let next = takeNext(queue); next !== undefined; next = takeNext(next.queue)) served.push(next.job);
  assert.deepEqual(served, ["n0", "guess 0", "n1", "guess 1", "n2", "guess 2"]);
});

test("a job whose hasher died comes first again, and one that nobody waits for is gone", () => {
  const queue = filled(2);
  const next = takeNext(queue);
  assert.equal(next?.job, "guess 0");
  const back = rejoin(next?.queue ?? queue, "sign-in", "guess 0");
  assert.equal(takeNext(back)?.job, "guess 0");
  assert.equal(takeNext(leave(back, "sign-in", "guess 0"))?.job, "guess 1");
});

test("who is turned away is told to come back after at least a second", () => {
  assert.equal(retryAfterMs(filled(0), 25, 1), 1_000);
  assert.equal(retryAfterMs(filled(LANE_LIMIT), 200, 1), 6_400);
  assert.equal(retryAfterMs(filled(LANE_LIMIT), 200, 2), 3_200);
});
