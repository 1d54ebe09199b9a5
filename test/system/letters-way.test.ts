/**
 * Does the page tell the truth about the letter, in its own words, whatever the mail servers do? A real Holdfast with two real mail
 * servers, in Chromium with and without script.
 */
import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import type { Browser, Page } from "playwright-core";
import { freshPage, openChromium } from "#support/chromium.ts";
import { startHoldfast } from "#support/holdfast.ts";
import { codeIn, GOOD_PASSWORD } from "#support/people.ts";
import { startSmtpServer, type SmtpServer } from "#support/smtp-server.ts";

async function world(t: TestContext) {
  const browser = await openChromium(t);
  if (browser === undefined) return undefined;
  const [first, second] = await Promise.all([startSmtpServer(t), startSmtpServer(t)]);
  const env = { SMTP_URL: `${first.url} ${second.url}`, MAIL_FROM: "Holdfast <no-reply@example.org>" };
  const holdfast = await startHoldfast(t, { env });
  return { browser, first, second, holdfast };
}

async function askForLetter(browser: Browser, url: string, address: string, javaScriptEnabled = true): Promise<Page> {
  const page = await freshPage(browser, { javaScriptEnabled });
  await page.goto(`${url}/sign-up`);
  await page.getByLabel(/e-?mail/i).fill(address);
  await page.getByLabel(/e-?mail/i).press("Enter");
  return page;
}

async function says(page: Page, words: RegExp, limitMs = 30_000): Promise<void> {
  await page.locator("#step", { hasText: words }).waitFor({ timeout: limitMs });
}

async function codeFor(servers: SmtpServer[], address: string): Promise<string> {
  const letters = (await Promise.all(servers.map((server) => server.letters()))).flat();
  return codeIn(letters.findLast(({ to }) => to[0] === address)?.raw ?? "") ?? "";
}

test(
  "with the first mail server gone the letter goes by the second, and the page says which one took it and when",
  { timeout: 180_000 },
  async (t) => {
    const here = await world(t);
    if (here === undefined) return;
    const { browser, first, second, holdfast } = here;
    await first.fault({ kind: "refuse" });
    const page = await askForLetter(browser, holdfast.url, "ana@example.org");
    await says(page, /Ordered at \d+:\d\d:\d\d/);
    await says(page, /mail server B at \d+:\d\d:\d\d/);
    await says(page, /Accepted at \d+:\d\d:\d\d/);
    await page.reload();
    await says(page, /Accepted at \d+:\d\d:\d\d/);
    await page.locator("#code").fill(await codeFor([second], "ana@example.org"));
    await page.locator("#password").fill(GOOD_PASSWORD);
    await page.locator("#password").press("Enter");
    await page.waitForURL(/\/chat/);
  },
);

test(
  "whose provider asks to come again is told the next try in time; whose mailbox is not there is told within seconds",
  { timeout: 180_000 },
  async (t) => {
    const here = await world(t);
    if (here === undefined) return;
    const { browser, first, holdfast } = here;
    await first.fault({ kind: "reply", at: "recipient", status: 550, enhanced: "5.1.1" });
    const typo = await askForLetter(browser, holdfast.url, "nobody@example.org");
    await says(typo, /there is no mailbox nobody@example\.org/, 10_000);
    await typo.getByRole("link", { name: /another address/i }).click();
    assert.equal(await typo.getByLabel(/e-?mail/i).inputValue(), "nobody@example.org", "what was typed is there to be corrected");
    await first.fault({ kind: "reply", at: "recipient", status: 450, enhanced: "4.7.1" });
    const grey = await askForLetter(browser, holdfast.url, "grey@example.org");
    await says(grey, /asked us to come again a little later.*Next try at \d+:\d\d:\d\d/, 10_000);
    await first.fault(null);
    await says(grey, /Accepted at \d+:\d\d:\d\d/, 50_000);
  },
);

test(
  "with both mail servers gone nobody is promised a letter: one keeps the place, reads why, and is served when they are back",
  { timeout: 240_000 },
  async (t) => {
    const here = await world(t);
    if (here === undefined) return;
    const { browser, first, second, holdfast } = here;
    await Promise.all([first.fault({ kind: "refuse" }), second.fault({ kind: "refuse" })]);
    // whoever is there first finds it out: their letter was ordered already
    const early = await askForLetter(browser, holdfast.url, "early@example.org");
    await says(early, /mail server does not take letters just now|mail server does not answer/i, 30_000);
    const [scripted, plain] = await Promise.all([
      askForLetter(browser, holdfast.url, "scripted@example.org"),
      askForLetter(browser, holdfast.url, "plain@example.org", false),
    ]);
    for (const page of [scripted, plain]) {
      await says(page, /You have a place in the line/);
      await says(page, /The line stands still/);
      assert.equal(await page.locator("#code").count(), 0, "no code is promised");
    }
    await second.fault(null);
    for (const page of [scripted, plain]) await page.locator("#code").waitFor({ timeout: 60_000 });
    await says(early, /Accepted at/, 60_000);
    await says(scripted, /Accepted at/, 30_000);
    assert.deepEqual(
      new Set((await second.letters()).map(({ to }) => to[0])),
      new Set(["early@example.org", "scripted@example.org", "plain@example.org"]),
    );
  },
);

test("without script the page says how far the letter is each time one looks", { timeout: 180_000 }, async (t) => {
  const here = await world(t);
  if (here === undefined) return;
  const { browser, first, holdfast } = here;
  await first.fault({ kind: "reply", at: "recipient", status: 450, enhanced: "4.7.1" });
  const page = await askForLetter(browser, holdfast.url, "plain@example.org", false);
  await page.locator("#code").waitFor();
  for (let looks = 0; looks < 10 && !(await page.locator("#step").innerText()).includes("asked us to come again"); looks += 1) {
    await page.getByRole("link", { name: /look now/i }).click();
    await page.waitForTimeout(500);
  }
  await says(page, /Next try at \d\d:\d\d:\d\d UTC/, 5_000);
});

test("a reader who did not ask stops further letters with one press, and undoes it with another", { timeout: 180_000 }, async (t) => {
  const here = await world(t);
  if (here === undefined) return;
  const { browser, first, holdfast } = here;
  const stranger = await askForLetter(browser, holdfast.url, "victim@example.org");
  await says(stranger, /Accepted at/);
  const raw = ((await first.letters())[0]?.raw ?? "").replaceAll("=\r\n", "").replaceAll("=3D", "=");
  const [, token = ""] = /\/not-me\?t=([\w-]+)/.exec(raw) ?? [];
  const reader = await freshPage(browser, { javaScriptEnabled: false });
  await reader.goto(`${holdfast.url}/not-me?t=${token}`);
  await reader.getByRole("button", { name: /no more letters/i }).click();
  await says(reader, /You get no more letters/);
  const again = await askForLetter(browser, holdfast.url, "victim@example.org");
  await says(again, /No letters go to this address/);
  await reader.getByRole("button", { name: /allow letters again/i }).click();
  await says(reader, /Letters may come again/);
  const last = await askForLetter(browser, holdfast.url, "victim@example.org");
  await says(last, /Accepted at/);
  assert.equal((await first.letters()).length, 2);
});
