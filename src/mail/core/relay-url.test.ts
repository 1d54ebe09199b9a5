import assert from "node:assert/strict";
import { test } from "node:test";
import { parseRelayUrl, parseRelayUrls, type BadRelayUrl, type RelayAddress } from "./relay-url.ts";

const plain: Omit<RelayAddress, "key"> = { host: "", port: 587, tls: "offered", checkCertificate: true, login: null, connections: 5 };

const GOOD: [url: string, address: Partial<RelayAddress>][] = [
  ["smtp://mail.example.org", { host: "mail.example.org" }],
  ["smtp://mail.example.org:25/", { host: "mail.example.org", port: 25 }],
  ["smtp://localhost:25", { host: "localhost", port: 25, tls: "never" }],
  ["smtp://127.0.0.1:2525", { host: "127.0.0.1", port: 2525, tls: "never" }],
  ["smtp://[::1]:25", { host: "::1", port: 25, tls: "never" }],
  [
    "smtps://ana:s3cret@mail.example.org",
    { host: "mail.example.org", port: 465, tls: "implicit", login: { user: "ana", password: "s3cret" } },
  ],
  ["smtp://ana:s3cret@mail.example.org", { host: "mail.example.org", tls: "required", login: { user: "ana", password: "s3cret" } }],
  [
    "smtp://ana%40example.org:p%40ss%3Aw%C3%B6rd@mail.example.org",
    { host: "mail.example.org", tls: "required", login: { user: "ana@example.org", password: "p@ss:wörd" } },
  ],
  ["smtp://ana:100%@mail.example.org", { host: "mail.example.org", tls: "required", login: { user: "ana", password: "100%" } }],
  ["smtp://10.0.0.5:25?starttls=never&connections=2", { host: "10.0.0.5", port: 25, tls: "never", connections: 2 }],
  ["smtp://10.0.0.5?certificate=unchecked", { host: "10.0.0.5", checkCertificate: false }],
];

for (const [url, address] of GOOD) {
  test(`an operator can connect ${url}`, () => {
    const parsed = parseRelayUrl(url);
    assert.ok(parsed.ok);
    const { key, ...read } = parsed.value;
    assert.deepEqual(read, { ...plain, ...address });
    assert.match(key, /^[0-9a-f]{12}$/);
  });
}

const BAD: [url: string, part: BadRelayUrl["part"], name?: string][] = [
  ["mail.example.org", "url"],
  ["smtp://mail.example.org:99999", "url"],
  ["https://mail.example.org", "scheme"],
  ["direct://mail.example.org", "scheme"],
  ["smtp://", "host"],
  ["smtp://ex%0aample.org", "host"],
  ["smtp://mail.example.org:0", "port"],
  ["smtp://ana@mail.example.org", "login"],
  ["smtp://ana:%0d%0aQUIT@mail.example.org", "login"],
  ["smtp://ana:%ff@mail.example.org", "login"],
  ["smtp://mail.example.org/inbox", "path"],
  ["smtp://mail.example.org?starttls=perhaps", "setting", "starttls"],
  ["smtp://mail.example.org?connections=500", "setting", "connections"],
  ["smtp://mail.example.org?tls.rejectUnauthorized=false", "setting"],
  ["smtp://mail.example.org?proxy=http://evil.test", "setting"],
];

for (const [url, part, name] of BAD) {
  test(`SMTP_URL ${url} is refused for its ${part}`, () => {
    const failure = { tag: "bad-relay-url", part, ...(name === undefined ? {} : { name }) };
    assert.deepEqual(parseRelayUrl(url), { ok: false, failure });
  });
}

test("several relays stand in the operator's order, each known by itself whatever the order", () => {
  const [first, second] = ["smtps://ana:one@a.example.org", "smtp://10.0.0.5:25?starttls=never"];
  const read = (text: string) => {
    const parsed = parseRelayUrls(text);
    return parsed.ok ? parsed.value : [];
  };
  assert.deepEqual(
    read(` ${first}\n ${second} `).map(({ host }) => host),
    ["a.example.org", "10.0.0.5"],
  );
  assert.deepEqual(read(`${first} ${second}`), read(`${second} ${first}`).toReversed());
});

test("the same relay twice, one that is wrong among others, and none at all are refused", () => {
  const problem = (text: string) => {
    const parsed = parseRelayUrls(text);
    return parsed.ok ? undefined : parsed.failure;
  };
  assert.deepEqual(problem("smtp://a.example.org smtp://a.example.org?connections=2"), {
    tag: "bad-relay-url",
    part: "twice",
    name: "a.example.org",
  });
  assert.equal(problem("smtp://a.example.org http://b.example.org")?.part, "scheme");
  assert.equal(problem("  ")?.part, "url");
});
