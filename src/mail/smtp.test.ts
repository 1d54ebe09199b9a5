/** Does the conversation with the relay keep to what SMTP_URL says, and what does doctor tell the operator? */
import assert from "node:assert/strict";
import { test } from "node:test";
import { systemClock } from "#kit/time.ts";
import { startSmtpServer } from "#support/smtp-server.ts";
import { parseRelayUrl } from "./core/relay-url.ts";
import { checkRelays } from "./mail.ts";
import { createRelay } from "./smtp.ts";

const login = { user: "ana@example.org", password: "p@ss:wörd" };
const MESSAGE = Buffer.from("Subject: Hello\r\n\r\nA line.\r\n");
const ENVELOPE = { from: "codes@example.org", to: "ana@example.net" };

async function sendTo(url: string, limitMs = 15_000) {
  const parsed = parseRelayUrl(url);
  assert.ok(parsed.ok);
  const relay = createRelay(parsed.value, { clock: systemClock });
  const end = await relay.send(ENVELOPE, MESSAGE, AbortSignal.timeout(limitMs));
  relay.close();
  return end;
}

async function sentence(url: string): Promise<string> {
  const checked = await checkRelays(url, "Holdfast <codes@chat.example.org>");
  if (!checked.ok) return checked.failure.sentence;
  return checked.value.map(({ host, problem }) => problem ?? `ok ${host}`).join("\n");
}

test("a relay that takes our password takes our letters, and doctor is content", async (t) => {
  const relay = await startSmtpServer(t, { login, tls: "starttls" });
  const url = `${relay.url}?starttls=required&certificate=unchecked`;
  assert.deepEqual(await sendTo(url), { tag: "taken" });
  assert.equal(await sentence(url), "ok 127.0.0.1");
  assert.equal((await relay.letters()).length, 1);
});

test("a wrong password is told as one, and no word of the relay or of the password is repeated", async (t) => {
  const relay = await startSmtpServer(t, { login, tls: "starttls" });
  const url = relay.url.replace("p%40ss", "wrong");
  assert.deepEqual(await sendTo(url), { tag: "replied", stage: "connecting", command: "connect", reply: 535 });
  const told = await sentence(url);
  assert.match(told, /refuses the user and password of SMTP_URL \(status 535\)/);
  assert.doesNotMatch(told, /secret-host|wrong|ana@/);
});

test("a password for a relay that asks for none is not sent, and told", async (t) => {
  const relay = await startSmtpServer(t);
  const url = relay.url.replace("smtp://", "smtp://ana:secret@");
  assert.deepEqual(await sendTo(url), { tag: "no-reply", stage: "connecting", reason: "sign-in" });
});

for (const [how, options, query] of [
  ["from the first byte", { tls: "implicit" }, ""],
  ["by STARTTLS", { tls: "starttls" }, "?starttls=required"],
] as const) {
  test(`a certificate that nobody vouches for gets no letter over TLS ${how}, unless the operator says so`, async (t) => {
    const relay = await startSmtpServer(t, options);
    assert.deepEqual(await sendTo(relay.url + query), { tag: "no-reply", stage: "connecting", reason: "tls" });
    assert.match(await sentence(relay.url + query), /no TLS that can be trusted/);
    assert.deepEqual(await relay.letters(), []);
    const unchecked = `${relay.url}${query === "" ? "?" : `${query}&`}certificate=unchecked`;
    assert.deepEqual(await sendTo(unchecked), { tag: "taken" });
  });
}

test("where TLS is required, a relay that offers none gets neither password nor letter", async (t) => {
  const relay = await startSmtpServer(t, { login });
  assert.deepEqual(await sendTo(`${relay.url}?starttls=required`), { tag: "no-reply", stage: "connecting", reason: "tls" });
  assert.deepEqual(await relay.letters(), []);
});

test("doctor tells an address where nobody listens, one that is busy, and a URL that is none", async (t) => {
  const relay = await startSmtpServer(t);
  await relay.fault({ kind: "reply", at: "connect", status: 421 });
  assert.match(await sentence(relay.url), /takes no letters from here now \(status 421\)/);
  await relay.fault({ kind: "refuse" });
  assert.match(await sentence(relay.url), /can't be reached\. Check host and port/);
  // where no name server answers, nobody knows whether there is such a name
  assert.match(await sentence("smtp://nobody.invalid:25"), /no mail server with the name nobody\.invalid|can't be reached/);
  assert.match(await sentence("smtp://mail.example.org?starttls=no"), /a setting "starttls" that has no such value/);
  const told = await sentence("smtp://mail.example.org?secret=no");
  assert.match(told, /a setting that does not exist/);
  assert.doesNotMatch(told, /secret/, "it may be a piece of a password");
});

test("silence ends with the deadline, whatever was being waited for", async (t) => {
  const relay = await startSmtpServer(t);
  for (const at of ["connect", "sender", "recipient", "data"] as const) {
    await relay.fault({ kind: "hang", at });
    const from = performance.now();
    const end = await sendTo(relay.url, 300);
    assert.ok(performance.now() - from < 1_500, at);
    assert.equal(end.tag, "no-reply");
    assert.equal(
      "stage" in end ? end.stage : "",
      { connect: "connecting", sender: "envelope", recipient: "envelope", data: "content" }[at],
    );
  }
});

test("a letter goes to exactly one address, even if what is handed in could be read as two", async (t) => {
  const relay = await startSmtpServer(t);
  const parsed = parseRelayUrl(relay.url);
  assert.ok(parsed.ok);
  const { send, close } = createRelay(parsed.value, { clock: systemClock });
  for (const to of [
    "a@example.org\r\nRCPT TO:<eve@evil.test>",
    "a@example.org>\r\nRCPT TO:<eve@evil.test",
    "a@example.org,eve@evil.test",
  ]) {
    await send({ ...ENVELOPE, to }, MESSAGE, AbortSignal.timeout(5_000));
  }
  close();
  assert.ok((await relay.letters()).every((letter) => !letter.to.includes("eve@evil.test")));
});

test("a thousand letters use a handful of connections", async (t) => {
  const relay = await startSmtpServer(t);
  const parsed = parseRelayUrl(relay.url);
  assert.ok(parsed.ok);
  const { send, close } = createRelay(parsed.value, { clock: systemClock });
  const from = performance.now();
  for (let round = 0; round < 200; round += 1) {
    const ends = await Promise.all([1, 2, 3, 4, 5].map(() => send(ENVELOPE, MESSAGE, AbortSignal.timeout(5_000))));
    assert.ok(ends.every(({ tag }) => tag === "taken"));
  }
  t.diagnostic(`${Math.round(1_000_000 / (performance.now() - from))} letters a second`);
  close();
  const connections = await relay.connections();
  assert.ok(connections >= 10 && connections <= 15, `${connections} connections, each ended after a hundred letters`);
});
