/** Does the lever of sign-up hold what it was set to, on a real database, and is it known who set it? */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, test, type TestContext } from "node:test";
import { pino } from "pino";
import { systemClock } from "#kit/time.ts";
import { SIGN_UP_UNSET, type SignUpSetting } from "#contract/wire.ts";
import { waitFor } from "#support/app.ts";
import { testDatabase } from "#support/database.ts";
import { createOperator, type Operator } from "./operator.ts";

const sql = await testDatabase({ after });
const log = pino({ level: "silent" });
const olga = { id: randomUUID(), address: "olga@example.org" };
const oskar = { id: randomUUID(), address: "oskar@example.org" };
const closed = { mode: "closed", lettersPerMinute: null } as const;
const open = { mode: "open", lettersPerMinute: null } as const;

async function begin(t: TestContext): Promise<{ operator: Operator; heard: SignUpSetting[] }> {
  const heard: SignUpSetting[] = [];
  const operator = createOperator({ sql, clock: systemClock, log, onSignUp: (setting) => heard.push(setting) });
  t.after(() => operator.stop());
  await operator.start();
  return { operator, heard };
}

test("before anybody has set it, sign-up is open", async (t) => {
  const { operator, heard } = await begin(t);
  assert.deepEqual(operator.signUp(), SIGN_UP_UNSET);
  assert.deepEqual(await operator.signUpChanges(), { setting: SIGN_UP_UNSET, changes: [] });
  assert.deepEqual(heard, []);
});

test("whoever closes it is written down with the moment, and setting it back is written down too", async (t) => {
  const { operator, heard } = await begin(t);
  const from = Date.now();
  const answer = await operator.setSignUp(olga, closed);
  assert.equal(answer.setting.mode, "closed");
  assert.equal(operator.signUp().mode, "closed");
  const [change] = answer.changes;
  assert.ok(change !== undefined && change.by === olga.address && change.at >= from - 1 && change.at <= Date.now());
  const back = await operator.setSignUp(oskar, open);
  assert.deepEqual(
    back.changes.map(({ mode, by }) => [mode, by]),
    [
      ["open", oskar.address],
      ["closed", olga.address],
    ],
  );
  assert.deepEqual(
    heard.map(({ mode }) => mode),
    ["closed", "open"],
  );
});

test("to set it to what it is writes nothing", async (t) => {
  const { operator } = await begin(t);
  const count = (await operator.setSignUp(olga, { mode: "slow", lettersPerMinute: 12 })).changes.length;
  assert.equal((await operator.setSignUp(olga, { mode: "slow", lettersPerMinute: 12 })).changes.length, count);
  assert.equal((await operator.setSignUp(olga, { mode: "slow", lettersPerMinute: 13 })).changes.length, count + 1);
});

test("an app that begins knows how it was set, and hears what another one sets", async (t) => {
  const { operator: first } = await begin(t);
  await first.setSignUp(olga, { mode: "invited", lettersPerMinute: null });
  const { operator: second, heard } = await begin(t);
  assert.equal(second.signUp().mode, "invited");
  assert.equal(heard.length, 1, "the door is told at the beginning");
  await first.setSignUp(olga, closed);
  await waitFor("the other one's change", () => second.signUp().mode === "closed", 5_000);
});

test("of twenty operators at once, each is written down and the last one counts everywhere", async (t) => {
  const { operator } = await begin(t);
  const before = (await sql<{ count: number }[]>`select count(*)::int as count from sign_up_change`)[0]?.count ?? 0;
  await Promise.all(
    Array.from({ length: 20 }, (_, at) =>
      operator.setSignUp({ id: randomUUID(), address: `operator-${at}@example.org` }, { mode: "slow", lettersPerMinute: 100 + at }),
    ),
  );
  const rows = await sql<{ id: number; letters_per_minute: number }[]>`select id, letters_per_minute from sign_up_change order by id desc`;
  assert.equal(rows.length, before + 20);
  assert.equal(operator.signUp().lettersPerMinute, rows[0]?.letters_per_minute);
});

test("the database takes no pace but for slow, and no mode that does not exist", async () => {
  const insert = (mode: string, pace: number | null) =>
    sql`insert into sign_up_change (mode, letters_per_minute, set_at, account_id, account_address)
      values (${mode}, ${pace}, now(), ${olga.id}, ${olga.address})`;
  await assert.rejects(insert("slow", null));
  await assert.rejects(insert("closed", 3));
  await assert.rejects(insert("ajar", null));
});
