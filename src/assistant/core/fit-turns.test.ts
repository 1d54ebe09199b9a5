import assert from "node:assert/strict";
import { test } from "node:test";
import type { ModelTurn } from "#contract/model-protocol.ts";
import { fitTurns } from "./fit-turns.ts";

const system: ModelTurn = { role: "system", text: "instructions" };
const asked = (text: string): ModelTurn => ({ role: "user", text });
const answered = (text: string): ModelTurn => ({ role: "assistant", text });
const talk = [system, asked("q1"), answered("a1"), asked("q2"), answered("a2"), asked("q3")];
const tens = talk.map(() => 10);
const texts = (turns: ModelTurn[] | undefined) => turns?.map((turn) => turn.text);

test("a conversation that fits is handed over whole", () => {
  assert.deepEqual(texts(fitTurns(talk, tens, 60)), ["instructions", "q1", "a1", "q2", "a2", "q3"]);
});

test("when it is too long, the oldest question goes together with its answer", () => {
  assert.deepEqual(texts(fitTurns(talk, tens, 59)), ["instructions", "q2", "a2", "q3"]);
  assert.deepEqual(texts(fitTurns(talk, tens, 49)), ["instructions", "q2", "a2", "q3"]);
});

test("an answer never stays without its question", () => {
  assert.deepEqual(texts(fitTurns(talk, tens, 39)), ["instructions", "q3"]);
});

test("instructions and the last message stay in any case", () => {
  assert.deepEqual(texts(fitTurns(talk, tens, 20)), ["instructions", "q3"]);
});

test("a last message that is longer than the context is said to be so", () => {
  assert.equal(fitTurns(talk, tens, 19), undefined);
  assert.equal(fitTurns([asked("long")], [100], 99), undefined);
});
