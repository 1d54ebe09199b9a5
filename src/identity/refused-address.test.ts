/** Whose address is refused before a letter is ordered, and what does that cost and tell? By a real name server and PostgreSQL. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { after, test } from "node:test";
import { MINUTE_MS, systemClock } from "#kit/time.ts";
import { createDomainGuard } from "#mail/mail.ts";
import { mx, startDnsServer } from "#support/dns-server.ts";
import { GOOD_PASSWORD, startIdentity, visitor as browser } from "#support/identity.ts";

const names = await startDnsServer(
  { after },
  { "plain.com": [mx("mx.plain.com")], "late.com": [mx("mx.late.com")], "null.com": [mx(".", 0)] },
);
const world = { aheadMs: 0 };
const domains = createDomainGuard({
  clock: { ...systemClock, monotonic: () => systemClock.monotonic() + world.aheadMs },
  disposable: "refuse",
  checkDomains: true,
  servers: [names.address],
});
const { sql, identity, letterFor } = await startIdentity({ after }, { domains });

const ask = (address: string, placeId: Uint8Array = randomBytes(16)) =>
  identity.requestLetter({ placeId, address, language: "en", way: "sign-up", visitor: browser() });
const faults = async (address: string) => {
  const answer = await ask(address);
  return !answer.ok && answer.failure.tag === "invalid-field" ? answer.failure.fields : answer;
};
const lettersStored = async () => (await sql`select 1 from outbox`).length;

test("an address whose domain is not there, takes no mail, or is thrown away after use is refused, each with its own sentence", async () => {
  const before = await lettersStored();
  assert.deepEqual(await faults("ana@gone.com"), [{ field: "address", key: "address-no-domain" }]);
  assert.deepEqual(await faults("ana@NULL.com"), [{ field: "address", key: "address-no-mail" }]);
  assert.deepEqual(await faults("ana@mailinator.com"), [{ field: "address", key: "address-disposable" }]);
  assert.equal(await lettersStored(), before);
});

test("what was probably meant is said with it", async () => {
  assert.deepEqual(await faults("Ana@hotmal.com"), [{ field: "address", key: "address-no-domain", suggestion: "Ana@hotmail.com" }]);
  assert.deepEqual(await faults("ana@gmailcom"), [{ field: "address", key: "address", suggestion: "ana@gmail.com" }]);
});

test("the place of whoever mistyped is good for the right address", async () => {
  const placeId = randomBytes(16);
  assert.ok(!(await ask("ana@gone.com", placeId)).ok);
  assert.ok((await ask("ana@plain.com", placeId)).ok);
});

test("a domain is asked for once and answered alike, whether the address has an account or not", async () => {
  const visitor = browser();
  const { envelope, code } = await letterFor("member@late.com", visitor);
  assert.ok((await identity.confirm({ envelope, code, password: GOOD_PASSWORD, takesNew: true, visitor })).ok);
  const questions = names.questions();
  assert.ok((await ask("member@late.com")).ok);
  assert.ok((await ask("nobody@late.com")).ok);
  assert.equal(names.questions(), questions);
  delete names.zone["late.com"];
  world.aheadMs += 61 * MINUTE_MS;
  assert.deepEqual(await ask("member@late.com"), await ask("nobody@late.com"));
  assert.equal(names.questions(), questions + 1);
});
