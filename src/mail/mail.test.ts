/** Who may have a letter, how often may a code be guessed, and what is kept of it? On a real PostgreSQL. */
import assert from "node:assert/strict";
import { randomBytes, randomUUID } from "node:crypto";
import { after, test } from "node:test";
import { HOUR_MS, MINUTE_MS } from "#kit/time.ts";
import { testDatabase } from "#support/database.ts";
import { testMail, until } from "#support/mail.ts";

const sql = await testDatabase({ after });
const mail = testMail({ after }, sql);

type Row = { state: string; body: Buffer | null; last_failure: string | null; tries_left: number };
async function rowOf(id: string): Promise<Row> {
  const [row] = await sql<Row[]>`select state, body, last_failure, tries_left from outbox where id = ${id}`;
  assert.ok(row, "the letter's row is there");
  return row;
}
const isId = (answer: string) => /^[0-9a-f-]{36}$/.test(answer);

test("a letter waits sealed: neither address nor code can be read in its row", async () => {
  const id = await mail.order("sealed@example.org", { code: "WXYZ-2345" });
  const [{ row }] = (await sql<{ row: string }[]>`select outbox::text as row from outbox where id = ${id}`) as unknown as [{ row: string }];
  const hidden = ["sealed@example.org", "WXYZ-2345"].flatMap((text) => [
    text,
    Buffer.from(text).toString("hex"),
    Buffer.from(text).toString("base64url"),
  ]);
  for (const text of hidden) assert.ok(!row.includes(text), text);
  assert.equal((await rowOf(id)).state, "queued");
});

test("of 20 strangers who ask at once for letters to one person, two get one", async () => {
  const answers = await Promise.all(Array.from({ length: 20 }, () => mail.order("victim@example.org")));
  assert.equal(answers.filter(isId).length, 2, answers.join(" "));
  assert.equal(answers.filter((answer) => answer === "recipient-limit").length, 18);
});

test("and the person's own device still gets the third, but not a fourth", async () => {
  const answers = await Promise.all(Array.from({ length: 20 }, () => mail.order("victim@example.org", { knownDevice: true })));
  assert.equal(answers.filter(isId).length, 1, answers.join(" "));
});

test("where a person has no known device, the most work that is ever asked gets the third letter, and not a fourth", async () => {
  const order = (more = {}) => mail.order("worker@example.org", more);
  assert.deepEqual(
    [await order(), await order(), await order()].map((tag) => tag === "recipient-limit"),
    [false, false, true],
  );
  assert.notEqual(await order({ worked: true }), "recipient-limit");
  assert.equal(await order({ worked: true }), "recipient-limit");
});

test("another spelling of the address is the same person", async () => {
  assert.equal(await mail.order("Victim@Example.ORG"), "recipient-limit");
});

test("whoever is refused is told when the next letter can go, and then it goes", async () => {
  for (const _ of [1, 2]) await mail.order("later@example.org");
  const refused = await mail.enqueueCode({
    placeId: randomBytes(16),
    letterId: randomUUID(),
    address: "later@example.org",
    code: "ABCD-EFGH",
    language: "en",
    way: "sign-up",
    knownDevice: false,
    expiresAt: Date.now() + MINUTE_MS,
  });
  assert.ok(!refused.ok && refused.failure.tag === "recipient-limit");
  assert.ok(refused.failure.retryAfterMs > HOUR_MS - MINUTE_MS && refused.failure.retryAfterMs <= HOUR_MS);
  mail.world.aheadMs += refused.failure.retryAfterMs;
  assert.ok(isId(await mail.order("later@example.org")));
  mail.world.aheadMs = 0;
});

test("new keys do not let strangers begin to count anew", async () => {
  for (const _ of [1, 2]) await mail.order("rotated@example.org");
  mail.keys.ring.order = [1, 0];
  assert.equal(await mail.order("rotated@example.org"), "recipient-limit");
  mail.keys.ring.order = [0];
});

test("letters that never left, because the mail server was down, are not held against their reader", async () => {
  const first = await mail.order("patient@example.org");
  const second = await mail.order("patient@example.org");
  await sql`update outbox set state = 'expired', last_failure = 'relay-unreachable' where id = ${first}`;
  await sql`update outbox set state = 'expired', last_failure = 'cut-off' where id = ${second}`;
  assert.ok(isId(await mail.order("patient@example.org")));
  assert.equal(await mail.order("patient@example.org"), "recipient-limit", "the one that was cut off may have arrived");
});

test("of 20 who redeem the same place at once, one gets a letter, whoever it goes to", async () => {
  const placeId = randomBytes(16);
  const answers = await Promise.all(Array.from({ length: 20 }, (_, number) => mail.order(`place-${number % 4}@example.org`, { placeId })));
  assert.equal(answers.filter(isId).length, 1, answers.join(" "));
  assert.ok(
    answers.every((answer) => isId(answer) || answer === "place-spent"),
    answers.join(" "),
  );
});

test("a place whose letter was refused by the limit can still be used for another address", async () => {
  const placeId = randomBytes(16);
  assert.equal(await mail.order("victim@example.org", { placeId }), "recipient-limit");
  assert.ok(isId(await mail.order("somebody-else@example.org", { placeId })));
});

test("of 20 guesses at once ten are counted, each with another number of tries left", async () => {
  const id = await mail.order("guessed@example.org");
  const answers = await Promise.all(Array.from({ length: 20 }, () => mail.countTry(id)));
  const left = answers.flatMap((answer) => (answer.tag === "counted" ? [answer.triesLeft] : []));
  assert.deepEqual(
    left.toSorted((a, b) => a - b),
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
  );
  assert.equal(answers.filter(({ tag }) => tag === "exhausted").length, 10);
});

test("of 20 confirmations at once one wins; after it no try is counted", async () => {
  const id = await mail.order("confirmed@example.org");
  const won = await Promise.all(Array.from({ length: 20 }, () => sql.begin((tx) => mail.markConfirmed(tx, id, "ana@example.org"))));
  assert.equal(won.filter(Boolean).length, 1);
  assert.deepEqual(await mail.countTry(id), { tag: "confirmed" });
  assert.equal((await rowOf(id)).tries_left, 10);
});

test("a confirmation that is rolled back did not happen", async () => {
  const id = await mail.order("rolled-back@example.org");
  await assert.rejects(
    sql.begin(async (tx) => {
      assert.equal(await mail.markConfirmed(tx, id, "ana@example.org"), true);
      throw new Error("the account could not be made");
    }),
  );
  assert.equal(await sql.begin((tx) => mail.markConfirmed(tx, id, "ana@example.org")), true);
});

test("a letter that does not exist has no tries", async () => {
  assert.deepEqual(await mail.countTry(randomUUID()), { tag: "unknown" });
  assert.equal(await sql.begin((tx) => mail.markConfirmed(tx, randomUUID(), "ana@example.org")), false);
});

test("without a mail server letters land in the built-in mailbox, newest first, within a moment; their bodies are erased", async () => {
  await sql`delete from outbox`;
  await mail.start();
  await until("the mailbox is empty and heard", () => mail.health().lettersWaiting === 0);
  const from = performance.now();
  const ids = [
    await mail.order("first@example.org", { code: "2222-2222" }),
    await mail.order("second@example.org", { code: "3333-3333", language: "es" }),
  ];
  await until("both letters are there", async () => (await mail.readMailbox()).length === 2);
  const tookMs = performance.now() - from;
  assert.ok(tookMs < 1_000, `${tookMs} ms, so the courier was woken and did not only look every two seconds`);
  const letters = await mail.readMailbox();
  assert.deepEqual(
    letters.map(({ recipient }) => recipient),
    ["second@example.org", "first@example.org"],
  );
  assert.match(letters[0]?.subject ?? "", /3333-3333 es tu código para chat\.example\.org/);
  assert.match(letters[1]?.text ?? "", /2222-2222/);
  for (const id of ids) {
    await until("the row says relayed", async () => (await rowOf(id)).state === "relayed");
    assert.equal((await rowOf(id)).body, null);
  }
  assert.equal(mail.health().mail, "mailbox");
  assert.equal(mail.capacity(), 1_000);
});

test("the built-in mailbox keeps 200 letters and drops what is older than a day", async () => {
  await sql`
    insert into mailbox_letter select gen_random_uuid(), 'many@example.org', 's', 't', 'h', now() - interval '1 minute' - n * interval '1 second'
    from generate_series(1, 300) n`;
  await mail.order("newest@example.org");
  await until("the newest is there", async () => (await mail.readMailbox())[0]?.recipient === "newest@example.org");
  await until("200 are left", async () => (await sql`select 1 from mailbox_letter`).length === 200);
  mail.world.aheadMs = 25 * HOUR_MS;
  assert.deepEqual(await mail.readMailbox(), []);
  mail.world.aheadMs = 0;
});

test("where nobody may open the mailbox and no mail server is set, nothing is promised and nobody is told that letters go", async (t) => {
  const closed = testMail(t, sql, { mailboxOpen: false }, mail.keys);
  await mail.stop();
  await closed.start();
  await until("people are told", () => closed.health().mail === "failing" && closed.capacity() === 0);
  const id = await closed.order("outside@example.org");
  await until("the letter was tried", async () => (await rowOf(id)).last_failure === "relay-unreachable");
  assert.ok((await closed.readMailbox()).every(({ recipient }) => recipient !== "outside@example.org"));
});
