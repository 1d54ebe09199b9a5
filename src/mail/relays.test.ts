/** With two mail servers of which one fails: does every letter still arrive, once, and at no second one when the first may have it? */
import assert from "node:assert/strict";
import { test } from "node:test";
import { SECOND_MS } from "#kit/time.ts";
import { testDatabase } from "#support/database.ts";
import { testMail, until } from "#support/mail.ts";
import { startSmtpServer, type SmtpFault } from "#support/smtp-server.ts";

type T = { after(work: () => Promise<void>): unknown };

async function world(t: T) {
  const running: { stop(): Promise<void> }[] = [];
  t.after(async () => void (await Promise.all(running.map((mail) => mail.stop()))));
  const [sql, first, second] = await Promise.all([testDatabase(t), startSmtpServer(t), startSmtpServer(t)]);
  const mail = testMail(t, sql, { smtpUrl: `${first.url} ${second.url}` });
  running.push(mail);
  const rows = () => sql<{ id: string; state: string; last_failure: string | null; data_begun: boolean; attempts: number }[]>`
    select id, state, last_failure, data_begun, attempts from outbox`;
  return {
    first,
    second,
    mail,
    sql,
    rowOf: async (id: string) => (await rows()).find((row) => row.id === id),
    relayed: (id: string, limitMs?: number) =>
      until("the letter is relayed", async () => (await rows()).find((row) => row.id === id)?.state === "relayed", limitMs),
    ready: async () => {
      await mail.start();
      await until("mail works", () => mail.health().mail === "working");
      await until("both were reached", async () => (await first.connections()) > 0 && (await second.connections()) > 0);
    },
  };
}

test("while the operator's first relay works the second has nothing to do", async (t) => {
  const { mail, first, second, relayed, ready } = await world(t);
  await ready();
  for (let number = 0; number < 5; number += 1) await relayed(await mail.order(`calm-${number}@example.org`));
  assert.deepEqual([(await first.letters()).length, (await second.letters()).length], [5, 0]);
});

const BEFORE_THE_LETTER: [what: string, fault: SmtpFault][] = [
  ["is gone", { kind: "refuse" }],
  ["says 421 at the greeting", { kind: "reply", at: "connect", status: 421 }],
  ["will not have our sender", { kind: "reply", at: "sender", status: 553, enhanced: "5.7.1" }],
  ["will not pass letters on", { kind: "reply", at: "recipient", status: 554, enhanced: "5.7.1" }],
  ["refuses the letter's content", { kind: "reply", at: "data", status: 554, enhanced: "5.7.1" }],
  ["breaks off at the recipient", { kind: "drop", at: "recipient" }],
];
for (const [what, fault] of BEFORE_THE_LETTER) {
  test(`a relay that ${what} costs nobody a wait: the other one has the letter in the same attempt`, async (t) => {
    const { mail, first, second, relayed, rowOf, ready } = await world(t);
    await ready();
    // its open sessions are gone too
    await first.fault({ kind: "refuse" });
    await first.fault(fault);
    const id = await mail.order("ana@example.org");
    await relayed(id);
    assert.deepEqual([(await first.letters()).length, (await second.letters()).length, (await rowOf(id))?.attempts], [0, 1, 1]);
    assert.deepEqual([mail.health().mail, mail.capacity()], ["working", 1_000]);
  });
}

test("a relay that falls silent before the letter goes is left for the other within seconds, and others don't wait for that", async (t) => {
  const { mail, first, second, relayed, ready } = await world(t);
  await ready();
  await first.fault({ kind: "hang", at: "recipient" });
  const stuck = await mail.order("stuck@example.org");
  await until("the first one has it", async () => (await first.connections()) > 0);
  await new Promise((resolve) => setTimeout(resolve, 2_500));
  const next = await mail.order("next@example.com");
  await relayed(next, 2_000);
  await relayed(stuck, 15_000);
  assert.deepEqual(new Set((await second.letters()).map(({ to }) => to[0])), new Set(["next@example.com", "stuck@example.org"]));
  assert.equal((await first.letters()).length, 0);
});

test("a letter that a relay may have is never given to another: it waits for that one, and goes when it is back", async (t) => {
  const { mail, first, second, relayed, rowOf, ready } = await world(t);
  await ready();
  await first.fault({ kind: "drop", at: "stored" });
  const id = await mail.order("torn@example.org");
  await until("it was put off", async () => (await rowOf(id))?.data_begun === true && (await rowOf(id))?.state === "queued");
  await first.fault({ kind: "refuse" });
  mail.world.aheadMs = 5 * SECOND_MS;
  await relayed(await mail.order("other@example.org"));
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  assert.deepEqual(
    (await second.letters()).map(({ to }) => to[0]),
    ["other@example.org"],
  );
  assert.notEqual((await rowOf(id))?.state, "relayed");
  await first.fault(null);
  mail.world.aheadMs = 40 * SECOND_MS;
  await relayed(id);
  const copies = await first.letters();
  assert.equal(copies.length, 2);
  assert.equal(copies[0]?.raw, copies[1]?.raw);
});

test("a server that puts a letter off gets it from the same relay again, and from the other one when that is gone", async (t) => {
  const { mail, first, second, relayed, rowOf, ready } = await world(t);
  await ready();
  await first.fault({ kind: "reply", at: "recipient", status: 450, enhanced: "4.7.1" });
  const [stays, moves] = [await mail.order("stays@example.org"), await mail.order("moves@example.com")];
  for (const id of [stays, moves])
    await until("it was put off", async () => (await rowOf(id))?.last_failure === "asked-to-wait" && (await rowOf(id))?.state === "queued");
  assert.equal((await second.letters()).length, 0, "another relay would have to wait from the beginning");
  await first.fault(null);
  mail.world.aheadMs = 20 * SECOND_MS;
  await relayed(stays);
  await relayed(moves);
  assert.deepEqual([(await first.letters()).length, (await second.letters()).length], [2, 0]);
  await first.fault({ kind: "reply", at: "recipient", status: 450, enhanced: "4.7.1" });
  const last = await mail.order("last@example.net");
  await until(
    "it was put off",
    async () => (await rowOf(last))?.last_failure === "asked-to-wait" && (await rowOf(last))?.state === "queued",
  );
  await first.fault({ kind: "refuse" });
  mail.world.aheadMs = 40 * SECOND_MS;
  await relayed(last);
  assert.equal((await second.letters()).length, 1);
});

test("with both relays gone nobody is promised a letter, and whichever is back first has those that wait", async (t) => {
  const { mail, first, second, relayed, ready } = await world(t);
  await ready();
  await Promise.all([first.fault({ kind: "refuse" }), second.fault({ kind: "refuse" })]);
  const id = await mail.order("patient@example.org");
  await until("people are told", () => mail.health().mail === "failing" && mail.capacity() === 0);
  await second.fault(null);
  await relayed(id, 20_000);
  assert.deepEqual([mail.health().mail, (await second.letters()).length], ["working", 1]);
});

test("with one relay gone, the other one is waited for however slow it is", async (t) => {
  const { mail, first, second, relayed, ready } = await world(t);
  await ready();
  await first.fault({ kind: "refuse" });
  await relayed(await mail.order("one@example.org"));
  // three answers before the letter itself goes: longer than another relay would be waited for
  await second.fault({ kind: "slow", delayMs: 3_200 });
  await relayed(await mail.order("two@example.com"), 40_000);
  assert.equal((await second.letters()).length, 2);
});

test("an address that does not exist is not asked about at the second relay", async (t) => {
  const { mail, first, second, rowOf, ready } = await world(t);
  await ready();
  await first.fault({ kind: "reply", at: "recipient", status: 550, enhanced: "5.1.1" });
  const id = await mail.order("typo@example.org");
  await until("it ended", async () => (await rowOf(id))?.state === "failed");
  assert.deepEqual([(await rowOf(id))?.last_failure, (await second.letters()).length], ["recipient-refused", 0]);
});

test("a relay that takes a letter and never says so gets it once more and never a third time, and the reader is told", async (t) => {
  const { mail, first, second, rowOf, ready } = await world(t);
  await ready();
  await first.fault({ kind: "drop", at: "stored" });
  const id = await mail.order("silent@example.org");
  await until("it was put off", async () => (await rowOf(id))?.state === "queued" && (await rowOf(id))?.data_begun === true);
  assert.equal((await mail.trace(id))?.state, "unsure");
  mail.world.aheadMs = 10 * SECOND_MS;
  await until("it has ended", async () => (await rowOf(id))?.state === "failed");
  const trace = await mail.trace(id);
  assert.deepEqual([trace?.state, trace?.server, trace?.nextTryAt, trace?.retryAfterSeconds], ["silent", "A", null, null]);
  assert.deepEqual([(await first.letters()).length, (await second.letters()).length], [2, 0]);
});

test("no relay ever has more letters at once than it has connections, however many wait", async (t) => {
  const { mail, first, second, sql, ready } = await world(t);
  await ready();
  await Promise.all([first.fault({ kind: "slow", delayMs: 60 }), second.fault({ kind: "slow", delayMs: 60 })]);
  const before = [await first.connections(), await second.connections()];
  await Promise.all(Array.from({ length: 80 }, (_, number) => mail.order(`many-${number}@gmail.com`)));
  await until("all are done", async () => (await sql`select 1 from outbox where state = 'relayed'`).length === 80, 60_000);
  const made = [(await first.connections()) - (before[0] ?? 0), (await second.connections()) - (before[1] ?? 0)];
  assert.ok(
    made.every((connections) => connections <= 5),
    `${made.join(" and ")} connections were made`,
  );
  assert.equal((await first.letters()).length + (await second.letters()).length, 80);
});
