/** Does the line under an answer tell where the words went? */
import assert from "node:assert/strict";
import { test } from "node:test";
import { summarise, type SentTotal } from "./summary.ts";

const total = (messageId: string, name: string, stayed: boolean, bytes: number, requests = 1): SentTotal => ({
  messageId,
  name,
  host: `${name}:1`,
  stayed,
  requests,
  bytes,
});

test("an answer nobody was asked for went nowhere", () => {
  assert.deepEqual(summarise(["a"], [total("b", "x", true, 9)]).get("a"), { kind: "none" });
});

test("requests to this machine stayed here", () => {
  assert.deepEqual(summarise(["a"], [total("a", "Ollama", true, 9, 2)]).get("a"), { kind: "stayed", requests: 2 });
});

test("as soon as one request left, the person reads to whom and how much", () => {
  const summary = summarise(["a"], [total("a", "Ollama", true, 9), total("a", "api.example.com", false, 120, 2)]).get("a");
  assert.deepEqual(summary, { kind: "sent", destinations: [{ name: "api.example.com", host: "api.example.com:1", bytes: 120 }] });
});
