/** Does a model get here whole or not at all? Against a real web server that cuts, lies and refuses, with the real ledger. */
import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test, type TestContext } from "node:test";
import { pino } from "pino";
import { systemDice } from "#kit/dice.ts";
import { systemClock, type Clock } from "#kit/time.ts";
import type { Download } from "#contract/wire.ts";
import { createEgress } from "#egress/egress.ts";
import { testDatabase } from "#support/database.ts";
import type { CatalogueEntry } from "./catalogue.ts";
import { connectHub, createDownloads, pullModel, type Downloads } from "./downloads.ts";

const sql = await testDatabase({ after });
const log = pino({ level: "silent" });
const BYTES = randomBytes(300_000);
const ETAG = '"abc"';

function entry(changes: Partial<CatalogueEntry> = {}): CatalogueEntry {
  return {
    id: "small",
    name: "Small",
    publisher: "Test",
    licence: "Apache-2.0",
    parameters: "0.3M",
    fileName: "small.gguf",
    sizeBytes: BYTES.length,
    memoryBytes: 1,
    contextTokens: 512,
    repository: "owner/small-GGUF",
    revision: "0123456789012345678901234567890123456789",
    sha256: createHash("sha256").update(BYTES).digest("hex"),
    ...changes,
  };
}

type Asked = { url: string; range: string | undefined; ifRange: string | undefined };
type Answer = (response: ServerResponse, from: number, request: IncomingMessage) => void;

/** Like the hub's own servers: ranges, a strong validator, a length. */
const wholeOrRest: Answer = (response, from, request) => {
  const resumes = from > 0 && (request.headers["if-range"] ?? ETAG) === ETAG;
  response.writeHead(resumes ? 206 : 200, {
    etag: ETAG,
    "content-length": BYTES.length - (resumes ? from : 0),
    ...(resumes ? { "content-range": `bytes ${from}-${BYTES.length - 1}/${BYTES.length}` } : {}),
  });
  response.end(BYTES.subarray(resumes ? from : 0));
};

/** Sends the beginning and then dies, as a lost network does. */
const cutAfter =
  (count: number): Answer =>
  (response, from) => {
    response.writeHead(from > 0 ? 206 : 200, {
      etag: ETAG,
      "content-length": BYTES.length - from,
      ...(from > 0 ? { "content-range": `bytes ${from}-${BYTES.length - 1}/${BYTES.length}` } : {}),
    });
    response.write(BYTES.subarray(from, from + count), () => systemClock.after(30, () => response.destroy()));
  };

const status =
  (code: number): Answer =>
  (response) =>
    response.writeHead(code).end("no");

async function hub(t: TestContext, ...answers: [Answer, ...Answer[]]) {
  const asked: Asked[] = [];
  const server = createServer((request, response) => {
    asked.push({ url: request.url ?? "", range: request.headers.range, ifRange: request.headers["if-range"] as string | undefined });
    const from = Number(/bytes=(\d+)-/.exec(request.headers.range ?? "")?.[1] ?? 0);
    const answer = answers[asked.length - 1] ?? answers.at(-1);
    answer?.(response, from, request);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}

function folder(t: TestContext): string {
  const made = mkdtempSync(join(tmpdir(), "hf-downloads-"));
  t.after(() => rmSync(made, { recursive: true, force: true }));
  return join(made, "models");
}

const impatient: Clock = { ...systemClock, sleep: (delayMs, signal) => systemClock.sleep(Math.min(delayMs, 10), signal) };

function begin(
  t: TestContext,
  url: string,
  modelsDir: string,
  more: { catalogue?: CatalogueEntry[]; reserveBytes?: number } = {},
): Downloads {
  const egress = createEgress({ sql, clock: systemClock, dice: systemDice, log, destinations: [] });
  connectHub(egress, url);
  const downloads = createDownloads({
    egress,
    clock: impatient,
    dice: systemDice,
    log,
    modelsDir,
    reserveBytes: 0,
    catalogue: [entry()],
    ...more,
  });
  t.after(() => downloads.stop());
  return downloads;
}

async function started(downloads: Downloads, modelId = "small"): Promise<Download> {
  const outcome = await downloads.start(modelId);
  assert.ok(outcome.ok, JSON.stringify(outcome));
  return outcome.value;
}

async function until(downloads: Downloads, wanted: (download: Download) => boolean, modelId = "small"): Promise<Download> {
  for (let tries = 0; tries < 500; tries += 1) {
    const download = downloads.list().find((candidate) => candidate.modelId === modelId);
    if (download !== undefined && wanted(download)) return download;
    await systemClock.sleep(10);
  }
  throw new Error(`it did not come to that: ${JSON.stringify(downloads.list())}`);
}
const ended = ({ state }: Download) => ["done", "failed", "cancelled"].includes(state);

test("a model arrives whole, under its name, and the ledger says from where", async (t) => {
  const { url, asked } = await hub(t, wholeOrRest);
  const modelsDir = folder(t);
  const downloads = begin(t, url, modelsDir);
  const first = await started(downloads);
  assert.deepEqual([first.state, first.totalBytes], ["waiting", BYTES.length]);
  const done = await until(downloads, ended);
  assert.deepEqual([done.state, done.receivedBytes, done.problemCode, done.id], ["done", BYTES.length, null, first.id]);
  assert.deepEqual(await readFile(join(modelsDir, "small.gguf")), BYTES);
  assert.deepEqual(await readdir(modelsDir), ["small.gguf"], "nothing else is left");
  assert.deepEqual(
    asked.map(({ url: path }) => path),
    ["/owner/small-GGUF/resolve/0123456789012345678901234567890123456789/small.gguf"],
  );
  const [row] = await sql`select destination, purpose, request_bytes, response_bytes from egress_entry where url like ${`${url}%`}`;
  assert.deepEqual({ ...row }, { destination: "Model hub", purpose: "download", request_bytes: 0, response_bytes: BYTES.length });
  assert.deepEqual([...(await downloads.present())], ["small"]);
  assert.equal((await started(downloads)).state, "done", "what is there is not downloaded again");
  assert.equal(asked.length, 1);
});

test("after a cut it goes on where it was, and asks only for the same file", async (t) => {
  const { url, asked } = await hub(t, cutAfter(100_000), cutAfter(100_000), wholeOrRest);
  const modelsDir = folder(t);
  const downloads = begin(t, url, modelsDir);
  await started(downloads);
  assert.equal((await until(downloads, ended)).state, "done");
  assert.deepEqual(await readFile(join(modelsDir, "small.gguf")), BYTES);
  assert.deepEqual(
    asked.map(({ range }) => range),
    [undefined, "bytes=100000-", "bytes=200000-"],
  );
  assert.deepEqual(
    asked.map(({ ifRange }) => ifRange),
    [undefined, ETAG, ETAG],
  );
});

test("a hub that knows no ranges, or has another file by now, is read from the beginning", async (t) => {
  const fromTheStart: Answer = (response) => response.writeHead(200, { "content-length": BYTES.length }).end(BYTES);
  for (const second of [fromTheStart, ((response) => response.writeHead(416).end()) satisfies Answer]) {
    const { url } = await hub(t, cutAfter(120_000), second, fromTheStart);
    const modelsDir = folder(t);
    const downloads = begin(t, url, modelsDir);
    await started(downloads);
    assert.equal((await until(downloads, ended)).state, "done");
    assert.deepEqual(await readFile(join(modelsDir, "small.gguf")), BYTES);
  }
});

test("a file with a wrong checksum is never a model, and nothing of it stays", async (t) => {
  const altered = Buffer.from(BYTES);
  altered[150_000] = (altered[150_000] ?? 0) ^ 1;
  const { url } = await hub(t, (response) => response.writeHead(200, { "content-length": altered.length }).end(altered));
  const modelsDir = folder(t);
  const downloads = begin(t, url, modelsDir);
  await started(downloads);
  const failed = await until(downloads, ended);
  assert.deepEqual([failed.state, failed.problemCode], ["failed", "download-damaged"]);
  assert.deepEqual(await readdir(modelsDir), []);
});

test("a page instead of the file, and a file that does not end, are told as damaged", async (t) => {
  const page: Answer = (response) => response.writeHead(200, { "content-type": "text/html", "content-length": 5 }).end("hello");
  const endless: Answer = (response) => {
    response.writeHead(200);
    response.write(BYTES);
    response.end(BYTES);
  };
  for (const answer of [page, endless]) {
    const { url } = await hub(t, answer);
    const modelsDir = folder(t);
    const downloads = begin(t, url, modelsDir);
    await started(downloads);
    assert.equal((await until(downloads, ended)).problemCode, "download-damaged");
    assert.deepEqual(await readdir(modelsDir), []);
  }
});

test("a hub that refuses, that is down, and a model that nobody offers are told apart", async (t) => {
  for (const [answer, code] of [
    [status(404), "hub-refused"],
    [status(401), "hub-refused"],
    [status(503), "hub-down"],
  ] as const) {
    const { url, asked } = await hub(t, answer);
    const downloads = begin(t, url, folder(t));
    await started(downloads);
    assert.equal((await until(downloads, ended)).problemCode, code);
    assert.equal(asked.length, code === "hub-down" ? 5 : 1, "a refusal is not asked again");
  }
  const downloads = begin(t, "http://127.0.0.1:1", folder(t));
  assert.deepEqual(await downloads.start("unheard-of"), { ok: false, failure: { tag: "not-found" } });
  await started(downloads);
  assert.equal((await until(downloads, ended)).problemCode, "hub-down");
});

test("what does not fit beside the room for the database is not begun", async (t) => {
  const { url, asked } = await hub(t, wholeOrRest);
  const downloads = begin(t, url, folder(t), { reserveBytes: 2 ** 60 });
  assert.deepEqual(await downloads.start("small"), { ok: false, failure: { tag: "download-no-room" } });
  assert.deepEqual(downloads.list(), []);
  assert.equal(asked.length, 0);
});

test("one at a time; the same model twice is one download; who cancels gets the room back", async (t) => {
  let release = () => {};
  const slow: Answer = (response) => {
    response.writeHead(200, { etag: ETAG, "content-length": BYTES.length });
    response.write(BYTES.subarray(0, 50_000));
    release = () => response.end(BYTES.subarray(50_000));
  };
  const { url, asked } = await hub(t, slow, wholeOrRest);
  const modelsDir = folder(t);
  const second = entry({ id: "second", fileName: "second.gguf" });
  const downloads = begin(t, url, modelsDir, { catalogue: [entry(), second] });
  const [one, twice] = await Promise.all([started(downloads), started(downloads)]);
  assert.equal(one.id, twice.id);
  const other = await started(downloads, "second");
  await until(downloads, ({ state }) => state === "running");
  // it runs from the moment on that it is begun; the hub hears of it a little later
  for (let tries = 0; tries < 200 && asked.length === 0; tries += 1) await systemClock.sleep(10);
  assert.equal(downloads.list().find(({ modelId }) => modelId === "second")?.state, "waiting");
  assert.equal(asked.length, 1);
  assert.equal(await downloads.cancel(one.id), true);
  assert.equal(await downloads.cancel("no such download"), false);
  assert.equal((await until(downloads, ended, "second")).state, "done");
  assert.equal(await downloads.cancel(other.id), true, "what is done stays done");
  assert.deepEqual((await readdir(modelsDir)).toSorted(), ["second.gguf"]);
  release();
  const again = await started(downloads);
  assert.notEqual(again.id, one.id);
  assert.equal((await until(downloads, ended)).state, "done");
});

test("a download that Holdfast stopped in goes on by itself at the next start; one that failed waits to be asked", async (t) => {
  const stuck: Answer = (response) => {
    response.writeHead(200, { etag: ETAG, "content-length": BYTES.length });
    response.write(BYTES.subarray(0, 90_000));
  };
  const { url, asked } = await hub(t, stuck, status(404), wholeOrRest);
  const modelsDir = folder(t);
  const before = begin(t, url, modelsDir);
  await started(before);
  for (let tries = 0; tries < 100 && (await readFile(join(modelsDir, "small.gguf.part")).catch(() => "")).length < 90_000; tries += 1) {
    await systemClock.sleep(10);
  }
  await before.stop();

  const next = begin(t, url, modelsDir);
  await next.resume();
  const failed = await until(next, ended);
  assert.deepEqual([failed.problemCode, failed.receivedBytes], ["hub-refused", 90_000]);
  await next.stop();

  const third = begin(t, url, modelsDir);
  await third.resume();
  assert.deepEqual(
    third.list().map(({ state, problemCode, receivedBytes }) => [state, problemCode, receivedBytes]),
    [["failed", "hub-refused", 90_000]],
  );
  await started(third);
  assert.equal((await until(third, ended)).state, "done");
  assert.deepEqual(
    asked.map(({ range }) => range),
    [undefined, "bytes=90000-", "bytes=90000-"],
  );
  assert.deepEqual(await readFile(join(modelsDir, "small.gguf")), BYTES);
});

test("a part of another version of the file is not gone on with", async (t) => {
  const { url, asked } = await hub(t, wholeOrRest);
  const modelsDir = folder(t);
  await mkdir(modelsDir, { recursive: true });
  await writeFile(join(modelsDir, "small.gguf.part"), "old bytes");
  await writeFile(
    join(modelsDir, "small.gguf.part.json"),
    JSON.stringify({ sha256: "other", etag: ETAG, wanted: true, problemCode: null }),
  );
  const downloads = begin(t, url, modelsDir);
  await downloads.resume();
  assert.deepEqual(downloads.list(), []);
  await started(downloads);
  assert.equal((await until(downloads, ended)).state, "done");
  assert.equal(asked[0]?.range, undefined);
});

test("without the ledger nothing is downloaded", async (t) => {
  const { url, asked } = await hub(t, wholeOrRest);
  const broken = await testDatabase(t);
  await broken`drop table egress_entry cascade`;
  const egress = createEgress({ sql: broken, clock: systemClock, dice: systemDice, log, destinations: [] });
  const outcome = await pullModel(
    { modelId: "small", modelsDir: folder(t), hubUrl: url, egress, clock: impatient, log, catalogue: [entry()], reserveBytes: 0 },
    () => {},
  );
  assert.deepEqual(outcome, { ok: false, failure: { tag: "ledger-unavailable" } });
  assert.equal(asked.length, 0);
});

test("the command downloads with the same care, leaves a file alone that the app is writing, and goes on after Ctrl-C", async (t) => {
  const { url, asked } = await hub(t, cutAfter(60_000), wholeOrRest);
  const modelsDir = folder(t);
  const egress = createEgress({ sql, clock: systemClock, dice: systemDice, log, destinations: [] });
  const parts = { modelId: "small", modelsDir, hubUrl: url, egress, clock: impatient, log, catalogue: [entry()], reserveBytes: 0 };

  await mkdir(modelsDir, { recursive: true });
  await writeFile(join(modelsDir, "small.gguf.part.lock"), String(process.ppid));
  assert.deepEqual(await pullModel(parts, () => {}), { ok: false, failure: { tag: "too-busy" } });
  rmSync(join(modelsDir, "small.gguf.part.lock"));

  const interrupt = new AbortController();
  const interrupted = await pullModel({ ...parts, signal: interrupt.signal }, ({ receivedBytes }) => {
    if (receivedBytes > 0) interrupt.abort();
  });
  assert.deepEqual(interrupted, { ok: false, failure: { tag: "aborted" } });
  const states: string[] = [];
  const outcome = await pullModel(parts, ({ state, totalBytes }) => {
    assert.equal(totalBytes, BYTES.length);
    if (states.at(-1) !== state) states.push(state);
  });
  assert.deepEqual(outcome, { ok: true, value: { path: join(modelsDir, "small.gguf"), wasThere: false } });
  assert.deepEqual(states, ["running", "checking"]);
  assert.deepEqual(
    asked.map(({ range }) => range),
    [undefined, "bytes=60000-"],
  );
  assert.deepEqual(await pullModel(parts, () => {}), { ok: true, value: { path: join(modelsDir, "small.gguf"), wasThere: true } });
});
