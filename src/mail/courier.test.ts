/** Do letters reach the relay once, in time, and whatever the relay does? With a real SMTP server in a process of its own. */
import assert from "node:assert/strict";
import { fork } from "node:child_process";
import { randomBytes, randomUUID } from "node:crypto";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { test } from "node:test";
import { simpleParser } from "mailparser";
import { MINUTE_MS, SECOND_MS } from "#kit/time.ts";
import type { CourierBoot } from "#support/courier-process.ts";
import { testDatabase, testDatabaseWithAddress } from "#support/database.ts";
import { keyRing, testMail, until, type TestMail } from "#support/mail.ts";
import { RELAY_WORDS, startSmtpServer } from "#support/smtp-server.ts";
import type { MailParts } from "./mail.ts";

type T = { after(work: () => Promise<void>): unknown };

async function world(t: T, more: Partial<MailParts> = {}) {
  // what is told first is done first: nobody works while the database goes
  const running: { stop(): Promise<void> }[] = [];
  t.after(async () => void (await Promise.all(running.map((mail) => mail.stop()))));
  const [sql, relay] = await Promise.all([testDatabase(t), startSmtpServer(t)]);
  /** Another mail module at the same outbox and relay. */
  const another = (changes: Partial<MailParts> = {}, keys?: TestMail["keys"]) => {
    const made = testMail(t, sql, { smtpUrl: relay.url, ...changes }, keys);
    running.push(made);
    return made;
  };
  const mail = another(more);
  const rows = () => sql<{ id: string; state: string; body: Buffer | null; last_failure: string | null; attempts: number }[]>`
    select id, state, body, last_failure, attempts from outbox order by created_at`;
  return {
    sql,
    relay,
    mail,
    another: (changes: Partial<MailParts> = {}) => another(changes, mail.keys),
    stateOf: async (id: string) => (await rows()).find((row) => row.id === id),
    becomes: (id: string, state: string, limitMs?: number) =>
      until(`the letter is ${state}`, async () => (await rows()).find((row) => row.id === id)?.state === state, limitMs),
    ready: async () => {
      await mail.start();
      await until("the relay was reached", () => mail.health().mail === "working");
    },
  };
}

test("a newcomer's letter is with the relay in a moment, to nobody else, and its body is erased", async (t) => {
  const { mail, relay, ready, becomes, stateOf } = await world(t);
  await ready();
  const from = Date.now();
  const id = await mail.order("ana@example.org", { code: "QRST-6789" });
  await becomes(id, "relayed");
  const [letter, ...others] = await relay.letters();
  assert.ok(letter && others.length === 0);
  assert.ok(letter.at - from < 3_000, `${letter.at - from} ms`);
  assert.deepEqual([letter.from, letter.to], ["codes@chat.example.org", ["ana@example.org"]]);
  assert.match(letter.raw, /QRST-6789/);
  assert.equal((await stateOf(id))?.body, null);
  assert.equal(mail.capacity(), 1_000);
});

test("while the mail server is down nothing is promised and nothing is lost; it comes back by itself", async (t) => {
  const { mail, relay, ready, becomes } = await world(t);
  await ready();
  await relay.fault({ kind: "refuse" });
  const id = await mail.order("bea@example.org");
  await until("people are told", () => mail.health().mail === "failing" && mail.capacity() === 0);
  assert.equal((await relay.letters()).length, 0);
  await until("the letter counts as waiting", () => mail.health().lettersWaiting === 1 && mail.health().oldestLetterSeconds >= 1);
  await relay.fault(null);
  await becomes(id, "relayed");
  assert.equal((await relay.letters()).length, 1);
  assert.deepEqual([mail.health().mail, mail.capacity()], ["working", 1_000]);
});

test("a mail server that is down before anybody asks is seen at once, and seen to be back without a letter", async (t) => {
  const { mail, relay } = await world(t);
  await relay.fault({ kind: "refuse" });
  assert.deepEqual([mail.health().mail, mail.capacity()], ["unknown", 0], "nothing is promised before it was reached");
  await mail.start();
  await until("people are told", () => mail.health().mail === "failing");
  await relay.fault(null);
  await until("it is back", () => mail.health().mail === "working" && mail.capacity() > 0);
  assert.deepEqual(await relay.letters(), []);
});

test("a mail server that will not have our sender is told as failing before anybody relies on it", async (t) => {
  const { mail, relay } = await world(t);
  await relay.fault({ kind: "reply", at: "sender", status: 553, enhanced: "5.7.1" });
  await mail.start();
  await until("people are told", () => mail.health().mail === "failing" && mail.capacity() === 0);
  await relay.fault(null);
  await until("it is back", () => mail.health().mail === "working");
});

for (const [what, fault] of [
  ["says 421 at the greeting", { kind: "reply", at: "connect", status: 421 }],
  ["breaks off at the sender", { kind: "drop", at: "sender" }],
] as const) {
  test(`a mail server that ${what} is in trouble; the letter goes when it is over`, async (t) => {
    const { mail, relay, becomes } = await world(t);
    await relay.fault(fault);
    await mail.start();
    await until("people are told", () => mail.health().mail === "failing");
    const id = await mail.order("eve@example.org");
    await relay.fault(null);
    await becomes(id, "relayed");
    assert.equal((await relay.letters()).length, 1);
  });
}

test("an address that does not exist ends its own letter only, and no word of the mail server reaches our rows or log", async (t) => {
  const { mail, relay, ready, becomes, stateOf, sql } = await world(t);
  await ready();
  await relay.fault({ kind: "reply", at: "recipient", status: 550, enhanced: "5.1.1", to: "typo@example.org" });
  const wrong = await mail.order("typo@example.org");
  const right = await mail.order("carla@example.org");
  await becomes(wrong, "failed");
  await becomes(right, "relayed");
  const row = await stateOf(wrong);
  assert.deepEqual([row?.last_failure, row?.body], ["recipient-refused", null]);
  assert.deepEqual([mail.health().mail, mail.capacity()], ["working", 1_000]);
  const dump = await sql<{ row: string }[]>`select outbox::text as row from outbox`;
  const told = [...mail.logged, ...dump.map((line) => line.row)].join("\n");
  assert.match(told, /"status":550/);
  for (const secret of [RELAY_WORDS, "secret-host", "typo@example.org"]) assert.ok(!told.includes(secret), secret);
});

test("greylisting puts one letter off and holds up nobody; it is tried again and arrives", async (t) => {
  const { mail, relay, ready, becomes, stateOf } = await world(t);
  await ready();
  await relay.fault({ kind: "reply", at: "recipient", status: 450, enhanced: "4.7.1", to: "grey@example.org" });
  const grey = await mail.order("grey@example.org");
  await becomes(await mail.order("other@example.org"), "relayed");
  await until("it was put off", async () => (await stateOf(grey))?.last_failure === "asked-to-wait");
  assert.deepEqual([mail.health().mail, mail.capacity()], ["working", 1_000]);
  await relay.fault(null);
  mail.world.aheadMs = 20 * SECOND_MS;
  await becomes(grey, "relayed");
});

test("one recipient's server that never answers holds up nobody else", async (t) => {
  const { mail, relay, ready, becomes } = await world(t);
  await ready();
  await relay.fault({ kind: "hang", at: "recipient", to: "tar@example.org" });
  await mail.order("tar@example.org");
  for (let number = 0; number < 10; number += 1) await becomes(await mail.order(`free-${number}@example.org`), "relayed", 2_000);
});

test("a letter cut off in the middle, or stored and never acknowledged, is sent again: the same letter with the same code", async (t) => {
  const { mail, relay, ready, becomes } = await world(t);
  await ready();
  await relay.fault({ kind: "drop", at: "content" });
  const torn = await mail.order("torn@example.org", { code: "TTTT-2222" });
  await until("it was tried", () => mail.logged.some((line) => line.includes(torn)));
  await relay.fault({ kind: "drop", at: "stored" });
  const twice = await mail.order("twice@example.org", { code: "WWWW-3333" });
  await until("it is stored", async () => (await relay.letters()).some(({ to }) => to[0] === "twice@example.org"));
  await relay.fault(null);
  await becomes(torn, "relayed");
  await becomes(twice, "relayed");
  const copies = (await relay.letters()).filter(({ to }) => to[0] === "twice@example.org");
  assert.equal(copies.length, 2);
  assert.equal(copies[0]?.raw, copies[1]?.raw, "byte for byte");
  assert.equal((await simpleParser(copies[0]?.raw ?? "")).messageId, `<${twice.replaceAll("-", "")}@chat.example.org>`);
});

test("a courier killed between the relay's 250 and its own commit leaves the letter to the next, which sends the same once more", async (t) => {
  const { pool: sql, address } = await testDatabaseWithAddress(t);
  const relay = await startSmtpServer(t);
  const secret = new Uint8Array(randomBytes(32));
  const next = testMail(t, sql, { smtpUrl: relay.url }, keyRing([{ id: 1, secret }]));
  const child = fork(fileURLToPath(new URL("../../test/support/courier-process.ts", import.meta.url)), { execArgv: [] });
  t.after(async () => void child.kill("SIGKILL"));
  child.send({ address, smtpUrl: relay.url, rootSecretHex: Buffer.from(secret).toString("hex") } satisfies CourierBoot);
  await until("the courier reached the relay", async () => (await relay.connections()) > 0);
  await relay.fault({ kind: "slow", delayMs: 200 });
  const id = await next.order("killed@example.org", { code: "KKKK-4444" });
  await until("it is being sent", async () => (await sql`select 1 from outbox where state = 'sending'`).length === 1);
  await sql.begin(async (tx) => {
    await tx`select 1 from outbox where id = ${id} for update`;
    await until("the relay has it", async () => (await relay.letters()).length === 1);
    await new Promise((resolve) => setTimeout(resolve, 500));
    child.kill("SIGKILL");
    await once(child, "exit");
    // a machine that dies takes the statement that still waits for the row with it
    await tx`select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'holdfast-courier' and datname = current_database()`;
  });
  await relay.fault(null);
  await next.start();
  await until("the relay was reached", () => next.health().mail === "working");
  assert.equal((await relay.letters()).length, 1, "while the lease lasts nobody takes it");
  next.world.aheadMs = 16 * SECOND_MS;
  await until("it was sent once more", async () => (await relay.letters()).length === 2);
  const [first, second] = await relay.letters();
  assert.equal(first?.raw, second?.raw);
  await until("and is done", async () => (await sql`select 1 from outbox where state = 'relayed' and body is null`).length === 1);
});

test("a letter whose code has ended is never sent, and its body is erased", async (t) => {
  const { mail, relay, ready, becomes, stateOf } = await world(t);
  await ready();
  await relay.fault({ kind: "refuse" });
  const id = await mail.order("late@example.org");
  await until("it was tried", async () => (await stateOf(id))?.last_failure === "relay-unreachable");
  mail.world.aheadMs = 10 * MINUTE_MS + SECOND_MS;
  await relay.fault(null);
  await becomes(id, "expired");
  assert.equal((await stateOf(id))?.body, null);
  await until("the relay is back", () => mail.health().mail === "working");
  assert.deepEqual(await relay.letters(), []);
});

test("the letter whose code ends first goes first", async (t) => {
  const { another, relay } = await world(t);
  const single = another({ smtpUrl: `${relay.url}?connections=1` });
  for (const minutes of [9, 3, 7, 1, 5]) await single.order(`in-${minutes}@example.org`, { expiresAt: Date.now() + minutes * MINUTE_MS });
  await single.start();
  await until("all are there", async () => (await relay.letters()).length === 5);
  const order = (await relay.letters()).map(({ to }) => Number(/\d/.exec(to[0] ?? "")?.[0]));
  assert.deepEqual(order, [1, 3, 5, 7, 9]);
});

test("a crowd of letters that were put off does not keep a newcomer's from going", async (t) => {
  const { mail, relay, sql, ready } = await world(t, { lettersPerSecond: 20 });
  for (let number = 0; number < 80; number += 1) await mail.order(`old-${number}@example.org`, { expiresAt: Date.now() + 2 * MINUTE_MS });
  await sql`update outbox set attempts = 3`;
  await ready();
  await until("some went", async () => (await relay.letters()).length > 5);
  await mail.order("new@example.org");
  await until("the new one is there", async () => (await relay.letters()).some(({ to }) => to[0] === "new@example.org"), 1_000);
  assert.ok((await relay.letters()).length < 60, "long before the crowd was through");
});

test("the relay gets no more letters in a second than the operator said it takes", async (t) => {
  const { mail, relay, ready } = await world(t, { lettersPerSecond: 10 });
  await ready();
  for (let number = 0; number < 30; number += 1) await mail.order(`pace-${number}@example.org`);
  await until("all are there", async () => (await relay.letters()).length === 30);
  const times = (await relay.letters()).map(({ at }) => at);
  const spanMs = (times.at(-1) ?? 0) - (times[0] ?? 0);
  assert.ok(spanMs > 1_500 && spanMs < 5_000, `30 letters in ${spanMs} ms: ten at once, then ten a second`);
});

test("two couriers at one outbox send each letter once", async (t) => {
  const { mail, another, relay, sql, ready } = await world(t);
  const other = another();
  await Promise.all(Array.from({ length: 60 }, (_, number) => mail.order(`both-${number}@example.org`)));
  await Promise.all([ready(), other.start()]);
  await until("all are done", async () => (await sql`select 1 from outbox where state = 'relayed'`).length === 60);
  assert.equal((await relay.letters()).length, 60);
});

test("when Holdfast stops, a letter that is being sent is sent, and one that hangs is left to the next start", async (t) => {
  const { mail, another, relay, ready, stateOf, becomes } = await world(t);
  await ready();
  await relay.fault({ kind: "slow", delayMs: 250 });
  const slow = await mail.order("slow@example.org");
  await becomes(slow, "sending");
  await mail.stop();
  assert.equal((await stateOf(slow))?.state, "relayed");
  const second = another();
  await relay.fault({ kind: "hang", at: "data" });
  await second.start();
  const hanging = await second.order("hangs@example.org");
  await until("the relay has it in hand", async () => (await relay.letters()).length === 2);
  const from = performance.now();
  await second.stop();
  assert.ok(performance.now() - from < 5_000);
  assert.equal((await stateOf(hanging))?.state, "queued");
  await relay.fault(null);
  const third = another();
  await third.start();
  await becomes(hanging, "relayed");
});

test("a relay that ended our idle session costs a letter no delay", async (t) => {
  const { mail, relay, ready, becomes, stateOf } = await world(t);
  await ready();
  await becomes(await mail.order("one@example.org"), "relayed");
  await relay.fault({ kind: "refuse" });
  await relay.fault(null);
  const id = await mail.order("two@example.org");
  await becomes(id, "relayed", 1_000);
  assert.equal((await stateOf(id))?.attempts, 1);
});

test("after the database dropped every connection letters go on, and none is sent twice", async (t) => {
  const { mail, relay, ready, sql, becomes } = await world(t);
  await ready();
  await becomes(await mail.order("before@example.org"), "relayed");
  await sql`select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()`;
  // one place, so that an order whose answer was lost is not made twice
  const [id, placeId] = [randomUUID(), randomBytes(16)];
  const order = async () => mail.order("after@example.org", { letterId: id, placeId }).catch(() => undefined);
  await until("it is ordered", async () => [id, "place-spent"].includes((await order()) ?? ""));
  await becomes(id, "relayed");
  assert.equal((await relay.letters()).length, 2);
});

test("a letter that was claimed just when the database went does not wait for a lease to run out", async (t) => {
  const { relay, sql, becomes, stateOf, another } = await world(t);
  let lost = 0;
  // the claim is committed, and its answer never arrives
  const losing = new Proxy(sql, {
    apply(target, self, words: [readonly string[], ...never[]]) {
      const asked = Reflect.apply(target, self, words) as Promise<unknown>;
      if (lost > 0 || !String(words[0][0]).includes("with due as")) return asked;
      lost += 1;
      return asked.then(() => Promise.reject(Object.assign(new Error("the server is gone"), { code: "CONNECTION_CLOSED" })));
    },
  });
  const mail = another({ sql: losing });
  const id = await mail.order("quick@example.org");
  await mail.start();
  await becomes(id, "relayed", 8_000);
  assert.deepEqual([lost, (await stateOf(id))?.attempts, (await relay.letters()).length], [1, 1, 1]);
});

test("a letter for which the database could not be asked about the reader is not lost", async (t) => {
  let asked = 0;
  const { relay, ready, mail, becomes } = await world(t, {
    withAccount: async () => {
      asked += 1;
      if (asked === 1) throw Object.assign(new Error("the server is gone"), { code: "CONNECTION_CLOSED" });
      return new Set();
    },
  });
  await ready();
  await becomes(await mail.order("patient@example.org"), "relayed", 8_000);
  assert.deepEqual([asked, (await relay.letters()).length], [2, 1]);
});

test("a letter sealed under keys that are gone fails alone", async (t) => {
  const { mail, relay, ready, becomes, stateOf } = await world(t);
  const id = await mail.order("forgotten@example.org");
  mail.keys.ring.order = [1, 0];
  const kept = await mail.order("kept@example.org");
  mail.keys.ring.order = [2, 1];
  await ready();
  await becomes(id, "failed");
  await becomes(kept, "relayed");
  assert.deepEqual([(await stateOf(id))?.last_failure, (await stateOf(id))?.body], ["unreadable", null]);
  assert.deepEqual([mail.health().mail, (await relay.letters()).length], ["working", 1]);
});

test("whoever has an account already reads in the letter that signing in is enough", async (t) => {
  const { relay, ready, mail, becomes } = await world(t, {
    withAccount: async (addresses) => new Set(addresses.filter((address) => address === "member@example.org")),
  });
  await ready();
  await becomes(await mail.order("member@example.org"), "relayed");
  await becomes(await mail.order("nobody@example.org"), "relayed");
  const texts = await Promise.all((await relay.letters()).map(async ({ raw }) => (await simpleParser(raw)).text ?? ""));
  assert.match(texts[0] ?? "", /https:\/\/chat\.example\.org\/sign-in/);
  assert.doesNotMatch(texts[1] ?? "", /sign-in/);
});

test("an SMTP_URL that can't be used is told as failing, and letters wait", async (t) => {
  const { mail, sql } = await world(t, { smtpUrl: "smtp://mail.example.org?proxy=http://evil.test" });
  await mail.start();
  await mail.order("waits@example.org");
  await until("people are told", () => mail.health().mail === "failing");
  assert.equal((await sql`select 1 from outbox where state <> 'relayed'`).length, 1);
  assert.ok(mail.logged.some((line) => line.includes("SMTP_URL has a setting")));
});
