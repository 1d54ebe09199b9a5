/** Is nobody's mailbox flooded by our form, and can its owner have peace, and it back again? On a real outbox and mail server. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { MINUTE_MS } from "#kit/time.ts";
import { testDatabase } from "#support/database.ts";
import { testMail, until } from "#support/mail.ts";
import { startSmtpServer } from "#support/smtp-server.ts";

type T = { after(work: () => Promise<void>): unknown };

async function world(t: T, more: Parameters<typeof testMail>[2] = {}) {
  const [sql, relay] = await Promise.all([testDatabase(t), startSmtpServer(t)]);
  const mail = testMail(t, sql, { smtpUrl: relay.url, ...more });
  await mail.start();
  await until("the relay was reached", () => mail.health().mail === "working");
  return { sql, relay, mail };
}

test("every spelling of one mailbox shares its letters of the hour", async (t) => {
  const { mail } = await world(t);
  const ids = await Promise.all(
    ["ana.garcia@gmail.com", "anagarcia+1@gmail.com", "a.n.a.garcia@googlemail.com", "AnaGarcia+2@gmail.com"].map((address) =>
      mail.order(address),
    ),
  );
  assert.equal(ids.filter((id) => id === "recipient-limit").length, 2);
});

test("whoever says that a letter was not for them gets no more, whoever asks, until they take it back; nobody else can say it for them", async (t) => {
  const { mail, relay } = await world(t);
  await mail.order("victim@example.org");
  await until("it is there", async () => (await relay.letters()).length === 1);
  const [, link = ""] =
    /\/not-me\?t=3?D?([\w-]+)/.exec(((await relay.letters())[0]?.raw ?? "").replaceAll("=\r\n", "").replaceAll("=3D", "=")) ?? [];
  assert.ok(link.length > 60, link);
  assert.equal(await mail.stopLetters(`${link.slice(0, -2)}AA`, true), false);
  assert.equal(await mail.stopLetters("", true), false);
  assert.equal(await mail.stopLetters(link, true), true);
  assert.equal(await mail.stopLetters(link, true), true, "twice is once");
  assert.equal(await mail.order("Victim+x@example.org", { knownDevice: true }), "recipient-stopped");
  assert.notEqual(await mail.order("neighbour@example.org"), "recipient-stopped");
  mail.keys.ring.order = [1, 0];
  assert.equal(await mail.order("victim@example.org"), "recipient-stopped", "also after the keys were changed");
  assert.equal(await mail.stopLetters(link, false), true);
  assert.notEqual(await mail.order("victim@example.org"), "recipient-stopped");
});

test("a network whose letters nobody answers is held up; a letter that was not ordered does not count; known devices are not concerned", async (t) => {
  const { mail } = await world(t);
  const order = (number: number, more = {}) => mail.order(`victim-${number}@gmail.com`, { network: "198.51.100.0/24", ...more });
  for (let number = 0; number < 10; number += 1) {
    await order(0);
  }
  const tags = await Promise.all(Array.from({ length: 60 }, (_, number) => order(number + 1)));
  assert.equal(tags.filter((tag) => tag === "braked").length, 22, "40 letters, 2 of them to the first, whose limit refused 8");
  assert.notEqual(await order(100, { network: "203.0.113.0/24" }), "braked");
  assert.notEqual(await order(101, { knownDevice: true }), "braked");
});

test("codes that are entered make room, and what was counted is counted after a restart", async (t) => {
  const { mail, sql, relay } = await world(t);
  const network = "198.51.100.0/24";
  for (let number = 0; number < 60; number += 1) {
    const address = `pupil-${number}@school.example.org`;
    const id = await mail.order(address, { network });
    assert.match(id, /-/, `pupil ${number}: ${id}`);
    assert.ok(await sql.begin((tx) => mail.markConfirmed(tx, id, address)));
  }
  for (let number = 0; number < 30; number += 1) await mail.order(`victim-${number}@gmail.com`, { network: "192.0.2.0/24" });
  const again = testMail(t, sql, { smtpUrl: relay.url }, mail.keys);
  await again.start();
  const tags = await Promise.all(
    Array.from({ length: 20 }, (_, number) => again.order(`more-${number}@gmail.com`, { network: "192.0.2.0/24" })),
  );
  assert.equal(tags.filter((tag) => tag === "braked").length, 10);
  again.world.aheadMs = 70 * MINUTE_MS;
});

test("in all no more letters go out than the budget says, and the line is told to slow down before that", async (t) => {
  const { mail } = await world(t, { unprovenPerHour: 40, lettersPerSecond: 100 });
  assert.equal(mail.capacity(), 100);
  let ordered = 0;
  for (let number = 0; number < 60; number += 1)
    if ((await mail.order(`v${number}@gmail.com`, { network: `10.0.${number}.0/24` })) !== "braked") ordered += 1;
  assert.equal(ordered, 40);
  assert.ok(mail.capacity() < 0.1, `${mail.capacity()}`);
});
