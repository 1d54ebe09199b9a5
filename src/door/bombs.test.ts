/**
 * Can a few bytes cost the door much? Heads, cookies, addresses, chunks and bodies that are made to be long, deep, folded into
 * themselves, or slow to read: each is answered or ended at once, memory stays, and a member beside it waits for nobody.
 */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, test } from "node:test";
import { brotliCompressSync, deflateSync, gzipSync } from "node:zlib";
import { COOKIES } from "#contract/cookies.ts";
import { EFFORT_HEADER } from "#contract/effort-header.ts";
import type { Problem } from "#contract/problems.ts";
import { head, memberAt, pause, talkTo } from "#support/attackers.ts";
import { newRoot, startDoor } from "#support/door.ts";

const root = newRoot(1);
const door = await startDoor({ after }, { root });
const member = memberAt(door, root);
after(() => member.leave());

/** Of one request on a busy machine; quadratic reading of 16 KB takes seconds. */
const WITHIN_MS = 750;
const MEMBER_WITHIN_MS = 1_500;
const LONG = 12_000;
const SMALL_BODY = 8 * 1024;
const JSON_TYPE = "Content-Type: application/json";
const FORM_TYPE = "Content-Type: application/x-www-form-urlencoded";

const reached = () => door.reached.filter(({ path }) => path !== "/api/me");
const filled = (piece: string, length = LONG) => piece.repeat(Math.ceil(length / piece.length)).slice(0, length);

function bomb(name: string, work: () => Promise<void>): void {
  test(`${name}; a member beside it is served`, { timeout: 60_000 }, async (t) => {
    door.reached.length = 0;
    await member.served();
    const before = residentMegabytes();
    await work();
    await pause(100);
    const { asked, slowestMs } = await member.served();
    t.diagnostic(`a member asked ${asked} times, answered within ${Math.round(slowestMs)} ms`);
    assert.ok(slowestMs < MEMBER_WITHIN_MS, `a member waited ${slowestMs} ms`);
    assert.ok(residentMegabytes() - before < 48, `${residentMegabytes() - before} MB more`);
  });
}

let visitor = 0;
/** Each comes from a network of its own, so that nobody's budget hides what is read of it. */
const nextNetwork = () => `127.${50 + Math.floor((visitor += 1) / 250)}.${visitor % 250}.1`;

/** The first status; undefined when the connection ended without one. Fails when it takes long. Who is told to come again, does. */
async function statusOf(bytes: string | Buffer, told: string): Promise<number | undefined> {
  for (let round = 0; round < 40; round += 1) {
    const talk = talkTo(door.port, { from: nextNetwork() });
    const startedAt = performance.now();
    talk.send(bytes);
    for (; talk.statuses().length === 0 && !talk.socket.destroyed; await pause(1)) {
      assert.ok(performance.now() - startedAt < WITHIN_MS, `no answer for ${WITHIN_MS} ms: ${told.slice(0, 100)}`);
    }
    talk.hangUp();
    const [status] = talk.statuses();
    assert.ok(status !== 500 && status !== 502, `${status}: ${told.slice(0, 100)}`);
    if (status !== 429 && status !== 503) return status;
    await pause(250);
  }
  return assert.fail(`never let in: ${told.slice(0, 100)}`);
}

function postOf(path: string, type: string, body: string | Buffer, ...headers: string[]): Buffer {
  const bytes = Buffer.from(body);
  return Buffer.concat([Buffer.from(head(`POST ${path}`, type, `Content-Length: ${bytes.length}`, ...headers)), bytes]);
}

bomb("a head that is longer than 16 KB is refused while it comes, whatever it is made of", async () => {
  const pieces = ["A: b\r\n", "a:\r\n", `${"A".repeat(100)}: b\r\n`, `Cookie: ${filled("a=b; ", 4_000)}\r\n`, "Cookie: a\r\n"];
  for (const piece of pieces) {
    const talk = talkTo(door.port, { from: nextNetwork() });
    talk.send("GET /sign-up HTTP/1.1\r\nHost: x\r\n");
    for (let sent = 0; sent < 4_000 && !talk.socket.destroyed; sent += 1) {
      talk.send(piece);
      if (sent % 50 === 49) await pause(0);
    }
    await talk.closed(2_000);
    assert.match(talk.text(), /^HTTP\/1\.1 431 |^$/, piece.slice(0, 40));
  }
  for (const start of ["GET /", "A", "GET /sign-up HTTP/1.1\r\nHost: ", "GET /sign-up HTTP/1.1\r\nHost: x\r\n"]) {
    assert.match(String(await statusOf(start + "a".repeat(100_000), start)), /^4(?:00|14|31)$/, start);
  }
});

bomb("cookies, addresses and headers that slow a careless reader down are read at once", async () => {
  const pieces = [
    " ",
    "\t",
    ",",
    ", ",
    ";",
    "; ",
    "=",
    "a=",
    "a,",
    "q=0.1,",
    ";q=",
    "%",
    "%2e",
    "%2e%2e/",
    "/",
    "//",
    "../",
    "?",
    "&",
    "a&",
    "(",
    "((",
    "1",
    "1.",
    ":",
    "::",
    "@",
  ];
  const more = [
    `${COOKIES.pass}=;`,
    `${COOKIES.pass}=a; `,
    `${COOKIES.place}=${"A".repeat(200)};`,
    "text/html;",
    ", text/htm",
    "es-",
    "Mozilla/5.0 (",
    "'",
    '"',
    "\xe9",
  ];
  const headers = [
    "User-Agent",
    "Accept",
    "Accept-Language",
    "Content-Type",
    "Cookie",
    "Origin",
    "Sec-Fetch-Site",
    "Connection",
    EFFORT_HEADER,
    "X-Forwarded-For",
    "Range",
    "Accept-Encoding",
  ];
  for (const piece of [...pieces, ...more]) {
    const value = `x${filled(piece)}x`;
    for (const name of headers) {
      const method = name === EFFORT_HEADER || name === "Content-Type" ? "POST /sign-up/place" : "GET /sign-up";
      const status = await statusOf(head(method, `${name}: ${value}`), `${name}: ${piece}`);
      assert.ok(status !== undefined, `${name}: ${piece}`);
    }
    const inPath = piece.replaceAll(/[\s\xe9]/g, "+");
    for (const path of [
      `/${filled(inPath)}`,
      `/chat/${filled(inPath)}`,
      `/sign-up?${filled(inPath)}`,
      `/sign-up?token=${filled(inPath)}`,
    ]) {
      const status = await statusOf(head(`GET ${path}`), path);
      assert.ok(status !== undefined, path.slice(0, 40));
    }
  }
  assert.ok(reached().every(({ path }) => path.length <= 2_048));
});

bomb("chunks that are all extension, trailers without end, and a body of single bytes end soon", async () => {
  const start = head("POST /sign-up/place", JSON_TYPE, "Transfer-Encoding: chunked");
  for (const [first, piece, most] of [
    ["1;", "a".repeat(40_000), 64],
    ["", `1;${"a".repeat(900)}\r\nx\r\n`, 9_000],
    ["0\r\n", "A: b\r\n", 20_000],
    ["0\r\nA: ", "b".repeat(1_000), 64],
    ["", "1\r\nx\r\n", 20_000],
  ] as const) {
    const talk = talkTo(door.port, { from: nextNetwork() });
    talk.send(start + first);
    for (let sent = 0; sent < most && !talk.socket.destroyed; sent += 1) {
      talk.send(piece);
      if (sent % 50 === 49) await pause(0);
    }
    await talk.closed(4_000).catch((error: unknown) => assert.fail(`${String(error)}: ${first}${piece.slice(0, 20)} ${talk.text()}`));
    assert.match(talk.text(), /^HTTP\/1\.1 4(?:00|13|31) |^$/, `${first}${piece.slice(0, 20)}`);
  }
});

bomb("a body that says it is compressed is never unpacked: ours refuse it, the app gets it byte for byte", async () => {
  const zeros = Buffer.alloc(6 * 1024 * 1024);
  const packed = {
    gzip: gzipSync(zeros),
    br: brotliCompressSync(zeros),
    deflate: deflateSync(zeros),
    "gzip, gzip": gzipSync(gzipSync(zeros)),
  };
  const honest = gzipSync(JSON.stringify({ address: "ada@example.org" }));
  for (const [coding, bytes] of Object.entries(packed)) {
    for (const path of ["/sign-up/place", "/sign-up/challenge", "/sign-up/turn", "/language"]) {
      for (const body of [bytes.subarray(0, SMALL_BODY), honest]) {
        assert.match(
          String(await statusOf(postOf(path, JSON_TYPE, body, `Content-Encoding: ${coding}`), `${path} ${coding}`)),
          /^4(?:00|15)$/,
        );
      }
    }
    const path = "/api/conversations/x/messages";
    assert.equal(await statusOf(postOf(path, JSON_TYPE, bytes, `Content-Encoding: ${coding}`), coding), 200);
    assert.equal(reached().at(-1)?.headers["content-length"], String(bytes.length));
  }
});

bomb("bodies that are deep, of enormous numbers, or of fields that fall together are read at once or refused", async () => {
  const fields = (name: (at: number) => string) =>
    `{${Array.from({ length: 1_500 }, (_, at) => `"${name(at)}":1`)
      .join(",")
      .slice(0, SMALL_BODY - 20)}`.replace(/,[^,]*$/, "}");
  const json = [
    filled("[", SMALL_BODY),
    `{"a":${filled("[", 4_000)}${filled("]", 4_000)}}`,
    `${filled('{"a":', 6_000)}1${filled("}", 1_200)}`,
    `{"a":${filled("9", 8_000)}}`,
    `{"a":0.${filled("0", 8_000)}1}`,
    '{"a":1e999999999,"b":-1e-999999999,"c":9007199254740993}',
    `{"a":"${filled("\\u0000", 8_000)}"}`,
    fields((at) => String(at * 1_024)),
    fields((at) => String(at)),
    fields((at) => `a${at % 7}`),
    fields(() => "__proto__"),
    filled('"', SMALL_BODY),
    filled(" ", SMALL_BODY),
  ];
  for (const body of json) {
    for (const path of ["/sign-up/challenge", "/sign-up/place", "/sign-up/turn"]) {
      const status = await statusOf(postOf(path, JSON_TYPE, body), body);
      assert.ok(status !== undefined, `${path} ${body.slice(0, 40)}`);
    }
  }
  const forms = [
    filled("&", SMALL_BODY),
    filled("=", SMALL_BODY),
    filled("a=1&", SMALL_BODY),
    filled("%00", SMALL_BODY),
    filled("+", SMALL_BODY),
    filled("a[a]=&", SMALL_BODY),
  ];
  for (const body of [
    ...forms,
    Array.from({ length: 1_000 }, (_, at) => `${at * 64}=1`)
      .join("&")
      .slice(0, SMALL_BODY),
  ]) {
    for (const path of ["/sign-up", "/language"]) {
      const status = await statusOf(postOf(path, FORM_TYPE, body, "Accept: text/html"), body);
      assert.ok(status !== undefined, `${path} ${body.slice(0, 40)}`);
    }
  }
  const answer = await door.ask("/sign-up/turn", { method: "POST", body: '{"__proto__":{"place":"x"},"constructor":1}' });
  assert.equal(answer.json<Problem>().status, 422, answer.text);
});

bomb("a body of a hundred thousand parts is refused by its kind or its length, and not taken apart", async () => {
  const type = "Content-Type: multipart/form-data; boundary=x";
  const parts = '--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n\r\n'.repeat(100_000);
  for (const path of ["/sign-up", "/sign-in", "/sign-up/confirm", "/api/conversations/x/messages"]) {
    assert.equal(await statusOf(postOf(path, type, parts), path), 413);
  }
  for (const path of ["/sign-up", "/language", "/sign-up/place"]) {
    assert.equal(await statusOf(postOf(path, type, `${parts.slice(0, 8_000)}--x--`), path), 415);
  }
  assert.deepEqual(reached(), []);
});

bomb("a file that is asked for in a thousand pieces is sent once, or not at all", async () => {
  const page = await door.ask("/sign-up", { headers: { accept: "text/html" } });
  const file = /\/small\/[^"]+\.css/.exec(page.text)?.[0] ?? assert.fail("the page has styles");
  const whole = await door.ask(file);
  const pieces = await door.ask(file, { headers: { range: `bytes=${Array.from({ length: 1_000 }, (_, at) => `${at}-`).join(",")}` } });
  assert.ok(pieces.status === 200 || pieces.status === 416);
  assert.ok(pieces.text.length <= whole.text.length);
});

bomb("paths that nobody ever asked for are answered alike, and nothing is kept of them", async () => {
  let next = 0;
  const worker = async () => {
    for (; next < 4_000;) {
      next += 1;
      const path = `/${next.toString(36)}/${"x".repeat(next % 900)}`;
      assert.equal(await statusOf(head(`GET ${path}`), path), 404);
    }
  };
  await Promise.all(Array.from({ length: 16 }, worker));
});

function residentMegabytes(): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${door.pid()}/status`, "utf8"))?.[1]) / 1_024;
}
