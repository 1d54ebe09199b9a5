/**
 * Do the small pages hold up in a real browser? No finding by axe, nothing wider than a small phone, nothing that their own
 * policy refuses, no more than 20 KB; and fields that help where there is script.
 */
import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { test, type TestContext } from "node:test";
import type { Page } from "playwright-core";
import { LANGUAGES, type Language } from "#contract/wire.ts";
import { assertNoAxeViolation, freshPage, openChromium } from "#support/chromium.ts";
import { builtAssets, everyPage } from "#support/small-pages.ts";
import { pageAnswer } from "./page-answer.ts";
import { answerSmallFile } from "./small-assets.ts";

const assets = builtAssets();
const WITHOUT_BUILD = "web/small is not built (vite build -c web/small/vite.config.ts)";

test("every page is accessible and fits, on a phone and on a desk, light and dark, in both languages", { timeout: 300_000 }, async (t) => {
  const browser = await openChromium(t);
  if (browser === undefined) return;
  const url = await serve(t);
  for (const [language, width, colorScheme] of [
    ["en", 360, "light"],
    ["es", 360, "dark"],
    ["en", 1280, "dark"],
    ["es", 1280, "light"],
  ] as const) {
    const page = await freshPage(browser, { viewport: { width, height: 740 }, colorScheme, reducedMotion: "reduce" });
    const complaints = listen(page);
    for (const name of everyPage(assets, language).keys()) {
      await page.goto(`${url}/${language}/${encodeURIComponent(name)}`);
      // once for each width and each scheme is enough here; the running pages are looked at in all four (test/system/pages.test.ts)
      if (language === "es") await assertNoAxeViolation(page, `${name} (${language}, ${width} px, ${colorScheme})`);
      const overflow = await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth");
      assert.equal(overflow, 0, `${name} is not wider than ${width} px`);
    }
    assert.deepEqual(complaints, []);
    await page.context().close();
  }
});

test("what a person reads and presses stays where it is while the page loads and script takes over", { timeout: 60_000 }, async (t) => {
  const browser = await openChromium(t);
  if (browser === undefined) return;
  const url = await serve(t);
  const page = await freshPage(browser, { viewport: { width: 360, height: 740 } });
  await page.addInitScript(
    "new PerformanceObserver((list) => { for (const entry of list.getEntries()) globalThis.shifted = (globalThis.shifted ?? 0) + entry.value; }).observe({ type: 'layout-shift', buffered: true })",
  );
  for (const name of ["sign-up", "code", "sign-in", "first operator", "waiting", "mailbox"]) {
    await page.goto(`${url}/en/${encodeURIComponent(name)}`, { waitUntil: "networkidle" });
    const shift = Number(await page.evaluate("globalThis.shifted ?? 0"));
    assert.ok(shift < 0.01, `${name} shifts by ${shift}`);
  }
});

test("somebody who chooses a password sees how strong it is, and can look at it", { timeout: 60_000 }, async (t) => {
  if (assets.script === undefined) return t.skip(WITHOUT_BUILD);
  const browser = await openChromium(t);
  if (browser === undefined) return;
  const url = await serve(t);
  const page = await freshPage(browser);
  const loaded: string[] = [];
  page.on("response", (response) => loaded.push(response.url()));
  await page.goto(`${url}/en/code`, { waitUntil: "networkidle" });
  assert.ok(!loaded.some((file) => /meter|common|\/en-/.test(file)), "the dictionaries wait until they are needed");
  const password = page.getByLabel(/password/i).first();
  const hint = page.locator("#password-hint");
  await password.pressSequentially("short");
  await hint.getByText("5 of 10 characters").waitFor();
  await password.fill("password123");
  await hint.getByText("Among the first that are guessed").waitFor();
  await password.fill("plover-marigold-27-lantern");
  await hint.getByText("Very good").waitFor();
  await page.getByRole("button", { name: "Show" }).click();
  assert.equal(await password.getAttribute("type"), "text");
  await password.fill("");
  assert.match(await hint.innerText(), /At least 10 characters/);
});

test(
  "a code is taken the way people paste it, with what stands around it, and copied out of the mailbox",
  { timeout: 60_000 },
  async (t) => {
    if (assets.script === undefined) return t.skip(WITHOUT_BUILD);
    const browser = await openChromium(t);
    if (browser === undefined) return;
    const url = await serve(t);
    const page = await freshPage(browser, { permissions: ["clipboard-read", "clipboard-write"] });
    await page.goto(`${url}/en/code`);
    const field = page.getByLabel(/code/i).first();
    for (const [pasted, taken] of [
      ["abcd-2345", "ABCD-2345"],
      ["Your code: ABCD 2345.", "ABCD-2345"],
      ["\n  ＡＢＣＤ–2345\n", "ABCD-2345"],
    ]) {
      await field.fill("");
      await page.evaluate(`navigator.clipboard.writeText(${JSON.stringify(pasted)})`);
      await field.press("Control+V");
      assert.equal(await field.inputValue(), taken, JSON.stringify(pasted));
    }
    await page.goto(`${url}/en/mailbox`);
    await page.getByRole("button", { name: "Copy" }).first().click();
    await page.getByRole("button", { name: "Copied" }).waitFor();
    assert.equal(await page.evaluate("navigator.clipboard.readText()"), "ABCD-2345");
  },
);

/** What the browser's console complains of: refused by the policy, not found, thrown. */
function listen(page: Page): string[] {
  const complaints: string[] = [];
  page.on("console", (message) => message.type() === "error" && complaints.push(`${page.url()}: ${message.text()}`));
  page.on("pageerror", (error) => complaints.push(`${page.url()}: ${error.message}`));
  return complaints;
}

/** The pages at /<language>/<name>, as the door would answer them. */
async function serve(t: TestContext): Promise<string> {
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? "/", "http://localhost");
    const [, first = "", name = ""] = pathname.split("/").map(decodeURIComponent);
    const page =
      first === "small" ? undefined : everyPage(assets, LANGUAGES.find((one) => one === first) ?? ("en" satisfies Language)).get(name);
    const file = first === "small" ? answerSmallFile(assets, name, String(request.headers["accept-encoding"])) : undefined;
    const answer = file ?? pageAnswer(page === undefined ? 404 : 200, page ?? "");
    response.writeHead(answer.status, answer.headers).end(answer.body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://localhost:${(server.address() as AddressInfo).port}`;
}
