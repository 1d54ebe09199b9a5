/** Who gets in, who does not, and what do they find out on the way? On a real PostgreSQL, with a real hasher. */
import assert from "node:assert/strict";
import { randomBytes, randomUUID } from "node:crypto";
import { after, test } from "node:test";
import { systemDice } from "#kit/dice.ts";
import { DAY_MS, HOUR_MS } from "#kit/time.ts";
import { DEVICE_LIFETIME_MS, openDevice, openPass } from "#contract/tokens.ts";
import { GOOD_PASSWORD as GOOD, startIdentity, visitor as browser } from "#support/identity.ts";
import { offerFirstOperatorLink, SESSION_LIFETIME_MS } from "./identity.ts";

const { sql, identity, world, keys: keysNow, ended, letterFor } = await startIdentity({ after });

async function registered(address: string, visitor = browser()) {
  const { envelope, code } = await letterFor(address, visitor);
  const answer = await identity.confirm({ envelope, code, password: GOOD, takesNew: true, visitor });
  assert.ok(answer.ok);
  return answer.value;
}

const tagOf = (answer: { ok: true } | { ok: false; failure: { tag: string } }) => (answer.ok ? "ok" : answer.failure.tag);
const wrong = (code: string) => (code.startsWith("A") ? `B${code.slice(1)}` : `A${code.slice(1)}`);

test("a newcomer with the code from the letter is a member, signed in, known by the device", async () => {
  const member = await registered("Ada@Example.org");
  assert.equal(member.account.address, "Ada@example.org");
  assert.equal(member.account.role, "member");
  const seen = await identity.authenticate(member.sessionToken, member.passToken);
  assert.equal(seen?.account.id, member.account.id);
  assert.equal(seen.newPass, null);
  assert.equal(openPass(keysNow().pass, world.now, member.passToken)?.accountId, member.account.id);
  assert.equal(openDevice(keysNow().device, world.now, member.deviceToken)?.accountId, member.account.id);
  assert.deepEqual([...(await sql`select label from device`)], [{ label: "Firefox · Linux" }]);
});

test("no secret of a session is kept in the database", async () => {
  const member = await registered("hashed@example.org");
  const rows = await sql<{ row: string }[]>`select session::text as row from session`;
  const raw = Buffer.from(member.sessionToken, "base64url").toString("hex");
  assert.ok(rows.every(({ row }) => !row.includes(member.sessionToken) && !row.includes(raw)));
});

test("envelope and code used again make no second session, and say to sign in", async () => {
  const visitor = browser();
  const { envelope, code } = await letterFor("again@example.org", visitor);
  assert.equal(tagOf(await identity.confirm({ envelope, code, password: GOOD, takesNew: true, visitor })), "ok");
  const sessions = await sql`select 1 from session`;
  assert.equal(tagOf(await identity.confirm({ envelope, code, password: GOOD, takesNew: true, visitor })), "already-confirmed");
  assert.equal((await sql`select 1 from session`).length, sessions.length);
});

test("the eleventh wrong code is one too many, and then the right one is too", async () => {
  const visitor = browser();
  const { envelope, code } = await letterFor("eleven@example.org", visitor);
  for (let left = 9; left >= 0; left -= 1) {
    assert.deepEqual(await identity.confirm({ envelope, code: wrong(code), password: GOOD, takesNew: true, visitor }), {
      ok: false,
      failure: { tag: "wrong-code", triesLeft: left },
    });
  }
  assert.equal(tagOf(await identity.confirm({ envelope, code: wrong(code), password: GOOD, takesNew: true, visitor })), "code-exhausted");
  assert.equal(tagOf(await identity.confirm({ envelope, code, password: GOOD, takesNew: true, visitor })), "code-exhausted");
});

test("of 20 confirmations at once exactly one makes the account", async () => {
  const visitor = browser();
  const { envelope, code } = await letterFor("twenty@example.org", visitor);
  const answers = await Promise.all(
    Array.from({ length: 20 }, () => identity.confirm({ envelope, code, password: GOOD, takesNew: true, visitor })),
  );
  const tags = answers.map(tagOf);
  assert.equal(tags.filter((tag) => tag === "ok").length, 1, tags.join(" "));
  assert.ok(
    tags.every((tag) => ["ok", "already-confirmed", "code-exhausted"].includes(tag)),
    tags.join(" "),
  );
  assert.equal((await sql`select 1 from account where address_key = 'twenty@example.org'`).length, 1);
});

test("of 20 guesses at once no more than ten are tried", async () => {
  const visitor = browser();
  const { envelope, code } = await letterFor("guessed@example.org", visitor);
  const answers = await Promise.all(
    Array.from({ length: 20 }, () => identity.confirm({ envelope, code: wrong(code), password: GOOD, takesNew: true, visitor })),
  );
  assert.deepEqual(
    answers.map(tagOf).toSorted(),
    [...Array.from({ length: 10 }, () => "code-exhausted"), ...Array.from({ length: 10 }, () => "wrong-code")].toSorted(),
  );
});

test("a stranger who asks for letters to the same address and guesses does not spoil the owner's code", async () => {
  const [owner, stranger] = [browser(), browser()];
  const mine = await letterFor("owner@example.org", owner);
  const theirs = await letterFor("owner@example.org", stranger);
  for (let round = 0; round < 11; round += 1) {
    await identity.confirm({ envelope: theirs.envelope, code: wrong(theirs.code), password: GOOD, takesNew: true, visitor: stranger });
  }
  assert.equal(
    tagOf(await identity.confirm({ ...mine, password: GOOD, takesNew: true, visitor: stranger })),
    "envelope-expired",
    "another browser can't use my envelope",
  );
  assert.equal(
    tagOf(await identity.confirm({ envelope: theirs.envelope, code: mine.code, password: GOOD, takesNew: true, visitor: stranger })),
    "code-exhausted",
  );
  assert.equal(tagOf(await identity.confirm({ ...mine, password: GOOD, takesNew: true, visitor: owner })), "ok");
});

test("two letters live side by side; the second one too gets in, to the account that the first one made", async () => {
  const visitor = browser();
  const first = await letterFor("twice@example.org", visitor);
  const second = await letterFor("twice@example.org", visitor);
  assert.equal(tagOf(await identity.confirm({ ...first, password: GOOD, takesNew: true, visitor })), "ok");
  assert.equal(tagOf(await identity.confirm({ ...second, password: GOOD, takesNew: true, visitor })), "ok");
  assert.equal((await sql`select 1 from account where address_key = 'twice@example.org'`).length, 1);
});

test("the code of one letter does not open the envelope of another", async () => {
  const visitor = browser();
  const first = await letterFor("mixed@example.org", visitor);
  const second = await letterFor("mixed@example.org", visitor);
  assert.equal(
    tagOf(await identity.confirm({ envelope: second.envelope, code: first.code, password: GOOD, takesNew: true, visitor })),
    "wrong-code",
  );
});

test("an envelope that is too old, altered or somebody else's is told as one and the same", async () => {
  const visitor = browser();
  const { envelope, code } = await letterFor("old@example.org", visitor);
  const attempt = async (token: string, who = visitor) =>
    tagOf(await identity.confirm({ envelope: token, code, password: GOOD, takesNew: true, visitor: who }));
  assert.equal(await attempt(`${envelope.slice(0, -2)}${envelope.endsWith("AA") ? "BB" : "AA"}`), "envelope-expired");
  assert.equal(await attempt("nonsense"), "envelope-expired");
  assert.equal(await attempt(envelope, browser()), "envelope-expired");
  assert.equal(await attempt(envelope, { ...browser(), browserSecret: undefined }), "envelope-expired");
  world.now += 10 * 60_000;
  assert.equal(await attempt(envelope), "envelope-expired");
  world.now -= 1;
  assert.equal(await attempt(envelope), "ok", "a millisecond before its end it is still good");
});

test("keys may be rotated once between letter and code, and not twice", async () => {
  const visitor = browser();
  world.ring = [0];
  const once = await letterFor("once@example.org", visitor);
  const twice = await letterFor("rotated-twice@example.org", visitor);
  world.ring = [1, 0];
  const member = await identity.confirm({ ...once, password: GOOD, takesNew: true, visitor });
  assert.equal(tagOf(member), "ok");
  world.ring = [2, 1];
  assert.equal(tagOf(await identity.confirm({ ...twice, password: GOOD, takesNew: true, visitor })), "envelope-expired");
  assert.ok(member.ok && (await identity.authenticate(member.value.sessionToken, member.value.passToken)), "sessions need no key");
  world.ring = [0];
});

test("a weak password or a mistyped code costs no try", async () => {
  const visitor = browser();
  const { envelope, code } = await letterFor("weak@example.org", visitor);
  for (let round = 0; round < 12; round += 1) {
    assert.equal(tagOf(await identity.confirm({ envelope, code, password: "password123", takesNew: true, visitor })), "invalid-field");
    assert.equal(tagOf(await identity.confirm({ envelope, code: "ABC", password: GOOD, takesNew: true, visitor })), "invalid-field");
  }
  assert.equal(
    tagOf(await identity.confirm({ envelope, code: code.toLowerCase().replace("-", " "), password: GOOD, takesNew: true, visitor })),
    "ok",
  );
});

test("one place buys one letter", async () => {
  const placeId = randomBytes(16);
  const ask = () => identity.requestLetter({ placeId, address: "place@example.org", language: "en", way: "sign-up", visitor: browser() });
  assert.deepEqual((await Promise.all([ask(), ask(), ask()])).map(tagOf).toSorted(), ["ok", "place-spent", "place-spent"]);
});

test("what is no address is told before anything is stored", async () => {
  for (const address of ["nobody", "a@b", "a@b.co, c@d.co", "a@b.co\r\nBcc: c@d.co", "a@localhost"]) {
    assert.equal(
      tagOf(await identity.requestLetter({ placeId: randomBytes(16), address, language: "en", way: "sign-up", visitor: browser() })),
      "invalid-field",
      address,
    );
  }
});

test("a member signs in on a second browser, in any spelling of the address", async () => {
  const member = await registered("second@example.org");
  const elsewhere = await identity.signIn({ address: " SECOND@Example.org ", password: GOOD, visitor: browser() });
  assert.ok(elsewhere.ok);
  assert.equal(elsewhere.value.account.id, member.account.id);
  assert.notEqual(elsewhere.value.sessionToken, member.sessionToken);
  assert.equal((await sql`select 1 from device where account_id = ${member.account.id}`).length, 2);
});

test("a member who signs in again on a known device keeps that device", async () => {
  const member = await registered("known@example.org");
  const again = await identity.signIn({
    address: "known@example.org",
    password: GOOD,
    visitor: { ...browser(), deviceToken: member.deviceToken },
  });
  assert.ok(again.ok);
  assert.equal((await sql`select 1 from device where account_id = ${member.account.id}`).length, 1);
  const other = await registered("borrowed@example.org", { ...browser(), deviceToken: member.deviceToken });
  assert.equal(
    (await sql`select 1 from device where account_id = ${other.account.id}`).length,
    1,
    "another account on that device gets its own",
  );
});

test("a wrong password and an unknown address get the same answer in about the same time", async () => {
  await registered("timed@example.org");
  const timeOf = async (address: string) => {
    const from = performance.now();
    assert.deepEqual(await identity.signIn({ address, password: "not-the-password-77", visitor: browser() }), {
      ok: false,
      failure: { tag: "wrong-credentials" },
    });
    return performance.now() - from;
  };
  const known: number[] = [];
  const unknown: number[] = [];
  for (let round = 0; round < 15; round += 1) {
    known.push(await timeOf("timed@example.org"));
    unknown.push(await timeOf("nobody@example.org"));
  }
  const median = (list: number[]) => list.toSorted((a, b) => a - b)[7] ?? 0;
  assert.ok(median(unknown) > median(known) / 2 && median(unknown) < median(known) * 2, `${median(known)} ms and ${median(unknown)} ms`);
});

test("a session slides for 30 days from the last visit and ends without one", async () => {
  const member = await registered("slides@example.org");
  const start = world.now;
  world.now += 29 * DAY_MS;
  const visit = await identity.authenticate(member.sessionToken, member.passToken);
  assert.equal(visit?.renewedSession, true);
  assert.notEqual(visit.newPass, null, "the pass of 29 days ago is replaced");
  assert.equal(
    (await identity.authenticate(member.sessionToken, visit.newPass ?? ""))?.renewedSession,
    false,
    "not renewed more than once an hour",
  );
  world.now += 29 * DAY_MS;
  assert.ok(await identity.authenticate(member.sessionToken, undefined));
  world.now += SESSION_LIFETIME_MS;
  assert.equal(await identity.authenticate(member.sessionToken, undefined), null);
  world.now = start;
});

test("the pass is renewed when half its day is over", async () => {
  const member = await registered("pass@example.org");
  const start = world.now;
  world.now += 11 * HOUR_MS;
  assert.equal((await identity.authenticate(member.sessionToken, member.passToken))?.newPass, null);
  world.now += 2 * HOUR_MS;
  const renewed = (await identity.authenticate(member.sessionToken, member.passToken))?.newPass;
  assert.equal(openPass(keysNow().pass, world.now + 23 * HOUR_MS, renewed ?? "")?.accountId, member.account.id);
  const other = await registered("pass-other@example.org");
  assert.notEqual((await identity.authenticate(member.sessionToken, other.passToken))?.newPass, null, "somebody else's pass is replaced");
  world.now = start;
});

test("who signed out is out, and only there", async () => {
  const member = await registered("out@example.org");
  const elsewhere = await identity.signIn({ address: "out@example.org", password: GOOD, visitor: browser() });
  const session = await identity.authenticate(member.sessionToken, member.passToken);
  await identity.signOut(session?.sessionId ?? "");
  assert.equal(await identity.authenticate(member.sessionToken, member.passToken), null);
  assert.ok(elsewhere.ok && (await identity.authenticate(elsewhere.value.sessionToken, undefined)));
});

test("a forged, cut or foreign session cookie is nobody", async () => {
  const member = await registered("forged@example.org");
  for (const token of [
    undefined,
    "",
    "x",
    member.sessionToken.slice(1),
    member.passToken,
    randomBytes(32).toString("base64url"),
    "a'; drop table session; --",
  ]) {
    assert.equal(await identity.authenticate(token, member.passToken), null);
  }
});

test("the first operator's link works once, even for 20 at once, and dies when an operator exists", async () => {
  const stale = await offerFirstOperatorLink(sql, systemDice, world.now);
  const token = (await offerFirstOperatorLink(sql, systemDice, world.now)) ?? "";
  const make = (number: number, link = token) =>
    identity.makeFirstOperator({
      token: link,
      address: `operator-${number}@example.org`,
      password: GOOD,
      language: "es",
      visitor: browser(),
    });
  assert.equal(tagOf(await make(0, stale)), "setup-used", "an older link was replaced");
  assert.equal(tagOf(await make(0, "guess")), "setup-used");
  assert.equal(
    tagOf(
      await identity.makeFirstOperator({
        token,
        address: "operator@example.org",
        password: "password123",
        language: "es",
        visitor: browser(),
      }),
    ),
    "invalid-field",
  );
  const answers = await Promise.all(Array.from({ length: 20 }, (_, number) => make(number)));
  assert.equal(answers.filter((answer) => answer.ok).length, 1);
  assert.equal((await sql`select 1 from account where role = 'operator'`).length, 1);
  assert.equal(await offerFirstOperatorLink(sql, systemDice, world.now), undefined);
  await sql`update account set role = 'member'`;
});

test("a member becomes the first operator by the right password only, and older sessions and passes of the account die", async () => {
  const member = await registered("promoted@example.org");
  const token = (await offerFirstOperatorLink(sql, systemDice, world.now)) ?? "";
  const ask = (password: string) =>
    identity.makeFirstOperator({ token, address: "promoted@example.org", password, language: "en", visitor: browser() });
  assert.equal(tagOf(await ask("not-the-password-77")), "wrong-credentials");
  const made = await ask(GOOD);
  assert.ok(made.ok);
  assert.equal(made.value.account.role, "operator");
  assert.equal(await identity.authenticate(member.sessionToken, undefined), null);
  assert.deepEqual(ended.at(-1)?.epoch, [member.account.id, 1]);
  assert.deepEqual(
    (await identity.revocations()).filter(([id]) => id === member.account.id),
    [[member.account.id, 1]],
  );
  assert.equal(openPass(keysNow().pass, world.now, made.value.passToken)?.sessionEpoch, 1);
  const [old, fresh] = [member.deviceToken, made.value.deviceToken].map((token) => openDevice(keysNow().device, world.now, token));
  assert.deepEqual([old?.sessionEpoch, fresh?.sessionEpoch], [0, 1], "a device that signed in before is no known one any more");
  world.now += DEVICE_LIFETIME_MS;
  assert.deepEqual(
    (await identity.revocations()).filter(([id]) => id === member.account.id),
    [[member.account.id, 1]],
  );
  world.now += 2 * HOUR_MS;
  assert.deepEqual(await identity.revocations(), [], "after a year no device cookie is left that it could concern");
});

test("whether an address has an account is known to the courier, in any spelling", async () => {
  await registered("courier@example.org");
  const among = await identity.withAccount(["Courier@Example.ORG", `${randomUUID()}@example.org`]);
  assert.deepEqual([...among], ["Courier@Example.ORG"]);
  assert.deepEqual([...(await identity.withAccount([]))], []);
});
