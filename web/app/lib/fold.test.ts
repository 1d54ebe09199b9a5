import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Message } from "#contract/wire.ts";
import { foldPart, newerMessage } from "./fold.ts";

function answer(text: string, state: Message["state"] = "running"): Message {
  return {
    id: "m",
    conversationId: "c",
    parentId: null,
    role: "assistant",
    text,
    reasoning: "",
    state,
    problemCode: null,
    cutShort: false,
    modelId: null,
    modelName: null,
    createdAt: 0,
    finishedAt: null,
    usage: null,
    egress: { kind: "none" },
  };
}

test("a piece that continues the answer is joined to it", () => {
  const folded = foldPart(answer("Hello "), { channel: "text", at: 6, text: "world" });
  assert.equal(folded.verdict === "applied" && folded.message.text, "Hello world");
});

test("a piece that came twice is there once", () => {
  assert.equal(foldPart(answer("Hello world"), { channel: "text", at: 6, text: "world" }).verdict, "repeat");
});

test("a piece that overlaps adds only its new end", () => {
  const folded = foldPart(answer("Hello wo"), { channel: "text", at: 6, text: "world" });
  assert.equal(folded.verdict === "applied" && folded.message.text, "Hello world");
});

test("a missing piece is noticed and not papered over", () => {
  assert.equal(foldPart(answer("Hello"), { channel: "text", at: 9, text: "world" }).verdict, "gap");
});

test("reasoning and answer are counted apart", () => {
  const folded = foldPart(answer("Hello"), { channel: "reasoning", at: 0, text: "The person greets." });
  assert.equal(folded.verdict === "applied" && folded.message.reasoning, "The person greets.");
});

test("however often pieces come again, the answer is the one that was written", () => {
  const written = "Words stream in, and each must be there exactly once. 🙂";
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: written.length }), { maxLength: 30 }), (starts) => {
      let message = answer("");
      for (const start of [...starts, 0]) {
        const folded = foldPart(message, {
          channel: "text",
          at: Math.min(start, message.text.length),
          text: written.slice(Math.min(start, message.text.length)).slice(0, 7),
        });
        if (folded.verdict === "applied") message = folded.message;
      }
      assert.equal(message.text, written.slice(0, message.text.length));
    }),
  );
});

test("an old snapshot never takes words away from a running answer or reopens a finished one", () => {
  assert.equal(newerMessage(answer("Hello world"), answer("Hello")).text, "Hello world");
  assert.equal(newerMessage(answer("Hello world", "done"), answer("Hello")).state, "done");
  assert.equal(newerMessage(answer("Hello"), answer("Hello world", "stopped")).state, "stopped");
});
