/**
 * Can the wire itself be used against the door? Requests that two parsers read differently, other protocols, piles of requests,
 * claims about where one comes from: bytes at a real door, beside a member who is served all the while. docs/design/threats.md
 * says which attack is held where.
 */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { INTERNAL } from "#contract/processes.ts";
import { head, memberAt, pause, talkTo, type Member } from "#support/attackers.ts";
import { newRoot, startDoor, type TestDoor } from "#support/door.ts";
import { FUZZ_INPUTS, FUZZ_SEED, mutatorOf } from "#support/fuzzing.ts";

const root = newRoot(1);
const door = await startDoor({ after }, { root });
const behindProxy = await startDoor({ after }, { root, boot: { trustedProxyHops: 1 } });
const MEMBER_WITHIN_MS = 1_500;
const members = new Map<TestDoor, Member>();
before(() => [door, behindProxy].forEach((one) => members.set(one, memberAt(one, root))));
after(() => members.forEach((member) => member.leave()));

/** What reached the app of others than the member. */
const reached = (at = door) => at.reached.filter(({ path }) => path !== "/api/me");

function attack(name: string, work: () => Promise<void>, at = door): void {
  test(`${name}; a member beside it is served`, { timeout: 60_000 }, async (t) => {
    at.reached.length = 0;
    const member = members.get(at) ?? assert.fail();
    await member.served();
    await work();
    await pause(100);
    const { asked, slowestMs } = await member.served();
    t.diagnostic(`a member asked ${asked} times, answered within ${Math.round(slowestMs)} ms`);
    assert.ok(slowestMs < MEMBER_WITHIN_MS, `a member waited ${slowestMs} ms`);
  });
}

const SMUGGLED = "GET /chat/smuggled HTTP/1.1\r\nHost: x\r\n\r\n";
const post = (...headers: string[]) => head("POST /api/conversations", "Content-Type: application/json", ...headers);
const chunked = (body: string) => post("Transfer-Encoding: chunked") + body;

/** Each is refused, the connection ends with it, and what came after it is never read as a request. */
async function areRefused(requests: Record<string, string>, status = /^HTTP\/1\.1 400 /): Promise<void> {
  await Promise.all(
    Object.entries(requests).map(async ([name, bytes]) => {
      const talk = talkTo(door.port);
      talk.send(bytes + SMUGGLED);
      await talk.closed(3_000);
      assert.match(talk.text(), status, name);
      assert.equal(talk.statuses().length, 1, `${name}: one answer`);
    }),
  );
  assert.deepEqual(reached(), []);
}

attack("a request whose body two parsers would end in different places is refused with its connection", () =>
  areRefused({
    "CL.TE": post("Content-Length: 6", "Transfer-Encoding: chunked") + "0\r\n\r\nG",
    "TE.CL": `${post("Transfer-Encoding: chunked", "Content-Length: 4")}29\r\n${SMUGGLED}\r\n0\r\n\r\n`,
    "TE.TE, the second unknown": post("Transfer-Encoding: chunked", "Transfer-Encoding: cow") + "0\r\n\r\n",
    "TE.TE, identity": post("Transfer-Encoding: chunked", "Transfer-Encoding: identity") + "0\r\n\r\n",
    "TE twice": post("Transfer-Encoding: chunked", "Transfer-Encoding: chunked") + "0\r\n\r\n",
    "TE that does not end in chunked": post("Transfer-Encoding: chunked, identity") + "0\r\n\r\n",
    "TE of another kind": post("Transfer-Encoding: xchunked") + "0\r\n\r\n",
    "TE with a blank before its colon": post("Transfer-Encoding : chunked") + "0\r\n\r\n",
    "TE after a vertical tab": post("Transfer-Encoding: \x0bchunked") + "0\r\n\r\n",
    "TE on a folded line": post("Transfer-Encoding:\r\n chunked") + "0\r\n\r\n",
    "two lengths": post("Content-Length: 2", "Content-Length: 3") + "{}",
    "the same length twice": post("Content-Length: 2", "Content-Length: 2") + "{}",
    "a list of lengths": post("Content-Length: 2, 2") + "{}",
    "a length with a sign": post("Content-Length: +2") + "{}",
    "a negative length": post("Content-Length: -2") + "{}",
    "a length in another base": post("Content-Length: 0x2") + "{}",
    "a length with a gap": post("Content-Length: 2 2") + "{}",
    "no length at all": post("Content-Length: ") + "{}",
    "a length that no number holds": post("Content-Length: 99999999999999999999999") + "{}",
    "a length in a trailer": chunked("2\r\n{}\r\n0\r\nContent-Length: 9\r\n\r\n"),
    "a coding in a trailer": chunked("2\r\n{}\r\n0\r\nTransfer-Encoding: chunked\r\n\r\n"),
  }),
);

attack("a chunk whose size can be read in two ways is refused with its connection", () =>
  areRefused({
    "a bare line feed after the size": chunked("2\n{}\r\n0\r\n\r\n"),
    "a bare line feed after the data": chunked("2\r\n{}\n0\r\n\r\n"),
    "a bare line feed at the end": chunked("2\r\n{}\r\n0\n\n"),
    "a bare line feed in an extension": chunked("2;a\n{}\r\n0\r\n\r\n"),
    "a size in another notation": chunked("0x2\r\n{}\r\n0\r\n\r\n"),
    "a blank after the size": chunked("2 \r\n{}\r\n0\r\n\r\n"),
    "a negative size": chunked("-2\r\n{}\r\n0\r\n\r\n"),
    "a size that wraps around": chunked("fffffffffffffffff2\r\n{}\r\n0\r\n\r\n"),
    "more data than the size says": chunked("2\r\n{}GET\r\n0\r\n\r\n"),
  }),
);

attack("a head whose lines can be told apart in two ways is refused with its connection", () =>
  areRefused({
    "bare line feeds": "GET /api/models HTTP/1.1\nHost: x\n\n",
    "a bare line feed after the first line": "GET /api/models HTTP/1.1\nHost: x\r\n\r\n",
    "a bare line feed after a header": "GET /api/models HTTP/1.1\r\nHost: x\nA: b\r\n\r\n",
    "a bare line feed at the end": "GET /api/models HTTP/1.1\r\nHost: x\r\n\n",
    "a bare return": "GET /api/models HTTP/1.1\r\nHost: x\rA: b\r\n\r\n",
    "two returns": "GET /api/models HTTP/1.1\r\nHost: x\r\r\nA: b\r\n\r\n",
    "a folded line": head("GET /api/models", "A: b\r\n c"),
    "a line folded with a tab": head("GET /api/models", "A: b\r\n\tc"),
    "a folded Host": "GET /api/models HTTP/1.1\r\nHost:\r\n x\r\n\r\n",
    "a header that begins with a blank": "GET /api/models HTTP/1.1\r\n Host: x\r\n\r\n",
    "a line without a colon": head("GET /api/models", "foo"),
    "a header without a name": head("GET /api/models", ": foo"),
    "a zero byte": head("GET /api/models", "A: b\0c"),
    "a tab in the first line": "GET\t/api/models\tHTTP/1.1\r\nHost: x\r\n\r\n",
    "a blank in the path": head("GET /api/models /x"),
  }),
);

attack("a request for another host than it says, or for none, is refused with its connection", () =>
  areRefused({
    "two hosts": head("GET /api/models", "Host: y"),
    "the same host twice": head("GET /api/models", "Host: x"),
    "no host": "GET /api/models HTTP/1.1\r\n\r\n",
    "an absolute address of another host": head("GET http://other.example/api/models"),
    "an absolute address of the same host": head("GET http://x/api/models"),
    "an authority": head("GET x:80"),
    "an asterisk": head("OPTIONS *"),
    "two hosts in HTTP/1.0": "GET /api/models HTTP/1.0\r\nConnection: keep-alive\r\nHost: x\r\nHost: y\r\n\r\n",
  }),
);

attack("a host that somebody made up decides nothing and stands in no answer", async () => {
  for (const host of ["evil.example", "evil.example:1", "a@evil.example", "evil.example/x", "evil.example, x", "127.0.0.1.evil.example"]) {
    for (const path of ["/", "/sign-up", "/sign-in", "/nowhere", "/chat"]) {
      const answer = await door.ask(path, { headers: { host, accept: "text/html" } });
      assert.ok(answer.status === 200 || answer.status >= 400, `${path} ${answer.status}`);
      assert.doesNotMatch(answer.text + JSON.stringify(answer.headers), /evil\.example/, `${host} ${path}`);
    }
  }
  assert.ok(reached().length > 0 && reached().every(({ headers }) => headers.host === "app"));
});

attack("whoever speaks another protocol is told no, or answered in HTTP/1.1, and never reaches the app as something else", async () => {
  await areRefused({
    "HTTP/2 from the start": "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\x12\x04\0\0\0\0\0",
    "HTTP/2 in one line": "GET /api/models HTTP/2.0\r\nHost: x\r\n\r\n",
    "HTTP/0.9": "GET /api/models\r\n\r\n",
    "a version that is none": "GET /api/models HTTP/1.2\r\nHost: x\r\n\r\n",
    "a method that is none": head("FOO /api/models"),
    TLS: "\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03",
  });
  const tunnel = talkTo(door.port);
  tunnel.send(head("CONNECT 127.0.0.1:5432") + "\0\0\0\x08");
  await tunnel.closed(2_000);
  assert.equal(tunnel.text(), "");
  const trace = await door.ask("/api/models", { method: "TRACE" });
  assert.equal(trace.status, 405);
  const upgrades = [
    ["Upgrade: h2c", "Connection: Upgrade, HTTP2-Settings", "HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA"],
    ["Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Version: 13"],
  ];
  for (const headers of upgrades) {
    const talk = talkTo(door.port);
    talk.send(head("GET /api/models", ...headers));
    await talk.until(/^HTTP\/1\.1 200 /);
    // a frame of a WebSocket, masked, and what would be a request: to us they are neither
    talk.send(`\x81\x85aaaaaaaaa\r\n\r\n${SMUGGLED}`);
    await pause(200);
    assert.ok(talk.statuses().every((status) => status === 200 || status === 400) && talk.statuses().length <= 2, talk.text());
    talk.hangUp();
  }
  assert.ok(reached().every(({ path }) => path === "/api/models"));
  assert.ok(reached().every(({ headers }) => headers.upgrade === undefined && headers["http2-settings"] === undefined));
});

attack("a trailer says nothing to anybody", async () => {
  const trailers = [
    "Cookie: a=b",
    "Host: y",
    `${INTERNAL.lane}: operator`,
    `${INTERNAL.doorSecret}: guess`,
    "X-Forwarded-For: 1.2.3.4",
    "Authorization: x",
  ];
  for (const trailer of trailers) {
    const talk = talkTo(door.port);
    talk.send(post("Transfer-Encoding: chunked", "Trailer: Cookie") + `2\r\n{}\r\n0\r\n${trailer}\r\n\r\n`);
    await talk.until(/^HTTP\/1\.1 200 /);
    talk.hangUp();
  }
  assert.equal(reached().length, trailers.length);
  for (const { headers, body } of reached()) {
    assert.equal(body, "{}");
    assert.equal(headers[INTERNAL.lane], "stranger");
    assert.equal(headers.cookie ?? headers.authorization ?? headers["x-forwarded-for"] ?? headers.trailer, undefined);
  }
});

attack("a body on a request that takes none is never read as the next request", async () => {
  for (const request of ["GET /healthz", "HEAD /healthz", "GET /api/models", "DELETE /api/conversations/x"]) {
    const talk = talkTo(door.port);
    talk.send(head(request, `Content-Length: ${SMUGGLED.length}`) + SMUGGLED);
    await talk.until(/^HTTP\/1\.1 413 /);
    talk.send(head("GET /healthz"));
    // it is said, or the connection is over: never the smuggled page
    for (const until = performance.now() + 2_000; talk.statuses().length < 2 && !talk.socket.destroyed && performance.now() < until;)
      await pause(5);
    assert.ok(talk.socket.destroyed || /\{"door":"open"\}/.test(talk.text()), request);
    talk.hangUp();
  }
  assert.deepEqual(reached(), []);
});

attack("piles of requests on one connection end it, whatever they ask for", async () => {
  const piles = [head("GET /healthz"), head("GET /sign-up", "Accept: text/html"), head("GET /nowhere"), head("GET /api/models")];
  const many = piles.map((one) => one.repeat(2_000));
  for (const pile of [...many, piles.join("").repeat(500)]) {
    const talk = talkTo(door.port);
    talk.send(pile);
    await talk.closed(5_000);
    assert.ok(talk.statuses().length < 100, `${talk.statuses().length} answers`);
  }
  assert.ok(reached().length <= 3 * 4, `${reached().length} reached the app`);
});

attack(
  "behind a proxy nobody chooses the network that they wait as",
  async () => {
    const seenAs = async (...lines: string[]) => {
      behindProxy.reached.length = 0;
      const talk = talkTo(behindProxy.port);
      talk.send(head("GET /api/models", ...lines));
      await talk.until(/^HTTP\/1\.1 \d/);
      talk.hangUp();
      return reached(behindProxy)[0]?.headers[INTERNAL.clientPrefix];
    };
    const claimed = "X-Forwarded-For: 198.51.100.1";
    for (const [lines, prefix] of [
      [["X-Forwarded-For: 1.2.3.4, 203.0.113.9"], "203.0.113.0/24"],
      [[claimed, "X-Forwarded-For: 203.0.113.9"], "203.0.113.0/24"],
      [[claimed, "Forwarded: for=1.2.3.4", "X-Real-IP: 1.2.3.4", "True-Client-IP: 1.2.3.4"], "198.51.100.0/24"],
      [[], "unknown"],
      [["X-Forwarded-For: "], "unknown"],
      [["X-Forwarded-For: 203.0.113.9,"], "unknown"],
      [["X-Forwarded-For: localhost"], "unknown"],
      [["X-Forwarded-For: 0x7f.1"], "unknown"],
      [["X-Forwarded-For: 203.0.113.9:4711"], "unknown"],
      [[`X-Forwarded-For: ${",".repeat(12_000)}`], "unknown"],
      [[`X-Forwarded-For: ${"1.2.3.4, ".repeat(1_300)}203.0.113.9`], "203.0.113.0/24"],
      [["X-Forwarded-For: ::ffff:203.0.113.9"], "203.0.113.0/24"],
    ] as const) {
      assert.equal(await seenAs(...lines), prefix, lines.join(" | ").slice(0, 80));
    }
  },
  behindProxy,
);

attack("heads that were mutated end in an answer or in the end of the connection, and the door lives", async () => {
  const seeds = [
    head("GET /healthz", "Cookie: a=b", "Accept: text/html"),
    post("Content-Length: 2") + "{}",
    chunked("2\r\n{}\r\n0\r\n\r\n"),
    head("POST /sign-up/place", "Expect: 100-continue", "Content-Length: 2") + "{}",
  ];
  const next = mutatorOf(seeds, FUZZ_SEED);
  const pid = door.pid();
  let left = Math.ceil(FUZZ_INPUTS / 50);
  const worker = async () => {
    for (; left > 0;) {
      left -= 1;
      const bytes = next();
      const talk = talkTo(door.port);
      talk.send(bytes);
      // whoever says no more gets an answer to what they said, or is let go
      talk.socket.end();
      await talk.closed(8_000).catch((error: unknown) => assert.fail(`${String(error)}: ${JSON.stringify(bytes.slice(0, 300))}`));
    }
  };
  await Promise.all(Array.from({ length: 32 }, worker));
  assert.equal(door.child().exitCode, null);
  assert.equal(door.pid(), pid);
});
