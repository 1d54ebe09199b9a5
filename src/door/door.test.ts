/** What reaches the app, what is turned away, and what is told when something is not there? A real door, a real app socket. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { request as httpRequest, type IncomingMessage } from "node:http";
import { connect } from "node:net";
import { after, beforeEach, test } from "node:test";
import { mintPass, type Pass } from "#contract/tokens.ts";
import { COOKIES } from "#contract/cookies.ts";
import type { Problem } from "#contract/problems.ts";
import { INTERNAL } from "#contract/processes.ts";
import { ROUTES } from "#contract/routes.ts";
import type { StatusAnswer } from "#contract/wire.ts";
import { DOOR_SECRET, doorKeys, newRoot, startDoor, type TestDoor } from "#support/door.ts";

const root = newRoot(1);
const door = await startDoor({ after }, { root });
const usual = door.answer;
beforeEach(() => {
  door.reached.length = 0;
  door.answer = usual;
});
const HTML = { accept: "text/html,application/xhtml+xml" };
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

// begun here and looked at in the end, so that nobody waits for it
const slowHead = raw("GET /healthz HTTP/1.1\r\nHost: x\r\nA: b", 15_000);

test("what a client says in the door's name never reaches the app", async () => {
  await door.ask("/api/me", {
    headers: {
      [INTERNAL.doorSecret]: "guess",
      [INTERNAL.lane]: "operator",
      [INTERNAL.placeId]: "A".repeat(22),
      "X-Holdfast-Anything": "x",
      "x-forwarded-for": "203.0.113.9",
      forwarded: "for=203.0.113.9",
      connection: "close, x-mine, cookie",
      "x-mine": "x",
      te: "trailers",
      "user-agent": "somebody",
    },
    cookie: "a=b",
  });
  const { headers } = door.reached[0] ?? assert.fail("nothing reached the app");
  assert.equal(headers[INTERNAL.doorSecret], DOOR_SECRET);
  assert.equal(headers[INTERNAL.lane], "stranger");
  assert.equal(headers[INTERNAL.clientPrefix], "127.0.0.0/24");
  assert.match(String(headers[INTERNAL.requestId]), /^[\w-]{16}$/);
  for (const name of [INTERNAL.placeId, "x-holdfast-anything", "x-forwarded-for", "forwarded", "x-mine", "te"]) {
    assert.equal(headers[name], undefined, name);
  }
  assert.equal(headers["user-agent"], "somebody");
  assert.equal(headers.cookie, "a=b", "naming it a connection header does not take the session away");
});

test("what the app says in the door's name never reaches a client", async () => {
  door.answer = (_, response) => response.writeHead(200, { "x-holdfast-door": "s", "x-kept": "1", "set-cookie": ["a=1", "b=2"] }).end("{}");
  const answer = await door.ask("/api/me");
  assert.equal(answer.headers["x-holdfast-door"], undefined);
  assert.equal(answer.headers["x-kept"], "1");
  assert.deepEqual(answer.setCookies, ["a=1", "b=2"]);
});

test("a change that another site's page sent is refused, whoever would answer it", async () => {
  const foreign: Record<string, string>[] = [
    { origin: "https://evil.example" },
    { origin: "null" },
    { origin: `${door.url}0` },
    { "sec-fetch-site": "cross-site" },
    { "sec-fetch-site": "same-site" },
  ];
  for (const { method, path, limitBytes } of ROUTES.filter((route) => route.method !== "GET")) {
    for (const headers of foreign) {
      const body = limitBytes > 0 ? { body: "{}" } : {};
      const answer = await door.ask(path.replaceAll(/:\w+/g, "x"), { method, headers, ...body });
      assert.equal(answer.json<Problem>().code, "foreign-origin", `${method} ${path} ${JSON.stringify(headers)}`);
    }
  }
  assert.equal(door.reached.length, 0);
  const own = { origin: `http://localhost:${door.port}`, "sec-fetch-site": "same-origin" };
  assert.equal((await door.ask("/sign-out", { method: "POST", headers: own, body: "{}" })).status, 200);
  assert.equal((await door.ask("/sign-out", { method: "POST", body: "{}" })).status, 200, "a program sends neither");
});

test("a body over its route's limit is refused before or while it comes, with and without a length", async () => {
  const big = "x".repeat(20_000);
  for (const path of ["/sign-up/place", "/sign-in", "/api/conversations"]) {
    for (const headers of [{}, { "transfer-encoding": "chunked" }] as Record<string, string>[]) {
      const answer = await door.ask(path, { method: "POST", headers, body: big });
      assert.equal(answer.json<Problem>().code, "body-too-large", `${path} ${JSON.stringify(headers)}`);
    }
  }
  assert.equal((await door.ask("/api/me", { headers: { "content-length": "2" }, body: "{}" })).status, 413, "a GET takes none");
  assert.equal(door.reached.length, 0);
  assert.equal((await door.ask("/api/conversations/x/messages", { method: "POST", body: "y".repeat(500_000) })).status, 200);
  assert.equal(door.reached[0]?.body.length, 500_000);
});

test("a body without a length reaches the app whole and framed: nothing of it becomes a request of its own", async () => {
  const body = `{"text":"x"}\r\n\r\nGET /api/me HTTP/1.1\r\nhost: app\r\nx-holdfast-door: ${DOOR_SECRET}\r\n\r\n`;
  await door.ask("/api/conversations/x/messages", { method: "POST", headers: { "transfer-encoding": "chunked" }, body });
  await door.ask("/api/models");
  assert.deepEqual(
    door.reached.map((one) => [one.path, one.body]),
    [
      ["/api/conversations/x/messages", body],
      ["/api/models", ""],
    ],
  );
});

test("requests that read differently to two parsers are refused and reach nobody", async () => {
  const heads = [
    "POST /api/conversations HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "POST /api/conversations HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
    "POST /api/conversations HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    "GET /api/me HTTP/1.1\r\nHost: x\r\nA: b\r\n c\r\nBad Name: x\r\n\r\n",
    "GET /api/me HTTP/1.1\r\n\r\n",
    `GET /api/me HTTP/1.1\r\nHost: x\r\nA: ${"y".repeat(20_000)}\r\n\r\n`,
    "GET http://app/api/me HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
    "GET //api/me HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
    "GET /api/%6de HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
    "GET /api/../api/me HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
  ];
  for (const head of heads) assert.match(await raw(head), /^HTTP\/1\.1 4\d\d /, head.slice(0, 60));
  assert.equal(door.reached.length, 0);
});

test("a path that is not there, and one that is there for another method, are told apart", async () => {
  assert.equal((await door.ask("/nowhere")).json<Problem>().code, "not-found");
  const wrong = await door.ask("/api/me", { method: "PUT" });
  assert.equal(wrong.status, 405);
  assert.equal(wrong.headers.allow, "GET, PATCH");
  assert.equal(door.reached.length, 0);
});

test("an app that is not there is told as what it is: to people as a page that tries again, to programs as a problem", async () => {
  await door.stopApp();
  const program = await door.ask("/api/me");
  assert.equal(program.status, 503);
  assert.equal(program.json<Problem>().code, "app-down");
  assert.equal(program.headers["retry-after"], "2");
  const person = await door.ask("/chat", { headers: HTML });
  assert.equal(person.status, 503);
  assert.match(String(person.headers["content-type"]), /text\/html/);
  assert.match(person.text, /starting again/);
  const form = await door.ask("/sign-in", {
    method: "POST",
    headers: { ...HTML, "content-type": "application/x-www-form-urlencoded" },
    body: "address=ada%40example.org&password=x",
  });
  assert.equal(form.status, 503);
  assert.match(form.text, /value="ada@example\.org"/, "what was typed is still there");
  for (const path of ["/", "/sign-up", "/sign-in", "/first-operator", "/status", "/manual", "/healthz", "/status.json"]) {
    assert.equal((await door.ask(path, { headers: path.includes(".") ? {} : HTML })).status, 200, `${path} comes from memory`);
  }
  await door.startApp();
  assert.equal((await door.ask("/api/me")).status, 200);
});

test("an app that dies in the middle of an answer cuts it: nobody takes a part for the whole", async () => {
  door.answer = (request, response) => {
    response.writeHead(200, { "content-type": "text/plain" });
    response.write("half");
    setTimeout(() => request.socket.destroy(), 20);
  };
  await assert.rejects(door.ask("/api/me"), /aborted|ECONNRESET/);
});

test("words stream through as they come, in both directions", async () => {
  let finish = () => {};
  door.answer = (_, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.write("data: one\n\n");
    finish = () => response.end("data: two\n\n");
  };
  const response = await open("/api/events");
  const [first] = (await once(response, "data")) as [Buffer];
  assert.equal(first.toString(), "data: one\n\n");
  finish();
  const [second] = (await once(response, "data")) as [Buffer];
  assert.equal(second.toString(), "data: two\n\n");
});

test("whoever goes away takes the work along", async () => {
  const gone = new Promise<void>((resolve) => {
    door.answer = (_, response) => {
      response.on("close", () => resolve());
      response.writeHead(200).write("data: one\n\n");
    };
  });
  const response = await open("/api/events");
  await once(response, "data");
  response.destroy();
  await Promise.race([gone, pause(2_000).then(() => assert.fail("the app was not told"))]);
});

test("a reader who stops reading stops the app's writing, not the door", async () => {
  let written = 0;
  door.answer = (_, response) => {
    response.writeHead(200);
    const chunk = Buffer.alloc(64 * 1024);
    const more = () => {
      if (response.destroyed) return;
      while (written < 2_000 && response.write(chunk)) written += 1;
      if (written < 2_000) response.once("drain", more);
    };
    more();
  };
  const response = await open("/api/events");
  response.pause();
  await pause(300);
  const stalledAt = written;
  await pause(300);
  assert.ok(written < 1_000 && written - stalledAt < 50, `${written} chunks of 64 KB were written to somebody who does not read`);
  assert.equal((await door.ask("/healthz")).status, 200);
  response.destroy();
});

test("a member's pass buys the lane, once the app has told who was revoked; an altered or revoked one does not", async () => {
  const now = Date.now();
  const pass: Pass = { accountId: "ada", role: "member", cohort: 1, sessionEpoch: 1, expiresAt: now + 60_000 };
  const token = mintPass(doorKeys(root).pass, now, pass);
  const lane = async (given: string) => {
    door.reached.length = 0;
    await door.ask("/api/me", { cookie: `${COOKIES.pass}=${given}` });
    return door.reached[0]?.headers[INTERNAL.lane];
  };
  assert.equal(await lane(token), "stranger", "who was revoked is not known yet");
  door.tell({ kind: "revoked", epochs: [["bob", 7]], complete: true });
  await pause(50);
  assert.equal(await lane(token), "member");
  assert.equal(await lane(token.slice(0, 60) + (token[60] === "A" ? "B" : "A") + token.slice(61)), "stranger", "altered");
  assert.equal(await lane(mintPass(doorKeys(newRoot(1)).pass, now, pass)), "stranger", "made with another key");
  door.tell({ kind: "revoked", epochs: [["ada", 2]], complete: false });
  await pause(50);
  assert.equal(await lane(token), "stranger", "revoked");
  assert.equal(await lane(mintPass(doorKeys(root).pass, now, { ...pass, sessionEpoch: 2 })), "member");
});

test("the status says what the app told, and that it is unknown when the app is silent", async (t) => {
  const own = await startDoor(t);
  const silent = (await own.ask("/status.json")).json<StatusAnswer>();
  assert.equal(silent.health, null);
  assert.deepEqual(silent.line, {
    ...{ waiting: 0, standsStill: true, wait: null, lettersPerSecond: null },
    quotes: { decided: 0, share: null },
  });
  own.capacity(50);
  own.tell({ kind: "health", mail: "failing", database: "working", model: "guide", lettersWaiting: 3, oldestLetterSeconds: 9 });
  await pause(100);
  const told = (await own.ask("/status.json")).json<StatusAnswer>();
  assert.equal(told.health?.mail, "failing");
  assert.equal(told.line.standsStill, false);
  assert.equal(told.line.lettersPerSecond, 50);
});

test("pages for people carry a policy without inline script, are not cached, and load only what is ours", async () => {
  for (const path of ["/", "/sign-up", "/sign-in", "/status", "/manual", "/nowhere"]) {
    const { headers, text } = await door.ask(path, { headers: HTML });
    const policy = String(headers["content-security-policy"]);
    assert.match(policy, /default-src 'none'/);
    assert.doesNotMatch(policy, /unsafe|\*|https?:/);
    assert.equal(headers["cache-control"], "no-store");
    assert.equal(headers["x-content-type-options"], "nosniff");
    assert.doesNotMatch(text, /<script(?![^>]*src=)|\sstyle=|\son\w+=/, path);
    for (const [, file = ""] of text.matchAll(/(?:src|href)="(\/small\/[^"]+)"/g)) {
      const loaded = await door.ask(file);
      assert.equal(loaded.status, 200, file);
      assert.match(String(loaded.headers["cache-control"]), /immutable/);
    }
  }
});

test("somebody who opened this machine by another name is led to the address that cookies belong to", async () => {
  const answer = await door.ask("/sign-up?x=1", { headers: { ...HTML, host: `127.0.0.1:${door.port}` } });
  assert.equal(answer.status, 307);
  assert.equal(answer.headers.location, `http://localhost:${door.port}/sign-up?x=1`);
  assert.equal((await door.ask("/healthz", { headers: { host: `127.0.0.1:${door.port}` } })).status, 200, "programs stay");
});

test("whoever never finishes the head of a request is let go", { timeout: 30_000 }, async () => {
  assert.match(await slowHead, /^HTTP\/1\.1 408 /);
});

test("the door ends when its supervisor is gone, and in order when it is told to", async (t) => {
  for (const end of [(own: TestDoor) => own.child().disconnect(), (own: TestDoor) => own.send({ kind: "stop" })]) {
    const own = await startDoor(t);
    const exited = once(own.child(), "exit");
    end(own);
    const [code] = (await exited) as [number];
    assert.equal(code, 0);
  }
});

/** A response whose body has not been read yet. */
async function open(path: string): Promise<IncomingMessage> {
  const request = httpRequest({
    host: "127.0.0.1",
    port: door.port,
    path,
    agent: false,
    headers: { host: `localhost:${door.port}` },
  }).end();
  const [response] = (await once(request, "response")) as [IncomingMessage];
  response.on("error", () => {});
  return response;
}

/** Sends bytes as they are and returns what comes back. */
async function raw(bytes: string, limitMs = 3_000): Promise<string> {
  const socket = connect(door.port, "127.0.0.1");
  let text = "";
  socket.on("data", (chunk: Buffer) => (text += chunk.toString()));
  socket.on("error", () => {});
  socket.write(bytes);
  await Promise.race([once(socket, "close"), pause(limitMs)]);
  socket.destroy();
  return text;
}
