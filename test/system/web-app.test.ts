/**
 * Does the chat hold what a person expects of it, in a real browser? Tabs share one stream and hand it on, no word is lost
 * and no draft, what was written without a network goes out once, and versions stand beside each other.
 */
import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import type { BrowserContext, Page } from "playwright-core";
import { openChromium } from "#support/chromium.ts";
import { startHoldfast } from "#support/holdfast.ts";
import { startOpenAiServer } from "#support/openai-server.ts";
import { GOOD_PASSWORD, openBrowser } from "#support/people.ts";

/** One answer: plain words, so that what is shown can be compared with what was sent. */
const ANSWER = Array.from({ length: 160 }, (_, index) => `word${index}`).join(" ");

test("tabs of one browser share one stream, hand it on when one closes, and lose no word", { timeout: 180_000 }, async (t) => {
  const chat = await openChat(t);
  if (chat === undefined) return;
  const { context, server, url } = chat;
  const streams = new Map<Page, number>();
  const tab = async (address: string) => {
    const page = await context.newPage();
    page.on("request", (request) => {
      if (request.url().includes("/api/events")) streams.set(page, (streams.get(page) ?? 0) + 1);
    });
    await page.goto(address);
    await messageBox(page).waitFor();
    await page.waitForTimeout(500);
    return page;
  };
  await chat.page.close();
  const first = await tab(`${url}/chat`);
  assert.equal(streams.get(first), 1);
  await server.next({ text: ANSWER, chunkDelayMs: 25 });
  await send(first, "Count for me");
  await first.waitForURL(/\/chat\/./);
  const second = await tab(first.url());
  await second.getByText(/word5\b/).waitFor();
  assert.equal(streams.get(second) ?? 0, 0, "the second tab reads no stream of its own");
  await first.close();
  await ended(second);
  assert.equal(await lastAnswer(second), ANSWER);
  assert.ok((streams.get(second) ?? 0) >= 1, "the second tab took the stream over");

  await server.next({ text: ANSWER, chunkDelayMs: 25 });
  await send(second, "And again");
  for (let reload = 0; reload < 4; reload += 1) {
    await second.waitForTimeout(500);
    await second.reload();
    await messageBox(second).waitFor();
  }
  await ended(second, 2);
  assert.equal(await lastAnswer(second), ANSWER, "reloading in mid-answer loses nothing");
});

test("an answer is stopped from another tab, and is marked in both", { timeout: 180_000 }, async (t) => {
  const chat = await openChat(t);
  if (chat === undefined) return;
  const { page, context, server } = chat;
  await server.next({ text: ANSWER, chunkDelayMs: 60 });
  await send(page, "Count slowly");
  await page.getByText(/word3\b/).waitFor();
  const other = await context.newPage();
  await other.goto(page.url());
  await other.getByRole("button", { name: "Stop" }).click();
  for (const tab of [page, other]) await tab.getByText(/^Stopped\./).waitFor();
  assert.ok(!(await lastAnswer(page)).includes("word159"), "it was cut short");
});

test(
  "what is typed survives a reload, and what is sent without a network goes out once when it is back",
  { timeout: 180_000 },
  async (t) => {
    const chat = await openChat(t);
    if (chat === undefined) return;
    const { page, context, server } = chat;
    await messageBox(page).fill("half a thought");
    await page.reload();
    await messageBox(page).waitFor();
    assert.equal(await messageBox(page).inputValue(), "half a thought");

    await server.otherwise({ text: "Here I am." });
    await send(page, "First");
    await ended(page);
    await context.setOffline(true);
    await send(page, "Written on the train");
    await page.getByText(/Not sent yet/).waitFor();
    await context.setOffline(false);
    await ended(page, 2);
    await page.reload();
    await ended(page, 2);
    assert.equal(await page.getByText("Written on the train", { exact: true }).count(), 1);

    await context.setOffline(true);
    await send(page, "Left behind");
    await page.getByText(/Not sent yet/).waitFor();
    await context.setOffline(false);
    await page.reload();
    // it went out just before the reload, or it stands there as not sent: it is never gone
    await page.getByText("Left behind", { exact: true }).waitFor();
  },
);

test(
  "editing and asking again make versions beside the first ones; the one looked at last is shown next time",
  { timeout: 180_000 },
  async (t) => {
    const chat = await openChat(t);
    if (chat === undefined) return;
    const { page, server } = chat;
    const answer = (text: string) => page.getByRole("article").getByText(text);
    await server.next({ when: "Name a knot", text: "The bowline." });
    await send(page, "Name a knot");
    await ended(page);
    await server.next({ when: "Name a knot", text: "The reef knot." });
    await page.getByRole("button", { name: "Answer again", exact: true }).click();
    await answer("The reef knot.").waitFor();
    await page.getByRole("group", { name: "Answer 2 of 2" }).waitFor();
    await page.getByRole("button", { name: "Earlier answer" }).click();
    await answer("The bowline.").waitFor();

    await server.next({ when: "Name a bend", text: "The sheet bend." });
    await page.getByRole("button", { name: "Edit", exact: true }).click();
    await page.getByRole("textbox", { name: "Edit your message" }).fill("Name a bend");
    await page.getByRole("textbox", { name: "Edit your message" }).press("Enter");
    await answer("The sheet bend.").waitFor();
    await page.getByRole("group", { name: "Version 2 of 2" }).waitFor();
    await page.getByRole("button", { name: "Earlier version" }).click();
    await page.getByText("Name a knot", { exact: true }).last().waitFor();
    await page.waitForTimeout(300);
    await page.reload();
    await page.getByRole("group", { name: "Version 1 of 2" }).waitFor();

    const phone = await onPhone(chat);
    for (const language of ["English", "Español"]) {
      // chosen at the foot of a small page, it holds in the chat
      await phone.goto(`${chat.url}/status`);
      await phone.getByRole("button", { name: language }).click();
      await phone.goto(page.url());
      await phone.getByRole("button", { name: language === "English" ? "Send" : "Enviar", exact: true }).waitFor();
      const actions = phone.getByRole("group", { name: /^(Actions for this answer|Acciones para esta respuesta)/ });
      await actions.first().waitFor();
      const boxes = await actions.first().getByRole("button").all();
      const rows = new Set(await Promise.all(boxes.map(async (box) => Math.round((await box.boundingBox())?.y ?? 0))));
      assert.ok(boxes.length >= 5, `${boxes.length} buttons`);
      assert.equal(rows.size, 1, `all that can be done with an answer stands in one row (${language})`);
    }
  },
);

test("an answer that the model cut short says so under it, and nothing says so of a whole one", { timeout: 180_000 }, async (t) => {
  const chat = await openChat(t);
  if (chat === undefined) return;
  const { page, server } = chat;
  const mark = page.getByText("The model stopped at its length limit. Ask it to go on.");
  await server.next({ text: "Once upon", finish: "length" });
  await send(page, "Tell it all");
  await mark.first().waitFor();
  await server.next({ text: " a time." });
  await send(page, "Go on");
  await ended(page, 2);
  await page.reload();
  await ended(page, 2);
  assert.equal(await page.locator("article").filter({ has: mark }).count(), 1);
});

test(
  "while the model that answers is not to be had, nobody else answers until somebody chooses another",
  { timeout: 180_000 },
  async (t) => {
    const chat = await openChat(t, { MODEL_FILE: "/nonexistent/mine.gguf", MODEL_URL: "" });
    if (chat === undefined) return;
    const { page, url } = chat;
    await page.getByText(/The model that answers here can't be reached/).waitFor();
    await send(page, "Who is there?");
    await page.getByText(/Not sent\./).waitFor();
    assert.equal(await page.locator("article .hf-markdown").count(), 0);
    await page.getByRole("button", { name: /can't be reached/ }).click();
    await page.getByRole("menuitemradio", { name: /guide/i }).click();
    await page.getByRole("button", { name: "Send again" }).click();
    await ended(page);
    await page.goto(`${url}/operator/models`);
    await page.getByText(/mine\.gguf is not there/).waitFor();
    await page.getByText("8,192 tokens here (the model itself: 32,768)").first().waitFor();
  },
);

test("a conversation is renamed where it stands, and deleting it can be undone, which opens it again", { timeout: 180_000 }, async (t) => {
  const chat = await openChat(t);
  if (chat === undefined) return;
  const { page, server } = chat;
  await server.otherwise({ text: "Gladly." });
  await send(page, "Help me with a letter");
  await ended(page);
  const list = page.getByRole("navigation", { name: "Conversations" });
  await list.getByRole("button", { name: /^Actions for/ }).click();
  await page.getByRole("menuitem", { name: "Rename" }).click();
  await page.getByRole("textbox", { name: "Title" }).fill("Letter to the harbour");
  await page.getByRole("textbox", { name: "Title" }).press("Enter");
  await list.getByRole("link", { name: "Letter to the harbour" }).waitFor();
  await page.reload();
  await list.getByRole("button", { name: /^Actions for “Letter to the harbour”/ }).click();
  await page.getByRole("menuitem", { name: "Delete" }).click();
  await list.getByRole("link", { name: "Letter to the harbour" }).waitFor({ state: "detached" });
  await page.waitForURL(/\/chat$/);
  await page.getByRole("button", { name: "Undo" }).click();
  await list.getByRole("link", { name: "Letter to the harbour" }).waitFor();
  await page.waitForURL(/\/chat\/./);
  await page.getByRole("article").getByText("Gladly.").waitFor();
});

test(
  "somebody who changes the language in the menu reads the new one, and nothing is left of the menu",
  { timeout: 180_000 },
  async (t) => {
    const chat = await openChat(t);
    if (chat === undefined) return;
    const { page } = chat;
    await page.getByRole("button", { name: /^Account and settings/ }).click();
    await page.getByRole("menuitemradio", { name: "Español" }).click();
    await page.getByRole("button", { name: "Enviar" }).waitFor();
    assert.equal(await page.locator(":popover-open").count(), 0);
  },
);

type OpenChat = { page: Page; context: BrowserContext; url: string; server: Awaited<ReturnType<typeof startOpenAiServer>> };

/** A signed-in person before an empty chat, with a model that says what the test tells it. */
async function openChat(t: TestContext, env: Record<string, string> = {}): Promise<OpenChat | undefined> {
  const browser = await openChromium(t);
  if (browser === undefined) return undefined;
  const server = await startOpenAiServer(t, { models: ["steady-7b"] });
  const holdfast = await startHoldfast(t, { env: { MODEL_URL: server.url, ...env } });
  const token = new URL(holdfast.firstOperatorUrl).searchParams.get("token");
  const person = { address: "ada@example.org", password: GOOD_PASSWORD };
  await openBrowser(holdfast.url).call("POST", "/first-operator", { token, ...person });
  const context = await browser.newContext({ locale: "en-GB", viewport: { width: 1280, height: 800 } });
  const page = await context.newPage();
  await page.goto(`${holdfast.url}/sign-in`);
  await page.getByLabel(/e-?mail/i).fill(person.address);
  await page
    .getByLabel(/password/i)
    .first()
    .fill(person.password);
  await page.getByRole("button", { name: /^sign in/i }).click();
  await messageBox(page).waitFor();
  if (env["MODEL_URL"] === undefined) await page.getByText("steady-7b").first().waitFor();
  return { page, context, url: holdfast.url, server };
}

/** The same person on a phone of 360 pixels, with fingers. */
async function onPhone({ context }: OpenChat): Promise<Page> {
  const browser = context.browser() ?? assert.fail("the browser is there");
  const phone = await browser.newContext({
    locale: "en-GB",
    viewport: { width: 360, height: 740 },
    hasTouch: true,
    isMobile: true,
    storageState: await context.storageState(),
  });
  return phone.newPage();
}

function messageBox(page: Page) {
  return page.getByRole("textbox", { name: "Message", exact: true });
}

async function send(page: Page, text: string): Promise<void> {
  await messageBox(page).fill(text);
  await messageBox(page).press("Enter");
}

/** Resolves when `count` answers stand there with what left for them. */
async function ended(page: Page, count = 1): Promise<void> {
  await page
    .getByText(/stayed on this machine|sent to/i)
    .nth(count - 1)
    .waitFor();
}

async function lastAnswer(page: Page): Promise<string> {
  return (await page.locator("article .hf-markdown").last().innerText()).replaceAll(/\s+/g, " ").trim();
}
