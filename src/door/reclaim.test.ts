/**
 * Who has to let go of a connection? Real connections at a real door that may hold few: floods of them, slow ones, and members
 * who were there before.
 */
import assert from "node:assert/strict";
import { connect, type Socket } from "node:net";
import { test } from "node:test";
import { COOKIES } from "#contract/cookies.ts";
import { mintPass } from "#contract/tokens.ts";
import { DAY_MS } from "#kit/time.ts";
import { doorKeys, newRoot, startDoor, type TestDoor } from "#support/door.ts";

const root = newRoot(1);
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const HEALTH = "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n";

function passOf(accountId: string): string {
  const now = Date.now();
  const pass = { accountId, role: "member", cohort: 1, sessionEpoch: 1, expiresAt: now + DAY_MS } as const;
  return `${COOKIES.pass}=${mintPass(doorKeys(root).pass, now, pass)}`;
}

type Talk = { socket: Socket; text: () => string; isOver: () => boolean; ask(request?: string): Promise<string> };

/** A connection from an address of this machine's own 127.0.0.0/8. */
function open(door: TestDoor, localAddress: string): Talk {
  const socket = connect({ port: door.port, host: "127.0.0.1", localAddress });
  let text = "";
  let isOver = false;
  socket.on("data", (chunk: Buffer) => (text += chunk.toString()));
  socket.on("error", () => {});
  socket.on("close", () => (isOver = true));
  socket.on("end", () => (isOver = true));
  return {
    socket,
    text: () => text,
    isOver: () => isOver,
    async ask(request = HEALTH) {
      const from = text.length;
      socket.write(request);
      for (const until = Date.now() + 2_000; Date.now() < until && !isOver && !/\r\n\r\n[^]/.test(text.slice(from)); await pause(5));
      return text.slice(from);
    },
  };
}

const openOnes = (talks: Talk[]) => talks.filter((talk) => !talk.isOver());

test("one network holds so many connections and no more: its oldest idle one goes, and no other network's", async (t) => {
  const door = await startDoor(t, { root, boot: { limits: { connections: 200, perNetwork: 20 } } });
  const neighbour = open(door, "127.0.2.1");
  assert.match(await neighbour.ask(), /200 OK/);
  const crowd: Talk[] = [];
  for (let at = 0; at < 60; at += 1) {
    crowd.push(open(door, `127.0.1.${1 + (at % 200)}`));
    await pause(2);
  }
  await pause(200);
  assert.equal(openOnes(crowd).length, 20);
  assert.deepEqual(openOnes(crowd), crowd.slice(40), "the newest stay");
  assert.match(await neighbour.ask(), /200 OK/, "who was there from elsewhere still is");
  assert.match(await open(door, "127.0.3.1").ask(), /200 OK/, "and whoever comes from elsewhere comes in");
  assert.match(await open(door, "127.0.1.9").ask(), /200 OK/, "so does somebody new from that network");
  for (const { socket } of [...crowd, neighbour]) socket.destroy();
});

test("when there is no room left the oldest idle connections of strangers go, and a member's never, however long it is idle", async (t) => {
  const door = await startDoor(t, { root, boot: { limits: { connections: 30, perNetwork: 1_000 } } });
  door.tell({ kind: "revoked", epochs: [], complete: true });
  await pause(50);
  const member = open(door, "127.0.0.1");
  const asked = `GET /api/me HTTP/1.1\r\nHost: x\r\nCookie: ${passOf("ada")}\r\n\r\n`;
  assert.match(await member.ask(asked), /200 OK/);
  // one of them is in the middle of an answer
  door.answer = (request, response) => setTimeout(() => response.end("{}"), request.headers["user-agent"] === "busy" ? 1_500 : 0);
  const busy = open(door, "127.0.4.1");
  busy.socket.write("GET /mailbox HTTP/1.1\r\nHost: x\r\nUser-Agent: busy\r\n\r\n");
  await pause(50);
  const crowd: Talk[] = [];
  for (let at = 0; at < 100; at += 1) {
    crowd.push(open(door, `127.0.${10 + (at % 100)}.1`));
    await pause(2);
  }
  await pause(200);
  assert.deepEqual(openOnes(crowd), crowd.slice(-28), "28 of the crowd beside the member and the one who is answered");
  await pause(1_500);
  assert.match(busy.text(), /200 OK/);
  assert.match(await member.ask(asked), /200 OK/);
  assert.match(await open(door, "127.0.5.1").ask(), /200 OK/);
  for (const { socket } of [...crowd, member, busy]) socket.destroy();
});

test("a revoked pass protects its connection no longer", async (t) => {
  const door = await startDoor(t, { root, boot: { limits: { connections: 10, perNetwork: 1_000 } } });
  door.tell({ kind: "revoked", epochs: [], complete: true });
  await pause(50);
  const thief = open(door, "127.0.0.1");
  const asked = `GET /api/me HTTP/1.1\r\nHost: x\r\nCookie: ${passOf("ada")}\r\n\r\n`;
  assert.match(await thief.ask(asked), /200 OK/);
  door.tell({ kind: "revoked", epochs: [["ada", 2]], complete: false });
  await pause(50);
  await thief.ask(asked);
  const crowd = Array.from({ length: 20 }, (_, at) => open(door, `127.0.${10 + at}.1`));
  await pause(300);
  assert.ok(thief.isOver());
  for (const { socket } of crowd) socket.destroy();
});

test(
  "whoever sends a head or a body too slowly, or takes an answer too slowly, is gone within 15 seconds; a member may be slow",
  { timeout: 40_000 },
  async (t) => {
    const door = await startDoor(t, { root });
    door.tell({ kind: "revoked", epochs: [], complete: true });
    await pause(50);
    door.answer = (request, response) => {
      if (request.url?.startsWith("/assets/") !== true) return void response.end("{}");
      response.writeHead(200, { "content-type": "text/plain" });
      const more = () => {
        while (!response.destroyed && response.write(Buffer.alloc(64 * 1024)));
      };
      response.on("drain", more);
      more();
    };
    const drip = async (talk: Talk, first: string, each: string) => {
      const from = Date.now();
      talk.socket.write(first);
      for (; !talk.isOver() && Date.now() - from < 17_000; await pause(500)) if (talk.socket.writable) talk.socket.write(each);
      return Date.now() - from;
    };
    // who does not read does not see the end either: the door's own end of it is looked at
    const aborted = new Promise<number>((resolve) => {
      const from = Date.now();
      const usual = door.answer;
      door.answer = (request, response, body) => {
        if (request.url?.endsWith("?stranger") === true) response.on("close", () => resolve(Date.now() - from));
        usual(request, response, body);
      };
    });
    const stuck = open(door, "127.0.0.1");
    stuck.socket.write("GET /assets/x.js?stranger HTTP/1.1\r\nHost: x\r\n\r\n");
    stuck.socket.pause();
    const [silent, head, body, member] = await Promise.all([
      drip(open(door, "127.0.0.1"), "", ""),
      drip(open(door, "127.0.0.1"), "GET /healthz HTTP/1.1\r\nHost: x\r\nA: ", "a"),
      drip(
        open(door, "127.0.0.1"),
        "POST /sign-in HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 8000\r\n\r\n{",
        " ",
      ),
      drip(
        open(door, "127.0.0.1"),
        `POST /api/conversations HTTP/1.1\r\nHost: x\r\nCookie: ${passOf("ada")}\r\nContent-Type: application/json\r\nContent-Length: 8000\r\n\r\n{`,
        " ",
      ),
    ]);
    for (const [name, tookMs] of Object.entries({ silent, head, body }))
      assert.ok(tookMs > 7_000 && tookMs < 15_000, `${name}: ${tookMs} ms`);
    assert.ok(member > 16_500, `a member's slow phone: ${member} ms`);
    assert.ok((await Promise.race([aborted, pause(100).then(() => 99_999)])) < 15_000, "who takes nothing of a long answer");
    stuck.socket.destroy();
  },
);
