/**
 * What does a person get to see? A walk past every page and every state worth a look, in one browser context: for the
 * accessibility test and for the pictures under docs/images. The model that answers is a second process with prepared words.
 */
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { GOOD_PASSWORD, mailboxReader, readCode } from "./people.ts";
import type { OpenAiServer } from "./openai-server.ts";

export type Holdfast = { url: string; mailboxUrl: string; firstOperatorUrl: string };
/** Called at each stop with the page as it then stands. */
export type Look = (page: Page, name: string) => Promise<void>;

const ANSWER = [
  "A **proof of work** asks a visitor's browser for a small sum before the server does anything dear.",
  "",
  "| who | what it costs |",
  "| --- | --- |",
  "| a person | a second of waiting |",
  "| a flood of 10,000 requests | hours of computing |",
  "",
  "In Python it is a loop:",
  "",
  "```python",
  "from hashlib import sha256",
  "",
  "def solve(challenge: bytes, zeros: int) -> int:",
  "    nonce = 0",
  '    while not sha256(challenge + nonce.to_bytes(8)).hexdigest().startswith("0" * zeros):',
  "        nonce += 1",
  "    return nonce",
  "```",
  "",
  "It should never be a gate by itself: whoever has no fast machine must be able to *wait instead*.",
].join("\n");

/** The small pages, as somebody sees them who is not signed in. */
export async function walkSmallPages(
  browser: Browser,
  holdfast: Holdfast,
  options: BrowserContextOptions,
  look: Look,
  address: string,
): Promise<void> {
  const context = await browser.newContext({ locale: "en-GB", ...options });
  const page = await context.newPage();
  for (const [name, path] of [
    ["home", "/"],
    ["sign-up", "/sign-up"],
    ["sign-in", "/sign-in"],
    ["recover", "/recover"],
    ["status", "/status"],
    ["first-operator", new URL(holdfast.firstOperatorUrl).pathname + new URL(holdfast.firstOperatorUrl).search],
    ["manual", "/manual"],
    ["manual-page", "/manual/users/sign-up"],
    ["not-found", "/nothing-here"],
  ] as const) {
    await page.goto(holdfast.url + path, { waitUntil: "networkidle" });
    await look(page, name);
  }
  await page.goto(`${holdfast.url}/sign-up`);
  await page.getByLabel(/e-?mail/i).fill("ada@localhost");
  await page
    .getByRole("button", { name: /letter|code|continue/i })
    .first()
    .click();
  await page
    .getByText(/like name@example/i)
    .first()
    .waitFor();
  await look(page, "sign-up-wrong");
  await page.getByLabel(/e-?mail/i).fill(address);
  await page
    .getByRole("button", { name: /letter|code|continue/i })
    .first()
    .click();
  await page.getByLabel(/code/i).first().waitFor();
  const code = await readCode(mailboxReader(holdfast.mailboxUrl), address);
  await page
    .getByText(/built-in mailbox at \d/)
    .first()
    .waitFor();
  await look(page, "code");
  await page.getByLabel(/code/i).first().fill(code);
  await page
    .getByLabel(/password/i)
    .first()
    .pressSequentially(GOOD_PASSWORD);
  await page.waitForTimeout(1_500);
  await look(page, "code-filled");
  await page.goto(holdfast.mailboxUrl);
  await look(page, "mailbox");
  const stop = /\/not-me\?t=[\w-]+/.exec((await page.locator("main").textContent()) ?? "")?.[0] ?? "/not-me";
  await page.goto(holdfast.url + stop);
  await look(page, "not-me");
  await page.getByRole("button", { name: /no more letters/i }).click();
  await page.getByRole("button", { name: /allow/i }).waitFor();
  await look(page, "not-me-stopped");
  await context.close();
}

/** The web app, as an operator sees it. Signs in with an account that exists. */
export async function walkWebApp(
  browser: Browser,
  holdfast: Holdfast,
  options: BrowserContextOptions,
  look: Look,
  { address, server }: { address: string; server: OpenAiServer },
): Promise<void> {
  const context = await browser.newContext({ locale: "en-GB", ...options });
  const page = await context.newPage();
  await page.goto(`${holdfast.url}/sign-in`);
  await page.getByLabel(/e-?mail/i).fill(address);
  await page
    .getByLabel(/password/i)
    .first()
    .fill(GOOD_PASSWORD);
  await page.getByRole("button", { name: /^sign in/i }).click();
  await page.waitForURL(/\/chat/);
  const composer = page.getByRole("textbox", { name: /message/i });
  await composer.waitFor();
  await page.waitForTimeout(500);
  await look(page, "chat-empty");

  await server.next(
    { text: ANSWER, reasoning: "They ask about proof of work. A table and a short program will help.", chunkDelayMs: 15 },
    { when: "Write a title", text: "Proof of work against a flood" },
  );
  await composer.fill("What is a proof of work, and when does it help against a flood?");
  await composer.press("Enter");
  await page
    .getByText(/asks a visitor/i)
    .first()
    .waitFor();
  await look(page, "chat-streaming");
  await page
    .getByText(/stayed on this machine/i)
    .first()
    .waitFor({ timeout: 30_000 });
  await page.waitForTimeout(800);
  await look(page, "chat");
  await page
    .getByText(/stayed on this machine/i)
    .first()
    .click();
  await page.getByRole("dialog").waitFor();
  await page.waitForTimeout(500);
  await look(page, "what-left");
  await page.keyboard.press("Escape");

  await server.next({ words: 60, fault: { kind: "cut", afterChunks: 12 } });
  await composer.fill("And when the model breaks off?");
  await composer.press("Enter");
  await page
    .getByText(/broke off/i)
    .first()
    .waitFor({ timeout: 30_000 });
  await look(page, "chat-failed");

  await page.goto(`${holdfast.url}/operator/models`);
  await page
    .getByText(/Qwen3 0\.6B/)
    .first()
    .waitFor();
  await page.waitForTimeout(300);
  await look(page, "models");

  await page.goto(`${holdfast.url}/operator/sign-up`);
  await page.getByRole("radio", { name: /closed/i }).waitFor();
  await page.waitForTimeout(300);
  await look(page, "registration");

  await page.goto(`${holdfast.url}/operator/mail`);
  await page.getByText("SMTP_URL=").waitFor();
  await page.waitForTimeout(300);
  await look(page, "mail");
  await context.close();
}
