/**
 * Can everybody use every page? On each page and state, at 360 and 1280 pixels, in light and dark: axe finds nothing, and
 * nothing is wider than the screen. What a signed-in person loads first stays small, and nothing comes from elsewhere.
 */
import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import { test } from "node:test";
import type { Page } from "playwright-core";
import { assertNoAxeViolation, freshPage, openChromium } from "#support/chromium.ts";
import { startHoldfast } from "#support/holdfast.ts";
import { startOpenAiServer } from "#support/openai-server.ts";
import { GOOD_PASSWORD, openBrowser } from "#support/people.ts";
import { walkSmallPages, walkWebApp } from "#support/tour.ts";

const FIRST_LOAD_LIMIT_BYTES = 150 * 1024;

test(
  "axe finds nothing on any page, in any state, at any width and colour scheme, and nothing is cut off at the side",
  { timeout: 600_000 },
  async (t) => {
    const browser = await openChromium(t);
    if (browser === undefined) return;
    const server = await startOpenAiServer(t, { models: ["steady-7b"] });
    const holdfast = await startHoldfast(t, { env: { MODEL_URL: server.url } });
    const looked: string[] = [];
    for (const [number, width] of [360, 1280].entries()) {
      for (const colorScheme of ["light", "dark"] as const) {
        const options = { viewport: { width, height: 800 }, colorScheme };
        const look = async (page: Page, name: string) => {
          await assertNoAxeViolation(page, `${name} (${width}, ${colorScheme})`);
          const overflow = Number(await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"));
          assert.ok(overflow <= 0, `${name} at ${width} is ${overflow} pixels wider than the screen`);
          looked.push(name);
        };
        await walkSmallPages(browser, holdfast, options, look, `axe-${number}-${colorScheme}@example.org`);
        if (!looked.includes("chat")) await makeOperator(holdfast.url, holdfast.firstOperatorUrl);
        await walkWebApp(browser, holdfast, options, look, { address: "operator@example.org", server });
      }
    }
    t.diagnostic(`${new Set(looked).size} pages and states, ${looked.length} looks`);
  },
);

test("what a member loads first is small, and every byte of it comes from here", { timeout: 120_000 }, async (t) => {
  const browser = await openChromium(t);
  if (browser === undefined) return;
  const holdfast = await startHoldfast(t);
  await makeOperator(holdfast.url, holdfast.firstOperatorUrl);
  const page = await freshPage(browser);
  await page.goto(`${holdfast.url}/sign-in`);
  await page.getByLabel(/e-?mail/i).fill("operator@example.org");
  await page
    .getByLabel(/password/i)
    .first()
    .fill(GOOD_PASSWORD);
  const scripts: Promise<number>[] = [];
  const foreign: string[] = [];
  page.on("request", (request) => {
    if (!request.url().startsWith(holdfast.url) && !request.url().startsWith("data:")) foreign.push(request.url());
  });
  page.on("response", (response) => {
    if (new URL(response.url()).pathname.endsWith(".js")) scripts.push(response.body().then((body) => gzipSync(body).length));
  });
  await page.getByRole("button", { name: /^sign in/i }).click();
  await page.waitForURL(/\/chat/);
  await page.getByRole("textbox", { name: /message/i }).waitFor();
  await page.waitForLoadState("networkidle").catch(() => {});
  const bytes = (await Promise.all(scripts)).reduce((sum, size) => sum + size, 0);
  t.diagnostic(`first load: ${bytes} bytes of gzipped script in ${scripts.length} files`);
  assert.ok(scripts.length > 0 && bytes <= FIRST_LOAD_LIMIT_BYTES, `${bytes} bytes`);
  assert.deepEqual(foreign, []);
});

async function makeOperator(url: string, firstOperatorUrl: string): Promise<void> {
  const token = new URL(firstOperatorUrl).searchParams.get("token");
  await openBrowser(url).call("POST", "/first-operator", { token, address: "operator@example.org", password: GOOD_PASSWORD });
}
