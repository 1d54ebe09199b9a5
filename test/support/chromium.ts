/**
 * How do tests drive a real browser? Debian's Chromium through playwright-core, without any talk to the network.
 * Without Chromium a browser test is skipped and says so; where CI is set it fails instead.
 */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import type { TestContext } from "node:test";
import { chromium, type Browser, type BrowserContextOptions, type Page } from "playwright-core";

const CANDIDATES = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** Starts Chromium for one test and stops it at the test's end; `undefined` after having skipped the test. */
export async function openChromium(t: TestContext): Promise<Browser | undefined> {
  const executablePath = findChromium();
  if (executablePath === undefined) {
    assert.ok(process.env["CI"] === undefined, "the browser tests need Chromium: apt-get install chromium");
    t.skip("Chromium is not installed (apt-get install chromium)");
    return undefined;
  }
  const browser = await chromium.launch({ executablePath, args: FLAGS, headless: true });
  t.after(() => browser.close());
  return browser;
}

/** Starts Chromium outside of a test (for programs that take pictures). The caller closes it. */
export async function launchChromium(): Promise<Browser> {
  const executablePath = findChromium();
  if (executablePath === undefined) throw new Error("Chromium is not installed: apt-get install chromium");
  return chromium.launch({ executablePath, args: FLAGS, headless: true });
}

/** A page of a fresh browser profile, e.g. `{ javaScriptEnabled: false }` or `{ colorScheme: "dark" }`. */
export async function freshPage(browser: Browser, options: BrowserContextOptions = {}): Promise<Page> {
  const context = await browser.newContext({ locale: "en-GB", ...options });
  return context.newPage();
}

/** Fails with the list of what axe-core finds on the page (WCAG 2.2 A and AA rules and best practices). */
export async function assertNoAxeViolation(page: Page, name: string): Promise<void> {
  // through the debugger's evaluate: our content security policy refuses foreign script tags
  await page.evaluate(await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8"));
  const violations = await page.evaluate(async () => {
    const { axe } = globalThis as unknown as {
      axe: { run(): Promise<{ violations: { id: string; help: string; nodes: { html: string }[] }[] }> };
    };
    const found = await axe.run();
    return found.violations.map(
      (violation) => `${violation.id}: ${violation.help}: ${violation.nodes.map((node) => node.html.slice(0, 120)).join(" | ")}`,
    );
  });
  assert.deepEqual(violations, [], `axe found something on ${name}`);
}

/** CHROMIUM_PATH, or where Debian and others put it. */
export function findChromium(): string | undefined {
  return [process.env["CHROMIUM_PATH"], ...CANDIDATES].find((path) => path !== undefined && existsSync(path));
}
