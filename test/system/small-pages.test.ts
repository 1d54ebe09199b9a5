/**
 * How does it feel to sign up where there is script? From address to chat without loading a page, through a line, a wrong
 * code, a reload and another language; nothing that was typed is lost, and no secret is kept.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Page } from "playwright-core";
import { assertNoAxeViolation, freshPage, openChromium } from "#support/chromium.ts";
import { startHoldfast } from "#support/holdfast.ts";
import { askForLetter, GOOD_PASSWORD, mailboxReader, openBrowser, pause, readCode } from "#support/people.ts";

test(
  "a newcomer with script signs up on one page, mistypes, reloads, changes the language, and gets in",
  { timeout: 120_000 },
  async (t) => {
    const browser = await openChromium(t);
    if (browser === undefined) return;
    const holdfast = await startHoldfast(t);
    const page = await freshPage(browser);
    const loads = countLoads(page);
    await begin(page, holdfast.url, "ada@example.org");
    const code = page.getByLabel(/code/i).first();
    await code.waitFor();
    assert.equal(loads(), 1, "the code is asked for without loading a page");
    assert.equal(await code.evaluate("document.activeElement.id"), "code", "one can type at once");
    assert.match(await page.getByText("is on its way").first().innerText(), /ada@example\.org/);

    await assertNoAxeViolation(page, "the step with the code");

    await code.fill("ABCD-EFGH");
    const password = page.getByLabel(/password/i).first();
    await password.fill(GOOD_PASSWORD);
    await page.getByRole("button", { name: "Create account" }).click();
    await page.getByRole("alert").filter({ hasText: "9 more tries" }).waitFor();
    await assertNoAxeViolation(page, "the step with a wrong code");
    assert.equal(await password.inputValue(), GOOD_PASSWORD, "a wrong code does not cost the password");
    assert.equal(await code.getAttribute("aria-invalid"), "true");

    await page.reload();
    await code.waitFor();
    assert.equal(await code.inputValue(), "ABCD-EFGH", "a reload keeps the step and what was typed");
    assert.equal(await password.inputValue(), "", "but never a password");
    assert.doesNotMatch(String(await page.evaluate("JSON.stringify({ ...sessionStorage, ...localStorage })")), /plover/);

    await page.getByRole("button", { name: "Español" }).click();
    const codigo = page.getByLabel("Código de la carta");
    await codigo.waitFor();
    const letter = await readCode(mailboxReader(holdfast.mailboxUrl), "ada@example.org");
    await codigo.fill(letter.toLowerCase().replace("-", " "));
    await page.getByLabel("Elige una contraseña").fill(GOOD_PASSWORD);
    await page.getByRole("button", { name: "Crear cuenta" }).click();
    await page.waitForURL(/\/chat/);
    assert.equal(await page.evaluate("sessionStorage.length"), 0, "nothing is left of the sign-up");
  },
);

test("who waits in the line sees how long, may reload, and is led on by the page itself", { timeout: 120_000 }, async (t) => {
  const browser = await openChromium(t);
  if (browser === undefined) return;
  const holdfast = await startHoldfast(t, { env: { LETTERS_PER_SECOND: "0.1" } });
  await askForLetter(openBrowser(holdfast.url), "first@example.org");
  const page = await freshPage(browser);
  const loads = countLoads(page);
  await begin(page, holdfast.url, "patient@example.org");
  await page.getByRole("heading", { name: "You have a place in the line" }).waitFor();
  const interval = page.locator("[data-interval]");
  const first = await interval.innerText();
  assert.match(first, /second|moment/);
  assert.match(await page.locator("[data-confidence]").innerText(), /\d+%/);
  await assertNoAxeViolation(page, "the step in the line");
  await pause(2_500);
  assert.notEqual(await interval.innerText(), first, "it counts down");
  await page.reload();
  await page.getByRole("heading", { name: "You have a place in the line" }).waitFor();
  assert.equal(loads(), 2);
  await page.getByLabel(/code/i).first().waitFor({ timeout: 60_000 });
  assert.equal(loads(), 2, "the turn came without loading a page");
  await readCode(mailboxReader(holdfast.mailboxUrl), "patient@example.org");

  await t.test("somebody may choose another address", async () => {
    await page.getByRole("link", { name: "Use another address" }).click();
    const address = page.getByLabel(/e-?mail/i);
    await address.waitFor();
    await page.reload();
    await address.waitFor();
    assert.equal(await page.getByLabel(/code/i).count(), 0, "the step that was left does not come back");
  });
});

test("a person without cookies is told, and a language switch leads nowhere else", { timeout: 60_000 }, async (t) => {
  const browser = await openChromium(t);
  if (browser === undefined) return;
  const holdfast = await startHoldfast(t);
  const form = { "content-type": "application/x-www-form-urlencoded", accept: "text/html" };
  const without = await fetch(`${holdfast.url}/sign-up`, {
    method: "POST",
    redirect: "manual",
    headers: form,
    body: "address=ada%40example.org",
  });
  assert.equal(without.status, 303);
  const told = await fetch(new URL(without.headers.get("location") ?? "", holdfast.url), { headers: { accept: "text/html" } });
  assert.match(await told.text(), /Please press the button once more/);
  const asked = {
    "/sign-in": "/sign-in",
    "//evil.test/": "/",
    "https://evil.test/": "/",
    "/\\evil.test": "/",
    "/x\r\nset-cookie: a=b": "/",
  };
  for (const [back, leads] of Object.entries(asked)) {
    const body = new URLSearchParams({ language: "es", back: back ?? "" });
    const answer = await fetch(`${holdfast.url}/language`, { method: "POST", redirect: "manual", headers: form, body });
    assert.equal(answer.headers.get("location"), leads, back);
    assert.match(answer.headers.get("set-cookie") ?? "", /__Host-holdfast-language=es/);
  }
});

test("who mistypes the password at sign-in keeps what was typed, with script and without", { timeout: 60_000 }, async (t) => {
  const browser = await openChromium(t);
  if (browser === undefined) return;
  const holdfast = await startHoldfast(t);
  for (const javaScriptEnabled of [true, false]) {
    const page = await freshPage(browser, { javaScriptEnabled });
    await page.goto(`${holdfast.url}/sign-in`);
    await page.getByLabel(/e-?mail/i).fill("nobody@example.org");
    await page
      .getByLabel(/password/i)
      .first()
      .fill("not-the-password");
    await page.getByRole("button", { name: /^sign in/i }).click();
    await page.getByRole("alert").filter({ hasText: "Address or password is wrong" }).waitFor();
    assert.equal(await page.getByLabel(/e-?mail/i).inputValue(), "nobody@example.org");
    assert.equal(
      await page
        .getByLabel(/password/i)
        .first()
        .inputValue(),
      javaScriptEnabled ? "not-the-password" : "",
    );
    await page.context().close();
  }
});

async function begin(page: Page, url: string, address: string): Promise<void> {
  await page.goto(`${url}/sign-up`);
  await page.getByLabel(/e-?mail/i).click();
  await page.waitForLoadState("networkidle");
  await page.getByLabel(/e-?mail/i).fill(address);
  await page.getByRole("button", { name: "Send me the code" }).click();
}

function countLoads(page: Page): () => number {
  let count = 0;
  page.on("load", () => (count += 1));
  return () => count;
}
