/** What becomes of a connection after a refusal, a long body, a broken exchange, a pile of requests? Bytes at a real door. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { after, beforeEach, test } from "node:test";
import type { Problem } from "#contract/problems.ts";
import { INTERNAL } from "#contract/processes.ts";
import { mintPass } from "#contract/tokens.ts";
import { COOKIES } from "#contract/cookies.ts";
import { doorKeys, newRoot, startDoor } from "#support/door.ts";

const root = newRoot(1);
const door = await startDoor({ after }, { root });
const usual = door.answer;
beforeEach(() => {
  door.reached.length = 0;
  door.answer = usual;
});
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const HEALTH = "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n";
const head = (request: string, ...headers: string[]) => [`${request} HTTP/1.1`, "Host: x", ...headers, "", ""].join("\r\n");

test("after a refusal the same connection is good for the next request", async () => {
  const refused = [
    head("POST /api/conversations", "Origin: https://evil.example", "Content-Length: 5") + "12345",
    head("POST /sign-in", "Content-Length: 9000") + "x".repeat(9_000),
    head("GET /nowhere"),
    head("PUT /sign-in", "Content-Length: 3") + "abc",
    head("POST /sign-up/turn", "Content-Type: text/plain", "Content-Length: 3") + "abc",
  ];
  for (const request of refused) {
    const talk = converse();
    talk.send(request);
    await talk.until(/^HTTP\/1\.1 4\d\d /);
    talk.send(HEALTH);
    await talk.until(/HTTP\/1\.1 200 OK[^]*\{"door":"open"\}/);
    talk.end();
  }
  assert.equal(door.reached.length, 0);
});

test("an app that goes away in the middle of a long body leaves no connection stuck", async () => {
  await door.stopApp();
  const talk = converse();
  const body = "y".repeat(400_000);
  talk.send(head("POST /api/conversations/x/messages", `Content-Length: ${body.length}`) + body);
  await talk.until(/^HTTP\/1\.1 503 [^]*app-down/);
  await talk.closed();
  await door.startApp();
  const next = await door.ask("/api/conversations/x/messages", { method: "POST", body });
  assert.equal(next.status, 200);
});

test("whoever still sends what nobody will read gets to read why", async () => {
  const chunk = "z".repeat(64 * 1024);
  const flood = async (path: string, framing: string) => {
    const talk = converse();
    const startedAt = Date.now();
    talk.send(head(`POST ${path}`, framing));
    // as fast as the door takes it
    for (let sent = 0; sent < 400 && !talk.socket.destroyed; sent += 1) {
      talk.send(framing.startsWith("T") ? `10000\r\n${chunk}\r\n` : chunk);
      while (talk.socket.writableNeedDrain && !talk.socket.destroyed) await pause(5);
    }
    await talk.closed();
    assert.match(talk.text(), /^HTTP\/1\.1 413 [^]*body-too-large/, `${framing} ${path}`);
    assert.ok(Date.now() - startedAt < 3_000, "and is not heard out for ever");
  };
  const framings = [`Content-Length: ${64 * 1024 * 1024}`, "Transfer-Encoding: chunked"];
  const paths = ["/sign-in", "/sign-up/turn", "/api/conversations/x/messages"];
  await Promise.all(framings.flatMap((framing) => paths.map((path) => flood(path, framing))));
  assert.equal(door.reached.length, 0);
});

test("a body is asked for only when it is wanted", async () => {
  const expecting = (request: string, length: number, ...more: string[]) =>
    head(request, `Content-Length: ${length}`, "Expect: 100-continue", "Content-Type: application/json", ...more);
  for (const [request, status] of [
    [expecting("POST /sign-in", 9_999_999), 413],
    [expecting("POST /sign-in", 5, "Origin: https://evil.example"), 403],
    [expecting("POST /nowhere", 5), 404],
  ] as const) {
    const talk = converse();
    talk.send(request);
    await talk.until(new RegExp(`^HTTP/1\\.1 ${status} `));
    await talk.closed();
  }
  const talk = converse();
  talk.send(expecting("POST /sign-in", 2));
  await talk.until(/^HTTP\/1\.1 100 Continue\r\n\r\n/);
  talk.send("{}");
  await talk.until(/HTTP\/1\.1 200 /);
  assert.equal(door.reached[0]?.body, "{}");
  assert.equal(door.reached[0]?.headers["expect"], undefined);
  talk.end();
});

test("an app that answers before it has read the body is heard, and the connection goes on", async () => {
  await door.stopApp();
  door.early = (request, response) => {
    request.pause();
    setTimeout(() => response.writeHead(401, { "content-type": "text/plain" }).end("not you"), 200);
  };
  await door.startApp();
  const talk = converse();
  const body = "y".repeat(500_000);
  talk.send(head("POST /api/conversations/x/messages", `Content-Length: ${body.length}`) + body.slice(0, 450_000));
  await talk.until(/^HTTP\/1\.1 401 [^]*not you/);
  talk.send(body.slice(450_000) + HEALTH);
  await talk.until(/\{"door":"open"\}/);
  talk.end();
  door.early = undefined;
});

test("whoever goes away in the middle of a body takes the work along", async () => {
  await door.stopApp();
  const aborted = new Promise<void>((resolve) => {
    door.early = (request) => request.on("close", () => resolve()).resume();
  });
  await door.startApp();
  const talk = converse();
  talk.send(head("POST /api/conversations/x/messages", "Content-Length: 100000") + "y".repeat(50_000));
  await pause(100);
  talk.end();
  await Promise.race([aborted, pause(2_000).then(() => assert.fail("the app was not told"))]);
  door.early = undefined;
});

test("who piles up requests on one connection is let go, with everything that was asked there", async () => {
  let open = 0;
  door.answer = (_, response) => {
    open += 1;
    response.on("close", () => (open -= 1));
  };
  const before = residentMegabytes();
  const talk = converse();
  const many = head("GET /api/me").repeat(500);
  for (let round = 0; round < 20 && !talk.socket.destroyed; round += 1) {
    talk.send(many);
    await pause(20);
  }
  await talk.closed();
  await pause(300);
  assert.ok(door.reached.length <= 4, `${door.reached.length} of them reached the app`);
  assert.equal(open, 0, "the app works for nobody");
  assert.ok(residentMegabytes() - before < 60, `${residentMegabytes() - before} MB more`);
});

test("who goes away takes along also what waited behind another answer", async () => {
  let open = 0;
  door.answer = (_, response) => {
    open += 1;
    response.on("close", () => (open -= 1));
  };
  const talk = converse();
  talk.send(head("GET /api/me").repeat(3));
  for (const limit = Date.now() + 3_000; open < 3 && Date.now() < limit; await pause(10));
  assert.equal(open, 3);
  talk.end();
  await pause(300);
  assert.equal(open, 0, "the app works for nobody");
});

test("a few requests in a row on one connection are answered in order", async () => {
  door.answer = (request, response) => setTimeout(() => response.end(`<${request.url}>`), request.url === "/api/me" ? 100 : 0);
  const talk = converse();
  talk.send(head("GET /api/me") + head("GET /api/models") + HEALTH);
  await talk.until(/<\/api\/me>[^]*<\/api\/models>[^]*"open"/);
  talk.end();
});

test("who says nothing, or too slowly, is not waited for", { timeout: 30_000 }, async () => {
  const slow = async (bytes: string) => {
    const talk = converse();
    const startedAt = Date.now();
    for (let at = 0; !talk.socket.destroyed && Date.now() - startedAt < 20_000; at += 1, await pause(500)) talk.send(bytes[at] ?? "");
    return Date.now() - startedAt;
  };
  for (const tookMs of await Promise.all([slow(""), slow("GET /healthz HTTP/1.1\r\nHost: localhost\r\nA: bcdefghijklmnopqrstuvwxyz")])) {
    assert.ok(tookMs > 8_000 && tookMs < 15_000, `${tookMs} ms`);
  }
});

test("HEAD gets the headers of GET and no body, whoever answers", async () => {
  for (const path of ["/healthz", "/sign-up", "/api/me", "/nowhere"]) {
    const [asked, got] = [await door.ask(path, { method: "HEAD" }), await door.ask(path)];
    assert.equal(asked.status, got.status, path);
    assert.equal(asked.headers["content-type"], got.headers["content-type"], path);
    assert.equal(asked.text, "", path);
  }
});

test("a host named twice, and a path that not everybody reads alike, reach nobody", async () => {
  const refused = [
    "GET /api/me HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n",
    "GET /api/me HTTP/1.1\r\nHost: x\r\nA: \x01\r\n\r\n",
    head("GET /chat/.."),
    head("GET /chat/."),
    head("GET /chat/%2e%2E"),
    head("GET /chat/.%2e"),
    head("GET /chat/a\\b"),
    head("GET /chat/a#b"),
    head("GET /api/messages/../egress"),
    head(`GET /chat/${"x".repeat(5_000)}`),
  ];
  for (const request of refused) {
    const talk = converse();
    talk.send(request);
    await talk.until(/^HTTP\/1\.1 4\d\d /);
    talk.end();
  }
  assert.equal(door.reached.length, 0);
  assert.equal((await door.ask("/chat/...")).status, 200, "three dots are a name");
});

test("what was revoked is not known any more once the app has hung up: the pass buys nothing", async () => {
  const now = Date.now();
  const cookie = `${COOKIES.pass}=${mintPass(doorKeys(root).pass, now, { accountId: "a", role: "member", cohort: 1, sessionEpoch: 1, expiresAt: now + 60_000 })}`;
  const lane = async () => {
    door.reached.length = 0;
    await door.ask("/api/me", { cookie });
    return door.reached[0]?.headers[INTERNAL.lane];
  };
  door.tell({ kind: "revoked", epochs: [], complete: true });
  await pause(50);
  assert.equal(await lane(), "member");
  door.hangUp();
  await pause(50);
  assert.equal(await lane(), "stranger");
});

test("a bug is told with an id and nothing else", async () => {
  door.answer = (_, response) => response.writeHead(200, { "content-type": "application/json" }).end("{no json");
  const form = { "content-type": "application/x-www-form-urlencoded", accept: "text/html" };
  const asked = await door.ask("/sign-in", { method: "POST", headers: form, body: "address=a%40b.example&password=x" });
  assert.equal(asked.status, 503, "an answer that can't be read is an app that is not there");
  assert.doesNotMatch(asked.text, /JSON|Unexpected|at \//);
  assert.ok((await door.ask("/nowhere")).json<Problem>().requestId);
});

function residentMegabytes(): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${door.pid()}/status`, "utf8"))?.[1]) / 1_024;
}

/** A connection, byte by byte. */
function converse() {
  const socket: Socket = connect(door.port, "127.0.0.1");
  let text = "";
  socket.setNoDelay(true);
  socket.on("data", (chunk: Buffer) => (text += chunk.toString("latin1")));
  socket.on("error", () => {});
  return {
    socket,
    text: () => text,
    send: (bytes: string) => void socket.write(bytes, "latin1"),
    end: () => socket.destroy(),
    async until(expected: RegExp) {
      for (const limit = Date.now() + 5_000; !expected.test(text); await pause(10)) {
        if (Date.now() > limit || (socket.destroyed && !expected.test(text))) assert.match(text.slice(0, 2_000), expected);
      }
    },
    async closed() {
      for (const limit = Date.now() + 5_000; !socket.destroyed; await pause(10)) assert.ok(Date.now() < limit, "the connection stays open");
    },
  };
}
