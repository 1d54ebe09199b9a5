/** Whom does the lever turn away at a real door, what do they read, and whom does it leave alone? And what does every page say of the line? */
import assert from "node:assert/strict";
import { test } from "node:test";
import { COOKIES } from "#contract/cookies.ts";
import type { Problem } from "#contract/problems.ts";
import type { SignUpMode, StatusAnswer } from "#contract/wire.ts";
import { waitFor } from "#support/app.ts";
import { startDoor, takePlace, type TestDoor } from "#support/door.ts";

const SINCE = Date.UTC(2026, 0, 27, 20, 5);
const PAGE = { accept: "text/html" };
const SPANISH = { accept: "text/html", "accept-language": "es" };
const NEWCOMERS = ["/sign-up/challenge", "/sign-up/place", "/sign-up/turn", "/sign-up/letter"];

async function set(door: TestDoor, mode: SignUpMode, lettersPerMinute: number | null = null): Promise<void> {
  door.tell({ kind: "sign-up-mode", mode, lettersPerMinute, since: SINCE });
  await waitFor("the lever", async () => (await door.ask("/status.json")).json<StatusAnswer>().signUp.mode === mode);
}

test("a newcomer reads in either language that registration is closed, and since when; a program is told the same", async (t) => {
  const door = await startDoor(t);
  door.capacity(50);
  await set(door, "closed");
  const page = await door.ask("/sign-up", { headers: PAGE });
  assert.equal(page.status, 403);
  assert.match(page.text, /<h1>Registration is closed<\/h1>[\s\S]*Since January 27, 2026 at 20:05 UTC[\s\S]*href="\/sign-in"/);
  assert.doesNotMatch(page.text, /<form[^>]*action="\/sign-up"|http-equiv="refresh"/);
  assert.match((await door.ask("/sign-up", { headers: SPANISH })).text, /<h1>El registro está cerrado<\/h1>/);
  const form = { ...PAGE, "content-type": "application/x-www-form-urlencoded" };
  const posted = await door.ask("/sign-up", { method: "POST", headers: form, body: "address=ada%40example.org" });
  assert.equal(posted.status, 403);
  assert.match(posted.text, /Registration is closed/);
  for (const path of NEWCOMERS) {
    const answer = await door.ask(path, { method: "POST", body: "{}" });
    const problem = answer.json<Problem>();
    assert.deepEqual([answer.status, problem.code, problem.signUp], [403, "sign-up-closed", { mode: "closed", since: SINCE }], path);
  }
  assert.equal(door.reached.length, 0, "nothing of it reached the app");
});

test("where only invited people come in, the page says so, and that whoever has an account signs in", async (t) => {
  const door = await startDoor(t);
  await set(door, "invited");
  assert.match(
    (await door.ask("/sign-up", { headers: PAGE })).text,
    /takes only people who were invited\. If you have an account, sign in/,
  );
  assert.match((await door.ask("/sign-up", { headers: SPANISH })).text, /solo admite a personas invitadas/);
  const problem = (await door.ask("/sign-up/challenge", { method: "POST", body: "{}" })).json<Problem>();
  assert.match(problem.detail, /only people who were invited/);
  const home = (await door.ask("/", { headers: PAGE })).text;
  assert.match(home, /Registration is only for people who were invited/);
  assert.doesNotMatch(home, /href="\/sign-up"/, "no button leads to a refusal");
});

test("members, sign-in, the first operator and whoever has a code already notice nothing of a closed registration", async (t) => {
  const door = await startDoor(t);
  door.capacity(50);
  await set(door, "closed");
  const member = `${COOKIES.session}=something`;
  assert.equal((await door.ask("/api/me", { cookie: member })).status, 200);
  assert.doesNotMatch((await door.ask("/", { headers: PAGE, cookie: member })).text, /Registration is closed/);
  assert.equal((await door.ask("/sign-in", { headers: PAGE })).status, 200);
  assert.equal((await door.ask("/sign-in", { method: "POST", body: "{}" })).status, 200);
  assert.equal((await door.ask("/first-operator?token=t", { headers: PAGE })).status, 200);
  assert.equal((await door.ask("/sign-up/confirm", { method: "POST", body: "{}" })).status, 200);
  const draft = Buffer.from(JSON.stringify({ address: "ada@example.org", envelope: "e", expiresAt: Date.now() + 60_000 })).toString(
    "base64url",
  );
  const code = await door.ask("/sign-up/wait", { headers: PAGE, cookie: `${COOKIES.draft}=${draft}` });
  assert.equal(code.status, 200);
  assert.match(code.text, /Enter the code/);
});

test("whoever forgot a password walks the same line while nobody new comes in, on pages and with a program", async (t) => {
  const door = await startDoor(t);
  door.capacity(50);
  await set(door, "closed");
  const page = await door.ask("/recover", { headers: PAGE });
  assert.equal(page.status, 200);
  assert.match(page.text, /<h1>Forgot your password\?<\/h1>[\s\S]*action="\/recover"/);
  const { cookie, placed } = await takePlace(door, {}, "recover");
  const { place } = placed.json<{ place: string }>();
  const post = (path: string) => door.ask(path, { method: "POST", cookie, body: JSON.stringify({ place, address: "ada@example.org" }) });
  assert.equal((await post("/sign-up/letter")).status, 403, "a place is no way around the lever");
  assert.equal((await post("/recover/letter")).status, 200);
  assert.deepEqual(
    door.reached.map(({ path }) => path),
    ["/recover/letter"],
  );
});

test("a place that was taken before it was closed is good again when it is open again", async (t) => {
  const door = await startDoor(t);
  door.capacity(0);
  const { cookie, placed } = await takePlace(door);
  const { place } = placed.json<{ place: string }>();
  const turn = () => door.ask("/sign-up/turn", { method: "POST", cookie, body: JSON.stringify({ place }) });
  await set(door, "closed");
  assert.equal((await turn()).status, 403);
  await set(door, "open");
  assert.equal((await turn()).status, 200);
});

test("the door stays as it was told while the app is gone, and is open before anybody told it", async (t) => {
  const door = await startDoor(t);
  assert.equal((await door.ask("/sign-up", { headers: PAGE })).status, 200);
  await set(door, "closed");
  door.hangUp();
  await new Promise((resolve) => setTimeout(resolve, 300));
  assert.equal((await door.ask("/sign-up", { headers: PAGE })).status, 403);
});

test("in peace no page says a word about the line; while it stands still or people wait, every page says it in one line", async (t) => {
  const door = await startDoor(t);
  const pages = ["/", "/sign-up", "/sign-in", "/status", "/manual", "/first-operator?token=t", "/nothing-here"];
  const read = (path: string, headers = PAGE) => door.ask(path, { headers }).then(({ text }) => text);
  for (const path of pages)
    assert.match(await read(path), /<p class="busy">Registration stands still: letters can&#39;t be sent just now\.<\/p>/, path);
  assert.match(await read("/", SPANISH), /<p class="busy">El registro está parado: /);
  door.capacity(50);
  await waitFor("peace", async () => !(await read("/")).includes(`class="busy"`));
  for (const path of pages) assert.doesNotMatch(await read(path), /class="busy"/, path);

  door.capacity(0.2);
  for (let at = 0; at < 30; at++) await takePlace(door);
  await waitFor("people waiting", async () => (await read("/")).includes("Registration may be busy: "));
  for (const path of pages) {
    const said = [...(await read(path)).matchAll(/<p class="busy">([^<]*)<\/p>/g)].map(([, words]) => words ?? "");
    assert.equal(said.length, 1, path);
    assert.match(said[0] ?? "", /^Registration may be busy: (about|up to) .*(second|minute)s?\.$/, path);
  }
});

test("while it goes slowly, every page says at which pace, and the sign-up page is open", async (t) => {
  const door = await startDoor(t);
  door.capacity(0.1);
  await set(door, "slow", 6);
  const page = await door.ask("/sign-up", { headers: PAGE });
  assert.equal(page.status, 200);
  assert.match(page.text, /the operator set 6 letters a minute/);
  assert.match(page.text, /action="\/sign-up"/);
  assert.match((await door.ask("/status", { headers: PAGE })).text, /The operator lets 6 letters a minute go out/);
});

test("a page that refuses somebody tells of the line as it is now, not as it was when it was first needed", async (t) => {
  const door = await startDoor(t);
  const form = { ...PAGE, "content-type": "application/x-www-form-urlencoded" };
  const refused = async () => {
    for (let at = 0; at < 200; at++) {
      const answer = await door.ask("/sign-in", { method: "POST", headers: form, body: "address=a%40example.org&password=x" });
      if (answer.status === 429 || answer.status === 503) return answer.text;
    }
    throw new Error("nobody was refused");
  };
  assert.match(await refused(), /Registration stands still/);
  door.capacity(50);
  await waitFor("a page of now", async () => !(await refused()).includes("Registration stands still"), 4_000);
});
