/** Does an operator see how mail does, and nothing of anybody's address, login or small domain? On a real outbox and mail servers. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { testDatabase } from "#support/database.ts";
import { testMail, until, type TestMail } from "#support/mail.ts";
import { startSmtpServer } from "#support/smtp-server.ts";

type T = { after(work: () => Promise<void>): unknown };
const login = { user: "codes@chat.example.org", password: "p4ssw0rd-of-relay" };

async function world(t: T, more: Parameters<typeof testMail>[2] = {}) {
  const [sql, relay] = await Promise.all([testDatabase(t), startSmtpServer(t)]);
  return { sql, relay, mail: testMail(t, sql, { smtpUrl: relay.url, ...more }) };
}
const working = (mail: TestMail) => until("the relay was reached", () => mail.health().mail === "working");
const viewOf = (mail: TestMail) => mail.forOperator.view();

test("what a mail server does is seen: that it works, how long it takes, and what became of an hour's letters", async (t) => {
  const { mail, sql, relay } = await world(t);
  const before = await viewOf(mail);
  assert.deepEqual([before.mail, before.servers[0]?.state, before.servers[0]?.acceptMs], ["unknown", "unknown", null]);
  assert.deepEqual([before.pace.slowedBy, before.servers[0]?.heardAt], ["servers", null]);
  await mail.start();
  await working(mail);
  const ids = await Promise.all(["ana@example.org", "ben@gmail.com", "cem@example.net"].map((address) => mail.order(address)));
  const gone = await mail.order("dora@example.net");
  await until("all are relayed", async () => (await sql`select 1 from outbox where state <> 'relayed'`).length === 0);
  // one that took too long, and one of before the hour
  await sql`update outbox set created_at = created_at - interval '90 seconds' where id = ${ids[1] ?? ""}`;
  await sql`update outbox set created_at = created_at - interval '61 minutes' where id = ${gone}`;
  await sql.begin((tx) => mail.markConfirmed(tx, ids[0] ?? "", "ana@example.org"));

  const { servers, stepsMs, goesTo, hour, waiting, pace } = await seenOnce(
    () => viewOf(mail),
    ({ hour: { accepted } }) => accepted === 3,
  );
  assert.equal(goesTo, "servers");
  const [server] = servers;
  assert.deepEqual([server?.name, server?.host, server?.port, server?.state], ["A", "127.0.0.1", relay.port, "working"]);
  assert.deepEqual([server?.connections.allowed, server?.why, server?.nextTryAt], [5, null, null]);
  assert.ok((server?.acceptMs ?? 0) >= 1 && (server?.heardAt ?? 0) > before.now);
  assert.equal(
    server?.histogram.reduce((sum, count) => sum + count, 0),
    4,
  );
  assert.equal(server?.histogram.length, stepsMs.length + 1);
  assert.deepEqual([hour.ordered, hour.entered, hour.unused.letters, hour.alarm], [4, 1, 3, false]);
  assert.deepEqual([hour.accepted, hour.inTime], [3, 2]);
  assert.ok((hour.p50Ms ?? Infinity) < 60_000 && (hour.p99Ms ?? 0) >= 90_000, JSON.stringify(hour));
  assert.deepEqual([waiting.letters, waiting.byDomain], [0, []]);
  assert.deepEqual(pace, { lettersPerSecond: 1_000, allowed: 1_000, slowedBy: null });
});

test("a mail server that takes no letters says why, and when it is tried again; the login is nowhere", async (t) => {
  const sql = await testDatabase(t);
  const relay = await startSmtpServer(t, { login });
  const mail = testMail(t, sql, { smtpUrl: relay.url.replace("p4ssw0rd", "wr0ng") });
  await mail.start();
  await until("it fails", () => mail.health().mail === "failing");
  const view = await viewOf(mail);
  assert.deepEqual([view.servers[0]?.state, view.servers[0]?.why, view.pace.slowedBy], ["failing", "relay-sign-in", "servers"]);
  assert.ok((view.servers[0]?.nextTryAt ?? 0) > view.now - 15_000);
  const { servers } = await mail.forOperator.check();
  assert.deepEqual(servers, [{ name: "A", trouble: { word: "relay-sign-in", status: 535 } }]);
  assert.doesNotMatch(JSON.stringify([view, servers]), /codes|wr0ng|p4ssw0rd|secret-host/);
});

test("what waits is seen by domain: large providers by name, also after new keys; all other domains only as a number", async (t) => {
  const { mail, sql } = await world(t);
  for (const address of [
    "ana@gmail.com",
    "ben@gmail.com",
    "cem@hotmail.es",
    "d@tiny-club.example",
    "e@tiny-club.example",
    "f@other.example",
  ]) {
    await mail.order(address);
  }
  await sql`update outbox set created_at = created_at - interval '42 seconds', next_attempt_at = now() + interval '1 minute'
    where id = ${await mail.order("late@other.example")}`;
  mail.keys.ring.order = [1, 0];
  await mail.order("gil@gmail.com");
  const { waiting } = await viewOf(mail);
  const told = waiting.byDomain.map(({ provider, domains, letters, putOff }) => [provider, domains, letters, putOff]);
  assert.deepEqual(told, [
    ["gmail.com", 1, 3, 0],
    ["hotmail.es", 1, 1, 0],
    [null, 2, 4, 1],
  ]);
  assert.equal(waiting.letters, 8);
  assert.ok(waiting.oldestSeconds >= 42 && waiting.byDomain.at(-1)?.oldestSeconds === waiting.oldestSeconds);
  assert.doesNotMatch(JSON.stringify(waiting), /tiny|other|example|ana|@/);
});

test("a provider whose server breaks off is seen as slow, and then as left alone", async (t) => {
  const { mail, relay } = await world(t);
  await mail.start();
  await working(mail);
  await relay.fault({ kind: "drop", at: "recipient", to: "ana@gmail.com" });
  await mail.order("ana@gmail.com");
  const seen = new Set<string>();
  await until(
    "both were seen",
    async () => {
      const [queue] = (await viewOf(mail)).waiting.byDomain;
      if (queue?.slow === 1) seen.add("slow");
      if (queue?.paused === 1) seen.add("paused");
      assert.ok(queue === undefined || queue.provider === "gmail.com");
      return seen.size === 2;
    },
    30_000,
  );
});

test("orders that are held up are counted with their reason, for an hour", async (t) => {
  const { mail } = await world(t);
  const tags: string[] = [];
  for (let number = 0; number < 44; number += 1) {
    const asked = await mail.order(`victim-${number}@gmail.com`, { network: "198.51.100.0/24" });
    if (asked === "braked") tags.push(asked);
  }
  const { hour } = await viewOf(mail);
  assert.deepEqual(hour.heldUp, { all: 0, network: tags.length, domain: 0 });
  assert.equal(tags.length, 4);
  mail.world.aheadMs = 61 * 60_000;
  assert.deepEqual((await viewOf(mail)).hour.heldUp, { all: 0, network: 0, domain: 0 });
});

test("a budget that is nearly spent is seen as what slows letters down, and few entered codes raise the alarm", async (t) => {
  const { mail, sql } = await world(t, { unprovenPerHour: 60 });
  await mail.start();
  await working(mail);
  for (let number = 0; number < 55; number += 1) await mail.order(`victim-${number}@gmail.com`);
  await until("nothing waits", async () => (await sql`select 1 from outbox where state <> 'relayed'`).length === 0);
  mail.world.aheadMs = 5 * 60_000;
  // what waits is counted every second
  const { pace, hour } = await seenOnce(
    () => viewOf(mail),
    (seen) => seen.pace.slowedBy === "budget",
  );
  assert.ok(pace.lettersPerSecond > 0 && pace.lettersPerSecond < 1, `${pace.lettersPerSecond}`);
  assert.deepEqual([hour.unused, hour.alarm], [{ letters: 55, budget: 60 }, true]);
  await until("the log says it too", () => mail.logged.some((line) => line.includes("most letters of the last hour")));
});

test("without a mail server it is seen where letters land, or that they go nowhere", async (t) => {
  const sql = await testDatabase(t);
  const mailbox = await viewOf(testMail(t, sql, { smtpUrl: null }));
  assert.deepEqual([mailbox.goesTo, mailbox.mail, mailbox.servers, mailbox.pace.slowedBy], ["mailbox", "mailbox", [], null]);
  assert.deepEqual([mailbox.hour.accepted, mailbox.hour.p50Ms, mailbox.hour.p99Ms], [0, null, null]);
  const nowhere = await viewOf(testMail(t, sql, { smtpUrl: null, mailboxOpen: false }));
  assert.deepEqual([nowhere.goesTo, nowhere.servers], ["nowhere", []]);
  const unusable = testMail(t, sql, { smtpUrl: "smtp://codes:p4ssw0rd@mail.example.org?tls=no" });
  assert.deepEqual([(await viewOf(unusable)).goesTo, await unusable.forOperator.check()], ["unusable", { servers: [] }]);
  assert.doesNotMatch(JSON.stringify(await viewOf(unusable)), /p4ssw0rd|codes/);
});

async function seenOnce<Value>(look: () => Promise<Value>, isSo: (value: Value) => boolean): Promise<Value> {
  let seen = await look();
  await until("it is seen", async () => isSo((seen = await look())), 20_000);
  return seen;
}
