/** Does everything that leaves stand in the ledger first, byte for byte, and does nothing leave without it? */
import assert from "node:assert/strict";
import { createHash, randomUUID } from "node:crypto";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { after, test, type TestContext } from "node:test";
import pino from "pino";
import { systemDice } from "#kit/dice.ts";
import { systemClock, type Clock } from "#kit/time.ts";
import { testDatabase } from "#support/database.ts";
import { createEgress, type Destination, type Egress, type EgressRequest } from "./egress.ts";

const sql = await testDatabase({ after });
const [account, conversation, message] = [randomUUID(), randomUUID(), randomUUID()];
await sql`insert into account (id, address, address_key, password_hash, role, language, cohort, created_at)
  values (${account}, 'a@example.org', 'a@example.org', 'x', 'member', 'en', 1, now())`;
await sql`insert into conversation (id, account_id, title, created_at, updated_at) values (${conversation}, ${account}, '', now(), now())`;
await sql`insert into message (id, conversation_id, role, text, state, created_at) values (${message}, ${conversation}, 'assistant', '', 'running', now())`;

const logged: string[] = [];
const log = pino({ level: "trace" }, { write: (line: string) => void logged.push(line) });

type Seen = { method: string; url: string; headers: Record<string, string | string[] | undefined>; body: Buffer };

/** A web server of the test's own that records what it got. */
async function webServer(t: TestContext, answer: RequestListener): Promise<{ url: string; port: number; seen: Seen[] }> {
  const seen: Seen[] = [];
  const server = createServer((request, response) => {
    const pieces: Buffer[] = [];
    request.on("data", (piece: Buffer) => pieces.push(piece));
    request.on("end", () => {
      seen.push({ method: request.method ?? "", url: request.url ?? "", headers: request.headers, body: Buffer.concat(pieces) });
      answer(request, response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  });
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, port, seen };
}

function egressTo(
  destination: Partial<Destination> & { baseUrl: string },
  more: { clock?: Clock; resolve?: () => Promise<string[]> } = {},
): Egress {
  return createEgress({
    sql,
    clock: systemClock,
    dice: systemDice,
    log,
    destinations: [{ name: "there", headers: {}, redirects: "never", ...destination }],
    ...more,
  });
}

const ask = (more: Partial<EgressRequest> = {}): EgressRequest => ({
  destination: "there",
  method: "POST",
  path: "/v1/chat/completions",
  headers: { "content-type": "application/json" },
  body: '{"words":"¿qué tal? 👩‍💻"}',
  purpose: "answer",
  accountId: account,
  conversationId: conversation,
  messageId: message,
  ...more,
});

const text = (body: ReadableStream<Uint8Array>) => new Response(body).text();
const emptyLedger = () => sql`delete from egress_entry`;
const entries = (egress: Egress) => egress.entriesOf(account, message);

test("the ledger holds exactly the bytes that arrived, and who and where they went to", async (t) => {
  await emptyLedger();
  const server = await webServer(t, (_, response) => response.end("an answer"));
  const egress = egressTo({ baseUrl: server.url, headers: { authorization: "Bearer top-secret-key" } });
  const sent = await egress.send(ask());
  assert.ok(sent.ok);
  assert.equal(sent.value.status, 200);
  assert.equal(await text(sent.value.body), "an answer");
  const [entry] = await entries(egress);
  assert.ok(entry !== undefined);
  assert.deepEqual(Buffer.from((await egress.bodyOf(account, entry.id)) ?? []), server.seen[0]?.body);
  assert.equal(
    entry.requestSha256,
    createHash("sha256")
      .update(server.seen[0]?.body ?? "")
      .digest("hex"),
  );
  assert.equal(entry.requestBytes, server.seen[0]?.body.length);
  assert.deepEqual(
    { ...entry, id: "", at: 0, requestSha256: "", requestBytes: 0 },
    {
      id: "",
      at: 0,
      requestSha256: "",
      requestBytes: 0,
      purpose: "answer",
      destination: "there",
      method: "POST",
      url: `${server.url}/v1/chat/completions`,
      host: `127.0.0.1:${server.port}`,
      ip: "127.0.0.1",
      stayed: true,
      state: "answered",
      responseStatus: 200,
      responseBytes: 9,
    },
  );
  assert.deepEqual((await egress.summary([message])).get(message), { kind: "stayed", requests: 1 });
});

test("a secret header arrives and is neither in the ledger nor in the log", async (t) => {
  await emptyLedger();
  const server = await webServer(t, (_, response) => response.end());
  const egress = egressTo({ baseUrl: server.url, headers: { authorization: "Bearer top-secret-key" } });
  const sent = await egress.send(ask());
  assert.ok(sent.ok);
  await text(sent.value.body);
  const dead = egressTo({ baseUrl: "http://127.0.0.1:1", headers: { authorization: "Bearer top-secret-key" } });
  assert.ok(!(await dead.send(ask())).ok);
  assert.equal(server.seen[0]?.headers["authorization"], "Bearer top-secret-key");
  const rows = await sql`select egress_entry::text as row, encode(request_body, 'escape') as body from egress_entry`;
  assert.equal(rows.length, 2);
  assert.ok(!JSON.stringify(rows).includes("top-secret-key"));
  assert.ok(!logged.join("").includes("top-secret-key"));
});

test("while the ledger's table is gone, nothing is sent", async (t) => {
  const server = await webServer(t, (_, response) => response.end());
  const egress = egressTo({ baseUrl: server.url });
  await sql`alter table egress_entry rename to egress_entry_gone`;
  t.after(() => sql`alter table if exists egress_entry_gone rename to egress_entry`.then(() => {}));
  const sent = await egress.send(ask());
  assert.ok(!sent.ok);
  assert.equal(sent.failure.tag, "ledger-unavailable");
  assert.equal(server.seen.length, 0);
  await sql`alter table egress_entry_gone rename to egress_entry`;
  assert.ok((await egress.send(ask())).ok, "and goes on when it is back");
});

test("an entry that the database refuses sends nothing", async (t) => {
  const server = await webServer(t, (_, response) => response.end());
  const sent = await egressTo({ baseUrl: server.url }).send(ask({ messageId: randomUUID() }));
  assert.ok(!sent.ok);
  assert.equal(sent.failure.tag, "ledger-unavailable");
  assert.equal(server.seen.length, 0);
});

test("a ledger that hangs sends nothing, and the late entry says so", async (t) => {
  await emptyLedger();
  const server = await webServer(t, (_, response) => response.end());
  const impatient: Clock = { ...systemClock, sleep: (_delay, signal) => systemClock.sleep(100, signal) };
  const egress = egressTo({ baseUrl: server.url }, { clock: impatient });
  let release = () => {};
  const held = new Promise<void>((resolve) => (release = resolve));
  const locked = sql.begin(async (tx) => {
    await tx`lock table egress_entry in access exclusive mode`;
    await held;
  });
  const sent = await egress.send(ask());
  assert.ok(!sent.ok);
  assert.equal(sent.failure.tag, "ledger-unavailable");
  release();
  await locked;
  await waitFor(async () => (await entries(egress))[0]?.state === "failed");
  assert.equal(server.seen.length, 0);
  assert.deepEqual((await egress.summary([message])).get(message), { kind: "none" });
});

test("an unknown destination, and a path that leaves its base, are no destinations", async () => {
  const egress = egressTo({ baseUrl: "http://127.0.0.1:1/v1" });
  for (const request of [ask({ destination: "elsewhere" }), ask({ path: "/../admin" }), ask({ path: "//evil.example.com" })]) {
    const sent = await egress.send(request);
    assert.ok(!sent.ok);
    assert.equal(sent.failure.tag, request.path === "//evil.example.com" ? "unreachable" : "not-a-destination");
  }
});

test("a server that is not there gets nothing, and the person reads that nothing went anywhere", async () => {
  await emptyLedger();
  const egress = egressTo({ baseUrl: "http://127.0.0.1:1" });
  const sent = await egress.send(ask());
  assert.ok(!sent.ok);
  assert.equal(sent.failure.tag, "unreachable");
  const [entry] = await entries(egress);
  assert.deepEqual([entry?.state, entry?.responseBytes], ["failed", null]);
  assert.deepEqual((await egress.summary([message])).get(message), { kind: "none" });
});

test("the checked address is the one that is dialled, whatever the name says", async (t) => {
  await emptyLedger();
  const server = await webServer(t, (_, response) => response.end("here"));
  const egress = egressTo({ baseUrl: `http://models.example.com:${server.port}` }, { resolve: async () => ["127.0.0.1"] });
  const sent = await egress.send(ask());
  assert.ok(sent.ok);
  assert.equal(await text(sent.value.body), "here");
  assert.equal(server.seen[0]?.headers["host"], `models.example.com:${server.port}`);
  const [entry] = await entries(egress);
  assert.deepEqual([entry?.host, entry?.ip, entry?.stayed], [`models.example.com:${server.port}`, "127.0.0.1", true]);
});

test("an address that no model lives at is never dialled", async (t) => {
  await emptyLedger();
  await webServer(t, (_, response) => response.end());
  const egress = egressTo({ baseUrl: "http://metadata.example.com" }, { resolve: async () => ["169.254.169.254", "0.0.0.0"] });
  const sent = await egress.send(ask());
  assert.ok(!sent.ok);
  assert.equal(sent.failure.tag, "unreachable");
  assert.equal((await entries(egress)).length, 0);
});

test("when the first address is dead the next one is tried, each with an entry of its own", async (t) => {
  await emptyLedger();
  const server = await webServer(t, (_, response) => response.end("there"));
  const egress = egressTo({ baseUrl: `http://two.example.com:${server.port}` }, { resolve: async () => ["127.0.0.2", "127.0.0.1"] });
  const sent = await egress.send(ask());
  assert.ok(sent.ok);
  await text(sent.value.body);
  const listed = await entries(egress);
  assert.deepEqual(
    listed.map(({ ip, state }) => [ip, state]),
    [
      ["127.0.0.2", "failed"],
      ["127.0.0.1", "answered"],
    ],
  );
});

test("a redirect is an answer like any other, except for downloads", async (t) => {
  await emptyLedger();
  const server = await webServer(t, (request, response) => {
    if (request.url === "/file") response.writeHead(302, { location: "/moved?ticket=abc" }).end();
    else response.end("weights");
  });
  const plain = await egressTo({ baseUrl: server.url }).send(ask({ path: "/file" }));
  assert.ok(plain.ok);
  assert.equal(plain.value.status, 302);
  await plain.value.body.cancel();
  await emptyLedger();
  const egress = egressTo({ baseUrl: server.url, redirects: "download", headers: { authorization: "Bearer k" } });
  const followed = await egress.send({ ...ask({ path: "/file", method: "GET", purpose: "download" }), body: "" });
  assert.ok(followed.ok);
  assert.equal(await text(followed.value.body), "weights");
  const listed = await entries(egress);
  assert.deepEqual(
    listed.map((entry) => [entry.url, entry.responseStatus]),
    [
      [`${server.url}/file`, 302],
      [`${server.url}/moved?***`, 200],
    ],
  );
});

test("a download's redirect to another origin without https is not followed, and one in circles ends", async (t) => {
  const other = await webServer(t, (_, response) => response.end("secret inside"));
  const server = await webServer(t, (request, response) => {
    response.writeHead(302, { location: request.url === "/away" ? `${other.url}/x` : "/again" }).end();
  });
  const egress = egressTo({ baseUrl: server.url, redirects: "download" });
  for (const path of ["/away", "/again"]) {
    const sent = await egress.send({ ...ask({ path, method: "GET", purpose: "download" }), body: "" });
    assert.ok(!sent.ok);
    assert.equal(sent.failure.tag, "unreachable");
  }
  assert.equal(other.seen.length, 0);
  assert.equal(server.seen.length, 1 + 6);
});

test("a person who stops closes the connection, and the entry says how much had come", async (t) => {
  await emptyLedger();
  let closed = () => {};
  const gone = new Promise<void>((resolve) => (closed = resolve));
  const server = await webServer(t, (_, response) => {
    response.write("first piece");
    response.on("close", () => closed());
  });
  const egress = egressTo({ baseUrl: server.url });
  const stop = new AbortController();
  const sent = await egress.send(ask({ signal: stop.signal }));
  assert.ok(sent.ok);
  const reader = sent.value.body.getReader();
  await reader.read();
  stop.abort();
  await assert.rejects(async () => {
    while (!(await reader.read()).done);
  });
  await gone;
  const [entry] = await entries(egress);
  assert.deepEqual([entry?.state, entry?.responseStatus, entry?.responseBytes], ["answered", 200, 11]);
});

test("a connection cut in mid-answer is a failed entry with what came", async (t) => {
  await emptyLedger();
  const server = await webServer(t, (_, response) => {
    response.write("half");
    setTimeout(() => response.destroy(), 20);
  });
  const egress = egressTo({ baseUrl: server.url });
  const sent = await egress.send(ask());
  assert.ok(sent.ok);
  await assert.rejects(text(sent.value.body));
  const [entry] = await entries(egress);
  assert.deepEqual([entry?.state, entry?.responseStatus, entry?.responseBytes], ["failed", 200, 4]);
});

test("a server that takes the request and never answers is given up, and so is one that falls silent", async (t) => {
  const hurried: Clock = { ...systemClock, after: (delay, work) => systemClock.after(Math.min(delay, 150), work) };
  const silent = await webServer(t, () => {});
  const never = await egressTo({ baseUrl: silent.url }, { clock: hurried }).send(ask());
  assert.ok(!never.ok);
  assert.equal(never.failure.tag, "unreachable");
  const stalling = await webServer(t, (_, response) => void response.write("a"));
  const stalled = await egressTo({ baseUrl: stalling.url }, { clock: hurried }).send(ask());
  assert.ok(stalled.ok);
  await assert.rejects(text(stalled.value.body));
});

test("a list of models that does not end is cut off", async (t) => {
  const server = await webServer(t, (_, response) => {
    const more = () => {
      while (!response.destroyed && response.write(Buffer.alloc(256 * 1024)));
      if (!response.destroyed) response.once("drain", more);
    };
    more();
  });
  const sent = await egressTo({ baseUrl: server.url }).send(ask({ purpose: "model-list" }));
  assert.ok(sent.ok);
  await assert.rejects(text(sent.value.body));
});

test("nobody reads somebody else's entries or bytes", async (t) => {
  await emptyLedger();
  const server = await webServer(t, (_, response) => response.end());
  const egress = egressTo({ baseUrl: server.url });
  const sent = await egress.send(ask());
  assert.ok(sent.ok);
  await text(sent.value.body);
  const [entry] = await entries(egress);
  assert.ok(entry !== undefined);
  assert.deepEqual(await egress.entriesOf(randomUUID(), message), []);
  assert.equal(await egress.bodyOf(randomUUID(), entry.id), undefined);
});

test("what a former process left open is closed at the next start, and counts as sent", async (t) => {
  await emptyLedger();
  const server = await webServer(t, (_, response) => void response.write("…"));
  const egress = egressTo({ baseUrl: server.url });
  const stop = new AbortController();
  t.after(() => stop.abort());
  const sent = await egress.send(ask());
  assert.ok(sent.ok);
  assert.equal((await entries(egress))[0]?.state, "opened");
  await egressTo({ baseUrl: server.url }).start(stop.signal);
  assert.equal((await entries(egress))[0]?.state, "failed");
  assert.deepEqual((await egress.summary([message])).get(message), { kind: "stayed", requests: 1 });
  await sent.value.body.cancel();
});

test("looking whether something listens sends nothing", async (t) => {
  await emptyLedger();
  const server = await webServer(t, (_, response) => response.end());
  const egress = egressTo({ baseUrl: server.url });
  assert.equal(await egress.listening(server.port), true);
  assert.equal(await egress.listening(1), false);
  assert.equal(server.seen.length, 0);
  assert.equal((await entries(egress)).length, 0);
});

async function waitFor(there: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 100; tries += 1) {
    if (await there()) return;
    await systemClock.sleep(20);
  }
  assert.fail("it did not happen within 2 s");
}
