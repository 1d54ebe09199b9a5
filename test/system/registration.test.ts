/**
 * Does the registration protocol hold, rule by rule, on the whole running Holdfast? Each test is a row or a rule of the
 * table in docs/design/registration.md. What needs a moved clock (expiry) is tested beside door and identity.
 */
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { COOKIES } from "#contract/cookies.ts";
import type { Problem } from "#contract/problems.ts";
import type { AccountAnswer, ChallengeAnswer, LetterAnswer, PlaceAnswer } from "#contract/wire.ts";
import { startHoldfast } from "#support/holdfast.ts";
import {
  askForLetter,
  GOOD_PASSWORD,
  mailboxReader,
  openBrowser,
  readCode,
  register,
  signIn,
  type Answer,
  type Browser,
} from "#support/people.ts";

const holdfast = await startHoldfast({ after });
const read = mailboxReader(holdfast.mailboxUrl);

function problemOf(answer: Answer): Problem {
  assert.match(answer.headers.get("content-type") ?? "", /^application\/problem\+json/, answer.text.slice(0, 300));
  return answer.json() as Problem;
}

function confirm(browser: Browser, envelope: string, code: string): Promise<Answer> {
  return browser.request("POST", "/sign-up/confirm", { envelope, code, password: GOOD_PASSWORD });
}

/** A code that is well formed and not `code`. */
function wrongCode(code: string, number: number): string {
  const made = `ABCD-${String(2_222 + number).replaceAll(/[01]/g, "9")}`;
  return made === code ? "ZZZZ-9999" : made;
}

test("envelope and code sent again after success say that the registration is complete, and make no session", async () => {
  const browser = openBrowser(holdfast.url);
  const { envelope } = await askForLetter(browser, "replay@example.org");
  const before = new Map(browser.cookies);
  const code = await readCode(read, "replay@example.org");
  assert.equal((await confirm(browser, envelope, code)).status, 200);
  const again = openBrowser(holdfast.url);
  for (const [name, value] of before) again.cookies.set(name, value);
  const answer = await confirm(again, envelope, code);
  assert.equal(problemOf(answer).code, "already-confirmed");
  assert.deepEqual(
    answer.headers.getSetCookie().filter((line) => line.startsWith(COOKIES.session)),
    [],
  );
});

test("ten wrong codes are told with the tries that are left; then not even the right one helps", async () => {
  const browser = openBrowser(holdfast.url);
  const { envelope } = await askForLetter(browser, "eleven@example.org");
  const code = await readCode(read, "eleven@example.org");
  for (let number = 1; number <= 10; number += 1) {
    const problem = problemOf(await confirm(browser, envelope, wrongCode(code, number)));
    assert.equal(problem.code, "wrong-code");
    assert.equal(problem.triesLeft, 10 - number);
  }
  assert.equal(problemOf(await confirm(browser, envelope, wrongCode(code, 11))).code, "code-exhausted");
  assert.equal(problemOf(await confirm(browser, envelope, code)).code, "code-exhausted");
});

test("guesses from twenty connections at once get ten tries between them", async () => {
  const browser = openBrowser(holdfast.url);
  const { envelope } = await askForLetter(browser, "parallel@example.org");
  const code = await readCode(read, "parallel@example.org");
  const answers = await Promise.all(Array.from({ length: 20 }, (_, number) => confirm(browser, envelope, wrongCode(code, number))));
  const codes = answers.map((answer) => problemOf(answer).code);
  assert.equal(codes.filter((found) => found === "wrong-code").length, 10);
  assert.equal(codes.filter((found) => found === "code-exhausted").length, 10);
});

test("of twenty confirmations with the right code exactly one makes the account", async () => {
  const browser = openBrowser(holdfast.url);
  const { envelope } = await askForLetter(browser, "twenty@example.org");
  const code = await readCode(read, "twenty@example.org");
  const cookies = new Map(browser.cookies);
  const answers = await Promise.all(
    Array.from({ length: 10 }, () => {
      const tab = openBrowser(holdfast.url);
      for (const [name, value] of cookies) tab.cookies.set(name, value);
      return confirm(tab, envelope, code);
    }),
  );
  assert.equal(answers.filter(({ status }) => status === 200).length, 1);
  for (const answer of answers.filter(({ status }) => status !== 200)) {
    assert.ok(["already-confirmed", "too-busy"].includes(problemOf(answer).code), answer.text);
  }
});

test("a stranger who asks for letters and guesses takes nothing from the owner: the owner's code still works", async () => {
  const owner = openBrowser(holdfast.url);
  const { envelope } = await askForLetter(owner, "owner@example.org");
  const ownersCode = await readCode(read, "owner@example.org");
  const stranger = openBrowser(holdfast.url);
  const theirs = await askForLetter(stranger, "owner@example.org");
  for (let number = 0; number < 11; number += 1) await confirm(stranger, theirs.envelope, wrongCode(ownersCode, number));
  assert.equal(
    problemOf(await confirm(stranger, envelope, ownersCode)).code,
    "envelope-expired",
    "another browser can't use the owner's envelope",
  );
  assert.equal((await confirm(owner, envelope, ownersCode)).status, 200);
});

test("strangers cause two letters an hour to one address and no more", async () => {
  await askForLetter(openBrowser(holdfast.url), "flooded@example.org");
  await askForLetter(openBrowser(holdfast.url), "flooded@example.org");
  const third = openBrowser(holdfast.url);
  const { challenge } = await third.call<ChallengeAnswer>("POST", "/sign-up/challenge", {});
  const { place } = await third.call<PlaceAnswer>("POST", "/sign-up/place", { challenge });
  const answer = await third.request("POST", "/sign-up/letter", { place, address: "flooded@example.org" });
  const problem = problemOf(answer);
  assert.equal(problem.code, "letter-limit");
  assert.ok((problem.retryAfterSeconds ?? 0) > 60, "it says when");
  assert.equal(Number(answer.headers.get("retry-after")), problem.retryAfterSeconds);
});

test("one place buys one letter, however often and from how many connections it is redeemed", async () => {
  const browser = openBrowser(holdfast.url);
  const { challenge } = await browser.call<ChallengeAnswer>("POST", "/sign-up/challenge", {});
  const place = await browser.call<PlaceAnswer>("POST", "/sign-up/place", { challenge });
  assert.ok(place.turn, "in peace the turn comes at once");
  const answers = await Promise.all(
    Array.from({ length: 20 }, (_, number) =>
      browser.request("POST", "/sign-up/letter", { place: place.place, address: `place-${number}@example.org` }),
    ),
  );
  assert.equal(answers.filter(({ status }) => status === 200).length, 1);
});

test("the place of one browser is worth nothing in another", async () => {
  const first = openBrowser(holdfast.url);
  const { challenge } = await first.call<ChallengeAnswer>("POST", "/sign-up/challenge", {});
  const second = openBrowser(holdfast.url);
  await second.call<ChallengeAnswer>("POST", "/sign-up/challenge", {});
  const { place } = await first.call<PlaceAnswer>("POST", "/sign-up/place", { challenge });
  assert.equal(problemOf(await second.request("POST", "/sign-up/turn", { place })).code, "place-expired");
  assert.equal(problemOf(await second.request("POST", "/sign-up/letter", { place, address: "other@example.org" })).code, "place-expired");
});

test("an altered challenge, place or envelope is refused with a sentence that says what to do", async () => {
  const browser = openBrowser(holdfast.url);
  const alter = (token: string) => token.slice(0, -2) + (token.endsWith("AA") ? "BB" : "AA");
  const { challenge } = await browser.call<ChallengeAnswer>("POST", "/sign-up/challenge", {});
  assert.equal(problemOf(await browser.request("POST", "/sign-up/place", { challenge: alter(challenge) })).code, "challenge-expired");
  const { place } = await browser.call<PlaceAnswer>("POST", "/sign-up/place", { challenge });
  assert.equal(problemOf(await browser.request("POST", "/sign-up/turn", { place: alter(place) })).code, "place-expired");
  const { envelope } = await browser.call<LetterAnswer>("POST", "/sign-up/letter", { place, address: "altered@example.org" });
  const problem = problemOf(await confirm(browser, alter(envelope), "ABCD-2345"));
  assert.equal(problem.code, "envelope-expired");
  assert.match(problem.detail, /another letter/i);
  assert.ok(envelope.length <= 1_024, `${envelope.length} bytes`);
});

test("a foreign page can't start anything: neither by its Origin nor by what the browser says of it", async () => {
  const browser = openBrowser(holdfast.url);
  await register(browser, "foreign@example.org", read);
  const paths = [
    "/sign-up/challenge",
    "/sign-up/place",
    "/sign-up/letter",
    "/sign-up/confirm",
    "/sign-in",
    "/sign-out",
    "/language",
    "/first-operator",
  ];
  for (const path of [...paths, "/api/conversations"]) {
    for (const headers of [
      { origin: "https://elsewhere.example" },
      { "sec-fetch-site": "cross-site" },
      { "sec-fetch-site": "same-site" },
    ]) {
      const answer = await browser.request("POST", path, {}, headers);
      assert.equal(answer.status, 403, `${path} ${JSON.stringify(headers)}`);
    }
  }
  assert.equal((await browser.request("GET", "/api/me")).status, 200, "the session is still there");
});

test("headers that only our own processes may send are worth nothing when a client sends them", async () => {
  const browser = openBrowser(holdfast.url);
  const place = Buffer.alloc(16, 7).toString("base64url");
  const forged = {
    "x-holdfast-place": place,
    "x-holdfast-door": "x",
    "x-holdfast-lane": "member",
    "x-holdfast-client-prefix": "10.0.0.0/24",
    "X-Holdfast-Request-Id": "chosen",
  };
  const answer = await browser.request("POST", "/sign-up/letter", { place: "AAAA", address: "forged@example.org" }, forged);
  assert.ok(["place-expired", "invalid-field"].includes(problemOf(answer).code), answer.text);
  assert.notEqual(problemOf(answer).requestId, "chosen");
  const me = await browser.request("GET", "/api/me", undefined, forged);
  assert.equal(me.status, 401);
});

test("a session that is there is never replaced silently, and signing out ends it", async () => {
  const browser = openBrowser(holdfast.url);
  await register(browser, "stays@example.org", read);
  const session = browser.cookies.get(COOKIES.session);
  const answer = await browser.request("POST", "/sign-in", { address: "stays@example.org", password: GOOD_PASSWORD });
  assert.equal(problemOf(answer).code, "already-signed-in");
  assert.equal(browser.cookies.get(COOKIES.session), session);
  const copy = openBrowser(holdfast.url);
  for (const [name, value] of browser.cookies) copy.cookies.set(name, value);
  await browser.call("POST", "/sign-out", {});
  assert.equal((await copy.request("GET", "/api/me")).status, 401, "the session is over, also for a copy of its cookie");
});

test("whatever the browser held before is exchanged when somebody signs in", async () => {
  const browser = openBrowser(holdfast.url);
  const { envelope } = await askForLetter(browser, "rotated@example.org");
  const before = browser.cookies.get(COOKIES.browser);
  const code = await readCode(read, "rotated@example.org");
  await confirm(browser, envelope, code);
  assert.notEqual(browser.cookies.get(COOKIES.browser), before);
  const second = openBrowser(holdfast.url);
  await second.call<ChallengeAnswer>("POST", "/sign-up/challenge", {});
  const secret = second.cookies.get(COOKIES.browser);
  await signIn(second, "rotated@example.org");
  assert.notEqual(second.cookies.get(COOKIES.browser), secret);
});

test("an address that has an account and one that has none get the same answers", async () => {
  await register(openBrowser(holdfast.url), "known@example.org", read);
  const answerFor = async (address: string) => {
    const browser = openBrowser(holdfast.url);
    const letter = await askForLetter(browser, address);
    const wrong = problemOf(await browser.request("POST", "/sign-in", { address, password: "not-the-password-1" }));
    return { letter: Object.keys(letter).toSorted(), envelopeBytes: letter.envelope.length, wrong: { ...wrong, requestId: "" } };
  };
  assert.deepEqual(await answerFor("known@example.org"), await answerFor("nobod@example.org"));
});

test("an address that has an account can't be taken over by registering it again without the code from the letter", async () => {
  await register(openBrowser(holdfast.url), "taken@example.org", read);
  const second = openBrowser(holdfast.url);
  const { envelope } = await askForLetter(second, "Taken@Example.org");
  const code = await readCode(read, "Taken@example.org");
  const asked = { envelope, code: wrongCode(code, 1), password: "another-password-entirely" };
  assert.equal(problemOf(await second.request("POST", "/sign-up/confirm", asked)).code, "wrong-code");
  assert.equal((await signIn(openBrowser(holdfast.url), "taken@example.org")).address, "taken@example.org");
});

test("a member's pass buys a lane and authorises nothing", async () => {
  const browser = openBrowser(holdfast.url);
  await register(browser, "pass@example.org", read);
  const thief = openBrowser(holdfast.url);
  thief.cookies.set(COOKIES.pass, browser.cookies.get(COOKIES.pass) ?? "");
  thief.cookies.set(COOKIES.device, browser.cookies.get(COOKIES.device) ?? "");
  assert.equal((await thief.request("GET", "/api/me")).status, 401);
});

test("a weak password costs no try and loses nothing", async () => {
  const browser = openBrowser(holdfast.url);
  const { envelope } = await askForLetter(browser, "weak@example.org");
  const code = await readCode(read, "weak@example.org");
  for (const password of ["short", "password123", "weak@example.org", "aaaaaaaaaaaaaa"]) {
    const problem = problemOf(await browser.request("POST", "/sign-up/confirm", { envelope, code, password }));
    assert.equal(problem.code, "invalid-field", password);
    assert.equal(problem.errors?.[0]?.field, "password");
  }
  const answer = await browser.call<AccountAnswer>("POST", "/sign-up/confirm", { envelope, code, password: GOOD_PASSWORD });
  assert.equal(answer.account.address, "weak@example.org");
});
