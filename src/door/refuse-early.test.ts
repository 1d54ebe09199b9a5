/**
 * Is anybody read differently before the parser than by it? Mutated heads, 10,000 of them, more with HOLDFAST_FUZZ_INPUTS: what the
 * cheap reader takes for a head, node's strict parser reads alike, or refuses. And the bytes that go on are the ones that came.
 */
import assert from "node:assert/strict";
import { createServer, type IncomingMessage } from "node:http";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { Duplex } from "node:stream";
import { test } from "node:test";
import { FUZZ_INPUTS, FUZZ_SEED, mutatorOf } from "#support/fuzzing.ts";
import { newRoot, startDoor } from "#support/door.ts";
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

/** What node's parser makes of it: the first request, or null when it refuses; undefined while it waits for more. */
async function parsed(server: ReturnType<typeof createServer>, bytes: Buffer): Promise<IncomingMessage | null | undefined> {
  let seen: IncomingMessage | null | undefined;
  const wire = new Duplex({ read() {}, write: (_chunk, _encoding, done) => done() });
  wire.on("error", () => {});
  const take = (message: IncomingMessage) => (seen ??= message);
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
    const message = await parsed(server, bytes);
    if (message === null) continue;
    const told = `seed ${FUZZ_SEED}, input ${number}: ${JSON.stringify(text.slice(0, 400))}`;
    assert.ok(message !== undefined, `the parser waits for more: ${told}`);
    assert.deepEqual([message.method, message.url], [head.method, head.url], told);
    for (const [name, value] of Object.entries(head.headers)) {
      const theirs: string | string[] | undefined = message.headers[name];
      assert.equal(Array.isArray(theirs) ? theirs.join() : theirs, value, `${name}, ${told}`);
    }
    assert.equal(Object.keys(message.headersDistinct).length, Object.keys(head.headers).length, told);
    alike += 1;
  }
  t.diagnostic(`${inputs} heads, ${alike} of them read by both`);
  assert.ok(alike > inputs / 50);
});

test("heads that were mutated reach the app as a stranger's, or not at all", async (t) => {
  const door = await startDoor(t, { root: newRoot(1) });
  const next = mutatorOf(HEADS, FUZZ_SEED + 1);
  const say = (bytes: Buffer) =>
    new Promise<void>((resolve) => {
      const socket = connect(door.port, "127.0.0.1", () => socket.end(bytes));
      socket.on("error", () => {});
      socket.on("close", () => resolve());
      socket.resume();
      setTimeout(() => socket.destroy(), 2_000).unref();
    });
  for (let batch = 0; batch < 20; batch += 1) await Promise.all(Array.from({ length: 50 }, () => say(Buffer.from(next(), "latin1"))));
  assert.ok(door.reached.length > 20, `${door.reached.length} reached the app`);
  // whatever came in was decided on what the parser read: no lane but a stranger's was ever told to the app
  const lanes = new Set(door.reached.map(({ headers }) => Object.entries(headers).find(([name]) => name.endsWith("-lane"))?.[1]));
  lanes.delete(undefined);
  assert.deepEqual(
    [...lanes].filter((lane) => lane !== "stranger"),
    [],
  );
  assert.equal((await door.ask("/healthz")).status, 200);
});

test("what is handed on arrives byte for byte, however it was cut", async (t) => {
  const door = await startDoor(t, { root: newRoot(1) });
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
  const door = await startDoor(t, { root: newRoot(1) });
  // an app that is busy with passwords for ever, until nobody else gets in
  door.answer = () => {};
  const signIn = (rest: string) =>
    Buffer.from(`POST /sign-in HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${rest.length + 500}\r\n\r\n`);
  const smuggled = "GET /status.json HTTP/1.1\r\nHost: x\r\n\r\n";
  const heard = await Promise.all(
    Array.from({ length: 150 }, async (_, number) => {
      let text = "";
      const socket = connect(door.port, "127.0.0.1", () => socket.write(signIn(smuggled)));
      socket.on("error", () => {});
      socket.on("data", (chunk: Buffer) => (text += chunk.toString("latin1")));
      await new Promise((resolve) => setTimeout(resolve, 600 + number));
      // the head was read, so this is body
      for (let times = 0; times < 3 && !socket.destroyed; times += 1) {
        socket.write(smuggled);
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      socket.destroy();
      return text;
    }),
  );
  const refused = heard.filter((text) => text.startsWith("HTTP/1.1 503"));
  t.diagnostic(`${refused.length} of ${heard.length} were refused`);
  assert.ok(refused.length > 50);
  for (const text of heard) assert.ok(text.split("HTTP/1.1 ").length <= 2 && !text.includes("HTTP/1.1 200"), text.slice(0, 2_000));
});

test("a door that stops waits for nobody who has said nothing yet", async (t) => {
  const door = await startDoor(t, { root: newRoot(1) });
  const silent = await Promise.all(
    Array.from(
      { length: 20 },
      () =>
        new Promise<Socket>((resolve) => {
          const socket = connect(door.port, "127.0.0.1", () => resolve(socket));
          socket.on("error", () => {});
        }),
    ),
  );
  assert.equal((await door.ask("/healthz")).status, 200);
  const from = performance.now();
  const gone = once(door.child(), "exit");
  door.send({ kind: "stop" });
  await gone;
  const tookMs = performance.now() - from;
  for (const socket of silent) socket.destroy();
  assert.ok(tookMs < 5_000, `${Math.round(tookMs)} ms`);
});
