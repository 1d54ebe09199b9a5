/**
 * Does the main job work in a real browser? A newcomer registers with address, password and the code from the letter,
 * chats and reads a streamed answer, and signs in on a second browser. Once with the built-in mailbox, once with a
 * real SMTP server.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Page } from "playwright-core";
import { freshPage, openChromium } from "#support/chromium.ts";
import { startHoldfast } from "#support/holdfast.ts";
import { codeIn, GOOD_PASSWORD, mailboxReader, readCode, type MailboxReader } from "#support/people.ts";
import { startSmtpServer } from "#support/smtp-server.ts";

test(
  "a newcomer registers with the code from the built-in mailbox, chats, and signs in on a second browser",
  { timeout: 180_000 },
  async (t) => {
    const browser = await openChromium(t);
    if (browser === undefined) return;
    const holdfast = await startHoldfast(t);
    const first = await freshPage(browser);
    await registerInBrowser(first, holdfast.url, "ada@example.org", mailboxReader(holdfast.mailboxUrl));
    await chat(first, "How do I connect a model?");
    const second = await freshPage(browser, { viewport: { width: 360, height: 740 } });
    await signInInBrowser(second, holdfast.url, "ada@example.org");
    await chat(second, "And how do I connect mail?");
  },
);

test("a newcomer registers with the code from a real SMTP server's letter and chats", { timeout: 180_000 }, async (t) => {
  const browser = await openChromium(t);
  if (browser === undefined) return;
  const smtp = await startSmtpServer(t);
  const holdfast = await startHoldfast(t, { env: { SMTP_URL: smtp.url, MAIL_FROM: "Holdfast <no-reply@example.org>" } });
  const page = await freshPage(browser);
  await registerInBrowser(page, holdfast.url, "grace@example.org", lettersOf(smtp));
  await chat(page, "What is Holdfast?");
});

/** Reads codes from the letters that the SMTP server stored, newest first. */
function lettersOf(smtp: Awaited<ReturnType<typeof startSmtpServer>>): MailboxReader {
  return async (address) =>
    (await smtp.letters())
      .filter((letter) => letter.to.includes(address))
      .map((letter) => codeIn(letter.raw))
      .filter((code) => code !== undefined)
      .toReversed();
}

async function registerInBrowser(page: Page, url: string, address: string, read: MailboxReader): Promise<void> {
  await page.goto(url);
  await page
    .getByRole("link", { name: /create|sign up|register/i })
    .first()
    .click();
  await page.getByLabel(/e-?mail/i).fill(address);
  await page
    .getByRole("button", { name: /letter|code|continue/i })
    .first()
    .click();
  await page.getByLabel(/code/i).first().waitFor();
  const code = await readCode(read, address);
  await page.getByLabel(/code/i).first().fill(code);
  await page
    .getByLabel(/password/i)
    .first()
    .fill(GOOD_PASSWORD);
  await page
    .locator("form", { has: page.getByLabel(/password/i) })
    .getByRole("button", { name: /create|account|finish/i })
    .click();
  await page.waitForURL(/\/chat/);
}

async function signInInBrowser(page: Page, url: string, address: string): Promise<void> {
  await page.goto(`${url}/sign-in`);
  await page.getByLabel(/e-?mail/i).fill(address);
  await page
    .getByLabel(/password/i)
    .first()
    .fill(GOOD_PASSWORD);
  await page.getByRole("button", { name: /^sign in/i }).click();
  await page.waitForURL(/\/chat/);
}

async function chat(page: Page, question: string): Promise<void> {
  const composer = page.getByRole("textbox", { name: /message/i });
  await composer.fill(question);
  await composer.press("Enter");
  await page
    .getByText(/stayed on this machine/i)
    .first()
    .waitFor({ timeout: 30_000 });
  assert.ok((await page.getByText(question).count()) > 0, "the question stands in the conversation");
}
