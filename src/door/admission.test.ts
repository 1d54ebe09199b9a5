/**
 * Do those who are known notice a flood, and does anybody else still come in? A real door before an app that can do little:
 * lanes, budgets, refusals as people and programs see them.
 */
import assert from "node:assert/strict";
import { Agent, request as httpRequest, type IncomingMessage, type ServerResponse } from "node:http";
import { connect } from "node:net";
import { test } from "node:test";
import type { Problem } from "#contract/problems.ts";
import type { Sabotage } from "#contract/processes.ts";
import { COOKIES } from "#contract/cookies.ts";
import { mintDevice, mintPass } from "#contract/tokens.ts";
import { DAY_MS } from "#kit/time.ts";
import { doorKeys, newRoot, startDoor, takePlace, type TestDoor, type Reply } from "#support/door.ts";

const root = newRoot(1);
const keys = doorKeys(root);
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const HTML = { accept: "text/html,application/xhtml+xml" };

function passOf(accountId: string): string {
  const now = Date.now();
  return `${COOKIES.pass}=${mintPass(keys.pass, now, { accountId, role: "member", cohort: 1, sessionEpoch: 1, expiresAt: now + DAY_MS })}`;
}

/** A door behind a proxy, so that requests come from as many networks as they say. */
async function doorBehindProxy(t: { after(work: () => void | Promise<void>): unknown }, sabotage?: Sabotage): Promise<TestDoor> {
  const door = await startDoor(t, { root, boot: { trustedProxyHops: 1, ...(sabotage === undefined ? {} : { sabotage }) } });
  door.tell({ kind: "revoked", epochs: [], complete: true });
  await pause(50);
  return door;
}

/** One request after the other, 4 ms each: some two hundred a second, and no more. `foundByMembers`: how many stood there before each of them. */
function slowApp(): { answer: TestDoor["answer"]; foundByMembers: number[] } {
  let last = Promise.resolve();
  let standing = 0;
  const foundByMembers: number[] = [];
  const answer = (request: IncomingMessage, response: ServerResponse) => {
    if (request.url === "/api/me") foundByMembers.push(standing);
    standing += 1;
    last = last.then(async () => {
      await pause(response.destroyed ? 0 : 4);
      standing -= 1;
      response.setHeader("content-type", "application/json").end("{}");
    });
  };
  return { answer, foundByMembers };
}

const agent = new Agent({ keepAlive: true, maxSockets: 200 });

function get(door: TestDoor, path: string, headers: Record<string, string>, method = "GET"): Promise<{ status: number; tookMs: number }> {
  const from = performance.now();
  return new Promise((resolve) => {
    const asked = httpRequest({ agent, host: "127.0.0.1", port: door.port, path, headers, method }, (response) => {
      response.resume();
      response.on("end", () => resolve({ status: response.statusCode ?? 0, tookMs: performance.now() - from }));
      response.on("error", () => resolve({ status: 0, tookMs: performance.now() - from }));
    });
    asked.on("error", () => resolve({ status: 0, tookMs: performance.now() - from }));
    asked.end();
  });
}

/** Sixty strangers from twenty networks ask as fast as they are answered, and a member every 50 ms; as they fared after the first second. */
async function flood(door: TestDoor, forMs: number) {
  const app = slowApp();
  door.answer = app.answer;
  let isOver = false;
  const strangers: number[] = [];
  const workers = Array.from({ length: 60 }, async (_, worker) => {
    while (!isOver) {
      const { status } = await get(door, "/mailbox", { "x-forwarded-for": `198.51.${worker % 20}.7` });
      strangers.push(status);
      // whoever is refused comes back without waiting: a flood
      if (status !== 200) await pause(5);
    }
  });
  const members: Promise<{ status: number; tookMs: number }>[] = [];
  const from = Date.now();
  while (Date.now() - from < forMs) {
    await pause(50);
    if (Date.now() - from > 1_000) members.push(get(door, "/api/me", { "x-forwarded-for": "198.51.3.9", cookie: passOf("ada") }));
  }
  const fared = await Promise.all(members);
  isOver = true;
  await Promise.all(workers);
  return { fared, strangers, found: app.foundByMembers };
}

test("a member is served while strangers from the same networks ask for far more than the app can do, and some of them are too", async (t) => {
  const door = await doorBehindProxy(t);
  const { fared, strangers, found } = await flood(door, 4_000);
  const served = strangers.filter((status) => status === 200).length;
  const refused = strangers.filter((status) => status === 503).length;
  const medianOf = (numbers: number[]) => numbers.toSorted((one, other) => one - other)[Math.floor(numbers.length / 2)] ?? 0;
  const tookMs = medianOf(fared.map((one) => one.tookMs));
  t.diagnostic(
    `a member found ${medianOf(found)} in the app and had an answer after ${tookMs.toFixed(0)} ms (medians); strangers: ${served} served, ${refused} refused`,
  );
  assert.deepEqual([...new Set(fared.map(({ status }) => status))], [200], "no member is ever refused");
  assert.ok(medianOf(found) <= 30, `${medianOf(found)} of sixty strangers stood before a member`);
  assert.ok(refused > served, "the flood is refused");
  assert.ok(served > 60, "and the door is open all the same");
});

test("without lanes that same member is refused like anybody", async (t) => {
  const door = await doorBehindProxy(t, "lanes-off");
  const { fared } = await flood(door, 3_000);
  assert.ok(fared.some(({ status }) => status !== 200));
});

test("whoever uses one pass from everywhere at once gets what one person may ask, and nobody else notices", async (t) => {
  const door = await doorBehindProxy(t);
  const cookie = passOf("stolen");
  const from = performance.now();
  const writes: number[] = [];
  const ada: number[] = [];
  let next = 0;
  const thief = async () => {
    for (; next < 2_000;) {
      next += 1;
      const network = `203.0.${next % 200}.1`;
      writes.push((await get(door, "/api/conversations/x", { "x-forwarded-for": network, cookie }, "DELETE")).status);
      if (next % 50 === 0) ada.push((await get(door, "/api/me", { "x-forwarded-for": network, cookie: passOf("ada") })).status);
    }
  };
  await Promise.all(Array.from({ length: 6 }, thief));
  const seconds = (performance.now() - from) / 1_000;
  const served = writes.filter((status) => status === 200).length;
  const refused = writes.filter((status) => status === 429).length;
  t.diagnostic(`${served} served and ${refused} refused of ${writes.length} in ${seconds.toFixed(1)} s`);
  // a write is 4 of a burst of 4,000 and of 400 a second
  assert.ok(served <= 1_000 + 100 * (seconds + 1));
  assert.ok(refused > 200);
  assert.ok(ada.length > 10);
  assert.deepEqual([...new Set(ada)], [200]);
});

test("a pass that is revoked in mid-use is a stranger's with the next request", async (t) => {
  const door = await doorBehindProxy(t);
  const lane = async (cookie: string) => {
    door.reached.length = 0;
    await door.ask("/api/me", { cookie });
    return door.reached[0]?.headers["x-holdfast-lane"];
  };
  const device = `${COOKIES.device}=${mintDevice(keys.device, { accountId: "ada", deviceId: "d", sessionEpoch: 1, issuedAt: Date.now() })}`;
  assert.equal(await lane(`${passOf("ada")}; ${device}`), "member");
  assert.equal(await lane(device), "known-device");
  door.tell({ kind: "revoked", epochs: [["ada", 2]], complete: false });
  await pause(50);
  assert.equal(await lane(`${passOf("ada")}; ${device}`), "stranger");
});

test("one account holds sixteen event streams at once, whatever networks they come from, and others have theirs", async (t) => {
  const door = await doorBehindProxy(t);
  door.answer = (_, response) => response.writeHead(200, { "content-type": "text/event-stream" }).write(": open\n\n");
  const open = (at: number, accountId: string) =>
    new Promise<IncomingMessage>((resolve, reject) => {
      const headers = { "x-forwarded-for": `203.0.${at}.1`, cookie: passOf(accountId) };
      httpRequest({ host: "127.0.0.1", port: door.port, path: "/api/events", headers, agent: false }, resolve).on("error", reject).end();
    });
  const streams = await Promise.all(Array.from({ length: 16 }, (_, at) => open(at, "ada")));
  assert.deepEqual([...new Set(streams.map(({ statusCode }) => statusCode))], [200]);
  assert.equal((await open(17, "ada")).statusCode, 429);
  assert.equal((await open(17, "bob")).statusCode, 200);
  streams[0]?.destroy();
  await pause(100);
  assert.equal((await open(17, "ada")).statusCode, 200, "whoever closed one may open one");
});

test("who can't come in now is told so in their language, as a page that goes on by itself or as a problem, and when", async (t) => {
  const door = await startDoor(t, { root });
  // an app that is busy with passwords for ever
  door.answer = () => {};
  const form = { ...HTML, "content-type": "application/x-www-form-urlencoded" };
  const many = (headers: Record<string, string>, body: string) =>
    Promise.all(
      Array.from({ length: 100 }, () =>
        Promise.race([door.ask("/sign-in", { method: "POST", headers, body }), pause(1_000).then(() => undefined)]),
      ),
    );
  const refusedOf = async (headers: Record<string, string>, body: string) =>
    (await many(headers, body)).find((reply) => reply?.status === 503) ?? assert.fail("nobody was refused");

  const problem = await refusedOf({ "content-type": "application/json" }, "{}");
  assert.equal(problem.headers["content-type"], "application/problem+json; charset=utf-8");
  const { code, status, retryAfterSeconds } = problem.json<Problem>();
  assert.deepEqual([code, status], ["too-busy", 503]);
  assert.equal(problem.headers["retry-after"], String(retryAfterSeconds));
  assert.ok((retryAfterSeconds ?? 0) >= 1 && (retryAfterSeconds ?? 0) <= 60);
  assert.equal(problem.headers.connection, "close", "nothing of a refused body is read");

  for (const [language, title] of [
    ["en", "Holdfast is very busy"],
    ["es", "Holdfast está muy ocupado"],
  ] as const) {
    const page = await refusedOf({ ...form, "accept-language": language }, "address=a&password=b");
    assert.match(String(page.headers["content-type"]), /^text\/html/);
    assert.ok(page.text.includes(`<html lang="${language}"`) && page.text.includes(title), page.text.slice(0, 300));
    assert.match(page.text, new RegExp(`http-equiv="refresh" content="${page.headers["retry-after"]}; url=/sign-in"`));
    assert.match(String(page.headers["content-security-policy"]), /default-src 'none'/);
    assert.ok(page.text.length < 20_000);
  }
  assert.equal((await door.ask("/healthz")).status, 200);
});

test("whoever holds a place and asks too often is told that the place stays, and the place is still good", async (t) => {
  const door = await startDoor(t, { root });
  door.capacity(null);
  const { cookie, placed } = await takePlace(door);
  const { place } = placed.json<{ place: string }>();
  const cookies = `${cookie}; ${COOKIES.place}=${place}`;
  const turn = () => door.ask("/sign-up/turn", { method: "POST", cookie: cookies, body: JSON.stringify({ place }) });
  const refused: Reply[] = [];
  // a door that is kept busy by all this may refuse for that first
  for (let tries = 0; tries < 80 && refused.length <= 20; tries += 1) {
    const turns = await Promise.all(Array.from({ length: 25 }, turn));
    refused.push(...turns.filter(({ status }) => status === 429));
    await pause(60);
  }
  assert.ok(refused.length > 20, `${refused.length} refused`);
  assert.equal(refused[0]?.json<Problem>().code, "holder-limit");
  const waitingPage = () => door.ask("/sign-up/wait", { cookie: cookies, headers: { ...HTML, host: `localhost:${door.port}` } });
  let page: Reply | undefined;
  for (let tries = 0; tries < 5 && page === undefined; tries += 1, await pause(200))
    page = (await Promise.all(Array.from({ length: 60 }, waitingPage))).find(({ status }) => status === 429);
  if (page === undefined) assert.fail("no page was refused");
  assert.match(page.text, /You keep your place in the line\./);
  assert.match(page.text, /http-equiv="refresh" content="\d+; url="/, "the same address is asked for again");
  await pause(1_000);
  assert.equal((await takePlace(door)).placed.status, 200, "others in that network take places all the same");
  const again = await door.ask("/sign-up/turn", { method: "POST", cookie: cookies, body: JSON.stringify({ place }) });
  assert.equal(again.status, 200);
});

test("a refusal comes before the body does, whole, and ends the connection", async (t) => {
  const door = await startDoor(t, { root });
  door.answer = () => {};
  const head = ["POST /sign-in HTTP/1.1", "Host: x", "Content-Type: application/json", "Content-Length: 4000", "", ""].join("\r\n");
  const heard = await Promise.all(Array.from({ length: 40 }, () => say(door, head, /^never$/)));
  const refused = heard.find((text) => text.startsWith("HTTP/1.1 503")) ?? assert.fail("nobody was refused");
  assert.match(refused, /\r\nretry-after: \d+\r\n/i);
  assert.match(refused, /\r\nconnection: close\r\n/i);
  const [, length, body] = /content-length: (\d+)\r\n[^]*?\r\n\r\n([^]*)$/i.exec(refused) ?? [];
  assert.equal(Buffer.byteLength(body ?? ""), Number(length));
});

/** Sends bytes as they are; what comes back until there is enough of it, it ends, or two seconds have passed. */
function say(door: TestDoor, bytes: string, enough: RegExp): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(door.port, "127.0.0.1");
    let text = "";
    const end = () => {
      socket.destroy();
      resolve(text);
    };
    socket.on("data", (chunk: Buffer) => {
      text += chunk.toString();
      if (enough.test(text)) end();
    });
    socket.on("close", end);
    socket.on("error", () => {});
    socket.write(bytes);
    setTimeout(end, 2_000);
  });
}
