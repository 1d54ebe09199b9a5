/** Do the bench's relays fail as they are told, and write down what they saw? A matrix of faults that are none would be green for nothing. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { startRelay, type Relay } from "./relay.ts";

const LETTER = `Message-ID: <1@example.org>\r\nSubject: a code\r\n\r\n${"A line of the letter.\r\n".repeat(40)}.`;
const STEPS = ["EHLO me", "MAIL FROM:<me@example.org>", "RCPT TO:<ana@example.net>", "DATA", LETTER];
const SILENCE_MS = 1_000;

async function relayFor(t: TestContext): Promise<Relay> {
  const folder = mkdtempSync(join(tmpdir(), "hf-test-relay-"));
  const relay = await startRelay({ relay: "A", journal: join(folder, "journal"), startTls: false });
  t.after(async () => {
    await relay.stop();
    rmSync(folder, { recursive: true });
  });
  return relay;
}

/** One letter; the statuses that were answered, up to the first refusal, the end of the connection, or silence. */
function send({ port }: Relay): Promise<string[]> {
  return new Promise((resolve) => {
    const heard: string[] = [];
    const socket = connect(port, "127.0.0.1");
    const done = (last?: string) => {
      socket.destroy();
      resolve(last === undefined ? heard : [...heard, last]);
    };
    let timer = setTimeout(done, SILENCE_MS, "silence");
    socket.on("error", () => {}).on("close", () => done("closed"));
    socket.setEncoding("utf8").on("data", (text: string) => {
      clearTimeout(timer);
      timer = setTimeout(done, SILENCE_MS, "silence");
      const status = /^(\d{3}) /m.exec(text)?.[1];
      if (status === undefined) return;
      heard.push(status);
      const next = STEPS[heard.length - 1];
      if (status >= "400" || next === undefined) done();
      else socket.write(`${next}\r\n`);
    });
  });
}

const seenBy = (relay: Relay) => relay.marks().map(({ what }) => what);

test("a sound relay takes the letter, and has written down whose and which", async (t) => {
  const relay = await relayFor(t);
  assert.deepEqual(await send(relay), ["220", "250", "250", "250", "354", "250"]);
  assert.deepEqual(seenBy(relay), ["recipient", "content", "stored", "accepted"]);
  assert.deepEqual(
    relay.marks().map(({ to, id }) => [to, id]),
    [
      ["ana@example.net", undefined],
      ["ana@example.net", undefined],
      ["ana@example.net", "<1@example.org>"],
      ["ana@example.net", "<1@example.org>"],
    ],
  );
});

test("a relay that hangs answers so far and no further", async (t) => {
  const relay = await relayFor(t);
  for (const [answers, at] of (["banner", "ehlo", "mail", "rcpt", "data", "letter"] as const).entries()) {
    await relay.suffer({ kind: "hang", at });
    const heard = await send(relay);
    assert.deepEqual([heard.length, heard.at(-1)], [answers + 1, "silence"], at);
  }
  assert.deepEqual(seenBy(relay).slice(-2), ["content", "stored"], "the letter is there, and nobody was told");
});

test("refusals, greylisting, a drop, a tarpit and a port where nobody listens are what they are called", async (t) => {
  const relay = await relayFor(t);
  await relay.suffer({ kind: "reply", at: "banner", status: 421, enhanced: "4.3.2" });
  assert.deepEqual(await send(relay), ["421"]);
  await relay.suffer({ kind: "reply", at: "rcpt", status: 550, enhanced: "5.1.1", onlyTo: "ben" });
  assert.equal((await send(relay)).at(-1), "250");
  await relay.suffer({ kind: "greylist", afterMs: 300 });
  assert.deepEqual([(await send(relay)).at(-1), (await send(relay)).at(-1)], ["450", "450"]);
  await new Promise((resolve) => setTimeout(resolve, 350));
  assert.equal((await send(relay)).at(-1), "250");
  await relay.suffer({ kind: "drop" });
  assert.deepEqual([(await send(relay)).at(-1), seenBy(relay).at(-1)], ["closed", "dropped"]);
  await relay.suffer({ kind: "tarpit", everyMs: 50 });
  const endless = await Promise.race([send(relay), new Promise((resolve) => setTimeout(resolve, 3 * SILENCE_MS, "goes on"))]);
  assert.equal(endless, "goes on");
  await relay.suffer({ kind: "refuse" });
  assert.deepEqual(await send(relay), ["closed"]);
  await relay.suffer(null);
  assert.equal((await send(relay)).at(-1), "250");
});

test("what a relay saw outlives its death", async (t) => {
  const relay = await relayFor(t);
  await send(relay);
  assert.equal(await relay.count(), 1);
  await relay.suffer({ kind: "killed" });
  assert.deepEqual(await send(relay), ["closed"]);
  assert.equal(seenBy(relay).at(-1), "accepted");
});
