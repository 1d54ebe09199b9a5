/**
 * Does `npm start` behave? What keeps it from starting is said in a sentence; a crashed part comes back by itself; nothing is
 * left running when the supervisor is killed; keys can be rotated while people are in; the operator's own PostgreSQL works.
 */
import assert from "node:assert/strict";
import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { test } from "node:test";
import { isAlive, startEmbeddedPostgres } from "#store/embedded-postgres.ts";
import { freePort, runHoldfast, startHoldfast, temporaryFolder } from "#support/holdfast.ts";
import { askForLetter, GOOD_PASSWORD, mailboxReader, openBrowser, pause, readCode, register, signIn } from "#support/people.ts";

const SLOW = { timeout: 120_000 };

test("every mistake in the settings is told at once, secrets as stars, and nothing is made", SLOW, async (t) => {
  const dataDir = join(temporaryFolder(t), "data");
  const run = runHoldfast(["start"], { PORT: "eighty", SMTP_URL: "smtp://me:hunter2@mail example", LOG_LEVEL: "loud", DATA_DIR: dataDir });
  t.after(run.end);
  assert.equal(await run.exited, 1);
  for (const name of ["PORT", "SMTP_URL", "LOG_LEVEL"]) assert.match(run.output(), new RegExp(`^ +${name}$`, "m"));
  assert.doesNotMatch(run.output(), /hunter2/);
  assert.equal(existsSync(dataDir), false);
});

test("a port that is taken, and a data folder that can't be one, are told with what to do", SLOW, async (t) => {
  const other = createServer();
  const port = await freePort();
  await new Promise<void>((resolve) => other.listen(port, "127.0.0.1", resolve));
  t.after(() => other.close());
  const folder = temporaryFolder(t);
  const taken = runHoldfast(["start"], { PORT: String(port), DATA_DIR: folder });
  t.after(taken.end);
  assert.equal(await taken.exited, 1);
  assert.match(taken.output(), new RegExp(`already listens on port ${port}.*PORT=${port + 1} npm start`, "s"));
  assert.equal(existsSync(join(folder, "postgres")), false, "it was told before a database was made");
  const nowhere = runHoldfast(["start"], { PORT: String(await freePort()), DATA_DIR: "/dev/null/data" });
  t.after(nowhere.end);
  assert.equal(await nowhere.exited, 1);
  assert.match(nowhere.output(), /\/dev\/null\/data can't be used/);
});

test("a second start on the same folder is refused, and the first goes on", SLOW, async (t) => {
  const holdfast = await startHoldfast(t);
  const second = runHoldfast(["start"], { PORT: String(await freePort()), DATA_DIR: holdfast.dataDir });
  t.after(second.end);
  assert.equal(await second.exited, 1);
  assert.match(second.output(), /already runs on the data folder/);
  assert.equal((await fetch(`${holdfast.url}/healthz`)).status, 200);
  const pids = Object.values(await holdfast.pids());
  assert.equal(await holdfast.stop(), 0);
  assert.ok(pids.length >= 5 && pids.every((pid) => !isAlive(pid)), "nothing is left running");
  assert.equal(existsSync(join(holdfast.dataDir, "running.json")), false);
  assert.match(holdfast.output(), /Door +stopped[\s\S]*App +stopped[\s\S]*Hashers +stopped[\s\S]*Database +stopped/);
});

test("when the supervisor is killed its processes end by themselves, and the next start has everything", SLOW, async (t) => {
  const dataDir = temporaryFolder(t);
  const first = await startHoldfast(t, { dataDir });
  const ada = await register(openBrowser(first.url), "ada@example.org", mailboxReader(first.mailboxUrl));
  const pids = await first.pids();
  process.kill(pids.supervisor, "SIGKILL");
  const killedAt = Date.now();
  while (Object.values(pids).some((pid) => isAlive(pid)) && Date.now() - killedAt < 15_000) await pause(50);
  assert.deepEqual(
    Object.entries(pids).filter(([, pid]) => isAlive(pid)),
    [],
  );
  t.diagnostic(`all processes ended ${Date.now() - killedAt} ms after the supervisor was killed`);
  const next = await startHoldfast(t, { dataDir });
  assert.equal((await signIn(openBrowser(next.url), "ada@example.org")).id, ada.id);
  await next.stop();
});

test("a hasher that dies comes back by itself, and the terminal says so", SLOW, async (t) => {
  const holdfast = await startHoldfast(t);
  const before = (await holdfast.pids()) as Record<string, number>;
  process.kill(before["hasher-1"] ?? 0, "SIGKILL");
  await register(openBrowser(holdfast.url), "ada@example.org", mailboxReader(holdfast.mailboxUrl));
  const after = (await holdfast.pids()) as Record<string, number>;
  assert.notEqual(after["hasher-1"], before["hasher-1"]);
  for (const name of ["app", "door", "postgres"]) assert.equal(after[name], before[name], `${name} was left alone`);
  assert.match(holdfast.output(), /The hasher ended by SIGKILL and is started again/);
});

test("keys are rotated while somebody is registering, and the registration goes on", SLOW, async (t) => {
  const holdfast = await startHoldfast(t);
  const browser = openBrowser(holdfast.url);
  const { envelope } = await askForLetter(browser, "ada@example.org");
  const code = await readCode(mailboxReader(holdfast.mailboxUrl), "ada@example.org");
  const rotate = runHoldfast(["keys", "rotate"], { DATA_DIR: holdfast.dataDir });
  t.after(rotate.end);
  assert.equal(await rotate.exited, 0, rotate.output());
  assert.match(rotate.output(), /Generation 2[\s\S]*uses it since/);
  await browser.call("POST", "/sign-up/confirm", { envelope, code, password: GOOD_PASSWORD });
  assert.equal((await browser.request("GET", "/api/me")).status, 200);
  await register(openBrowser(holdfast.url), "grace@example.org", mailboxReader(holdfast.mailboxUrl));
});

test("DATABASE_URL: Holdfast works on a PostgreSQL of one's own and makes none", SLOW, async (t) => {
  const folder = temporaryFolder(t);
  const own = await startEmbeddedPostgres({ dataDir: join(folder, "own"), socketDir: join(folder, "s") });
  assert.ok(own.ok);
  t.after(() => own.value.stop());
  const url = `postgres:///postgres?host=${encodeURIComponent(own.value.address.socketDir)}&user=holdfast`;
  const holdfast = await startHoldfast(t, { env: { DATABASE_URL: url } });
  await register(openBrowser(holdfast.url), "ada@example.org", mailboxReader(holdfast.mailboxUrl));
  assert.equal(existsSync(join(holdfast.dataDir, "postgres")), false);
  assert.equal((await holdfast.pids()).postgres, undefined);
  await holdfast.stop();
  const wrong = runHoldfast(["start"], {
    PORT: String(await freePort()),
    DATA_DIR: holdfast.dataDir,
    DATABASE_URL: url.replace("/postgres?", "/nowhere?"),
  });
  t.after(wrong.end);
  assert.equal(await wrong.exited, 1);
  assert.match(wrong.output(), /The database that DATABASE_URL names does not exist/);
});

test("the log is closed to others and says which part wrote what", SLOW, async (t) => {
  const holdfast = await startHoldfast(t);
  await holdfast.stop();
  const path = join(holdfast.dataDir, "logs", "holdfast.log");
  assert.equal(statSync(path).mode & 0o777, 0o600);
  const lines = readFileSync(path, "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as { part?: string; level?: number });
  assert.ok(lines.length > 3 && lines.every(({ part, level }) => typeof part === "string" && typeof level === "number"));
});

test("doctor finds a running Holdfast well, and says what is wrong with one that could not work", SLOW, async (t) => {
  const holdfast = await startHoldfast(t);
  const well = runHoldfast(["doctor"], { DATA_DIR: holdfast.dataDir, PORT: new URL(holdfast.url).port, MODEL_DISCOVERY: "off" });
  t.after(well.end);
  assert.equal(await well.exited, 0, well.output());
  assert.match(well.output(), /the door answers/);
  assert.match(well.output(), /PostgreSQL \d+ built in/);
  const ill = runHoldfast(["doctor"], {
    DATA_DIR: temporaryFolder(t),
    PORT: new URL(holdfast.url).port,
    SMTP_URL: "smtp://127.0.0.1:9",
    MAIL_FROM: "codes@example.org",
  });
  t.after(ill.end);
  assert.equal(await ill.exited, 1, ill.output());
  assert.match(ill.output(), /✗ Port[\s\S]*✗ Mail[\s\S]*2 things keep Holdfast from working/);
});

test("doctor counts a database that can't be reached once, and names a model file that is not there or is none", SLOW, async (t) => {
  const folder = temporaryFolder(t);
  const examine = async (more: Record<string, string>) => {
    const run = runHoldfast(["doctor"], { DATA_DIR: folder, PORT: String(await freePort()), ...more });
    t.after(run.end);
    assert.equal(await run.exited, 1, run.output());
    return run.output();
  };
  const away = await examine({ DATABASE_URL: "postgres://ada@127.0.0.1:9/none", MODEL_URL: "http://127.0.0.1:9/v1" });
  assert.match(away, /✗ Database[\s\S]*was not asked[\s\S]*see to the database[\s\S]*One thing keeps Holdfast from working/);
  assert.match(await examine({ MODEL_FILE: join(folder, "gone.gguf") }), /✗ Model +\S+gone\.gguf is not there/);
  writeFileSync(join(folder, "picture.gguf"), "GIF89a");
  assert.match(await examine({ MODEL_FILE: join(folder, "picture.gguf") }), /✗ Model +\S+picture\.gguf can't hold a conversation/);
});
