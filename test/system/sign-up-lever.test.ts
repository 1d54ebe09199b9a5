/**
 * The operator moves the lever of sign-up while people come and a member chats: what newcomers see follows within two seconds,
 * the member notices nothing, letters are refused behind the door too, and the way back brings everything back.
 */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { ChallengeAnswer, OperatorSignUpAnswer, PlaceAnswer, StatusAnswer } from "#contract/wire.ts";
import type { Problem } from "#contract/problems.ts";
import type { DoorEvent } from "#contract/door-events.ts";
import { waitFor } from "#support/app.ts";
import { startHoldfast, type TestHoldfast } from "#support/holdfast.ts";
import {
  askForLetter,
  finished,
  GOOD_PASSWORD,
  mailboxReader,
  openBrowser,
  readCode,
  register,
  startChat,
  type Browser,
} from "#support/people.ts";

const WITHIN_MS = 2_000;

async function becomeOperator(holdfast: TestHoldfast): Promise<Browser> {
  const operator = openBrowser(holdfast.url);
  const token = new URL(holdfast.firstOperatorUrl).searchParams.get("token");
  await operator.call("POST", "/first-operator", { token, address: "olga@example.org", password: GOOD_PASSWORD });
  return operator;
}

const page = (browser: Browser, path: string, language = "en") =>
  browser.request("GET", path, undefined, { accept: "text/html", "accept-language": language });

function eventsOf({ dataDir }: TestHoldfast): DoorEvent[] {
  return readFileSync(join(dataDir, "logs", "holdfast.log"), "utf8")
    .split("\n")
    .filter((line) => line.includes('"door event"'))
    .map((line) => (JSON.parse(line) as { event: DoorEvent }).event);
}

/** How long it takes until the page answers like this. */
async function until(what: string, look: () => Promise<boolean>): Promise<number> {
  const from = performance.now();
  await waitFor(what, look, 10_000);
  return performance.now() - from;
}

test(
  "the operator closes sign-up and opens it again; newcomers see it within two seconds, and a member chats on",
  { timeout: 180_000 },
  async (t) => {
    const holdfast = await startHoldfast(t);
    const read = mailboxReader(holdfast.mailboxUrl);
    const olga = await becomeOperator(holdfast);
    const [mia, newcomer, half] = [openBrowser(holdfast.url), openBrowser(holdfast.url), openBrowser(holdfast.url)];
    await register(mia, "mia@example.org", read);
    const set = (mode: string) => olga.call<OperatorSignUpAnswer>("POST", "/api/operator/sign-up", { mode, lettersPerMinute: null });
    /** The event stream tells what holds at each second. */
    const toldOf = (modes: string[]) =>
      waitFor(`the events ${modes.join(", ")}`, () => {
        const told = eventsOf(holdfast).flatMap((event) => (event.kind === "sign-up-mode" ? [event.mode] : []));
        return told.join() === modes.join();
      });

    // whoever has a letter when it is closed
    const { envelope } = await askForLetter(half, "half@example.org");
    assert.equal((await page(newcomer, "/sign-up")).status, 200);

    // a member works all the while
    let stop = false;
    const slowest = { ms: 0, asked: 0 };
    const working = (async () => {
      while (!stop) {
        const from = performance.now();
        await mia.call("GET", "/api/conversations");
        slowest.ms = Math.max(slowest.ms, performance.now() - from);
        slowest.asked += 1;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    })();

    await set("closed");
    const closedMs = await until("the closed page", async () => /Registration is closed/.test((await page(newcomer, "/sign-up")).text));
    assert.ok(closedMs < WITHIN_MS, `${closedMs} ms`);
    const refused = await newcomer.request("POST", "/sign-up/challenge", {});
    assert.deepEqual([refused.status, (refused.json() as Problem).code], [403, "sign-up-closed"]);
    assert.match((await page(newcomer, "/status")).text, /Registration[\s\S]*Closed/);
    assert.equal((await newcomer.call<StatusAnswer>("GET", "/status.json")).signUp.mode, "closed");
    const confirmed = await half.call("POST", "/sign-up/confirm", {
      envelope,
      code: await readCode(read, "half@example.org"),
      password: GOOD_PASSWORD,
    });
    assert.ok(confirmed, "whoever had a code came in");

    await toldOf(["open", "closed"]);
    await set("invited");
    const invitedMs = await until("the page for invited people", async () =>
      /only people who were invited/.test((await page(newcomer, "/sign-up")).text),
    );
    assert.ok(invitedMs < WITHIN_MS, `${invitedMs} ms`);

    await toldOf(["open", "closed", "invited"]);
    const { conversationId, assistantMessage } = await startChat(mia, "Does anybody notice anything?");
    assert.equal((await finished(mia, conversationId, assistantMessage.id)).state, "done");

    const { changes } = await set("open");
    const openMs = await until("the form", async () => (await page(newcomer, "/sign-up")).status === 200);
    assert.ok(openMs < WITHIN_MS, `${openMs} ms`);
    assert.deepEqual(
      changes.map(({ mode, by }) => [mode, by]),
      [
        ["open", "olga@example.org"],
        ["invited", "olga@example.org"],
        ["closed", "olga@example.org"],
      ],
    );
    await register(newcomer, "newcomer@example.org", read);
    await toldOf(["open", "closed", "invited", "open"]);
    stop = true;
    await working;
    t.diagnostic(
      `closed after ${closedMs.toFixed(0)} ms, invited after ${invitedMs.toFixed(0)} ms, open after ${openMs.toFixed(0)} ms; a member asked ${slowest.asked} times, the slowest took ${slowest.ms.toFixed(0)} ms`,
    );

    const events = eventsOf(holdfast);
    const said = JSON.stringify(events);
    assert.doesNotMatch(said, /127\.0\.0|::1|example\.org|\/sign-up|\/api/, "no address and no path of anybody");
  },
);

test("a slow registration keeps to the operator's pace, and what waits is told on every page", { timeout: 120_000 }, async (t) => {
  const holdfast = await startHoldfast(t);
  const olga = await becomeOperator(holdfast);
  await olga.call("POST", "/api/operator/sign-up", { mode: "slow", lettersPerMinute: 12 });
  const stranger = openBrowser(holdfast.url);
  await waitFor(
    "the pace at the door",
    async () => {
      const { line, signUp } = await stranger.call<StatusAnswer>("GET", "/status.json");
      return line.lettersPerSecond === 0.2 && signUp.mode === "slow" && signUp.lettersPerMinute === 12;
    },
    WITHIN_MS,
  );
  assert.match((await page(stranger, "/")).text, /the operator set 12 letters a minute/);
  assert.match((await page(stranger, "/sign-up", "es")).text, /el operador fijó 12 cartas por minuto/);

  const from = performance.now();
  let turns = 0;
  let told = "";
  const places: { browser: Browser; place: PlaceAnswer }[] = [];
  for (let at = 0; at < 8; at++) {
    const browser = openBrowser(holdfast.url);
    const { challenge } = await browser.call<ChallengeAnswer>("POST", "/sign-up/challenge", {});
    places.push({ browser, place: await browser.call<PlaceAnswer>("POST", "/sign-up/place", { challenge }) });
  }
  while (performance.now() - from < 11_000) {
    for (const one of places) {
      if (one.place.turn) {
        const answer = await one.browser.request("POST", "/sign-up/letter", { place: one.place.place, address: `w-${turns}@example.org` });
        if (answer.status === 200) {
          turns += 1;
          // just now the turn was used up: whoever comes waits for the next
          told = (await page(stranger, "/")).text;
          places.splice(places.indexOf(one), 1);
        }
      } else one.place = await one.browser.call<PlaceAnswer>("POST", "/sign-up/turn", { place: one.place.place });
    }
    await new Promise((resolve) => setTimeout(resolve, 400));
  }
  const most = 1 + Math.ceil(((performance.now() - from) / 1_000) * 0.2) + 1;
  t.diagnostic(`${turns} letters in ${((performance.now() - from) / 1_000).toFixed(0)} s at 12 a minute`);
  assert.ok(turns >= 1 && turns <= most, `${turns} letters, at most ${most}`);
  assert.match(told, /12 letters a minute\. Whoever comes now waits (about|up to) /);

  const wrong = await olga.request("POST", "/api/operator/sign-up", { mode: "slow", lettersPerMinute: 0 });
  assert.deepEqual([wrong.status, (wrong.json() as Problem).errors?.map(({ field }) => field)], [422, ["lettersPerMinute"]]);
  assert.equal((await olga.request("POST", "/api/operator/sign-up", { mode: "closed", lettersPerMinute: 5 })).status, 422);
});
