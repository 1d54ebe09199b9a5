/**
 * Does a person without script get in? Registration, sign-in and sign-out in Chromium with JavaScript switched off,
 * also when there is a line to wait in; and each small page weighs at most 20 KB with everything.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { freshPage, openChromium } from "#support/chromium.ts";
import { startHoldfast } from "#support/holdfast.ts";
import { GOOD_PASSWORD, mailboxReader, readCode } from "#support/people.ts";

test("a newcomer without script registers, signs out and signs in again", { timeout: 120_000 }, async (t) => {
  const browser = await openChromium(t);
  if (browser === undefined) return;
  const holdfast = await startHoldfast(t);
  const page = await freshPage(browser, { javaScriptEnabled: false });
  await page.goto(`${holdfast.url}/sign-up`);
  await page.getByLabel(/e-?mail/i).fill("noscript@example.org");
  await page
    .getByRole("button", { name: /letter|code|continue/i })
    .first()
    .click();
  const code = await readCode(mailboxReader(holdfast.mailboxUrl), "noscript@example.org");
  await page.getByLabel(/code/i).first().fill("ABCD-EFGH");
  await page
    .getByLabel(/password/i)
    .first()
    .fill(GOOD_PASSWORD);
  await page
    .locator("form", { has: page.getByLabel(/password/i) })
    .getByRole("button", { name: /create|account|finish/i })
    .click();
  assert.match(await page.getByRole("alert").innerText(), /9/, "a wrong code says how many tries are left");
  await page.getByLabel(/code/i).first().fill(code.toLowerCase().replace("-", " "));
  await page
    .getByLabel(/password/i)
    .first()
    .fill(GOOD_PASSWORD);
  await page
    .locator("form", { has: page.getByLabel(/password/i) })
    .getByRole("button", { name: /create|account|finish/i })
    .click();
  await page.waitForURL(/\/chat/);

  await page.context().clearCookies();
  await page.goto(`${holdfast.url}/sign-in`);
  await page.getByLabel(/e-?mail/i).fill("noscript@example.org");
  await page
    .getByLabel(/password/i)
    .first()
    .fill(GOOD_PASSWORD);
  await page.getByRole("button", { name: /^sign in/i }).click();
  await page.waitForURL(/\/chat/);
});

test("a newcomer without script waits in the line, keeps what was typed, and gets in", { timeout: 120_000 }, async (t) => {
  const browser = await openChromium(t);
  if (browser === undefined) return;
  const holdfast = await startHoldfast(t, { env: { LETTERS_PER_SECOND: "1" } });
  const page = await freshPage(browser, { javaScriptEnabled: false });
  const others = await Promise.all(Array.from({ length: 6 }, () => freshPage(browser, { javaScriptEnabled: false })));
  for (const [number, other] of others.entries()) {
    await other.goto(`${holdfast.url}/sign-up`);
    await other.getByLabel(/e-?mail/i).fill(`other-${number}@example.org`);
    await other
      .getByRole("button", { name: /letter|code|continue/i })
      .first()
      .click();
  }
  await page.goto(`${holdfast.url}/sign-up`);
  await page.getByLabel(/e-?mail/i).fill("patient@example.org");
  await page
    .getByRole("button", { name: /letter|code|continue/i })
    .first()
    .click();
  for (const until = Date.now() + 60_000; Date.now() < until;) {
    if ((await page.getByLabel(/code/i).count()) > 0) break;
    const address = page.getByLabel(/e-?mail/i);
    if ((await address.count()) > 0 && (await address.first().isVisible())) {
      assert.equal(await address.first().inputValue(), "patient@example.org", "what was typed is still there");
      await page
        .getByRole("button", { name: /letter|code|continue/i })
        .first()
        .click();
    }
    await page.waitForTimeout(500);
  }
  await readCode(mailboxReader(holdfast.mailboxUrl), "patient@example.org");
});

test("each small page weighs at most 20 KB with everything that it loads", { timeout: 120_000 }, async (t) => {
  const browser = await openChromium(t);
  if (browser === undefined) return;
  const holdfast = await startHoldfast(t);
  for (const path of ["/sign-up", "/sign-in", "/status", "/first-operator", "/nothing-here"]) {
    const page = await freshPage(browser);
    let bytes = 0;
    page.on("response", (response) => {
      void response.body().then(
        (body) => (bytes += body.length),
        () => undefined,
      );
    });
    await page.goto(holdfast.url + path, { waitUntil: "networkidle" });
    t.diagnostic(`${path}: ${bytes} bytes`);
    assert.ok(bytes > 500, `${path} was loaded`);
    assert.ok(bytes <= 20_480, `${path} weighs ${bytes} bytes`);
    await page.context().close();
  }
});
