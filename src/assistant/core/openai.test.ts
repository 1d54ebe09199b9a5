/** Is every model server understood, whatever it calls things and wherever its bytes are cut? */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { seededDice } from "#kit/dice.ts";
import type { StreamPart } from "../provider.ts";
import { readAnswer } from "../openai-provider.ts";
import { apiAddress } from "./openai-address.ts";
import { modelLabel, offeredModels, parseModelList } from "./openai-models.ts";
import { chatBody, firstQuirks, learn, meaningOf, tooLongFor } from "./openai-request.ts";

type Read = { text?: string; reasoning?: string; tools?: string[]; usage?: [number, number]; end: string };
const FOLDER = new URL("./cases/", import.meta.url);

/** Recorded shapes of each server's stream, and what a person should get out of it. */
const STREAMS: Record<string, Read> = {
  openai: { text: "Hello, señor 👋🏽", usage: [9, 5], end: "stop" },
  "openai-tools": { tools: ['call_1 weather {"city":"Lima"}', "call_2 time {}"], end: "stop" },
  deepseek: { reasoning: "The user says 你好.", text: "Hi <think> is a tag.", usage: [12, 20], end: "stop" },
  "deepseek-out-of-capacity": { text: "Half an answer", end: "model-failed" },
  vllm: { reasoning: "Hmm, easy.", text: "\n\nFour.", usage: [15, 7], end: "stop" },
  "vllm-error": { text: "It", end: "model-failed" },
  "vllm-old-error": { text: "It", end: "model-failed" },
  "llama-cpp": { text: "Bread is baked.", usage: [10, 3], end: "length" },
  "llama-cpp-too-long": { end: "too-long-for-model 8192" },
  ollama: { reasoning: "We need", text: "Aquí está", usage: [26, 9], end: "stop" },
  "think-tags": { reasoning: "2+2 is 4", text: "Four.", end: "stop" },
  "done-only": { text: "Short", end: "stop" },
  "finish-only": { text: "Whole", end: "stop" },
  cut: { text: "Cut off", end: "model-failed" },
  "cut-in-event": { text: "Cut", end: "model-failed" },
  malformed: { text: "a", end: "model-failed" },
  filtered: { text: "I", end: "filtered" },
  "content-parts": { text: "In parts", end: "stop" },
};

function summary(parts: readonly StreamPart[]): Read {
  const read: Read = { end: "" };
  for (const part of parts) {
    assert.equal(read.end, "", "nothing comes after the end");
    if (part.kind === "text" || part.kind === "reasoning") read[part.kind] = (read[part.kind] ?? "") + part.text;
    else if (part.kind === "tool") read.tools = [...(read.tools ?? []), `${part.callId} ${part.name} ${part.argumentsText}`];
    else if (part.kind === "usage") read.usage = [part.inputTokens, part.outputTokens];
    else if (part.kind === "finish") read.end = part.reason;
    else read.end = part.contextTokens === undefined ? part.code : `${part.code} ${part.contextTokens}`;
  }
  return read;
}

async function readBytes(pieces: readonly Uint8Array[], contentType = "text/event-stream"): Promise<Read> {
  const parts: StreamPart[] = [];
  const reply = {
    status: 200,
    headers: new Headers({ "content-type": contentType }),
    body: ReadableStream.from(pieces) as ReadableStream<Uint8Array>,
  };
  for await (const part of readAnswer(reply, new AbortController().signal)) parts.push(part);
  return summary(parts);
}

test("each recorded stream has an expectation", () => {
  assert.deepEqual(
    readdirSync(FOLDER)
      .filter((name) => name.endsWith(".chunks.txt"))
      .toSorted(),
    Object.keys(STREAMS)
      .map((name) => `${name}.chunks.txt`)
      .toSorted(),
  );
});

for (const [name, expected] of Object.entries(STREAMS)) {
  test(`the stream of ${name} says the same wherever it is cut`, async () => {
    const bytes = readFileSync(new URL(`${name}.chunks.txt`, FOLDER));
    assert.deepEqual(await readBytes([bytes]), expected);
    assert.deepEqual(await readBytes([...bytes].map((byte) => Uint8Array.of(byte))), expected, "byte by byte");
    const dice = seededDice(name);
    for (let round = 0; round < 20; round += 1) {
      const cuts = [0, ...Array.from({ length: 6 }, () => Math.floor(dice.fraction() * bytes.length)), bytes.length].toSorted(
        (a, b) => a - b,
      );
      const pieces = cuts.slice(1).map((to, index) => bytes.subarray(cuts[index], to));
      assert.deepEqual(await readBytes(pieces), expected, `cut at ${cuts.join(", ")}`);
    }
  });
}

test("a server that does not stream is understood too", async () => {
  const whole = {
    object: "chat.completion",
    choices: [{ index: 0, message: { role: "assistant", content: "Hi" }, finish_reason: "stop" }],
    usage: { prompt_tokens: 1, completion_tokens: 2 },
  };
  assert.deepEqual(await readBytes([Buffer.from(JSON.stringify(whole))], "application/json"), { text: "Hi", usage: [1, 2], end: "stop" });
  assert.deepEqual(await readBytes([Buffer.from('{"error":"model is loading"}')], "application/json"), { end: "model-failed" });
  assert.deepEqual(await readBytes([], "application/json"), { end: "model-failed" });
});

test("an endless event ends as a failure instead of filling the memory", async () => {
  const flood = Array.from({ length: 80 }, () => Buffer.from(`data: ${"x".repeat(64 * 1024)}`.replace("data: ", "")));
  assert.deepEqual(await readBytes([Buffer.from("data: "), ...flood]), { end: "model-failed" });
});

test("a web page instead of an answer is a failure", async () => {
  assert.deepEqual(await readBytes([Buffer.from("<!doctype html><p>Welcome to nginx!</p>")], "text/html"), { end: "model-failed" });
});

const ADDRESSES: readonly [string, string, string[]][] = [
  ["https://api.openai.com/v1", "https://api.openai.com/v1", [""]],
  ["https://api.openai.com/v1/", "https://api.openai.com/v1", [""]],
  ["https://api.openai.com/v1/chat/completions", "https://api.openai.com/v1", [""]],
  ["https://api.deepseek.com", "https://api.deepseek.com", ["/v1", ""]],
  ["http://127.0.0.1:11434", "http://127.0.0.1:11434", ["/v1", ""]],
  ["http://127.0.0.1:11434/", "http://127.0.0.1:11434", ["/v1", ""]],
  ["http://gpu:8000/v1/models", "http://gpu:8000/v1", [""]],
  ["https://openrouter.ai/api", "https://openrouter.ai/api", ["/v1", ""]],
  ["https://generativelanguage.googleapis.com/v1beta/openai/", "https://generativelanguage.googleapis.com/v1beta/openai", [""]],
];
for (const [pasted, baseUrl, prefixes] of ADDRESSES) {
  test(`an operator may paste ${pasted}`, () => {
    const address = apiAddress(pasted, null);
    assert.deepEqual([address?.baseUrl, address?.prefixes], [baseUrl, prefixes]);
  });
}

test("a login in the address becomes a header and is gone from the address", () => {
  const address = apiAddress("https://me:s%C3%A9cret@llm.example.com/v1", null);
  assert.equal(address?.baseUrl, "https://llm.example.com/v1");
  assert.equal(address?.headers["authorization"], `Basic ${Buffer.from("me:sécret").toString("base64")}`);
  assert.equal(apiAddress("https://a.example.com", "sk-1")?.headers["authorization"], "Bearer sk-1");
  assert.equal(apiAddress("nonsense", null), undefined);
  assert.equal(apiAddress("ftp://a.example.com", null), undefined);
});

const list = (...data: unknown[]) => ({ object: "list", data });
const entry = (id: string, more = {}) => ({ id, object: "model", created: 1, owned_by: "x", ...more });

test("a list of models is read from each server, with the context where it is told", () => {
  assert.deepEqual(parseModelList(list(entry("qwen3:4b")), true), [{ name: "qwen3:4b", contextTokens: null }]);
  assert.deepEqual(parseModelList(list(entry("Qwen/Qwen3-8B", { max_model_len: 40_960 })), true), [
    { name: "Qwen/Qwen3-8B", contextTokens: 40_960 },
  ]);
  assert.deepEqual(
    parseModelList({ models: [], ...list(entry("/m/gemma.gguf", { meta: { n_ctx: 8_192, n_ctx_train: 131_072 } })) }, true)?.[0]
      ?.contextTokens,
    8_192,
  );
  assert.deepEqual(parseModelList({ object: "list", data: null }, true), []);
});

test("a web server, or anything else on the port, is not taken for a model server", () => {
  for (const body of [
    undefined,
    null,
    "ok",
    [],
    {},
    { data: [] },
    { status: "ok" },
    { object: "list", data: [{ name: "x" }] },
    { object: "list", data: "x" },
    { object: "list", data: [{ id: "x" }] },
  ]) {
    assert.equal(parseModelList(body, true), undefined, JSON.stringify(body));
  }
});

test("models that can't chat are not offered, and the operator's choice comes first", () => {
  const listed = ["text-embedding-3-small", "gpt-4.1", "whisper-1", "o4-mini", "bge-m3"].map((name) => ({ name, contextTokens: null }));
  assert.deepEqual(
    offeredModels(listed, null).map(({ name }) => name),
    ["gpt-4.1", "o4-mini"],
  );
  assert.deepEqual(
    offeredModels(listed, "o4-mini").map(({ name }) => name),
    ["o4-mini", "gpt-4.1"],
  );
  assert.deepEqual(
    offeredModels([], "my-model").map(({ name }) => name),
    ["my-model"],
  );
  assert.deepEqual(offeredModels([{ name: "nomic-embed-text", contextTokens: null }], null).length, 1);
});

test("a model named by its file is shown by the file's name", () => {
  assert.equal(modelLabel("/models/gemma-3-4b-it-Q4_K_M.gguf"), "gemma-3-4b-it-Q4_K_M");
  assert.equal(modelLabel("C:\\models\\a.gguf"), "a");
  assert.equal(modelLabel("Qwen/Qwen3-8B"), "Qwen/Qwen3-8B");
});

const request = { model: "m", turns: [{ role: "user" as const, text: "hi" }], maxOutputTokens: 60 };

test("the body holds what the person wrote and leaves sampling to the server", () => {
  assert.deepEqual(JSON.parse(chatBody(request, firstQuirks("http://x/v1"))), {
    model: "m",
    messages: [{ role: "user", content: "hi" }],
    stream: true,
    stream_options: { include_usage: true },
    max_tokens: 60,
  });
  assert.ok("max_completion_tokens" in JSON.parse(chatBody(request, firstQuirks("https://api.openai.com/v1"))));
  assert.ok(!("max_tokens" in JSON.parse(chatBody({ ...request, maxOutputTokens: null }, firstQuirks("http://x")))));
});

test("a refused parameter is learnt, once", () => {
  const first = firstQuirks("http://x/v1");
  const openai = {
    status: 400,
    text: "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
  };
  const learnt = learn(first, openai);
  assert.equal(learnt?.tokenField, "max_completion_tokens");
  assert.equal(learn(learnt ?? first, openai)?.tokenField, undefined, "the same refusal again teaches nothing");
  assert.equal(
    learn(first, { status: 422, text: '{"detail":[{"type":"extra_forbidden","loc":["body","stream_options"]}]}' })?.streamOptions,
    false,
  );
  assert.equal(learn(first, { status: 400, text: "max_tokens must be at least 1, got -186" }), undefined);
  assert.equal(learn(first, { status: 500, text: "stream_options" }), undefined);
});

test("a refusal because of length is told apart, with the length where it is said", () => {
  assert.equal(
    tooLongFor(
      '{"error":{"code":400,"message":"the request exceeds the available context size","type":"exceed_context_size_error","n_prompt_tokens":14429,"n_ctx":8192}}',
    ),
    8_192,
  );
  assert.equal(
    tooLongFor(
      "This model's maximum context length is 16384 tokens. However, you requested 122946 tokens (112946 in the messages, 10000 in the completion).",
    ),
    16_384,
  );
  assert.equal(
    tooLongFor('{"error":{"message":"Your input exceeds the context window of this model.","code":"context_length_exceeded"}}'),
    null,
  );
  assert.equal(tooLongFor("the model is overloaded"), undefined);
});

test("a busy server is asked again, a wrong key is not", () => {
  const meaning = (status: number, retryAfter: string | null = null) => meaningOf({ status, text: "", retryAfter });
  assert.deepEqual(meaning(429, "2"), { kind: "again", afterMs: 2_000 });
  assert.deepEqual(meaning(503), { kind: "again", afterMs: null });
  assert.deepEqual(meaning(500, "Wed, 21 Oct 2026 07:28:00 GMT"), { kind: "again", afterMs: null });
  assert.deepEqual(meaning(401), { kind: "unavailable" });
  assert.deepEqual(meaning(404), { kind: "unavailable" });
  assert.deepEqual(meaning(302), { kind: "unavailable" });
  assert.deepEqual(meaning(400), { kind: "failed" });
});
