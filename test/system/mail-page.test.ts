/**
 * Does the operator see on one page whether letters go out, why not, and what to do? In a real browser, with two mail servers that
 * work, fail and come back; the way from the menu, a look at the servers, a letter to oneself, and a network that goes away.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Page } from "playwright-core";
import { COOKIES } from "#contract/cookies.ts";
import type { OperatorMailAnswer } from "#contract/wire.ts";
import { openPool } from "#store/store.ts";
import { waitFor } from "#support/app.ts";
import { assertNoAxeViolation, freshPage, openChromium } from "#support/chromium.ts";
import { startHoldfast, type TestHoldfast } from "#support/holdfast.ts";
import { askForLetter, GOOD_PASSWORD, openBrowser, type Browser as Person } from "#support/people.ts";
import { startSmtpServer } from "#support/smtp-server.ts";

const login = { user: "codes@chat.example.net", password: "p4ssw0rd-of-relay" };
/** Colours change over a moment, and are judged when they have. */
const COLOURS_SETTLED = `new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)))
  .then(() => Promise.allSettled(document.getAnimations().map(({ finished }) => finished)))
  .then(() => undefined)`;
const SIZES = [
  { width: 360, colorScheme: "dark" },
  { width: 1280, colorScheme: "light" },
] as const;

test("the operator sees how mail does, tries the servers, and is told what to do when they fail", { timeout: 300_000 }, async (t) => {
  const browser = await openChromium(t);
  if (browser === undefined) return;
  const [first, second] = await Promise.all([startSmtpServer(t, { login }), startSmtpServer(t)]);
  const env = { SMTP_URL: `${first.url} ${second.url}`, MAIL_FROM: "Holdfast <codes@chat.example.net>", CHECK_MAIL_DOMAINS: "off" };
  const holdfast = await startHoldfast(t, { env });
  const olga = await makeOperator(holdfast);
  const page = await freshPage(browser, { reducedMotion: "reduce" });
  await signIn(page, holdfast.url);
  await page.getByRole("button", { name: /account and settings/i }).click();
  await page.getByRole("menuitem", { name: "Mail" }).click();
  await page.waitForURL(/\/operator\/mail/);

  const serverA = page.getByRole("article").filter({ hasText: "Server A" });
  const serverB = page.getByRole("article").filter({ hasText: "Server B" });

  await page.getByText("Letters go out", { exact: true }).waitFor();
  await page.getByText("No letter was ordered in the last hour.").waitFor();
  await look(page, "nothing sent yet");

  for (const address of ["ana@gmail.com", "ben@tiny-club.example", "cem@tiny-club.example"]) {
    await askForLetter(openBrowser(holdfast.url), address);
  }
  // by itself, without a reload
  await serverA.getByRole("img", { name: /How long it took.*3 letters.*within/ }).waitFor();
  await page.getByText("From the order until a mail server had it").waitFor();
  await look(page, "working");

  await serverB.getByRole("button", { name: /test letter through Server B/ }).click();
  await serverB.getByText(/Accepted after .* Look into your mailbox\./).waitFor();
  assert.deepEqual(
    (await second.letters()).map(({ to }) => to),
    [["olga@example.org"]],
  );
  assert.equal((await first.letters()).length, 3);

  await first.fault({ kind: "reply", at: "sender", status: 553, enhanced: "5.7.1" });
  await page.getByRole("button", { name: "Check the servers" }).click();
  await serverA.getByText("It takes no letters from MAIL_FROM.").waitFor();
  await serverA.getByText("The server's reply: 553.").waitFor();
  await serverB.getByText(/Checked at .* it would take letters\./).waitFor();
  await look(page, "checked");

  for (const server of [first, second]) await server.fault({ kind: "refuse" });
  const late = openBrowser(holdfast.url);
  await askForLetter(late, "dora@hotmail.com");
  await page.getByText("No letter goes out", { exact: true }).waitFor({ timeout: 30_000 });
  await serverA.getByRole("heading", { name: "Server A: Takes no letters" }).waitFor();
  await serverA
    .getByText(/Check host, port and firewall/)
    .first()
    .waitFor();
  await page.getByText("hotmail.com").waitFor();
  await look(page, "failing");

  const answer = await olga.request("GET", "/api/operator/mail");
  const told = answer.text + (await olga.request("POST", "/api/operator/mail/check", {})).text;
  assert.equal((JSON.parse(answer.text) as OperatorMailAnswer).mail, "failing");
  assert.doesNotMatch(
    told,
    /codes|p4ssw0rd|tiny-club|example\.|@|secret-host/,
    "no login, no address, nobody's domain, no word of a server's",
  );
  const shown = await page.locator("main").innerText();
  assert.doesNotMatch(shown.replaceAll("olga@example.org", ""), /codes@|p4ssw0rd|tiny-club|dora|@/);

  await page.context().setOffline(true);
  await page.getByText(/This is how it stood at/).waitFor({ timeout: 30_000 });
  await look(page, "offline");
  await page.context().setOffline(false);
  for (const server of [first, second]) await server.fault(null);
  await page.getByText("Letters go out", { exact: true }).waitFor({ timeout: 30_000 });
  await page.getByText(/This is how it stood at/).waitFor({ state: "hidden" });

  // the letter of the time when nothing went is there
  const taken = async () => [...(await first.letters()), ...(await second.letters())];
  await waitFor("Dora's letter", async () => (await taken()).some(({ to }) => to[0] === "dora@hotmail.com"), 30_000);
  assert.equal((await olga.request("POST", "/api/operator/mail/test", { server: "Z" })).status, 404);
});

test("an alarm says what is going on and leads to the lever, and a Spanish operator reads Spanish", { timeout: 240_000 }, async (t) => {
  const browser = await openChromium(t);
  if (browser === undefined) return;
  const relay = await startSmtpServer(t);
  const env = { SMTP_URL: relay.url, MAIL_FROM: "codes@chat.example.net", CHECK_MAIL_DOMAINS: "off", UNPROVEN_LETTERS_PER_HOUR: "60" };
  const holdfast = await startHoldfast(t, { env });
  await makeOperator(holdfast);
  // ten minutes ago 55 letters went to people who did not ask for them; an app that starts anew takes that up
  const sql = openPool(holdfast.database, { connections: 1, name: "test" });
  await sql`
    insert into outbox (id, place_id, recipient_mac, domain_cell, state, known_device, tries_left, created_at, deadline_at, next_attempt_at, relayed_at)
    select gen_random_uuid(), decode(md5(n::text), 'hex'), decode(md5(n::text), 'hex'), n, 'relayed', false, 10,
      now() - interval '10 minutes', now(), now(), now() - interval '9 minutes 58 seconds' from generate_series(1, 55) n`;
  await sql.end();
  const { app = 0 } = await holdfast.pids();
  process.kill(app, "SIGKILL");
  await waitFor("another app", async () => ((await holdfast.pids()).app ?? app) !== app, 60_000);

  const page = await freshPage(browser, { reducedMotion: "reduce" });
  await page.context().addCookies([{ name: COOKIES.language, value: "es", domain: "localhost", path: "/", secure: true }]);
  await signIn(page, holdfast.url);
  await page.route("**/api/operator/mail", (asked) => asked.abort());
  await page.goto(`${holdfast.url}/operator/mail`);
  await page.getByRole("alert").getByText("No se pudo consultar cómo va el correo.").waitFor();
  await look(page, "could not be looked up");
  await page.unroute("**/api/operator/mail");
  await page.getByText("Probablemente nadie quería la mayoría de las cartas de la última hora").waitFor({ timeout: 30_000 });
  await page.getByText("Las cartas salen, más despacio de lo que podrían").waitFor({ timeout: 30_000 });
  assert.match(await page.locator("main").innerText(), /cartas? por minuto en lugar de 50 por segundo/);
  const meter = page.getByRole("meter");
  assert.deepEqual([await meter.getAttribute("aria-valuenow"), await meter.getAttribute("aria-valuemax")], ["55", "60"]);
  await look(page, "alarm");
  await page.getByRole("link", { name: "Cómo está el registro" }).click();
  await page.waitForURL(/\/operator\/sign-up/);
});

async function makeOperator(holdfast: TestHoldfast): Promise<Person> {
  const olga = openBrowser(holdfast.url);
  const token = new URL(holdfast.firstOperatorUrl).searchParams.get("token");
  await olga.call("POST", "/first-operator", { token, address: "olga@example.org", password: GOOD_PASSWORD });
  return olga;
}

async function signIn(page: Page, url: string): Promise<void> {
  await page.goto(`${url}/sign-in`);
  await page.getByLabel(/e-?mail|correo/i).fill("olga@example.org");
  await page
    .getByLabel(/password|contraseña/i)
    .first()
    .fill(GOOD_PASSWORD);
  await page.getByRole("button", { name: /^(sign in|entrar|iniciar)/i }).click();
  await page.waitForURL(/\/chat/);
}

async function look(page: Page, name: string): Promise<void> {
  for (const { width, colorScheme } of SIZES) {
    await page.setViewportSize({ width, height: 800 });
    await page.emulateMedia({ colorScheme });
    await page.evaluate(COLOURS_SETTLED);
    await assertNoAxeViolation(page, `${name} (${width}, ${colorScheme})`);
    const overflow = Number(await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"));
    assert.ok(overflow <= 0, `${name} at ${width} is ${overflow} pixels wider than the screen`);
  }
}
