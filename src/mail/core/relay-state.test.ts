import assert from "node:assert/strict";
import { test } from "node:test";
import { SECOND_MS } from "#kit/time.ts";
import { afterAttempt, afterProbe, freshRelay, lettersAllowed, lettersPromised, mailStatus, type RelayState } from "./relay-state.ts";
import type { Verdict } from "./verdict.ts";

const NOW = 1_800_000_000_000;
const trouble: Verdict = { tag: "trouble", word: "relay-unreachable" };
const success: Verdict = { tag: "success" };
const run = (verdicts: Verdict[], from: RelayState = freshRelay): RelayState => {
  let state = from;
  for (const verdict of verdicts) state = afterAttempt(state, verdict, Math.max(NOW, state.pausedUntil));
  return state;
};

test("before the first attempt nobody is told that mail works or fails", () => {
  assert.equal(freshRelay.status, "unknown");
  assert.equal(lettersAllowed(freshRelay, 5, NOW), 5);
});

test("a relay that can't be reached is told at once, and probed at 1, 2, 4, 8 and then each 15 seconds", () => {
  let state = freshRelay;
  const pauses: number[] = [];
  for (let attempt = 0; attempt < 7; attempt++) {
    const now = Math.max(NOW, state.pausedUntil);
    state = afterAttempt(state, trouble, now);
    pauses.push((state.pausedUntil - now) / SECOND_MS);
    assert.equal(state.status, "failing");
    assert.equal(lettersAllowed(state, 5, state.pausedUntil - 1), 0);
    assert.equal(lettersAllowed(state, 5, state.pausedUntil), 1);
  }
  assert.deepEqual(pauses, [1, 2, 4, 8, 15, 15, 15]);
});

test("five letters that meet the same trouble together lengthen the pause once", () => {
  let state = freshRelay;
  for (let letter = 0; letter < 5; letter++) state = afterAttempt(state, trouble, NOW + letter);
  assert.equal(state.troubles, 1);
  assert.equal(state.pausedUntil, NOW + 4 + SECOND_MS);
});

test("the first letter that the relay takes opens it for all", () => {
  const state = run([trouble, trouble, trouble, success]);
  assert.equal(state.status, "working");
  assert.equal(lettersAllowed(state, 5, NOW), 5);
});

test("a flood of addresses that don't exist neither stops other people's letters nor makes mail look broken", () => {
  const state = run(Array.from({ length: 50 }, () => ({ tag: "final", word: "recipient-refused" }) as const));
  assert.equal(state.status, "working");
  assert.equal(lettersAllowed(state, 5, NOW), 5);
});

test("a relay that drops three letters in a row is told as failing, still gets letters, and is believed after one success", () => {
  const dropped: Verdict = { tag: "again", word: "dropped" };
  assert.equal(run([dropped, dropped]).status, "working");
  const failing = run([dropped, { tag: "again", word: "cut-off" }, { tag: "final", word: "letter-refused" }]);
  assert.deepEqual([failing.status, failing.lastFailure, lettersAllowed(failing, 5, NOW)], ["failing", "letter-refused", 5]);
  assert.equal(run([success], failing).status, "working");
});

test("an open session ends trouble, but after dropped letters one more is enough to be failing again", () => {
  assert.deepEqual(afterProbe(run([trouble, trouble]), success, NOW), { ...freshRelay, status: "working" });
  const dropped: Verdict = { tag: "again", word: "dropped" };
  const reached = afterProbe(run([dropped, dropped, dropped]), success, NOW);
  assert.equal(reached.status, "working");
  assert.equal(afterAttempt(reached, dropped, NOW).status, "failing");
  assert.equal(afterAttempt(afterAttempt(reached, success, NOW), dropped, NOW).status, "working");
  assert.equal(afterProbe(freshRelay, trouble, NOW).status, "failing");
});

test("nobody is promised a letter by a relay that was never reached or fails", () => {
  assert.equal(lettersPromised(freshRelay.status, 50, 0), 0);
  assert.equal(lettersPromised(run([trouble]).status, 50, 0), 0);
});

test("a relay that takes less than the operator said gets a shorter line of promises, down to none", () => {
  const working = run([success]);
  assert.equal(lettersPromised(working.status, 50, 0), 50);
  assert.equal(lettersPromised(working.status, 50, 3 * SECOND_MS), 50);
  assert.ok(Math.abs(lettersPromised(working.status, 50, 11.5 * SECOND_MS) - 25) < 1e-9);
  assert.equal(lettersPromised(working.status, 50, 20 * SECOND_MS), 0);
  assert.equal(lettersPromised(working.status, 50, 500 * SECOND_MS), 0);
});

test("mail works while one of several relays does, and fails when all do", () => {
  const [works, fails] = [run([success]), run([trouble])];
  assert.equal(mailStatus([fails, works]), "working");
  assert.equal(mailStatus([fails, freshRelay]), "unknown");
  assert.equal(mailStatus([fails, fails]), "failing");
});
