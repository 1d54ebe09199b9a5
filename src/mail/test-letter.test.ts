/** Can an operator try the mail servers, and nobody be written to but the operator? With real mail servers. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { testDatabase } from "#support/database.ts";
import { testMail } from "#support/mail.ts";
import { startSmtpServer } from "#support/smtp-server.ts";

const olga = { id: "8d3c1c0e-0000-4000-8000-000000000001", address: "olga@example.org", language: "es" as const };
const login = { user: "codes@chat.example.org", password: "p4ssw0rd" };

test("a test letter goes through exactly the server that was named, to the operator, in their language and without a code", async (t) => {
  const [sql, first, second] = await Promise.all([testDatabase(t), startSmtpServer(t), startSmtpServer(t)]);
  const mail = testMail(t, sql, { smtpUrl: `${first.url} ${second.url}` });
  const sent = await mail.forOperator.send(olga, "B");
  assert.ok(sent.ok);
  assert.deepEqual([sent.value.server, sent.value.trouble], ["B", null]);
  assert.ok(sent.value.tookMs > 0);
  assert.equal((await first.letters()).length, 0);
  const [letter, ...more] = await second.letters();
  assert.deepEqual([letter?.to, letter?.from, more.length], [[olga.address], "codes@chat.example.org", 0]);
  assert.match(letter?.raw ?? "", /Content-Language: es/);
  assert.match(letter?.raw ?? "", /carta de prueba/);
  assert.doesNotMatch(letter?.raw ?? "", /[2-9A-Z]{4}-[2-9A-Z]{4}/);
  assert.equal((await sql`select 1 from outbox`).length, 0, "it is no letter of anybody's place");
  assert.doesNotMatch(mail.logged.join(), /olga@/);
  assert.deepEqual(await mail.forOperator.send(olga, "C"), { ok: false, failure: { tag: "not-found" } });
});

test("why a server did not take the test letter is told in the same answer", async (t) => {
  const [sql, relay] = await Promise.all([testDatabase(t), startSmtpServer(t)]);
  const mail = testMail(t, sql, { smtpUrl: relay.url });
  await relay.fault({ kind: "reply", at: "recipient", status: 450, enhanced: "4.7.1" });
  const waits = await mail.forOperator.send(olga, "A");
  assert.deepEqual(waits.ok && waits.value.trouble, { word: "asked-to-wait", status: 450 });
  await relay.fault({ kind: "drop", at: "content" });
  const broken = await mail.forOperator.send(olga, "A");
  assert.deepEqual(broken.ok && broken.value.trouble, { word: "cut-off", status: null });
  assert.doesNotMatch(mail.logged.join(), /secret-host/);
});

test("five test letters an hour, and one at a time, are all that an operator gets; another operator has five of their own", async (t) => {
  const [sql, relay] = await Promise.all([testDatabase(t), startSmtpServer(t)]);
  const mail = testMail(t, sql, { smtpUrl: relay.url });
  const together = await Promise.all([1, 2, 3].map(() => mail.forOperator.send(olga, "A")));
  assert.deepEqual(
    together.map((one) => (one.ok ? "sent" : one.failure.tag)),
    ["sent", "too-busy", "too-busy"],
  );
  for (let number = 2; number <= 5; number += 1) assert.ok((await mail.forOperator.send(olga, "A")).ok, `letter ${number}`);
  const sixth = await mail.forOperator.send(olga, "A");
  assert.ok(!sixth.ok && sixth.failure.tag === "letter-limit" && sixth.failure.retryAfterMs > 3_500_000);
  assert.ok((await mail.forOperator.send({ ...olga, id: "another" }, "A")).ok);
  assert.equal((await relay.letters()).length, 6);
});

test("a look at the servers says of each what is wrong, sends nothing, and is one look however many ask", async (t) => {
  const sql = await testDatabase(t);
  const [fine, locked, sealed, strict, busy, gone] = await Promise.all([
    startSmtpServer(t),
    startSmtpServer(t, { login }),
    startSmtpServer(t, { tls: "starttls" }),
    startSmtpServer(t),
    startSmtpServer(t),
    startSmtpServer(t),
  ]);
  await strict.fault({ kind: "reply", at: "sender", status: 553, enhanced: "5.7.1" });
  await busy.fault({ kind: "reply", at: "connect", status: 421 });
  await gone.stop();
  const urls = [fine.url, locked.url.replace("p4ssw0rd", "wrong"), `${sealed.url}?starttls=required`, strict.url, busy.url, gone.url];
  const mail = testMail(t, sql, { smtpUrl: urls.join(" ") });
  const [told, again] = await Promise.all([mail.forOperator.check(), mail.forOperator.check()]);
  assert.deepEqual(told, again);
  assert.equal(await fine.connections(), 1);
  assert.deepEqual(told.servers, [
    { name: "A", trouble: null },
    { name: "B", trouble: { word: "relay-sign-in", status: 535 } },
    { name: "C", trouble: { word: "relay-tls", status: null } },
    { name: "D", trouble: { word: "sender-refused", status: 553 } },
    { name: "E", trouble: { word: "relay-busy", status: 421 } },
    { name: "F", trouble: { word: "relay-unreachable", status: null } },
  ]);
  assert.equal((await fine.letters()).length, 0);
  await mail.forOperator.check();
  assert.equal(await fine.connections(), 2, "asked later, it looks again");
});
