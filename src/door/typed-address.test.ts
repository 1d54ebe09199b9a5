/** What becomes of an address that was mistyped, at a real door and without script? A question of one press, and nobody loses a place. */
import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { INTERNAL } from "#contract/processes.ts";
import { problemBody } from "#contract/problem-body.ts";
import { assertNoAxeViolation, freshPage, openChromium } from "#support/chromium.ts";
import { startDoor, type TestDoor } from "#support/door.ts";
import { builtAssets } from "#support/small-pages.ts";

/** A browser without script: sends forms, keeps cookies, follows redirects. */
function formBrowser(door: TestDoor) {
  const jar = new Map<string, string>();
  async function open(path: string, form?: Record<string, string>): Promise<{ status: number; text: string }> {
    const answer = await door.ask(path, {
      method: form === undefined ? "GET" : "POST",
      cookie: [...jar].map(([name, value]) => `${name}=${value}`).join("; "),
      headers: { accept: "text/html", "sec-fetch-mode": "navigate", "content-type": "application/x-www-form-urlencoded" },
      ...(form === undefined ? {} : { body: new URLSearchParams(form).toString() }),
    });
    for (const line of answer.setCookies) {
      const [pair = ""] = line.split(";");
      jar.set(pair.slice(0, pair.indexOf("=")), pair.slice(pair.indexOf("=") + 1));
    }
    const { location } = answer.headers;
    return location === undefined ? answer : open(location);
  }
  return { open, send: (fields: Record<string, string>) => open("/sign-up", { challenge: "", ...fields }) };
}

async function begin(t: TestContext, rate = 50) {
  const door = await startDoor(t);
  door.capacity(rate);
  door.answer = (_request, response) =>
    response.setHeader("content-type", "application/json").end(JSON.stringify({ envelope: "e".repeat(200), expiresAt: 0 }));
  const browser = formBrowser(door);
  await browser.open("/sign-up");
  const ordered = () =>
    door.reached
      .filter(({ path }) => path === "/sign-up/letter")
      .map(({ body, headers }) => ({ address: (JSON.parse(body) as { address: string }).address, placeId: headers[INTERNAL.placeId] }));
  return { door, browser, ordered };
}

test("a probable slip is asked about before anything is ordered, and one press takes what was meant", async (t) => {
  const { browser, ordered } = await begin(t);
  const asked = await browser.send({ address: "Ana@gmial.com" });
  assert.equal(asked.status, 200);
  assert.match(asked.text, /Did you mean Ana@gmail\.com\?/);
  assert.match(asked.text, /value="Ana@gmial\.com"/, "what was typed is still there");
  assert.match(asked.text, /<button class="button" name="use" value="Ana@gmail\.com" /);
  assert.deepEqual(ordered(), []);
  await browser.send({ address: "Ana@gmial.com", use: "Ana@gmail.com" });
  assert.deepEqual(
    ordered().map(({ address }) => address),
    ["Ana@gmail.com"],
  );
});

test("one press goes on with what was typed", async (t) => {
  const { browser, ordered } = await begin(t);
  assert.match((await browser.send({ address: "ana@hotmal.com" })).text, /name="as-typed"/);
  await browser.send({ address: "ana@hotmal.com", "as-typed": "yes" });
  assert.deepEqual(
    ordered().map(({ address }) => address),
    ["ana@hotmal.com"],
  );
});

test("whoever types something else while being asked gets neither the suggestion nor the question again", async (t) => {
  const { browser, ordered } = await begin(t);
  await browser.send({ address: "ana@gmial.com" });
  // Enter presses the first button
  await browser.send({ address: "ana@holdfast.example", use: "ana@gmail.com" });
  assert.deepEqual(
    ordered().map(({ address }) => address),
    ["ana@holdfast.example"],
  );
});

test("a made-up choice chooses nothing", async (t) => {
  const { browser, ordered } = await begin(t);
  const asked = await browser.send({ address: "ana@gmial.com", use: "somebody@else.example" });
  assert.match(asked.text, /Did you mean ana@gmail\.com\?/);
  assert.deepEqual(ordered(), []);
});

test("whoever is told that an address takes no mail corrects it and keeps the place", async (t) => {
  const { door, browser, ordered } = await begin(t);
  const usual = door.answer;
  door.answer = (_request, response) => {
    const errors = [{ field: "address", sentence: "There is no such domain. Did you mean ana@gmail.com?" }];
    response
      .writeHead(422, { "content-type": "application/problem+json" })
      .end(JSON.stringify(problemBody("en", "invalid-field", { errors })));
  };
  const refused = await browser.send({ address: "ana@gmial.com", "as-typed": "yes" });
  assert.match(refused.text, /class="fault" id="address-fault">There is no such domain/);
  assert.match(refused.text, /name="use" value="ana@gmail\.com"/, "what was meant is one press away");
  assert.match(refused.text, /value="ana@gmial\.com"/);
  door.answer = usual;
  await browser.send({ address: "ana@gmial.com", use: "ana@gmail.com" });
  const [first, second] = ordered();
  assert.equal(second?.address, "ana@gmail.com");
  assert.equal(second?.placeId, first?.placeId);
});

test("with script the place is kept too, and the question is the same page", { timeout: 60_000 }, async (t) => {
  if (builtAssets().script === undefined) return t.skip("web/small is not built (vite build -c web/small/vite.config.ts)");
  const browser = await openChromium(t);
  if (browser === undefined) return;
  const { door, ordered } = await begin(t);
  const usual = door.answer;
  door.answer = (_request, response) => {
    const errors = [{ field: "address", sentence: "There is no such domain." }];
    response
      .writeHead(422, { "content-type": "application/problem+json" })
      .end(JSON.stringify(problemBody("en", "invalid-field", { errors })));
  };
  const page = await freshPage(browser);
  await page.goto(`http://localhost:${door.port}/sign-up`);
  const address = page.getByLabel(/e-?mail/i);
  await address.click();
  await page.waitForLoadState("networkidle");
  await address.fill("ana@gmial.com");
  await page.getByRole("button", { name: "Send me the code" }).click();
  await page.getByText("Did you mean ana@gmail.com?").waitFor();
  await assertNoAxeViolation(page, "the question");
  await address.focus();
  await page.waitForLoadState("networkidle");
  await page.getByRole("button", { name: "No, keep what I typed" }).click();
  await page.getByText("There is no such domain.").waitFor();
  assert.equal(await address.inputValue(), "ana@gmial.com");
  door.answer = usual;
  await page.getByRole("button", { name: "Yes, send the code there" }).click();
  await page.getByLabel(/code/i).first().waitFor();
  const [first, second] = ordered();
  assert.deepEqual([first?.address, second?.address], ["ana@gmial.com", "ana@gmail.com"]);
  assert.equal(second?.placeId, first?.placeId);
});
