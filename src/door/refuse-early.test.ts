/**
 * Is anybody read differently before the parser than by it? Mutated heads, 10,000 of them, more with HOLDFAST_FUZZ_INPUTS: what the
 * cheap reader takes for a head, node's strict parser reads alike, or refuses. And the bytes that go on are the ones that came.
 */
import assert from "node:assert/strict";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { once } from "node:events";
import { connect } from "node:net";
import { Duplex } from "node:stream";
import { test } from "node:test";
import { COOKIES } from "#contract/cookies.ts";
import { mintPass } from "#contract/tokens.ts";
import { DAY_MS } from "#kit/time.ts";
import { head, pause, talkTo } from "#support/attackers.ts";
import { FUZZ_INPUTS, FUZZ_SEED, mutatorOf } from "#support/fuzzing.ts";
import { doorKeys, newRoot, startDoor, type TestDoor } from "#support/door.ts";
import { freePort } from "#support/holdfast.ts";
import { readHead } from "./core/raw-head.ts";

const HEADS = [
  ["GET /sign-up HTTP/1.1", "Host: localhost", "Accept: text/html", "Accept-Language: es", "Cookie: __Host-holdfast-pass=AAAA", "", ""],
  [
    "POST /sign-up/place HTTP/1.1",
    "host:localhost",
    "Content-Type: application/json",
    "Content-Length: 2",
    "Holdfast-Effort: a.b",
    "",
    "{}",
  ],
  ["POST /sign-in HTTP/1.1", "Host: x", "Transfer-Encoding: chunked", "Connection: close", "", "2", "{}", "0", "", ""],
  ["HEAD /status?x=1 HTTP/1.0", "Connection: keep-alive", "X-Forwarded-For: 192.0.2.1, 198.51.100.7", "", ""],
  ["DELETE /api/conversations/1 HTTP/1.1", "Host: x", "Cookie: a=b; c=d", "Expect: 100-continue", "Upgrade: h2c", "", ""],
].map((lines) => lines.join("\r\n"));

const root = newRoot(1);
/** Names in lower case: not by way of node. */
const EARLY = /^HTTP\/1\.1 (?:429|503) [^]*?\r\nconnection: (?:keep-alive|close)/;

/** A pass whose holder has in hand as much as one may. */
async function fullHands(t: { after(work: () => void): unknown }, door: TestDoor): Promise<string> {
  door.tell({ kind: "revoked", epochs: [], complete: true });
  await pause(50);
  door.answer = () => {};
  const pass = { accountId: "ada", role: "member", cohort: 1, sessionEpoch: 1, expiresAt: Date.now() + DAY_MS } as const;
  const cookie = `${COOKIES.pass}=${mintPass(doorKeys(root).pass, Date.now(), pass)}`;
  const talks = Array.from({ length: 32 }, () => talkTo(door.port));
  t.after(() => talks.forEach((talk) => talk.hangUp()));
  for (const talk of talks) talk.send(head("GET /assets/x", `Cookie: ${cookie}`, "X-Forwarded-For: 192.0.2.1").repeat(4));
  for (const limit = Date.now() + 5_000; door.reached.length < 128 && Date.now() < limit; await pause(20));
  return cookie;
}

/** Somebody in 127.0.0.0/24 uses up what their network may ask, and goes on so until it is over. */
async function spend(t: { after(work: () => void): unknown }, door: TestDoor): Promise<void> {
  let isOver = false;
  const begin = () => {
    if (isOver) return;
    const { socket, send } = talkTo(door.port, { from: "127.0.0.9" });
    const ask = () => void (isOver ? socket.destroy() : send(head("GET /nowhere", "X-Forwarded-For: 127.0.0.9")));
    // until it is used up a little slower than it could: a door that is kept busy refuses before anything is; then as fast as it can
    socket.on("data", (chunk: Buffer) => (chunk.includes(" 429 ") ? ask() : setTimeout(ask, 1))).once("close", begin);
    ask();
  };
  t.after(() => void (isOver = true));
  for (let nth = 0; nth < 3; nth += 1) begin();
  for (const limit = Date.now() + 20_000; Date.now() < limit; await pause(50)) {
    if ((await door.ask("/nowhere", { headers: { "x-forwarded-for": "127.0.0.9" } })).status === 429) return;
  }
  assert.fail("what a network may ask was never used up");
}

type Parsed = { message: IncomingMessage; response: ServerResponse };

/** What node's parser makes of it: the first request, or null when it refuses; undefined while it waits for more. */
async function parsed(server: Server, bytes: Buffer): Promise<Parsed | null | undefined> {
  let seen: Parsed | null | undefined;
  const wire = new Duplex({ read() {}, write: (_chunk, _encoding, done) => done() });
  wire.on("error", () => {});
  const take = (message: IncomingMessage, response: ServerResponse) => (seen ??= { message, response });
  const refuse = () => (seen ??= null);
  server.on("request", take).on("checkContinue", take).on("checkExpectation", take).on("clientError", refuse);
  server.emit("connection", wire);
  wire.push(bytes);
  await new Promise((resolve) => setImmediate(resolve));
  server.off("request", take).off("checkContinue", take).off("checkExpectation", take).off("clientError", refuse);
  wire.destroy();
  return seen;
}

test("what is read before the parser is read alike by the parser, or refused there", { timeout: 60 * 60_000 }, async (t) => {
  const server = createServer({ requireHostHeader: false, maxHeaderSize: 16 * 1024 });
  const next = mutatorOf(HEADS, FUZZ_SEED);
  const inputs = Math.max(10_000, FUZZ_INPUTS / 10);
  let alike = 0;
  for (let number = 0; number < inputs; number += 1) {
    const text = number < HEADS.length ? (HEADS[number] ?? "") : next();
    const bytes = Buffer.from(text, "latin1");
    const head = readHead(bytes);
    if (head === undefined) continue;
    const read = await parsed(server, bytes);
    if (read === null) continue;
    const told = `seed ${FUZZ_SEED}, input ${number}: ${JSON.stringify(text.slice(0, 400))}`;
    assert.ok(read !== undefined, `the parser waits for more: ${told}`);
    const { message, response } = read;
    assert.deepEqual([message.method, message.url], [head.method, head.url], told);
    for (const [name, value] of Object.entries(head.headers)) {
      const theirs: string | string[] | undefined = message.headers[name];
      assert.equal(Array.isArray(theirs) ? theirs.join() : theirs, value, `${name}, ${told}`);
    }
    assert.equal(Object.keys(message.headersDistinct).length, Object.keys(head.headers).length, told);
    // only what is whole may be answered with the connection kept: whatever node reads more than that would be read as the next request
    assert.ok(head.closes || response.shouldKeepAlive, `node ends this connection: ${told}`);
    if (!head.hasBody) assert.equal(message.complete, true, `there is a body: ${told}`);
    alike += 1;
  }
  t.diagnostic(`${inputs} heads, ${alike} of them read by both`);
  assert.ok(alike > inputs / 50);
});

test("heads that were mutated reach the app as a stranger's, or not at all, while their network is refused", async (t) => {
  const door = await startDoor(t, { root });
  const next = mutatorOf(HEADS, FUZZ_SEED + 1);
  const texts: string[] = [];
  const say = async (bytes: Buffer) => {
    const talk = talkTo(door.port);
    talk.send(bytes);
    talk.socket.end();
    await talk.closed(15_000);
    texts.push(talk.text());
  };
  // others have used up what this network may ask
  await spend(t, door);
  for (let batch = 0; batch < 20; batch += 1) await Promise.all(Array.from({ length: 50 }, () => say(Buffer.from(next(), "latin1"))));
  const refused = texts.filter((text) => EARLY.test(text)).length;
  t.diagnostic(`${refused} of ${texts.length} were refused at first sight, ${door.reached.length} reached the app`);
  assert.ok(refused > 100);
  // whatever came in was decided on what the parser read: no lane but a stranger's was ever told to the app
  const lanes = new Set(door.reached.map(({ headers }) => Object.entries(headers).find(([name]) => name.endsWith("-lane"))?.[1]));
  lanes.delete(undefined);
  assert.deepEqual(
    [...lanes].filter((lane) => lane !== "stranger"),
    [],
  );
  assert.equal((await door.ask("/healthz")).status, 200);
});

for (const trustedProxyHops of [0, 1]) {
  test(`who is refused at first sight is answered in order, HEAD without a body, and counted; ${trustedProxyHops} proxies`, async (t) => {
    const metricsPort = await freePort();
    const door = await startDoor(t, { root, boot: { trustedProxyHops, metricsPort } });
    const cookie = `Cookie: ${await fullHands(t, door)}`;
    const counted = async () => {
      const text = await (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text();
      const lines = text.split("\n").filter((line) => line.includes('"holder-budget"'));
      return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(" ") + 1)), 0);
    };
    const before = await counted();
    const talk = talkTo(door.port);
    const asked = ["GET", "HEAD", "GET", "HEAD", "HEAD", "GET"];
    for (const [at, method] of asked.entries()) {
      talk.send(head(`${method} /api/me`, cookie, `X-Forwarded-For: 192.0.${at}.7`));
      await talk.until(new RegExp(`^(?:HTTP/1\\.1 429 [^]*?\\r\\n\\r\\n[^]*?){${at + 1}}$`));
    }
    await pause(50);
    assert.deepEqual(
      talk.statuses(),
      asked.map(() => 429),
    );
    const answers = talk.text().split(/(?=HTTP\/1\.1 429)/);
    for (const [at, method] of asked.entries()) {
      const [top = "", body = ""] = (answers[at] ?? "").split("\r\n\r\n");
      assert.match(top, EARLY);
      assert.match(top, trustedProxyHops === 0 ? /\r\nkeep-alive: timeout=10$/ : /\r\nkeep-alive: timeout=150$/);
      const length = Number(/\r\ncontent-length: (\d+)/.exec(top)?.[1]);
      assert.equal(Buffer.byteLength(body, "latin1"), method === "HEAD" ? 0 : length);
      assert.ok(length > 50);
    }
    assert.equal((await counted()) - before, asked.length);
    talk.hangUp();
  });
}

test("who goes on asking on a connection that node parses is led to a new one after eight refusals; a proxy is not", async (t) => {
  for (const trustedProxyHops of [0, 1]) {
    const door = await startDoor(t, { root, boot: { trustedProxyHops } });
    const from = "X-Forwarded-For: 127.0.0.1";
    await spend(t, door);
    const talk = talkTo(door.port);
    talk.send(head("GET /healthz", from));
    await talk.until(/200 OK/);
    for (
      let times = 1;
      times < 300 && !talk.socket.destroyed && talk.statuses().filter((status) => status === 429).length < 30;
      times += 1
    ) {
      talk.send(head("GET /nowhere", from));
      await pause(4);
    }
    const refusals = talk
      .text()
      .split(/(?=HTTP\/1\.1 )/)
      .filter((text) => text.startsWith("HTTP/1.1 429"));
    assert.equal(
      refusals.slice(0, -1).some((text) => EARLY.test(text)),
      false,
      "node parsed them",
    );
    assert.equal(refusals.length, trustedProxyHops === 0 ? 8 : 30);
    assert.equal(/\r\nconnection: close\r\n/i.test(refusals.at(-1) ?? ""), trustedProxyHops === 0);
    talk.hangUp();
  }
});

test("a member who was refused at first sight keeps the connection: for a minute of silence, and while strangers fill the door", async (t) => {
  const door = await startDoor(t, { root, boot: { limits: { connections: 100, perNetwork: 100 } } });
  const cookie = `Cookie: ${await fullHands(t, door)}`;
  await spend(t, door);
  const member = talkTo(door.port, { from: "127.0.3.1" });
  member.send(head("GET /api/me", cookie));
  await member.until(EARLY);
  let stranger = talkTo(door.port);
  // now and then there is something left for the network
  for (let tries = 0; tries < 100; tries += 1) {
    stranger.send(head("GET /nowhere"));
    await stranger.until(/\r\n\r\n/);
    if (EARLY.test(stranger.text())) break;
    stranger.hangUp();
    stranger = talkTo(door.port);
  }
  assert.match(stranger.text(), EARLY);
  const crowd = Array.from({ length: 150 }, (_, at) => talkTo(door.port, { from: `127.0.${10 + (at % 50)}.1` }));
  await pause(13_000);
  for (const talk of crowd) talk.hangUp();
  assert.equal(stranger.socket.closed, true, "ten seconds are enough for whoever has no account");
  member.send(head("GET /api/me", cookie));
  await member.until(/429 [^]*429 /);
  member.hangUp();
});

test("what is handed on arrives byte for byte, however it was cut", async (t) => {
  const door = await startDoor(t, { root });
  const body = JSON.stringify({ address: "ada@example.org", password: "ñ".repeat(50) });
  const whole = Buffer.from(
    `POST /sign-in HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  );
  for (const cuts of [[], [1], [20], [whole.length - 60], [whole.length - 1], [10, 40, 90, whole.length - 5]]) {
    await new Promise<void>((resolve) => {
      const socket = connect(door.port, "127.0.0.1", async () => {
        socket.setNoDelay(true);
        let from = 0;
        for (const cut of [...cuts, whole.length]) {
          socket.write(whole.subarray(from, cut));
          from = cut;
          await new Promise((next) => setTimeout(next, 20));
        }
      });
      socket.on("error", () => {});
      socket.on("close", () => resolve());
      socket.resume();
    });
    const reached = door.reached.at(-1);
    assert.deepEqual([reached?.path, reached?.body], ["/sign-in", body], `cut at ${cuts.join(", ")}`);
  }
  assert.equal(door.reached.length, 6);
});

test("what comes after a refusal is read by nobody, also when it looks like a request", async (t) => {
  const door = await startDoor(t, { root });
  const cookie = `Cookie: ${await fullHands(t, door)}`;
  const smuggled = head("GET /status.json");
  const talks = Array.from({ length: 20 }, () => talkTo(door.port));
  for (const talk of talks) talk.send(head("POST /api/conversations", cookie, "Content-Type: application/json", "Content-Length: 500"));
  await Promise.all(talks.map((talk) => talk.until(/429/)));
  // the head was refused, so this is its body
  for (let times = 0; times < 3; times += 1) {
    for (const talk of talks) if (!talk.socket.destroyed) talk.send(smuggled);
    await pause(50);
  }
  for (const talk of talks) {
    await talk.closed(3_000);
    assert.deepEqual(talk.statuses(), [429]);
  }
});

test("a door that stops waits for nobody who has said nothing yet", async (t) => {
  const door = await startDoor(t, { root });
  const silent = Array.from({ length: 20 }, () => talkTo(door.port));
  assert.equal((await door.ask("/healthz")).status, 200);
  const from = performance.now();
  const gone = once(door.child(), "exit");
  door.send({ kind: "stop" });
  await gone;
  const tookMs = performance.now() - from;
  for (const talk of silent) talk.hangUp();
  assert.ok(tookMs < 3_000, `${Math.round(tookMs)} ms`);
});
