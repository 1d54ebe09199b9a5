/** Who gets in that has an account already and proves the address, what ends by it, and who does not? On a real PostgreSQL, with a real hasher. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { after, test } from "node:test";
import { openDevice, openPass } from "#contract/tokens.ts";
import { GOOD_PASSWORD as GOOD, startIdentity, visitor as browser } from "#support/identity.ts";

const { sql, identity, world, keys: keysNow, ended, letterFor } = await startIdentity({ after });
const OTHER = "heron-cobalt-91-teapot";

async function registered(address: string, visitor = browser()) {
  const letter = await letterFor(address, visitor);
  const answer = await identity.confirm({ ...letter, password: GOOD, takesNew: true, visitor });
  assert.ok(answer.ok);
  return answer.value;
}

const tagOf = (answer: { ok: true } | { ok: false; failure: { tag: string } }) => (answer.ok ? "ok" : answer.failure.tag);
const wrong = (code: string) => (code.startsWith("A") ? `B${code.slice(1)}` : `A${code.slice(1)}`);

for (const way of ["sign-up", "recover"] as const) {
  test(`whoever has an account and comes by ${way} gets in with a new password, and is signed out everywhere else`, async () => {
    const address = `${way}-again@example.org`;
    const [phone, laptop] = [await registered(address), browser()];
    const letter = await letterFor(address.toUpperCase(), laptop, way);
    assert.ok(await identity.authenticate(phone.sessionToken, phone.passToken), "a letter alone changes nothing");
    const answer = await identity.confirm({ ...letter, password: OTHER, takesNew: true, visitor: laptop });
    assert.ok(answer.ok);
    assert.deepEqual(answer.value.account, phone.account, "the same account, its address as it was first typed");
    assert.equal(await identity.authenticate(phone.sessionToken, phone.passToken), null);
    assert.equal((await identity.authenticate(answer.value.sessionToken, answer.value.passToken))?.newPass, null);
    const epochOf = (token: string) => openPass(keysNow().pass, world.now, token)?.sessionEpoch;
    assert.deepEqual([epochOf(phone.passToken), epochOf(answer.value.passToken)], [0, 1]);
    assert.deepEqual(ended.at(-1)?.epoch, [phone.account.id, 1], "the door is told that the old passes are dead");
    assert.ok((await identity.revocations()).some(([id, epoch]) => id === phone.account.id && epoch === 1));
    assert.equal(openDevice(keysNow().device, world.now, answer.value.deviceToken)?.sessionEpoch, 1);
    assert.equal(tagOf(await identity.signIn({ address, password: GOOD, visitor: browser() })), "wrong-credentials");
    assert.equal(tagOf(await identity.signIn({ address, password: OTHER, visitor: browser() })), "ok");
  });
}

test("which sessions ended is told, so that their streams stop", async () => {
  const [member, elsewhere] = [await registered("streams@example.org"), browser()];
  const session = await identity.authenticate(member.sessionToken, member.passToken);
  const letter = await letterFor("streams@example.org", elsewhere, "recover");
  assert.equal(tagOf(await identity.confirm({ ...letter, password: OTHER, takesNew: true, visitor: elsewhere })), "ok");
  assert.deepEqual(ended.at(-1)?.sessionIds, [session?.sessionId]);
});

test("of 20 at once with the code exactly one chooses the new password, and the account has one session", async () => {
  const address = "twenty-again@example.org";
  await registered(address);
  const visitor = browser();
  const letter = await letterFor(address, visitor, "recover");
  const passwords = Array.from({ length: 20 }, (_, number) => `${OTHER}-${number}`);
  const answers = await Promise.all(passwords.map((password) => identity.confirm({ ...letter, password, takesNew: true, visitor })));
  assert.equal(answers.filter(({ ok }) => ok).length, 1, answers.map(tagOf).join(" "));
  const chosen = passwords[answers.findIndex(({ ok }) => ok)] ?? "";
  assert.deepEqual(
    [
      ...(await sql`
      select count(*)::int as living, max(account.session_epoch)::int as epoch from session join account on account.id = account_id
      where address_key = ${address} and revoked_at is null`),
    ],
    [{ living: 1, epoch: 1 }],
  );
  assert.equal(tagOf(await identity.signIn({ address, password: chosen, visitor: browser() })), "ok");
});

test("whoever signs in by the old password while it is replaced has no session afterwards", async () => {
  const address = "racing@example.org";
  const { account } = await registered(address);
  const visitor = browser();
  const letter = await letterFor(address, visitor);
  const thief = () => identity.signIn({ address, password: GOOD, visitor: browser() });
  const before = Array.from({ length: 10 }, thief);
  const reset = identity.confirm({ ...letter, password: OTHER, takesNew: true, visitor });
  const tries = await Promise.all([...before, ...Array.from({ length: 10 }, thief)]);
  assert.equal(tagOf(await reset), "ok");
  for (const one of tries) if (one.ok) assert.equal(await identity.authenticate(one.value.sessionToken, undefined), null);
  assert.equal((await sql`select 1 from session where account_id = ${account.id} and revoked_at is null`).length, 1);
});

test("an operator who forgot the password is an operator afterwards", async () => {
  const { account } = await registered("olga@example.org");
  await sql`update account set role = 'operator', language = 'es' where id = ${account.id}`;
  const visitor = browser();
  const answer = await identity.confirm({
    ...(await letterFor("olga@example.org", visitor, "recover")),
    password: OTHER,
    takesNew: false,
    visitor,
  });
  assert.ok(answer.ok);
  assert.deepEqual(answer.value.account, { ...account, role: "operator", language: "es" });
  assert.equal(openPass(keysNow().pass, world.now, answer.value.passToken)?.role, "operator");
  await sql`update account set role = 'member' where id = ${account.id}`;
});

test("a device that was signed out everywhere is no known one to the letters", async () => {
  const address = "lost-phone@example.org";
  const phone = browser();
  const { deviceToken } = await registered(address, phone);
  const visitor = browser();
  const reset = await identity.confirm({ ...(await letterFor(address, visitor)), password: OTHER, takesNew: true, visitor });
  assert.ok(reset.ok);
  const ask = (device: string) =>
    identity.requestLetter({
      ...{ placeId: randomBytes(16), address, language: "en", way: "recover" },
      visitor: { ...browser(), deviceToken: device },
    });
  assert.equal(tagOf(await ask(deviceToken)), "letter-limit", "two letters went to strangers, and the third is for a known device");
  assert.equal(tagOf(await ask(reset.value.deviceToken)), "ok");
});

test("while nobody new comes in, a letter for a forgotten password makes no account; one from before, to sign up, still does", async () => {
  const visitor = browser();
  const lost = await letterFor("no-account@example.org", visitor, "recover");
  const asked = { ...lost, password: GOOD, visitor };
  assert.equal(tagOf(await identity.confirm({ ...asked, code: wrong(lost.code), takesNew: false })), "wrong-code");
  assert.equal(tagOf(await identity.confirm({ ...asked, takesNew: false })), "sign-up-closed");
  assert.equal((await sql`select 1 from account where address_key = 'no-account@example.org'`).length, 0);
  assert.equal(tagOf(await identity.confirm({ ...asked, takesNew: true })), "ok", "the code is still good when it is open again");
  const early = await letterFor("early@example.org", visitor, "sign-up");
  assert.equal(tagOf(await identity.confirm({ ...early, password: GOOD, takesNew: false, visitor })), "ok");
});
