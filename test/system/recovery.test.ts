/**
 * Does somebody get in who forgot the password, or who forgot that there is an account? By the letter and the code alone, also
 * while nobody new comes in; and what do strangers do to it who only know the address? On the whole running Holdfast.
 */
import assert from "node:assert/strict";
import { after, test } from "node:test";
import type { Page } from "playwright-core";
import type { Problem } from "#contract/problems.ts";
import type { AccountAnswer, OperatorSignUpAnswer } from "#contract/wire.ts";
import { waitFor } from "#support/app.ts";
import { assertNoAxeViolation, freshPage, openChromium } from "#support/chromium.ts";
import { startHoldfast } from "#support/holdfast.ts";
import {
  askForLetter,
  GOOD_PASSWORD,
  mailboxReader,
  openBrowser,
  readCode,
  readEvents,
  register,
  signIn,
  type Answer,
  type Browser,
} from "#support/people.ts";

const NEW_PASSWORD = "heron-cobalt-91-teapot";
const holdfast = await startHoldfast({ after });
const read = mailboxReader(holdfast.mailboxUrl);

const codeOf = (answer: Answer) => (answer.json() as Problem).code;
const confirm = (browser: Browser, envelope: string, code: string, password = NEW_PASSWORD) =>
  browser.request("POST", "/sign-up/confirm", { envelope, code, password });

/** The code of the letter that comes after those in `before`. */
async function nextCode(address: string, before: readonly string[]): Promise<string> {
  return waitFor(`a letter for ${address}`, async () => (await read(address)).find((code) => !before.includes(code)));
}

test("whoever forgot the password chooses a new one; every other browser is out within seconds, its stream too", async () => {
  const address = "forgot@example.org";
  const phone = openBrowser(holdfast.url);
  const account = await register(phone, address, read);
  const before = await read(address);
  const patience = AbortSignal.timeout(20_000);
  const stream = readEvents(phone, 0, () => false, patience);
  await phone.call("GET", "/api/me");

  const laptop = openBrowser(holdfast.url);
  const { envelope } = await askForLetter(laptop, address, "recover");
  const code = await nextCode(address, before);
  assert.equal((await phone.request("GET", "/api/me")).status, 200, "a letter alone changes nothing");
  const answer = await confirm(laptop, envelope, code);
  assert.equal(answer.status, 200, answer.text);
  assert.deepEqual((answer.json() as AccountAnswer).account, account);
  assert.equal((await laptop.request("GET", "/api/me")).status, 200);
  assert.equal((await phone.request("GET", "/api/me")).status, 401);
  await stream;
  assert.ok(!patience.aborted, "the stream ended by itself");
  assert.equal(
    codeOf(await openBrowser(holdfast.url).request("POST", "/sign-in", { address, password: GOOD_PASSWORD })),
    "wrong-credentials",
  );
  await signIn(openBrowser(holdfast.url), address, NEW_PASSWORD);
  assert.equal(codeOf(await confirm(openBrowser(holdfast.url), envelope, code)), "envelope-expired", "it works in that browser only");
});

test("whoever is signed in is told so before they begin, and may sign out there", async () => {
  const member = openBrowser(holdfast.url);
  await register(member, "signed-in@example.org", read);
  for (const path of ["/recover", "/sign-up"]) {
    const page = await member.request("GET", path, undefined, { accept: "text/html" });
    assert.match(page.text, /You are signed in already\.[\s\S]*action="\/sign-out"/);
  }
});

test("whoever registers twice gets in by the second letter too, with the account of the first", async () => {
  const address = "twice@example.org";
  const account = await register(openBrowser(holdfast.url), address, read);
  const before = await read(address);
  const again = openBrowser(holdfast.url);
  const { envelope } = await askForLetter(again, address);
  const answer = await confirm(again, envelope, await nextCode(address, before));
  assert.equal((answer.json() as AccountAnswer).account.id, account.id);
});

async function guessThreeTimes(stranger: Browser, envelope: string, code: string, told: string): Promise<void> {
  for (const guess of ["ABCD-2345", "WXYZ-6789", code]) assert.equal(codeOf(await confirm(stranger, envelope, guess)), told);
}

test("a stranger asks for a letter to a newcomer's address, too, and guesses: the newcomer's own code still works", async () => {
  const address = "pestered@example.org";
  const [owner, stranger] = [openBrowser(holdfast.url), openBrowser(holdfast.url)];
  const mine = await askForLetter(owner, address);
  const code = await readCode(read, address);
  const theirs = await askForLetter(stranger, address, "recover");
  await guessThreeTimes(stranger, theirs.envelope, code, "wrong-code");
  await guessThreeTimes(stranger, mine.envelope, code, "envelope-expired");
  assert.equal((await confirm(owner, mine.envelope, code)).status, 200);
});

test("strangers use up a member's letters and guess: on a device of their own the member still gets a code, and it works", async () => {
  const address = "beset@example.org";
  const [owner, stranger] = [openBrowser(holdfast.url), openBrowser(holdfast.url)];
  const account = await register(owner, address, read);
  await owner.call("POST", "/sign-out", {});
  const theirs = await askForLetter(stranger, address);
  const before = await waitFor("the stranger's letter", async () => {
    const codes = await read(address);
    return codes.length === 2 ? codes : undefined;
  });
  const mine = await askForLetter(owner, address, "recover");
  const code = await nextCode(address, before);
  await guessThreeTimes(stranger, theirs.envelope, code, "wrong-code");
  await guessThreeTimes(stranger, mine.envelope, code, "envelope-expired");
  const answer = await confirm(owner, mine.envelope, code);
  assert.equal((answer.json() as AccountAnswer).account.id, account.id);
});

test("while nobody new comes in, members find their way back and nobody else gets an account by it", { timeout: 120_000 }, async () => {
  const olga = openBrowser(holdfast.url);
  const token = new URL(holdfast.firstOperatorUrl).searchParams.get("token");
  await olga.call("POST", "/first-operator", { token, address: "olga@example.org", password: GOOD_PASSWORD });
  const set = (mode: string) => olga.call<OperatorSignUpAnswer>("POST", "/api/operator/sign-up", { mode, lettersPerMinute: null });
  await register(openBrowser(holdfast.url), "member@example.org", read);
  const before = await read("member@example.org");
  const newcomer = openBrowser(holdfast.url);
  for (const mode of ["closed", "invited"]) {
    await set(mode);
    await waitFor("the lever", async () => (await newcomer.request("POST", "/sign-up/challenge", {})).status === 403);
  }

  const [member, nobody] = [openBrowser(holdfast.url), openBrowser(holdfast.url)];
  const [mine, theirs] = [
    await askForLetter(member, "member@example.org", "recover"),
    await askForLetter(nobody, "n@example.org", "recover"),
  ];
  assert.deepEqual(Object.keys(mine), Object.keys(theirs));
  assert.equal(mine.envelope.length, theirs.envelope.length);
  const [mineWrong, theirsWrong] = [await confirm(member, mine.envelope, "ABCD-2345"), await confirm(nobody, theirs.envelope, "ABCD-2345")];
  const words = (answer: Answer) => ({ ...(answer.json() as Problem), requestId: "" });
  assert.deepEqual(words(mineWrong), words(theirsWrong), "the same words for an address with and without an account");
  assert.equal((await confirm(member, mine.envelope, await nextCode("member@example.org", before))).status, 200);
  const refused = await confirm(nobody, theirs.envelope, await readCode(read, "n@example.org"));
  assert.deepEqual([refused.status, codeOf(refused)], [403, "sign-up-closed"]);

  await set("open");
  const made = await confirm(nobody, theirs.envelope, await readCode(read, "n@example.org"));
  assert.equal(made.status, 200, "the code is still good when registration opens again");
});

for (const javaScriptEnabled of [true, false]) {
  const how = javaScriptEnabled ? "with" : "without";
  test(`a person ${how} script comes from the sign-in page to a new password and into the chat`, { timeout: 120_000 }, async (t) => {
    const browser = await openChromium(t);
    if (browser === undefined) return;
    const address = `${how}-script@example.org`;
    await register(openBrowser(holdfast.url), address, read);
    const before = await read(address);
    const page = await freshPage(browser, { javaScriptEnabled });
    await page.goto(`${holdfast.url}/sign-in`);
    await page.getByLabel(/e-?mail/i).fill(address);
    await page
      .getByLabel(/password/i)
      .first()
      .fill("what-was-it-again-7");
    await page.getByRole("button", { name: /^sign in/i }).click();
    await page.getByRole("alert").filter({ hasText: "A forgotten password can be replaced" }).waitFor();
    await page.getByRole("link", { name: "Forgot your password?" }).last().click();
    await page.getByRole("heading", { name: "Forgot your password?" }).waitFor();
    if (javaScriptEnabled) await page.getByLabel(/e-?mail/i).click();
    await page.waitForLoadState("networkidle");
    await page.getByLabel(/e-?mail/i).fill(address);
    await page.getByRole("button", { name: "Send me the code" }).click();
    await page.getByRole("heading", { name: "Choose a new password" }).waitFor();
    assert.equal(await page.title(), "Choose a new password");
    if (javaScriptEnabled) await assertNoAxeViolation(page, "the step with the code");
    const code = await nextCode(address, before);
    await fillIn(page, "ABCD-2345");
    await page.getByRole("alert").filter({ hasText: "9 more tries" }).waitFor();
    await page.getByRole("heading", { name: "Choose a new password" }).waitFor();
    await page.goto(`${holdfast.url}/recover${javaScriptEnabled ? "" : "/wait"}`);
    await page.getByRole("heading", { name: "Choose a new password" }).waitFor();
    await fillIn(page, code);
    await page.waitForURL(/\/chat/);
    await signIn(openBrowser(holdfast.url), address, NEW_PASSWORD);
  });
}

async function fillIn(page: Page, code: string): Promise<void> {
  await page.getByLabel(/code/i).first().fill(code);
  await page
    .getByLabel(/password/i)
    .first()
    .fill(NEW_PASSWORD);
  await page.getByRole("button", { name: "Set the new password" }).click();
}
