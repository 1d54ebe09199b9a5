/**
 * Who holds a connection and says little, takes little, or nothing? Hundreds of them at once, in every way there is, from several
 * networks: each is gone within a quarter of a minute, and a member beside them waits for nobody. All of it by hand:
 * HOLDFAST_SLOW_CONNECTIONS=5000.
 */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { after, test } from "node:test";
import { head, memberAt, pause, talkTo, type Talk } from "#support/attackers.ts";
import { newRoot, startDoor } from "#support/door.ts";

const CONNECTIONS = Number(process.env["HOLDFAST_SLOW_CONNECTIONS"] ?? 500);
const GONE_WITHIN_MS = 15_000;
const MEMBER_WITHIN_MS = 1_500;
const EVERY_MS = 1_000;
const SOON_MS = 300;
const LATE_MS = 9_000;
const READERS = 20;
const ENDLESS = "/assets/endless";

const root = newRoot(1);
const door = await startDoor({ after }, { root });
let streaming = 0;
door.answer = (request, response) => {
  response.writeHead(200, { "content-type": "text/plain" });
  if (request.url !== ENDLESS) return void response.end("{}");
  streaming += 1;
  response.on("close", () => (streaming -= 1));
  const chunk = Buffer.alloc(64 * 1024, "x");
  const more = () => {
    while (!response.destroyed && response.write(chunk));
    response.once("drain", more);
  };
  more();
};

const post = (path: string, ...headers: string[]) => head(`POST ${path}`, "Content-Type: application/json", ...headers);
/** What is said at once, what soon after it, what after nine seconds, and what then a byte a second, over and over. */
type Slow = { name: string; first: string; soon?: string; late?: string; drip?: string; reads?: false };
const WAYS: Slow[] = [
  { name: "says nothing", first: "" },
  { name: "says nothing and then half a head", first: "", late: "GET /sign-up HTTP/1.1\r\n" },
  { name: "sends a head byte by byte", first: "GET /sign-up HTTP/1.1\r\nHost: x\r\nA: ", drip: "b" },
  { name: "sends a head line by line", first: "GET /sign-up HTTP/1.1\r\nHost: x\r\n", drip: "A: b\r\n" },
  { name: "sends blank lines and no head", first: "\r\n", drip: "\r\n" },
  { name: "asks once and stays", first: head("GET /healthz") },
  { name: "asks once and then sends half a head", first: head("GET /healthz") + "GET /", drip: "x" },
  { name: "promises a form and sends none", first: post("/sign-up/place", "Content-Length: 8000") },
  { name: "sends a form byte by byte", first: post("/sign-up/place", "Content-Length: 8000"), drip: "x" },
  { name: "sends a form in chunks of a byte", first: post("/sign-up/place", "Transfer-Encoding: chunked"), drip: "1\r\nx\r\n" },
  { name: "sends the extension of a chunk byte by byte", first: post("/sign-up/place", "Transfer-Encoding: chunked") + "1;", drip: "x" },
  { name: "sends trailers line by line", first: post("/sign-up/turn", "Transfer-Encoding: chunked") + "0\r\n", drip: "A: b\r\n" },
  { name: "sends a message to the app byte by byte", first: post("/api/conversations/x/messages", "Content-Length: 400000"), drip: "x" },
  {
    name: "sends half of a message at once and then nothing",
    first: post("/api/conversations/x/messages", "Content-Length: 100000"),
    soon: "x".repeat(50_000),
  },
  {
    name: "sends half of a message in one long extension",
    first: post("/sign-up/place", "Transfer-Encoding: chunked") + "1;" + "x".repeat(15_000),
  },
  { name: "is asked for a body and sends none", first: post("/sign-in", "Content-Length: 8000", "Expect: 100-continue") },
  { name: "was refused and goes on sending", first: post("/nowhere", "Content-Length: 60000"), drip: "x" },
  { name: "was refused for its length and goes on sending", first: post("/sign-in", "Content-Length: 9000000"), drip: "x" },
  {
    name: "asks to upgrade and then sends what is none",
    first: head("GET /healthz", "Connection: Upgrade", "Upgrade: websocket"),
    drip: "x",
  },
  { name: "asks and never reads", first: head("GET /sign-up", "Accept: text/html").repeat(3), reads: false },
];

const attackers: { way: Slow; talk: Talk }[] = [];
after(() => attackers.forEach(({ talk }) => talk.hangUp()));

test(
  `${CONNECTIONS} slow connections are gone within a quarter of a minute, and a member beside them is served`,
  { timeout: 60_000 },
  async (t) => {
    const member = memberAt(door, root);
    t.after(() => member.leave());
    await pause(1_000);
    const quiet = await member.served();
    const before = openFiles();
    const dripping = setInterval(() => {
      for (const { way, talk } of attackers) if (way.drip !== undefined && !talk.socket.destroyed) talk.send(way.drip);
    }, EVERY_MS);
    t.after(() => clearInterval(dripping));
    for (let number = 0; number < CONNECTIONS; number += 1) {
      const way = WAYS[number % WAYS.length] ?? assert.fail();
      const talk = talkTo(door.port, {
        from: `127.${20 + Math.floor(number / 2_000)}.${Math.floor(number / 100) % 20}.1`,
        reads: way.reads !== false,
      });
      talk.send(way.first);
      if (way.soon !== undefined) setTimeout(talk.send, SOON_MS, way.soon);
      if (way.late !== undefined) setTimeout(talk.send, LATE_MS, way.late);
      attackers.push({ way, talk });
      // no faster than a busy door accepts: whoever waits in the kernel is not at the door yet
      if (number % 20 === 19) await pause(20);
    }
    const lived = new Map<string, number>();
    const stayed: string[] = [];
    await Promise.all(
      attackers.map(async ({ way: { name, reads }, talk }) => {
        // whoever does not read does not see the end either, but meets it when they send
        if (reads === false) return;
        const ms = await talk.closed(2 * GONE_WITHIN_MS).catch(() => undefined);
        if (ms === undefined || ms > GONE_WITHIN_MS) stayed.push(`who ${name}: ${ms === undefined ? "for ever" : `${Math.round(ms)} ms`}`);
        else lived.set(name, Math.max(lived.get(name) ?? 0, ms));
      }),
    );
    const { asked, slowestMs } = await member.served();
    t.diagnostic(`a member asked ${asked} times, answered within ${Math.round(slowestMs)} ms (quiet: ${Math.round(quiet.slowestMs)} ms)`);
    for (const [name, ms] of lived) t.diagnostic(`who ${name}: gone after at most ${(ms / 1_000).toFixed(1)} s`);
    assert.deepEqual(stayed, [], "who stayed for longer");
    assert.ok(openFiles() - before < 16, `the door holds ${openFiles() - before} more connections than before`);
    assert.ok(slowestMs < MEMBER_WITHIN_MS, `a member waited ${slowestMs} ms`);
  },
);

test(
  "whoever takes nothing of a long answer, a half-dead stream's reader too, is let go, and the app writes for nobody",
  { timeout: 60_000 },
  async (t) => {
    const member = memberAt(door, root);
    t.after(() => member.leave());
    const before = residentMegabytes();
    const talks = Array.from({ length: READERS }, (_, number) => talkTo(door.port, { from: `127.40.${number}.1`, reads: false }));
    t.after(() => talks.forEach((talk) => talk.hangUp()));
    for (const talk of talks) talk.send(head(`GET ${ENDLESS}`));
    for (const until = performance.now() + 3_000; streaming < READERS && performance.now() < until;) await pause(10);
    assert.equal(streaming, READERS);
    const startedAt = performance.now();
    for (; streaming > 0 && performance.now() - startedAt < GONE_WITHIN_MS;) await pause(50);
    t.diagnostic(`the app writes for ${streaming} of ${READERS} after ${((performance.now() - startedAt) / 1_000).toFixed(1)} s`);
    assert.equal(streaming, 0);
    assert.ok(residentMegabytes() - before < 128, `${residentMegabytes() - before} MB more`);
    assert.ok((await member.served()).slowestMs < MEMBER_WITHIN_MS);
  },
);

function residentMegabytes(): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${door.pid()}/status`, "utf8"))?.[1]) / 1_024;
}

function openFiles(): number {
  return readdirSync(`/proc/${door.pid()}/fd`).length;
}
