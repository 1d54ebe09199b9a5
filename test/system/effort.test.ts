/**
 * What does work for a place in the line feel like? At the real door with effort asked for: on a slow phone, in a tab that
 * nobody sees, cancelled, not to be had, and without script; and in peace nothing of it is there.
 */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { before, test, type TestContext } from "node:test";
import type { BrowserContextOptions, Page } from "playwright-core";
import { systemClock } from "#kit/time.ts";
import { EFFORT_HEADER, effortHeader } from "#contract/effort-header.ts";
import type { PlaceAnswer } from "#contract/wire.ts";
import { ensureWebApp } from "#supervisor/web-build.ts";
import { assertNoAxeViolation, findChromium, freshPage, openChromium } from "#support/chromium.ts";
import { startDoor, takePlace, type TestDoor } from "#support/door.ts";
import { openTab } from "#support/hidden-tab.ts";
import { pause } from "#support/people.ts";

/** Done in a blink, done in seconds, and never done. */
const BITS = { blink: 14, seconds: 20, never: 30 };
const AHEAD = "Get ahead in the line";

before(async () => {
  const built = await ensureWebApp({
    projectDir: fileURLToPath(new URL("../../", import.meta.url)),
    environment: process.env as Record<string, string>,
    clock: systemClock,
    signal: AbortSignal.timeout(120_000),
    onProgress() {},
  });
  assert.ok(built.ok, built.ok ? "" : built.failure.sentence);
});

test("in peace nothing of it is loaded or said, and the code is asked for at once", { timeout: 60_000 }, async (t) => {
  const there = await arrive(t, 0);
  if (there === undefined) return;
  await send(there.page);
  await there.page.getByLabel(/code/i).first().waitFor();
  assert.deepEqual(
    there.loaded.filter((path) => path.includes("effort")),
    [],
  );
  assert.equal(there.placed[0]?.effort, undefined);
});

test("a newcomer on a slow phone works for it, and the door counts what was asked for", { timeout: 120_000 }, async (t) => {
  const there = await arrive(t, BITS.seconds, { viewport: { width: 360, height: 740 } });
  if (there === undefined) return;
  await slowDown(there.page);
  await send(there.page);
  await there.page.getByLabel(/code/i).first().waitFor({ timeout: 100_000 });
  assert.equal(there.placed.length, 1);
  assert.ok((there.placed[0]?.effort?.paid ?? 0) >= BITS.seconds, JSON.stringify(there.placed));
  assert.ok(there.loaded.some((path) => path.includes("effort-worker")));
  assert.deepEqual(there.shown, [true], "the work is shown to the door before it reads the body");
});

test("who does the sum is told what it is for and how long it takes about, and nothing moves", { timeout: 120_000 }, async (t) => {
  for (const width of [360, 1_280]) {
    const there = await arrive(t, BITS.never, { viewport: { width, height: 740 }, reducedMotion: "reduce" });
    if (there === undefined) return;
    const { page } = there;
    await slowDown(page);
    await send(page);
    const heading = page.getByRole("heading", { name: "A small sum first" });
    await heading.waitFor();
    assert.equal(await heading.evaluate("document.activeElement === document.querySelector('#step h1')"), true);
    await page.evaluate(
      "globalThis.shifted = 0; new PerformanceObserver((list) => { for (const entry of list.getEntries()) globalThis.shifted += entry.value; }).observe({ type: 'layout-shift' })",
    );
    const first = Number(await page.getByRole("progressbar").evaluate("document.querySelector('progress').value"));
    await page.getByText("Your device is doing a small sum so that you get ahead in the line.").first().waitFor();
    await page.getByText("About 80 seconds").first().waitFor({ timeout: 30_000 });
    assert.match(await page.getByRole("status").innerText(), /small sum so that you get ahead in the line\. About 80 seconds\.$/);
    await pause(1_500);
    const second = Number(await page.getByRole("progressbar").evaluate("document.querySelector('progress').value"));
    assert.ok(second > first && second < 0.5, `from ${first} to ${second}`);
    assert.equal(await page.evaluate("globalThis.shifted"), 0);
    assert.equal(await page.evaluate("document.getAnimations().length"), 0);
    assert.equal(await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"), 0);
    await assertNoAxeViolation(page, `the sum at ${width} px`);
    assert.deepEqual(there.complaints, []);
  }
});

test("who rather waits has a place at once, may change their mind, and may change it again", { timeout: 120_000 }, async (t) => {
  const there = await arrive(t, BITS.never, {}, null);
  if (there === undefined) return;
  const { page, door } = there;
  await send(page);
  await page.getByRole("button", { name: "Rather wait" }).click();
  await page.getByRole("heading", { name: "You have a place in the line" }).waitFor();
  assert.equal(there.placed[0]?.effort?.paid, 0);
  assert.equal(await workers(page), 0, "nothing goes on working");
  await assertNoAxeViolation(page, "the step in the line with the offer");
  await page.getByRole("button", { name: AHEAD }).click();
  await page.getByRole("progressbar").waitFor();
  await assertNoAxeViolation(page, "the sum in the line");
  await page.getByRole("button", { name: "Rather wait" }).click();
  await page.getByRole("button", { name: AHEAD }).waitFor();
  assert.equal(await page.evaluate("document.activeElement === document.querySelector('#step h1')"), true, "the focus is not lost");
  await page.getByRole("button", { name: AHEAD }).click();
  door.capacity(50);
  await page.getByLabel(/code/i).first().waitFor({ timeout: 60_000 });
  assert.equal(await workers(page), 0, "the turn came during the sum, which ends with it");
});

test("where the sum does not load one waits, and may get ahead with it later", { timeout: 120_000 }, async (t) => {
  const there = await arrive(t, BITS.blink, {}, 0.1);
  if (there === undefined) return;
  const { page, door } = there;
  for (let others = 0; others < 6; others += 1) await takePlace(door);
  await page.route(/effort-[^w]/, (route) => route.abort());
  await send(page);
  await page.getByRole("heading", { name: "You have a place in the line" }).waitFor();
  assert.equal(there.placed[0]?.effort?.paid, 0);
  await page.unroute(/effort-[^w]/);
  await page.reload();
  await page.getByRole("button", { name: AHEAD }).click();
  for (let asked = 0; there.placed.length < 2 && asked < 100; asked += 1) await pause(100);
  const [first, second] = there.placed;
  assert.ok((second?.effort?.paid ?? 0) >= BITS.blink, JSON.stringify(second));
  assert.ok((second?.wait?.highSeconds ?? 999) < (first?.wait?.highSeconds ?? 0) - 10, JSON.stringify([first?.wait, second?.wait]));
  await page.getByRole("heading", { name: "You have a place in the line" }).waitFor();
  await pause(500);
  assert.equal(await page.getByRole("button", { name: AHEAD }).count(), 0, "it was done");
  assert.equal(there.placed.length, 2);
});

test("the sum goes on in a tab that nobody sees", { timeout: 120_000 }, async (t) => {
  const executablePath = findChromium();
  if (executablePath === undefined) return t.skip("Chromium is not installed (apt-get install chromium)");
  const door = await openDoor(t, BITS.seconds);
  const tab = await openTab(t, executablePath, `http://localhost:${door.port}/sign-up`);
  const until = async (expression: string, limitMs = 90_000) => {
    for (const end = Date.now() + limitMs; Date.now() < end; await pause(200)) if ((await tab.evaluate(expression)) === true) return;
    assert.fail(`never: ${expression}`);
  };
  await until("document.readyState === 'complete' && document.querySelector('#address') !== null");
  await tab.evaluate("document.querySelector('#address').focus(), document.querySelector('#address').value = 'ada@example.org'");
  await until("performance.getEntriesByType('resource').some(({ name }) => name.includes('/sign-up-'))");
  await pause(300);
  await tab.hide();
  await until("document.visibilityState === 'hidden'", 5_000);
  await tab.evaluate("document.querySelector('form[data-sign-up]').requestSubmit()");
  await until("document.querySelector('#step').dataset.step === 'effort' || document.querySelector('#code') !== null");
  await until("document.querySelector('#code') !== null");
  assert.equal(await tab.evaluate("document.visibilityState"), "hidden");
  assert.equal(door.reached.filter(({ path }) => path === "/sign-up/letter").length, 1);
});

test("without script one waits, and gets the letter", { timeout: 60_000 }, async (t) => {
  const there = await arrive(t, BITS.never, { javaScriptEnabled: false }, null);
  if (there === undefined) return;
  const { page, door } = there;
  await page.getByLabel(/e-?mail/i).fill("ada@example.org");
  await page.getByRole("button", { name: "Send me the code" }).click();
  await page.getByRole("heading", { name: "You have a place in the line" }).waitFor();
  assert.doesNotMatch(await page.content(), /small sum|Get ahead/);
  door.capacity(50);
  await page.getByLabel(/code/i).first().waitFor({ timeout: 40_000 });
});

/** A door that asks for `bits`; behind it the app takes every letter. */
async function openDoor(t: TestContext, bits: number, rate: number | null = 50): Promise<TestDoor> {
  const door = await startDoor(t, { boot: { minimumEffort: bits } });
  door.answer = (_request, response) =>
    response.setHeader("content-type", "application/json").end(JSON.stringify({ envelope: "e", expiresAt: Date.now() + 600_000 }));
  door.capacity(rate);
  await pause(100);
  return door;
}

/** Somebody on the sign-up page of such a door: what the page loaded, complained of, and which places it was given. */
async function arrive(t: TestContext, bits: number, options: BrowserContextOptions = {}, rate: number | null = 50) {
  const browser = await openChromium(t);
  if (browser === undefined) return undefined;
  const door = await openDoor(t, bits, rate);
  const page = await freshPage(browser, options);
  const [loaded, complaints, placed, shown]: [string[], string[], PlaceAnswer[], boolean[]] = [[], [], [], []];
  page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("request", (request) => loaded.push(new URL(request.url()).pathname));
  page.on("request", (request) => {
    const { challenge, nonce } = request.url().endsWith("/sign-up/place") ? (request.postDataJSON() as Record<string, string>) : {};
    if (challenge !== undefined && nonce !== undefined) shown.push(request.headers()[EFFORT_HEADER] === effortHeader(challenge, nonce));
  });
  page.on("response", (response) => {
    if (response.url().endsWith("/sign-up/place")) void response.json().then((answer: PlaceAnswer) => placed.push(answer));
  });
  await page.goto(`http://localhost:${door.port}/sign-up`);
  return { door, page, loaded, complaints, placed, shown };
}

async function send(page: Page): Promise<void> {
  await page.getByLabel(/e-?mail/i).click();
  await page.waitForLoadState("networkidle");
  await page.getByLabel(/e-?mail/i).fill("ada@example.org");
  await page.getByRole("button", { name: "Send me the code" }).click();
}

/** As a phone that is six times slower than this machine. */
async function slowDown(page: Page): Promise<void> {
  const session = await page.context().newCDPSession(page);
  await session.send("Emulation.setCPUThrottlingRate", { rate: 6 });
}

async function workers(page: Page): Promise<number> {
  await pause(300);
  return page.workers().length;
}
