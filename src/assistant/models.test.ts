/** Who answers whom? With real servers, a real llama.cpp process and a real database; and nobody is handed on without knowing it. */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, test, type TestContext } from "node:test";
import { pino } from "pino";
import { systemDice } from "#kit/dice.ts";
import { systemClock } from "#kit/time.ts";
import { createEgress } from "#egress/egress.ts";
import { testDatabase } from "#support/database.ts";
import { superviseModel } from "#support/model-supervisor.ts";
import { startOpenAiServer } from "#support/openai-server.ts";
import { writeTinyGguf } from "#support/tiny-gguf.ts";
import { defaultModel } from "./core/default-model.ts";
import { createModels, modelsFolder, type Models, type ModelsParts } from "./models.ts";
import type { GenerationRequest, StreamPart } from "./provider.ts";

const log = pino({ level: "silent" });
const sql = await testDatabase({ after });
const [accountId, conversationId, messageId] = [randomUUID(), randomUUID(), randomUUID()];
await sql`insert into account (id, address, address_key, password_hash, role, language, cohort, created_at)
  values (${accountId}, 'a@example.org', 'a@example.org', 'x', 'member', 'en', 1, now())`;
await sql`insert into conversation (id, account_id, title, created_at, updated_at) values (${conversationId}, ${accountId}, '', now(), now())`;
await sql`insert into message (id, conversation_id, role, text, state, created_at) values (${messageId}, ${conversationId}, 'assistant', '', 'running', now())`;

const NONE: ModelsParts["settings"] = { url: null, key: null, name: null, discover: false, file: null, hubUrl: "http://127.0.0.1:1" };

async function begin(t: TestContext, settings: Partial<ModelsParts["settings"]>, more: Partial<ModelsParts> = {}): Promise<Models> {
  await sql`delete from model_choice`;
  const models = createModels({
    sql,
    clock: systemClock,
    dice: systemDice,
    log,
    egress: createEgress({ sql, clock: systemClock, dice: systemDice, log, destinations: [] }),
    settings: { ...NONE, ...settings },
    dataDir: join("/nonexistent", randomUUID()),
    socket: "/nonexistent/model.sock",
    wantModel: () => {},
    ...more,
  });
  t.after(() => models.stop());
  await models.start();
  return models;
}

const asking = (modelId: string): GenerationRequest => ({
  modelId,
  turns: [{ role: "user", text: "How are you?" }],
  language: "en",
  maxOutputTokens: 60,
  purpose: "answer",
  accountId,
  conversationId,
  messageId,
});

async function answerOf(models: Models, wantedId: string | null): Promise<StreamPart[]> {
  const chosen = await models.choose(wantedId);
  assert.ok(chosen !== undefined);
  return Array.fromAsync(chosen.provider.stream(asking(chosen.choice.id), new AbortController().signal));
}

async function comesTo(models: Models, health: ReturnType<Models["health"]>): Promise<void> {
  for (let tries = 0; tries < 200 && models.health() !== health; tries += 1) await systemClock.sleep(10);
  assert.equal(models.health(), health);
}

test("on a fresh machine the guide answers, and says so on the status page", async (t) => {
  const models = await begin(t, {});
  assert.deepEqual(
    (await models.list()).map(({ id, isDefault, where }) => [id, isDefault, where]),
    [["guide/manual", true, "here"]],
  );
  assert.equal((await models.choose(null))?.choice.id, "guide/manual");
  await comesTo(models, "guide");
  assert.deepEqual((await answerOf(models, null)).at(-1), { kind: "finish", reason: "stop" });
});

test("a server that was found answers before the guide, and the guide again when it is gone", async (t) => {
  const server = await startOpenAiServer(t, { models: ["qwen3:4b"] });
  const impatient = {
    ...systemClock,
    sleep: (delayMs: number, signal?: AbortSignal) => systemClock.sleep(delayMs > 10_000 ? 50 : delayMs, signal),
  };
  const models = await begin(t, { discover: true }, { ports: [{ name: "Ollama", port: server.port }], clock: impatient });
  assert.deepEqual(
    (await models.list()).map(({ id, isDefault }) => [id, isDefault]),
    [
      ["server:Ollama/qwen3:4b", true],
      ["guide/manual", false],
    ],
  );
  await comesTo(models, "server");
  assert.ok((await answerOf(models, null)).some(({ kind }) => kind === "text"));
  await server.kill();
  await comesTo(models, "guide");
  assert.equal(await models.choose("server:Ollama/qwen3:4b"), undefined, "who wanted that one is told, not handed on");
});

test("a configured server that is down is said as that: nobody is handed to another model", async (t) => {
  const models = await begin(t, { url: "http://127.0.0.1:1/v1" });
  assert.equal(await models.choose(null), undefined);
  await comesTo(models, "failing");
  assert.deepEqual(
    (await models.list()).map(({ id, isDefault }) => [id, isDefault]),
    [["guide/manual", false]],
  );
  assert.equal((await models.choose("guide/manual"))?.choice.provider, "guide", "the guide is there for who asks for it");
});

test("a MODEL_FILE that is not there is said as that: neither another file nor a server that was found answers in its place", async (t) => {
  const server = await startOpenAiServer(t, { models: ["qwen3:4b"] });
  const supervisor = await superviseModel(t);
  const dataDir = supervisor.modelsDir;
  await mkdir(modelsFolder(dataDir));
  await writeTinyGguf(join(modelsFolder(dataDir), "another.gguf"), { name: "Another" });
  const file = join(dataDir, "mine.gguf");
  const models = await begin(t, { file, discover: true }, { dataDir, ports: [{ name: "Ollama", port: server.port }] });
  assert.equal(await models.choose(null), undefined);
  await comesTo(models, "failing");
  assert.ok((await models.list()).every(({ isDefault }) => !isDefault));
  const view = await models.operatorView("en");
  assert.deepEqual([view.missingFile, view.defaultModelId], [file, "local/mine.gguf"]);

  await writeTinyGguf(file, { name: "Mine" });
  assert.equal((await models.choose(null))?.choice.id, "local/mine.gguf");
  assert.equal((await models.operatorView("en")).missingFile, null);
  await writeFile(file, "GIF89a");
  assert.equal(await models.choose(null), undefined, "a file that is no model is none");
  assert.equal(await models.setDefault("local/another.gguf"), true);
  assert.equal((await models.choose(null))?.choice.id, "local/another.gguf", "unless an operator chose it");
});

test("a server that dies in mid-chat shows on the status page at once, and so does its return", async (t) => {
  const server = await startOpenAiServer(t, { models: ["m"] });
  const models = await begin(t, { url: server.url });
  await comesTo(models, "server");
  await server.next({ fault: { kind: "status", status: 401 } });
  assert.equal((await answerOf(models, null)).at(-1)?.kind, "error");
  assert.equal(models.health(), "failing");
  assert.deepEqual((await answerOf(models, null)).at(-1), { kind: "finish", reason: "stop" });
  assert.equal(models.health(), "server");
});

test("an idle Holdfast writes nothing to the ledger", async (t) => {
  const server = await startOpenAiServer(t, { models: ["m"] });
  const models = await begin(t, { url: server.url });
  await comesTo(models, "server");
  const impatient = await begin(
    t,
    {},
    { clock: { ...systemClock, sleep: (delayMs, signal) => systemClock.sleep(Math.min(delayMs, 5), signal) } },
  );
  await comesTo(impatient, "guide");
  const rows = async () => (await sql`select 1 from egress_entry`).length;
  const before = await rows();
  await systemClock.sleep(300);
  assert.equal(await rows(), before);
});

test("the operator's choice is everybody's default; one that is gone is said as unavailable; a stale one is passed over", async (t) => {
  const server = await startOpenAiServer(t, { models: ["first", "second"] });
  const models = await begin(t, { url: server.url });
  const name = `server:127.0.0.1:${server.port}`;
  assert.equal((await models.choose(null))?.choice.id, `${name}/first`);
  assert.equal(await models.setDefault(`${name}/third`), false);
  assert.equal(await models.setDefault(`${name}/second`), true);
  assert.equal((await models.choose(null))?.choice.id, `${name}/second`);
  assert.equal((await models.operatorView("en")).defaultModelId, `${name}/second`);
  assert.equal(await models.setDefault("guide/manual"), true);
  assert.equal((await models.choose(null))?.choice.id, "guide/manual");

  await sql`update model_choice set value = 'local/gone.gguf'`;
  assert.equal(await models.choose(null), undefined);
  assert.equal((await models.operatorView("en")).defaultModelId, "local/gone.gguf");
  await sql`update model_choice set value = 'server:no-longer-configured/m'`;
  assert.equal((await models.choose(null))?.choice.id, `${name}/first`);
});

test("the order: a configured server, a file here, a server that was found, the guide", () => {
  const offer = (providerId: string, modelIds: string[], expected = false) => ({ providerId, modelIds, expected });
  const never = () => false;
  const guide = offer("guide", ["guide/manual"]);
  assert.equal(defaultModel(null, [offer("server:a", ["server:a/m"], true), offer("local", ["local/f"]), guide], never), "server:a/m");
  assert.equal(defaultModel(null, [offer("server:a", [], true), offer("local", ["local/f"]), guide], never), null);
  assert.equal(defaultModel(null, [offer("local", ["local/f"]), offer("server:b", ["server:b/m"]), guide], never), "local/f");
  assert.equal(defaultModel(null, [offer("local", []), offer("server:b", ["server:b/m"]), guide], never), "server:b/m");
  assert.equal(defaultModel(null, [offer("local", []), guide], never), "guide/manual");
  assert.equal(
    defaultModel("server:b/m", [offer("local", ["local/f"]), guide], () => true),
    null,
    "it may come back",
  );
  assert.equal(defaultModel("nonsense", [guide], never), "guide/manual");
});

test("the operator sees what is connected, what is here and what can be downloaded, in the own language", async (t) => {
  const server = await startOpenAiServer(t, { models: ["m"] });
  let laterMs = 0;
  const clock = { ...systemClock, monotonic: () => systemClock.monotonic() + laterMs };
  const models = await begin(t, { url: `${server.url}/` }, { clock });
  const view = await models.operatorView("es");
  assert.deepEqual(
    view.connected.map(({ reachable, configured, models: names }) => [reachable, configured, names]),
    [[true, true, ["m"]]],
  );
  assert.ok(view.freeBytes > 0 && view.memoryBytes > 0);
  assert.ok(view.catalogue.length >= 4 && view.catalogue.every(({ present, note }) => !present && note.length > 20));
  assert.match(view.catalogue[0]?.note ?? "", /^El más pequeño/);
  assert.ok(view.catalogue.some(({ givenTokens, contextTokens }) => givenTokens === 8_192 && contextTokens > givenTokens));
  const rows = async () => (await sql`select 1 from egress_entry`).length;
  const before = await rows();
  for (let looks = 0; looks < 20; looks += 1) await models.operatorView("es");
  assert.equal(await rows(), before, "a page that is open does not fill the ledger");
  await server.kill();
  laterMs = 31_000;
  const later = (await models.operatorView("en")).connected[0];
  assert.deepEqual([later?.reachable, later?.problemCode], [false, "model-unavailable"]);
});

test("a model file is chosen and answers with real inference, and nothing leaves", { timeout: 120_000 }, async (t) => {
  const supervisor = await superviseModel(t);
  const dataDir = supervisor.modelsDir;
  await mkdir(modelsFolder(dataDir));
  await writeTinyGguf(join(modelsFolder(dataDir), "tiny.gguf"), { name: "Tiny" });
  const wishes: boolean[] = [];
  const models = await begin(
    t,
    {},
    {
      dataDir,
      socket: supervisor.socket,
      seed: 3,
      wantModel: (wanted) => {
        wishes.push(wanted);
        supervisor.wantModel(wanted);
      },
    },
  );
  const before = (await sql`select 1 from egress_entry`).length;
  assert.deepEqual(
    (await models.list()).map(({ id, isDefault }) => [id, isDefault]),
    [
      ["local/tiny.gguf", true],
      ["guide/manual", false],
    ],
  );
  const parts = await answerOf(models, null);
  const words = parts.filter((part) => part.kind === "text");
  assert.ok(words.length > 10, "the words stream");
  assert.deepEqual(parts.at(-1), { kind: "finish", reason: "length" });
  const again = await answerOf(models, "local/tiny.gguf");
  assert.deepEqual(
    again
      .filter((part) => part.kind === "text")
      .map(({ text }) => text)
      .join(""),
    words.map(({ text }) => text).join(""),
  );
  assert.equal(models.health(), "local");
  assert.deepEqual(
    (await models.operatorView("en")).local.map(({ fileName, loaded }) => [fileName, loaded]),
    [["tiny.gguf", true]],
  );
  assert.deepEqual(wishes.slice(0, 2), [false, true], "a process left by a former app is let go first");
  assert.equal((await sql`select 1 from egress_entry`).length, before);
});
