/**
 * Does every word that a model said arrive, once and in order, whatever dies in between: the reader's connection, the
 * database, the disk, the whole process? Held against the model server's own record.
 */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { chmod } from "node:fs/promises";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { seededDice } from "#kit/dice.ts";
import { DAY_MS, systemClock } from "#kit/time.ts";
import type { Message } from "#contract/wire.ts";
import { startEmbeddedPostgres } from "#store/embedded-postgres.ts";
import { migrate, openPool, type Pool } from "#store/store.ts";
import {
  addMember,
  ask,
  askInProcess,
  ended,
  fold,
  isEndOf,
  messageOf,
  readStream,
  startChat,
  type ChatProcessNews,
} from "#support/chat.ts";
import { testDatabaseWithAddress } from "#support/database.ts";
import { startOpenAiServer } from "#support/openai-server.ts";
import { lockStream, pruneEvents, type NumberedEvent } from "./store.ts";

const CUTS = 50;
const READERS = 5;
const { pool: sql, address } = await testDatabaseWithAddress({ after });
const server = await startOpenAiServer({ after }, { models: ["steady-7b"], otherwise: { words: 6 } });
const { chat } = startChat({ after }, sql, { modelUrl: server.url });
await chat.start();

async function servedTo(text: string) {
  return (await server.served()).find(({ request }) => request.includes(text)) ?? assert.fail(`nothing was served to "${text}"`);
}

async function until(look: () => Promise<boolean>, ms = 20_000): Promise<void> {
  for (const end = systemClock.monotonic() + ms; systemClock.monotonic() < end; await systemClock.sleep(20)) if (await look()) return;
  assert.fail(`it did not come within ${ms} ms`);
}

/** All of a stream that goes on, as far as it has come. */
function follow(by: typeof chat, accountId: string, t: { after(work: () => void): unknown }, pause?: () => Promise<void>): NumberedEvent[] {
  const stop = new AbortController();
  t.after(() => stop.abort());
  const read: NumberedEvent[] = [];
  void (async () => {
    for await (const item of by.events(accountId, 0, stop.signal)) {
      read.push(item);
      await pause?.();
    }
  })();
  return read;
}

test(`readers who are cut off at ${CUTS} random points in all and come back lose no word and read none twice`, async () => {
  const member = await addMember(sql);
  const dice = seededDice("cuts");
  await server.next({ when: "Fifty cuts?", words: 1_000, chunkDelayMs: 3, reasoning: "First I think about it for a while." });
  const asked = await ask(chat, member, "Fifty cuts?");
  const isLast = isEndOf(asked.answer.id);
  const reads = await Promise.all(Array.from({ length: READERS }, readWithCuts));
  const served = await servedTo("Fifty cuts?");
  assert.ok(served.finished);
  for (const { read, cuts } of reads) {
    assert.equal(cuts, CUTS / READERS, "each cut was in mid-answer");
    const told = fold(
      asked.answer,
      read.filter(({ event }) => event.kind === "part"),
    );
    assert.deepEqual([told.text, told.reasoning], [served.text, served.reasoning], "the parts alone are the answer");
  }
  const kept = await ended(chat, member, asked);
  assert.deepEqual([kept.state, kept.text, kept.reasoning], ["done", served.text, served.reasoning]);

  async function readWithCuts(): Promise<{ read: NumberedEvent[]; cuts: number }> {
    const read: NumberedEvent[] = [];
    const at = () => read.at(-1)?.seq ?? 0;
    let cuts = 0;
    while (cuts < CUTS / READERS && !read.some(isLast)) {
      const stopAfter = at() + 1 + Math.floor(dice.fraction() * 4);
      read.push(...(await readStream(chat, member, at(), (item) => item.seq >= stopAfter || isLast(item))));
      if (!read.some(isLast)) cuts += 1;
      if (dice.fraction() < 0.3) await systemClock.sleep(100);
      await reload(read, at());
    }
    if (!read.some(isLast)) read.push(...(await readStream(chat, member, at(), isLast)));
    return { read, cuts };
  }

  /** What a page shows that is opened anew is what its cursor says: no word more, none less. */
  async function reload(read: readonly NumberedEvent[], at: number): Promise<void> {
    const page = (await chat.read(member.id, asked.conversationId)) ?? assert.fail();
    const snapshot = page.messages.find(({ id }) => id === asked.answer.id) ?? assert.fail();
    if (snapshot.state !== "running" || page.cursor <= at) return;
    const missed = await readStream(chat, member, at, ({ seq }) => seq >= page.cursor);
    const seen = fold(
      asked.answer,
      [...read, ...missed].filter(({ seq }) => seq <= page.cursor),
    );
    assert.deepEqual([seen.text, seen.reasoning], [snapshot.text, snapshot.reasoning]);
  }
});

test("ten browsers read the same answer live, and a slow one misses nothing either", async (t) => {
  const member = await addMember(sql);
  await server.next({ when: "Who reads?", words: 900, chunkDelayMs: 2 });
  const fast = Array.from({ length: 10 }, () => follow(chat, member.id, t));
  const slow = follow(chat, member.id, t, () => systemClock.sleep(25));
  const asked = await ask(chat, member, "Who reads?");
  const answer = await ended(chat, member, asked);
  await until(async () => [...fast, slow].every((read) => read.some(isEndOf(answer.id))));
  for (const read of [...fast, slow]) {
    const parts = read.filter(({ event }) => event.kind === "part");
    assert.equal(fold(asked.answer, parts).text, answer.text);
    assert.deepEqual(
      read.map(({ seq }) => seq),
      read.map((_, index) => index + 1),
    );
  }
});

test("conversations of one person that are answered at once share one gapless stream", async () => {
  const member = await addMember(sql);
  await server.next(...["left", "middle", "right"].map((when) => ({ when, words: 150, chunkDelayMs: 2 })));
  const asked = await Promise.all(["left", "middle", "right"].map((text) => ask(chat, member, text)));
  const waiting = new Set(asked.map(({ answer }) => answer.id));
  const read = await readStream(chat, member, 0, ({ event }) => {
    if (event.kind === "message" && event.message.state === "done") waiting.delete(event.message.id);
    return waiting.size === 0;
  });
  for (const { answer, question } of asked) {
    assert.equal(
      fold(
        answer,
        read.filter(({ event }) => event.kind === "part"),
      ).text,
      (await servedTo(question.text)).text,
    );
  }
});

test("kill -9 of the app in mid-answer: what was seen is there, marked as interrupted, and the next question works", async (t) => {
  const member = await addMember(sql);
  await server.next({ when: "What if you die?", words: 2_000, chunkDelayMs: 3 });
  const seen: NumberedEvent[] = [];
  let asked: { conversationId: string; answer: Message } | undefined;
  const child = askInProcess(t, { address, modelUrl: server.url, account: member, text: "What if you die?" }, (news: ChatProcessNews) => {
    if ("asked" in news) ({ asked } = news);
    else seen.push(news.seen);
  });
  await until(async () => seen.filter(({ event }) => event.kind === "part").length >= 10);
  child.kill("SIGKILL");
  await until(async () => child.signalCode !== null);
  assert.ok(asked);
  const left = await messageOf(chat, member, asked.conversationId, asked.answer.id);
  assert.equal(left.state, "running", "nobody was there to end it");
  const next = startChat(t, sql, { modelUrl: server.url });
  await next.chat.start();
  const settled = await messageOf(next.chat, member, asked.conversationId, asked.answer.id);
  assert.equal(settled.state, "interrupted");
  assert.equal(settled.text, left.text, "every word in the log");
  const words = fold(asked.answer, seen).text;
  assert.ok(words.length > 0 && settled.text.startsWith(words), "every word that was seen");
  assert.ok((await servedTo("What if you die?")).text.startsWith(settled.text));
  const last = (await readStream(next.chat, member, seen.at(-1)?.seq ?? 0, isEndOf(settled.id))).at(-1)?.event;
  assert.ok(last?.kind === "message" && last.message.state === "interrupted", "a browser that was there hears of it");
  const more = await next.chat.regenerate(member, settled.id, { id: crypto.randomUUID(), modelId: null });
  assert.ok(more.ok);
  assert.equal((await ended(next.chat, member, { ...asked, answer: more.value.assistantMessage })).state, "done");
});

test("an app that is stopped ends its answers as interrupted, within two seconds", async (t) => {
  const member = await addMember(sql);
  await server.next({ when: "Will you stop?", words: 2_000, chunkDelayMs: 3 });
  const stopping = startChat(t, sql, { modelUrl: server.url });
  const asked = await ask(stopping.chat, member, "Will you stop?");
  await until(async () => (await messageOf(chat, member, asked.conversationId, asked.answer.id)).text.length > 100);
  const from = systemClock.monotonic();
  await stopping.chat.stop();
  assert.ok(systemClock.monotonic() - from < 2_500);
  const message = await messageOf(chat, member, asked.conversationId, asked.answer.id);
  assert.equal(message.state, "interrupted");
  assert.ok(message.text.length > 100);
});

test("a database that dies and comes back in mid-answer costs no word, and the readers go on", { timeout: 60_000 }, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "hf-chat-db-"));
  await chmod(folder, 0o711);
  const start = async () => {
    const started = await startEmbeddedPostgres({ dataDir: join(folder, "data"), socketDir: join(folder, "s"), settings: {} });
    if (!started.ok) return assert.fail(started.failure.sentence);
    return started.value;
  };
  let database = await start();
  const pool = openPool(database.address, { connections: 5, name: "test" });
  await migrate(pool);
  const away = startChat({ after: () => {} }, pool, { modelUrl: server.url });
  t.after(async () => {
    await away.chat.stop();
    await pool.end({ timeout: 1 });
    await database.stop();
    rmSync(folder, { recursive: true, force: true });
  });
  await away.chat.start();
  const member = await addMember(pool);
  const read = follow(away.chat, member.id, t);
  await server.next({ when: "Without a database?", words: 800, chunkDelayMs: 5 });
  const asked = await ask(away.chat, member, "Without a database?");
  for (let kill = 0; kill < 3; kill += 1) {
    const parts = read.length;
    await until(async () => read.length > parts + 3);
    if (kill === 0) await database.stop();
    else process.kill(database.pid, "SIGKILL");
    await systemClock.sleep(300);
    database = await start();
  }
  await until(async () => read.some(isEndOf(asked.answer.id)), 40_000);
  const served = await servedTo("Without a database?");
  assert.ok(served.finished);
  const kept = await messageOf(away.chat, member, asked.conversationId, asked.answer.id);
  assert.deepEqual([kept.state, kept.text], ["done", served.text]);
  assert.equal(
    fold(
      asked.answer,
      read.filter(({ event }) => event.kind === "part"),
    ).text,
    served.text,
  );
  assert.deepEqual(
    read.map(({ seq }) => seq),
    read.map((_, index) => index + 1),
  );
});

/** The database behind a wire that can be cut just when the answer to a commit comes back. */
async function wireTo(t: { after(work: () => unknown): unknown }): Promise<{ pool: Pool; loseCommits(count: number): void }> {
  assert.ok("socketDir" in address);
  const { socketDir } = address;
  const folder = mkdtempSync(join(tmpdir(), "hf-wire-"));
  let toLose = 0;
  const wire = createServer((near) => {
    const far = connect(join(socketDir, ".s.PGSQL.5432"));
    near
      .on("data", (bytes) => far.write(bytes))
      .on("close", () => far.destroy())
      .on("error", () => {});
    far.on("close", () => near.destroy()).on("error", () => {});
    far.on("data", (bytes) => {
      if (toLose === 0 || !bytes.includes("COMMIT\0")) return near.write(bytes);
      toLose -= 1;
      return near.destroy();
    });
  });
  await new Promise<void>((resolve) => wire.listen(join(folder, ".s.PGSQL.5432"), resolve));
  const pool = openPool({ ...address, socketDir: folder }, { connections: 5, name: "test-wire" });
  t.after(async () => {
    await pool.end({ timeout: 1 });
    await new Promise((resolve) => wire.close(resolve));
    rmSync(folder, { recursive: true, force: true });
  });
  return { pool, loseCommits: (count) => void (toLose = count) };
}

test("a commit whose answer is lost: no word twice, and the question that was sent again is asked once", async (t) => {
  const { pool, loseCommits } = await wireTo(t);
  const wired = startChat(t, pool, { modelUrl: server.url });
  const member = await addMember(sql);
  const read = follow(wired.chat, member.id, t);
  const conversationId = crypto.randomUUID();
  await wired.chat.create(member.id, conversationId);
  await server.next({ when: "Was it kept?", words: 400, chunkDelayMs: 4 });
  const question = { id: crypto.randomUUID(), parentId: null, text: "Was it kept?", modelId: null };
  loseCommits(1);
  await assert.rejects(wired.chat.send(member, conversationId, question));
  const again = await wired.chat.send(member, conversationId, question);
  assert.ok(again.ok);
  const answer = again.value.assistantMessage;
  for (const words of [20, 400, 800]) {
    await until(async () => (await messageOf(chat, member, conversationId, answer.id)).text.length > words);
    loseCommits(2);
  }
  await until(async () => read.some(isEndOf(answer.id)));
  const kept = await messageOf(chat, member, conversationId, answer.id);
  const served = (await server.served()).filter(({ request }) => request.includes("Was it kept?") && !request.includes("Write a title"));
  assert.equal(served.length, 1);
  assert.deepEqual([kept.state, kept.text], ["done", served[0]?.text]);
  assert.equal(
    fold(
      { ...answer, text: "" },
      read.filter(({ event }) => event.kind === "part"),
    ).text,
    kept.text,
  );
});

async function fillDisk(): Promise<() => Promise<void>> {
  await sql`create or replace function no_room() returns trigger language plpgsql as
    $$ begin raise exception 'could not extend file: No space left on device' using errcode = '53100'; end $$`;
  await sql`create trigger no_room before insert on event execute function no_room()`;
  return async () => void (await sql`drop trigger if exists no_room on event`);
}

test("a disk that is full for a while costs no word", async (t) => {
  const member = await addMember(sql);
  await server.next({ when: "Is there room?", words: 300, chunkDelayMs: 4 });
  const asked = await ask(chat, member, "Is there room?");
  await until(async () => (await messageOf(chat, member, asked.conversationId, asked.answer.id)).text.length > 0);
  const empty = await fillDisk();
  t.after(empty);
  await systemClock.sleep(1_500);
  await assert.rejects(ask(chat, member, "No room for this."), { code: "53100" }, "a new question is refused with the reason");
  await empty();
  const answer = await ended(chat, member, asked);
  assert.deepEqual([answer.state, answer.text], ["done", (await servedTo("Is there room?")).text]);
});

test("a database that stays away for too long: the answer is given up, and marked when it is back", async (t) => {
  const member = await addMember(sql);
  await server.next({ when: "For how long?", words: 2_000, chunkDelayMs: 4 });
  const hasty = startChat(t, sql, { modelUrl: server.url, giveUpMs: 400 });
  const asked = await ask(hasty.chat, member, "For how long?");
  await until(async () => (await messageOf(hasty.chat, member, asked.conversationId, asked.answer.id)).text.length > 0);
  const empty = await fillDisk();
  t.after(empty);
  await systemClock.sleep(2_000);
  await empty();
  const left = await messageOf(hasty.chat, member, asked.conversationId, asked.answer.id);
  assert.equal(left.state, "running");
  const words = left.text;
  const next = startChat(t, sql, { modelUrl: server.url });
  await next.chat.start();
  const settled = await messageOf(next.chat, member, asked.conversationId, asked.answer.id);
  assert.deepEqual([settled.state, settled.text], ["interrupted", words]);
  assert.equal(await hasty.chat.stop(member.id, asked.answer.id), true);
});

test("events older than a day go, a reader from before is told to start afresh, and a running answer keeps its words", async (t) => {
  const member = await addMember(sql);
  const old = await ask(chat, member, "Yesterday's question", "guide/manual");
  await ended(chat, member, old);
  const { cursor } = (await chat.read(member.id, old.conversationId)) ?? assert.fail();
  await server.next({ when: "Still running?", words: 500, chunkDelayMs: 5 });
  const running = await ask(chat, member, "Still running?");
  await until(async () => (await messageOf(chat, member, running.conversationId, running.answer.id)).text.length > 0);
  const removed = await sql.begin(async (tx) => {
    await lockStream(tx, member.id);
    return pruneEvents(tx, member.id, systemClock.now() + DAY_MS, 10_000);
  });
  assert.ok(removed >= cursor, "all that came before the running answer's first word");
  const [first] = await readStream(chat, member, 1, () => true);
  assert.equal(first?.event.kind, "reset");
  const afresh = await readStream(chat, member, first.seq, isEndOf(running.answer.id));
  assert.ok(afresh.length > 1, "and goes on live from there");
  const answer = await ended(chat, member, running);
  assert.equal(answer.text, (await servedTo("Still running?")).text);
  const later = startChat(t, sql, { modelUrl: null, clock: { ...systemClock, now: () => Date.now() + 2 * DAY_MS } });
  await later.chat.start();
  await until(async () => (await sql`select 1 from event where account_id = ${member.id}`).length === 0);
  assert.equal((await messageOf(chat, member, running.conversationId, answer.id)).text, answer.text, "the message stays whole");
  const [reset] = await readStream(chat, member, cursor, () => true);
  assert.equal(reset?.event.kind, "reset");
  const ahead = await readStream(chat, member, 1_000_000, () => true);
  assert.equal(ahead[0]?.event.kind, "reset", "so is a browser that knows more than a restored database");
});
