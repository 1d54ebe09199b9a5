/** Is a restore rehearsed? People register and chat, a backup is made meanwhile, and elsewhere everything is there again. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { startEmbeddedPostgres } from "#store/embedded-postgres.ts";
import { openPool, type DatabaseAddress } from "#store/store.ts";
import { freePort, runHoldfast, startHoldfast, temporaryFolder } from "#support/holdfast.ts";
import { finished, mailboxReader, openBrowser, readConversation, register, signIn, startChat } from "#support/people.ts";

test("what people did is there again after a restore, and nobody noticed the backup", { timeout: 180_000 }, async (t) => {
  const holdfast = await startHoldfast(t);
  const ada = openBrowser(holdfast.url);
  await register(ada, "ada@example.org", mailboxReader(holdfast.mailboxUrl));
  const { conversationId, assistantMessage } = await startChat(ada, "How do I make a backup?");
  await finished(ada, conversationId, assistantMessage.id);

  const file = join(temporaryFolder(t), "holdfast.backup");
  let answered = 0;
  let done = false;
  const meanwhile = (async () => {
    while (!done) {
      assert.equal((await ada.request("GET", "/api/me")).status, 200, "a member notices nothing");
      answered += 1;
    }
  })();
  const backup = runHoldfast(["backup", file], { DATA_DIR: holdfast.dataDir });
  t.after(backup.end);
  assert.equal(await backup.exited, 0, backup.output());
  done = true;
  await meanwhile;
  t.diagnostic(`${answered} requests were answered while the backup ran; it has ${statSync(file).size} bytes`);
  assert.equal(statSync(file).mode & 0o777, 0o600);
  const before = await picture(holdfast.database);

  const elsewhere = temporaryFolder(t);
  const restore = runHoldfast(["restore", file], { DATA_DIR: elsewhere, PORT: String(await freePort()) });
  t.after(restore.end);
  assert.equal(await restore.exited, 0, restore.output());
  assert.deepEqual(
    readdirSync(elsewhere).filter((name) => /restor|running/.test(name)),
    [],
    "nothing unfinished is left",
  );
  for (const name of readdirSync(join(holdfast.dataDir, "keys"))) {
    assert.deepEqual(readFileSync(join(elsewhere, "keys", name)), readFileSync(join(holdfast.dataDir, "keys", name)));
  }
  const again = await startHoldfast(t, { dataDir: elsewhere });
  // before anybody signs in: a session that lives on both sides would differ in when it was last seen
  const after = await picture(again.database);
  for (const table of ["account", "device", "conversation", "message", "event", "egress_entry", "outbox", "migration"]) {
    assert.equal(after[table], before[table], `${table} is as it was`);
  }
  const grace = openBrowser(again.url);
  await signIn(grace, "ada@example.org");
  assert.equal((await readConversation(grace, conversationId)).messages.find(({ id }) => id === assistantMessage.id)?.state, "done");
});

test(
  "a restore over a Holdfast wants --force and keeps what was there; one that is running, or a broken file, changes nothing",
  { timeout: 180_000 },
  async (t) => {
    const dataDir = temporaryFolder(t);
    const first = await startHoldfast(t, { dataDir });
    const file = join(temporaryFolder(t), "holdfast.backup");
    const run = async (...words: string[]) => {
      const started = runHoldfast(words, { DATA_DIR: dataDir });
      t.after(started.end);
      return { code: await started.exited, output: started.output() };
    };
    assert.equal((await run("backup", file)).code, 0);
    assert.match((await run("backup", file)).output, /is there already/);
    assert.match((await run("restore", file, "--force")).output, /already runs on the data folder/);
    await register(openBrowser(first.url), "late@example.org", mailboxReader(first.mailboxUrl));
    await first.stop();

    assert.match((await run("restore", file)).output, /holds a Holdfast already[\s\S]*--force/);
    const whole = readFileSync(file);
    writeFileSync(file, whole.subarray(0, whole.length / 2));
    assert.match((await run("restore", file, "--force")).output, /no whole backup of Holdfast[\s\S]*Nothing was changed/);
    writeFileSync(file, whole);
    const second = await startHoldfast(t, { dataDir });
    await signIn(openBrowser(second.url), "late@example.org");
    await second.stop();

    const forced = await run("restore", file, "--force");
    assert.equal(forced.code, 0, forced.output);
    const kept = readdirSync(dataDir).find((name) => name.startsWith("before-restore-"));
    assert.ok(kept !== undefined && existsSync(join(dataDir, kept, "postgres")));
    const third = await startHoldfast(t, { dataDir });
    await assert.rejects(signIn(openBrowser(third.url), "late@example.org"), /wrong-credentials/, "who came after the backup is not in it");
  },
);

test("a database of one's own is backed up, brought back over itself, and into a built-in one", { timeout: 180_000 }, async (t) => {
  const folder = temporaryFolder(t);
  const own = await startEmbeddedPostgres({ dataDir: join(folder, "own"), socketDir: join(folder, "s") });
  assert.ok(own.ok);
  t.after(() => own.value.stop());
  const settings = {
    DATABASE_URL: `postgres:///postgres?host=${encodeURIComponent(own.value.address.socketDir)}&user=holdfast`,
    DATA_DIR: temporaryFolder(t),
  };
  const holdfast = await startHoldfast(t, { env: settings, dataDir: settings.DATA_DIR });
  await register(openBrowser(holdfast.url), "ada@example.org", mailboxReader(holdfast.mailboxUrl));
  const file = join(folder, "own.backup");
  const run = async (words: string[], given: Record<string, string>) => {
    const started = runHoldfast(words, given);
    t.after(started.end);
    return { code: await started.exited, output: started.output() };
  };
  assert.equal((await run(["backup", file], settings)).code, 0);
  assert.match(
    (await run(["restore", file, "--force"], { ...settings, DATA_DIR: temporaryFolder(t) })).output,
    /A Holdfast is running on the database/,
  );
  await holdfast.stop();
  const before = await picture(holdfast.database);
  const elsewhere = temporaryFolder(t);
  assert.match((await run(["restore", file], { ...settings, DATA_DIR: elsewhere })).output, /holds a Holdfast already/);
  const forced = await run(["restore", file, "--force"], { ...settings, DATA_DIR: elsewhere });
  assert.equal(forced.code, 0, forced.output);
  assert.deepEqual(await picture(holdfast.database), before);
  assert.ok(existsSync(join(elsewhere, "keys", "root-1.key")) && !existsSync(join(elsewhere, "postgres")));

  const builtIn = temporaryFolder(t);
  assert.equal((await run(["restore", file], { DATA_DIR: builtIn })).code, 0);
  const again = await startHoldfast(t, { dataDir: builtIn });
  await signIn(openBrowser(again.url), "ada@example.org");
  await again.stop();
});

async function picture(address: DatabaseAddress): Promise<Record<string, string>> {
  const sql = openPool(address, { connections: 1, name: "test" });
  try {
    const seen: Record<string, string> = {};
    for (const { name } of await sql<{ name: string }[]>`select tablename as name from pg_tables where schemaname = 'public'`) {
      const rows = await sql<{ row: string }[]>`select t::text as row from ${sql(name)} t order by 1`;
      seen[name] = `${rows.length} ${createHash("sha256")
        .update(rows.map(({ row }) => row).join("\n"))
        .digest("hex")}`;
    }
    return seen;
  } finally {
    await sql.end();
  }
}
