/**
 * Does a registration survive what happens to the server in between? Each process dies, or the keys are rotated, between
 * any two steps of the protocol; people who stood at any of these steps go on as if nothing happened.
 */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { AccountAnswer, ChallengeAnswer, LetterAnswer, PlaceAnswer } from "#contract/wire.ts";
import { startHoldfast } from "#support/holdfast.ts";
import { GOOD_PASSWORD, mailboxReader, openBrowser, pause, readCode, type Browser } from "#support/people.ts";

const holdfast = await startHoldfast({ after });
const read = mailboxReader(holdfast.mailboxUrl);
const VICTIMS = ["door", "app", "postgres", "hasher-1"] as const;

/** Somebody in the middle of a registration, and what they do next. */
type Underway = { browser: Browser; address: string; finish(): Promise<AccountAnswer["account"]> };

async function standing(after: "challenge" | "place" | "letter", address: string): Promise<Underway> {
  const browser = openBrowser(holdfast.url);
  const { challenge } = await browser.call<ChallengeAnswer>("POST", "/sign-up/challenge", {});
  const takePlace = () => browser.call<PlaceAnswer>("POST", "/sign-up/place", { challenge });
  const order = async (place: PlaceAnswer) => {
    let now = place;
    for (const until = Date.now() + 30_000; !now.turn && Date.now() < until;) {
      await pause(now.retryAfterSeconds * 1_000);
      now = await browser.call<PlaceAnswer>("POST", "/sign-up/turn", { place: now.place });
    }
    return browser.call<LetterAnswer>("POST", "/sign-up/letter", { place: now.place, address });
  };
  const confirm = async ({ envelope }: LetterAnswer) => {
    const code = await readCode(read, address);
    return (await browser.call<AccountAnswer>("POST", "/sign-up/confirm", { envelope, code, password: GOOD_PASSWORD })).account;
  };
  if (after === "challenge") return { browser, address, finish: async () => confirm(await order(await takePlace())) };
  const place = await takePlace();
  if (after === "place") return { browser, address, finish: async () => confirm(await order(place)) };
  const letter = await order(place);
  return { browser, address, finish: () => confirm(letter) };
}

async function atEveryStep(name: string): Promise<Underway[]> {
  return Promise.all((["challenge", "place", "letter"] as const).map((step) => standing(step, `${name}-${step}@example.org`)));
}

async function serviceBack(): Promise<void> {
  for (const until = Date.now() + 10_000; Date.now() < until;) {
    await pause(50);
    const answer = await openBrowser(holdfast.url)
      .request("POST", "/sign-in", { address: "nobody@example.org", password: "not-the-password-1" }, { connection: "close" })
      .catch(() => undefined);
    // door, app, database and hasher all took part in this answer
    if (answer?.status === 401) return;
  }
  throw new Error("the service was not back within 10 s");
}

for (const victim of VICTIMS) {
  test(`whoever stands at any step of a registration gets in although the ${victim} process is killed`, { timeout: 120_000 }, async () => {
    const people = await atEveryStep(victim);
    const pid = (await holdfast.pids())[victim];
    assert.ok(pid !== undefined, `${victim} is running`);
    process.kill(pid, "SIGKILL");
    await pause(50);
    await serviceBack();
    for (const { finish, address } of people) assert.equal((await finish()).address, address);
  });
}

test("whoever stands at any step of a registration gets in although the keys are rotated", { timeout: 120_000 }, async () => {
  const people = await atEveryStep("rotated");
  const holdfastCommand = fileURLToPath(new URL("../../bin/holdfast.js", import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, [holdfastCommand, "keys", "rotate"], {
    env: { ...process.env, DATA_DIR: holdfast.dataDir },
  });
  assert.match(stdout, /Generation 2[\s\S]*uses it since/);
  for (const { finish, address } of people) assert.equal((await finish()).address, address);
  const fresh = await standing("challenge", "after-rotation@example.org");
  assert.equal((await fresh.finish()).address, fresh.address);
});
