/**
 * Does a person see in a browser exactly what left? A chat with a model server in a second process: the line under the
 * answer, behind it the bytes that the server received, and the browser's own count of their SHA-256. The operator's
 * page of models shows that server, and a download that has to break off says so.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Page } from "playwright-core";
import { assertNoAxeViolation, freshPage, openChromium } from "#support/chromium.ts";
import { startHoldfast } from "#support/holdfast.ts";
import { startOpenAiServer } from "#support/openai-server.ts";
import { GOOD_PASSWORD } from "#support/people.ts";

const ANSWER =
  "# Steps\n\n1. See ![a cat](https://pics.example/cat.png)\n2. Read [this](https://docs.example/page)\n\n```js\nconst a = 1;\n```\n\n<img src=https://evil.example/x>\n";

test("what is shown behind the line is what the model server received, byte for byte", { timeout: 180_000 }, async (t) => {
  const browser = await openChromium(t);
  if (browser === undefined) return;
  const server = await startOpenAiServer(t, { models: ["steady-7b"], otherwise: { text: ANSWER } });
  const holdfast = await startHoldfast(t, { env: { MODEL_URL: server.url } });
  const page = await freshPage(browser);
  const foreign: string[] = [];
  page.on("request", (request) => {
    if (!request.url().startsWith(holdfast.url)) foreign.push(request.url());
  });
  await becomeOperator(page, holdfast.firstOperatorUrl);
  const composer = page.getByRole("textbox", { name: /message/i });
  await composer.fill("What left for this? ñ 漢 🐎");
  await composer.press("Enter");

  const line = page.getByRole("button", { name: /stayed on this machine/i });
  await line.waitFor({ timeout: 30_000 });
  await page.getByRole("link", { name: "Picture: a cat (pics.example)" }).waitFor();
  await page.getByText("<img src=https://evil.example/x>").first().waitFor();
  await page.locator(".hljs-keyword", { hasText: "const" }).waitFor();
  assert.deepEqual(foreign, [], "drawing an answer asks nobody else for anything");
  await assertNoAxeViolation(page, "an answer");

  await line.click();
  const dialog = page.getByRole("dialog", { name: /what was sent/i });
  const first = dialog.getByRole("region", { name: /your words/i });
  const show = first.getByRole("button", { name: /show exactly/i });
  await first.waitFor();
  assert.match(await first.getByRole("time").innerText(), /^\d{1,2} [A-Z][a-z]{2,3} \d{4}, \d\d:\d\d$/, "as somebody in Britain writes it");
  if (await show.isVisible()) await show.click();
  await first.getByText("What left for this? ñ 漢 🐎").waitFor();
  await first.getByText(/these bytes have the SHA-256/).waitFor();
  await assertNoAxeViolation(page, "what was sent");
  await first.getByRole("button", { name: /byte for byte/i }).click();
  const shown = await first.getByRole("region", { name: /byte for byte/i }).textContent();
  const bodies = (await server.received()).filter(({ method }) => method === "POST").map(({ body }) => body.toString("utf8"));
  assert.ok(shown !== null && bodies.includes(shown), "the bytes that are shown are those that the server received");
  const [download] = await Promise.all([page.waitForEvent("download"), first.getByRole("link", { name: /save as a file/i }).click()]);
  const chunks: Buffer[] = [];
  for await (const chunk of await download.createReadStream()) chunks.push(Buffer.from(chunk as Uint8Array));
  assert.equal(Buffer.concat(chunks).toString("utf8"), shown, "and so are those in the file");
});

test(
  "an operator sees which server is connected, chooses who answers, and reads why a download broke off",
  { timeout: 180_000 },
  async (t) => {
    const browser = await openChromium(t);
    if (browser === undefined) return;
    const server = await startOpenAiServer(t, { models: ["steady-7b"] });
    // nobody listens there
    const holdfast = await startHoldfast(t, { env: { MODEL_URL: server.url, MODEL_HUB_URL: "http://127.0.0.1:9" } });
    const page = await freshPage(browser, { viewport: { width: 360, height: 740 } });
    await becomeOperator(page, holdfast.firstOperatorUrl);
    await page.goto(`${holdfast.url}/operator/models`);
    await page.getByText(/answers; 1 model/i).waitFor();
    await page.getByRole("radio", { name: /guide/i }).check();
    await page.getByText(/answers from now on/i).waitFor();
    await page.reload();
    assert.ok(await page.getByRole("radio", { name: /guide/i }).isChecked(), "the choice is kept");
    const card = page.getByRole("article", { name: "Qwen3 0.6B", exact: true });
    await card.getByRole("button", { name: /download/i }).click();
    await card.getByText("The hub can't be reached").waitFor({ timeout: 60_000 });
    await assertNoAxeViolation(page, "the page of models");
  },
);

async function becomeOperator(page: Page, link: string): Promise<void> {
  await page.goto(link);
  await page.getByLabel(/e-?mail/i).fill("operator@example.org");
  await page
    .getByLabel(/password/i)
    .first()
    .fill(GOOD_PASSWORD);
  await page
    .locator("form", { has: page.getByLabel(/password/i) })
    .getByRole("button")
    .last()
    .click();
  await page.waitForURL(/\/chat/);
}
