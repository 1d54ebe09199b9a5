/** Do we talk well to a model server that is a process of its own: busy, broken, refusing, gone? And find one by itself? */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { after, test, type TestContext } from "node:test";
import pino from "pino";
import { systemDice } from "#kit/dice.ts";
import { systemClock } from "#kit/time.ts";
import { createEgress } from "#egress/egress.ts";
import { testDatabase } from "#support/database.ts";
import { startOpenAiServer, type OpenAiServerOptions } from "#support/openai-server.ts";
import { createModelServers } from "./model-servers.ts";
import type { GenerationRequest, ModelProvider, StreamPart } from "./provider.ts";

const sql = await testDatabase({ after });
const [accountId, conversationId, messageId] = [randomUUID(), randomUUID(), randomUUID()];
await sql`insert into account (id, address, address_key, password_hash, role, language, cohort, created_at)
  values (${accountId}, 'a@example.org', 'a@example.org', 'x', 'member', 'en', 1, now())`;
await sql`insert into conversation (id, account_id, title, created_at, updated_at) values (${conversationId}, ${accountId}, '', now(), now())`;
await sql`insert into message (id, conversation_id, role, text, state, created_at) values (${messageId}, ${conversationId}, 'assistant', '', 'running', now())`;

const log = pino({ level: "silent" });
const newEgress = () => createEgress({ sql, clock: systemClock, dice: systemDice, log, destinations: [] });

async function connected(t: TestContext, options: OpenAiServerOptions = {}) {
  const server = await startOpenAiServer(t, options);
  const egress = newEgress();
  const servers = createModelServers({
    server: { url: server.url, key: options.key ?? null, name: null },
    discover: false,
    egress,
    clock: systemClock,
    log,
  });
  const [provider] = servers.configured();
  assert.ok(provider !== undefined);
  return { server, egress, servers, provider };
}

async function ask(
  provider: ModelProvider,
  more: Partial<GenerationRequest> = {},
  signal = new AbortController().signal,
): Promise<StreamPart[]> {
  const [model] = await provider.models();
  const parts: StreamPart[] = [];
  const request: GenerationRequest = {
    modelId: model?.id ?? `${provider.id}/stub-model`,
    turns: [{ role: "user", text: "¿qué?" }],
    language: "en",
    maxOutputTokens: null,
    purpose: "answer",
    accountId,
    conversationId,
    messageId,
    ...more,
  };
  for await (const part of provider.stream(request, signal)) parts.push(part);
  return parts;
}

const words = (parts: readonly StreamPart[], kind: "text" | "reasoning") =>
  parts.map((part) => (part.kind === kind ? part.text : "")).join("");
const end = (parts: readonly StreamPart[]) => parts.at(-1);

test("an answer arrives with thoughts, words and usage, exactly as the server sent them", async (t) => {
  const { server, provider } = await connected(t, { key: "sk-test", contextTokens: 8_192 });
  assert.deepEqual(await provider.models(), [
    {
      id: `server:127.0.0.1:${server.port}/stub-model`,
      name: "stub-model",
      provider: "server",
      where: "here",
      host: `127.0.0.1:${server.port}`,
      contextTokens: 8_192,
    },
  ]);
  await server.next({ reasoning: "thinking aloud", words: 200 });
  const parts = await ask(provider);
  const [served] = await server.served();
  assert.equal(words(parts, "text"), served?.text);
  assert.equal(words(parts, "reasoning"), "thinking aloud");
  assert.ok(parts.some((part) => part.kind === "usage" && part.outputTokens > 0));
  assert.deepEqual(end(parts), { kind: "finish", reason: "stop" });
  const asked = (await server.received()).find(({ method }) => method === "POST");
  assert.equal(asked?.headers["authorization"], "Bearer sk-test");
});

test("a busy server is asked again before the first word", async (t) => {
  const { server, provider } = await connected(t);
  await server.next(
    { fault: { kind: "status", status: 429, retryAfterSeconds: 0 } },
    { fault: { kind: "status", status: 500 } },
    { text: "at last" },
  );
  const parts = await ask(provider);
  assert.equal(words(parts, "text"), "at last");
  assert.equal((await server.received()).filter(({ method }) => method === "POST").length, 3);
});

test("a server that stays busy is not asked for ever", async (t) => {
  const { server, provider } = await connected(t);
  await server.otherwise({ fault: { kind: "status", status: 503, retryAfterSeconds: 0 } });
  assert.deepEqual(await ask(provider), [{ kind: "error", code: "model-unavailable" }]);
  await server.otherwise({ fault: { kind: "status", status: 429, retryAfterSeconds: 3_600 } });
  assert.deepEqual(await ask(provider), [{ kind: "error", code: "model-unavailable" }]);
  assert.equal((await server.received()).filter(({ method }) => method === "POST").length, 4);
});

test("a refused parameter is left out, and stays left out", async (t) => {
  const { server, provider } = await connected(t);
  const refusal =
    '{"error":{"message":"Unsupported parameter: \'max_tokens\' is not supported with this model. Use \'max_completion_tokens\' instead."}}';
  await server.next({ fault: { kind: "status", status: 400, body: refusal } }, { text: "short" });
  assert.equal(words(await ask(provider, { maxOutputTokens: 60 }), "text"), "short");
  await ask(provider, { maxOutputTokens: 60 });
  const bodies = (await server.received())
    .filter(({ method }) => method === "POST")
    .map(({ body }) => Object.keys(JSON.parse(body.toString()) as object));
  assert.deepEqual(
    bodies.map((keys) => keys.at(-1)),
    ["max_tokens", "max_completion_tokens", "max_completion_tokens"],
  );
});

test("whatever breaks in mid-answer keeps what came and ends as a failure", async (t) => {
  const { server, provider } = await connected(t);
  for (const kind of ["cut", "malformed", "error", "no-finish"] as const) {
    await server.next({ text: "one two three four", fault: { kind, afterChunks: 2 } });
    const parts = await ask(provider);
    assert.equal(words(parts, "text"), "one two ", kind);
    assert.deepEqual(end(parts), { kind: "error", code: "model-failed" }, kind);
  }
});

test("a message that is too long for the model is told apart", async (t) => {
  const { server, provider } = await connected(t);
  await server.next({ fault: { kind: "status", status: 400, body: '{"error":{"type":"exceed_context_size_error","n_ctx":512}}' } });
  assert.deepEqual(await ask(provider), [{ kind: "error", code: "too-long-for-model", contextTokens: 512 }]);
});

test("a wrong key, and a server that is gone, are the model being unreachable", async (t) => {
  const { server, provider } = await connected(t, { key: "right" });
  const wrong = createModelServers({
    server: { url: server.url, key: "wrong", name: "m" },
    discover: false,
    egress: newEgress(),
    clock: systemClock,
    log,
  });
  const [locked] = wrong.configured();
  assert.ok(locked !== undefined);
  assert.deepEqual(await ask(locked), [{ kind: "error", code: "model-unavailable" }]);
  assert.deepEqual(
    (await wrong.overview(0)).map(({ reachable, problemCode, models }) => [reachable, problemCode, models]),
    [[false, "model-unavailable", ["m"]]],
  );
  assert.equal((await provider.models()).length, 1);
  await server.kill();
  assert.deepEqual(await ask(provider), [{ kind: "error", code: "model-unavailable" }]);
});

test("what a configured server offered stays on offer while it is away", async (t) => {
  const { server, servers, provider } = await connected(t);
  assert.equal((await provider.models()).length, 1);
  await server.kill();
  assert.equal((await servers.overview(0))[0]?.reachable, false);
  assert.equal((await provider.models()).length, 1);
  assert.equal(provider.expected, true);
});

test("a person who stops ends the work at the server, and the stream ends without a word", async (t) => {
  const { server, provider } = await connected(t);
  await server.next({ words: 1_000, chunkDelayMs: 10 });
  const stop = new AbortController();
  const parts: StreamPart[] = [];
  const [model] = await provider.models();
  const request = {
    modelId: model?.id ?? "",
    turns: [{ role: "user" as const, text: "x" }],
    language: "en" as const,
    maxOutputTokens: null,
    purpose: "answer" as const,
    accountId,
    conversationId,
    messageId,
  };
  for await (const part of provider.stream(request, stop.signal)) {
    parts.push(part);
    if (parts.length === 5) stop.abort();
  }
  assert.ok(parts.length < 20 && parts.every(({ kind }) => kind === "text"));
  const written = (await server.served())[0]?.text.length;
  await systemClock.sleep(200);
  const later = (await server.served())[0];
  assert.ok(later !== undefined && !later.finished && later.text.length <= (written ?? 0) + 400, "the server saw the connection close");
});

test("a model server on a usual port is found, and is gone when it stops", async (t) => {
  const server = await startOpenAiServer(t, { models: ["qwen3:4b", "nomic-embed-text"] });
  const web = createServer((_, response) => response.end("<h1>It works!</h1>"));
  const holdfast = createServer((_, response) =>
    response.writeHead(401, { "content-type": "application/problem+json" }).end('{"code":"not-signed-in"}'),
  );
  const unlike = createServer((_, response) =>
    response.writeHead(200, { "content-type": "application/json" }).end('{"data":[{"id":"row-1"}]}'),
  );
  for (const other of [web, holdfast, unlike]) {
    await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
    t.after(() => void other.close());
  }
  const portOf = (other: typeof web) => (other.address() as AddressInfo).port;
  const ports = [
    { name: "web", port: portOf(web) },
    { name: "holdfast", port: portOf(holdfast) },
    { name: "unlike", port: portOf(unlike) },
    { name: "nothing", port: 1 },
    { name: "Ollama", port: server.port },
  ];
  const stop = new AbortController();
  t.after(() => stop.abort());
  let looked = 0;
  const impatient = {
    ...systemClock,
    sleep: (delayMs: number, signal?: AbortSignal) =>
      systemClock.sleep(delayMs > 10_000 ? 50 : delayMs, signal).finally(() => (looked += 1)),
  };
  const servers = createModelServers({ server: null, discover: true, egress: newEgress(), clock: impatient, log, ports });
  await servers.start(stop.signal);
  assert.deepEqual(
    servers.discovered().map(({ id }) => id),
    ["server:Ollama"],
  );
  assert.deepEqual(
    (await servers.discovered()[0]?.models())?.map(({ id, where }) => [id, where]),
    [["server:Ollama/qwen3:4b", "here"]],
  );
  await server.kill();
  for (let tries = 0; tries < 100 && servers.discovered().length > 0; tries += 1) await systemClock.sleep(50);
  assert.deepEqual(servers.discovered(), []);
  assert.ok(looked > 0);
});

test("nothing is looked for when the operator has switched it off, or has named a server", async (t) => {
  const server = await startOpenAiServer(t);
  const ports = [{ name: "Ollama", port: server.port }];
  const { signal } = new AbortController();
  for (const options of [
    { server: null, discover: false },
    { server: { url: "http://127.0.0.1:1/v1", key: null, name: null }, discover: true },
  ]) {
    const servers = createModelServers({ ...options, egress: newEgress(), clock: systemClock, log, ports });
    await servers.start(signal);
    assert.deepEqual(servers.discovered(), []);
  }
  assert.equal((await server.received()).length, 0);
});
