/** Do conversations behave as people expect: two tabs, double clicks, edits, stops, deletions, and nobody else's business? */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, test } from "node:test";
import { DAY_MS, systemClock } from "#kit/time.ts";
import type { Account, Message } from "#contract/wire.ts";
import { addMember, ask, ended, isEndOf, messageOf, readStream, startChat } from "#support/chat.ts";
import { testDatabase } from "#support/database.ts";
import { startOpenAiServer } from "#support/openai-server.ts";
import type { Chat } from "./chat.ts";

const sql = await testDatabase({ after });
const server = await startOpenAiServer({ after }, { models: ["steady-7b"], otherwise: { words: 8 } });
const { chat } = startChat({ after }, sql, { modelUrl: server.url });
await chat.start();

/** How the question with `when` in it is answered; titles of other tests pass by. */
const slow = (when: string) => ({ when, words: 400, chunkDelayMs: 10 });
const tagOf = (outcome: { ok: true } | { ok: false; failure: { tag: string } }) => (outcome.ok ? "ok" : outcome.failure.tag);
const question = (text: string, parentId: string | null = null) => ({ id: randomUUID(), parentId, text, modelId: null });
const chatRequests = async (text: string) =>
  (await server.received()).filter(({ body }) => body.includes(text) && !body.includes("Write a title")).length;

async function until<Value>(look: () => Promise<Value | undefined | false>): Promise<Value> {
  for (let tries = 0; tries < 500; tries += 1) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
    await systemClock.sleep(20);
  }
  return assert.fail("it did not come within 10 s");
}

/** Waits until words have come. */
const speaking = (by: Chat, account: Account, conversationId: string, answer: Message) =>
  until(async () => (await messageOf(by, account, conversationId, answer.id)).text.length > 0);

test("a newcomer without a model talks to the guide, and nothing leaves", async () => {
  const member = await addMember(sql);
  const asked = await ask(chat, member, "How do I connect a model?", "guide/manual");
  assert.equal(asked.answer.state, "running");
  const answer = await ended(chat, member, asked);
  assert.equal(answer.state, "done");
  assert.ok(answer.text.length > 50);
  assert.deepEqual(answer.egress, { kind: "none" });
  const listed = await chat.list(member.id, null);
  assert.deepEqual(
    listed?.conversations.map(({ title, leafMessageId }) => [title, leafMessageId]),
    [["How do I connect a model?", answer.id]],
  );
});

test("an answer of a model server has words, thoughts, usage, and says where the question went", async () => {
  const member = await addMember(sql);
  await server.next({ when: "two and two?", text: "It is four. 👩‍💻", reasoning: "two and two" });
  const asked = await ask(chat, member, "What is two and two?");
  const events = await readStream(chat, member, 0, isEndOf(asked.answer.id));
  const last = events.at(-1)?.event;
  assert.ok(last?.kind === "message");
  assert.equal(last.message.text, "It is four. 👩‍💻");
  assert.equal(last.message.reasoning, "two and two");
  assert.ok((last.message.usage?.outputTokens ?? 0) > 0);
  assert.deepEqual(last.message.egress, { kind: "stayed", requests: 1 });
  assert.equal(last.message.modelName, "steady-7b");
});

test("an answer that the model cut at its length limit is whole for the database, and is marked for its reader until they ask on", async () => {
  const member = await addMember(sql);
  await server.next(
    { when: "Tell all of it", text: "It began with", finish: "length" },
    { when: "Go on from there", text: " and it ended." },
  );
  const asked = await ask(chat, member, "Tell all of it");
  const events = await readStream(chat, member, 0, isEndOf(asked.answer.id));
  const last = events.at(-1)?.event;
  assert.ok(last?.kind === "message");
  assert.deepEqual([last.message.state, last.message.cutShort], ["done", true]);
  assert.equal((await messageOf(chat, member, asked.conversationId, asked.answer.id)).cutShort, true, "also for whoever reads it later");
  const sent = await chat.send(member, asked.conversationId, question("Go on from there", asked.answer.id));
  assert.ok(sent.ok);
  const whole = await ended(chat, member, { conversationId: asked.conversationId, answer: sent.value.assistantMessage });
  assert.deepEqual([whole.state, whole.cutShort], ["done", false]);
});

test("a question sent 20 times at once is asked once, and everybody gets the same answer", async () => {
  const member = await addMember(sql);
  const conversationId = randomUUID();
  const created = await Promise.all(Array.from({ length: 20 }, () => chat.create(member.id, conversationId)));
  assert.ok(created.every((conversation) => conversation?.id === conversationId));
  const asked = question("Twenty times the same?");
  const sent = await Promise.all(Array.from({ length: 20 }, () => chat.send(member, conversationId, asked)));
  const answers = new Set(sent.map((outcome) => (outcome.ok ? outcome.value.assistantMessage.id : outcome.failure.tag)));
  assert.equal(answers.size, 1);
  const [id] = [...answers];
  const answer = await ended(chat, member, { conversationId, answer: { id } as Message });
  assert.equal((await chat.read(member.id, conversationId))?.messages.length, 2);
  assert.equal(await chatRequests("Twenty times the same?"), 1);
  const late = await chat.send(member, conversationId, { ...asked, id: asked.id.toUpperCase() });
  assert.ok(late.ok);
  assert.equal(late.value.assistantMessage.text, answer.text, "and also much later");
});

test("two tabs that ask at once in one conversation: one is answered, the other is told that an answer is being written", async () => {
  const member = await addMember(sql);
  await server.next(slow("tab "));
  const conversationId = randomUUID();
  await chat.create(member.id, conversationId);
  const sent = await Promise.all(Array.from({ length: 5 }, (_, number) => chat.send(member, conversationId, question(`tab ${number}`))));
  assert.deepEqual(sent.map(tagOf).toSorted(), ["answer-running", "answer-running", "answer-running", "answer-running", "ok"]);
  const won = sent.find(({ ok }) => ok);
  assert.ok(won?.ok);
  assert.equal((await chat.read(member.id, conversationId))?.messages.length, 2);
  await chat.stop(member.id, won.value.assistantMessage.id);
});

test("an answer is stopped from another tab, keeps what came, and the next question can be asked at once", async () => {
  const member = await addMember(sql);
  await server.next(slow("Go on"));
  const { conversationId, answer } = await ask(chat, member, "Go on and on.");
  await speaking(chat, member, conversationId, answer);
  assert.equal(await chat.stop(member.id, answer.id), true);
  const stopped = await messageOf(chat, member, conversationId, answer.id);
  assert.equal(stopped.state, "stopped");
  assert.ok(stopped.text.length > 0);
  assert.ok(stopped.finishedAt !== null);
  assert.equal(await chat.stop(member.id, answer.id), true, "stopping what has ended is fine");
  assert.equal(tagOf(await chat.send(member, conversationId, question("And now?", answer.id))), "ok");
});

test("editing a question makes a branch: the model hears only that branch, and both stay", async () => {
  const member = await addMember(sql);
  const first = await ask(chat, member, "First wording.");
  const answer = await ended(chat, member, first);
  const more = await chat.send(member, first.conversationId, question("A follow-up.", answer.id));
  assert.ok(more.ok);
  await ended(chat, member, { ...first, answer: more.value.assistantMessage });
  const edited = await chat.send(member, first.conversationId, question("Second wording."));
  assert.ok(edited.ok);
  await ended(chat, member, { ...first, answer: edited.value.assistantMessage });
  const bodies = (await server.received()).map(({ body }) => body.toString()).filter((body) => !body.includes("Write a title"));
  const followed = bodies.find((body) => body.includes("A follow-up."));
  assert.ok(followed?.includes("First wording.") === true && followed.includes(JSON.stringify(answer.text).slice(1, -1)));
  assert.ok(bodies.some((body) => body.includes("Second wording.") && !body.includes("First wording.")));
  const { conversation, messages } = (await chat.read(member.id, first.conversationId)) ?? assert.fail();
  assert.equal(messages.length, 6);
  assert.equal(conversation.leafMessageId, edited.value.assistantMessage.id);
  const back = await chat.change(member.id, first.conversationId, { leafMessageId: more.value.assistantMessage.id });
  assert.equal(back?.leafMessageId, more.value.assistantMessage.id);
});

test("regenerating adds a sibling, and a double click adds one", async () => {
  const member = await addMember(sql);
  await server.next({ when: "break off?", words: 20, fault: { kind: "cut", afterChunks: 6 } });
  const asked = await ask(chat, member, "Will it break off?");
  const broken = await ended(chat, member, asked);
  assert.deepEqual([broken.state, broken.problemCode], ["failed", "model-failed"]);
  assert.ok(broken.text.length > 0, "what came stays");
  const again = { id: randomUUID(), modelId: null };
  const both = await Promise.all([chat.regenerate(member, broken.id, again), chat.regenerate(member, broken.id, again)]);
  assert.deepEqual(both.map(tagOf), ["ok", "ok"]);
  const second = await ended(chat, member, { ...asked, answer: { id: again.id } as Message });
  assert.equal(second.state, "done");
  const { messages, conversation } = (await chat.read(member.id, asked.conversationId)) ?? assert.fail();
  assert.deepEqual(
    messages.map(({ role, parentId }) => [role, parentId]),
    [
      ["user", null],
      ["assistant", asked.question.id],
      ["assistant", asked.question.id],
    ],
  );
  assert.equal(conversation.leafMessageId, again.id);
});

test("a model that says that the chat is too long is asked once more with less of it", async () => {
  const member = await addMember(sql);
  const first = await ask(chat, member, `Long ago: ${"x".repeat(3_000)}`);
  const answer = await ended(chat, member, first);
  const body = JSON.stringify({
    error: {
      message: "This model's maximum context length is 512 tokens. However, you requested 1200 tokens",
      code: "context_length_exceeded",
    },
  });
  await server.next({ when: "Only this?", fault: { kind: "status", status: 400, body } });
  const more = await chat.send(member, first.conversationId, question("Only this?", answer.id));
  assert.ok(more.ok);
  const told = await ended(chat, member, { ...first, answer: more.value.assistantMessage });
  assert.equal(told.state, "done");
  const bodies = (await server.received()).map(({ body: sent }) => sent.toString()).filter((sent) => sent.includes("Only this?"));
  assert.deepEqual(
    bodies.map((sent) => sent.includes("Long ago")),
    [true, false],
  );
  assert.equal((await messageOf(chat, member, first.conversationId, told.id)).egress.kind, "stayed");
});

test("a new conversation has its first words for a title until the model proposes one, under the same answer in the ledger", async () => {
  const member = await addMember(sql);
  await server.next({ when: "bake bread?", words: 5 }, { when: "bake bread?", text: "Bread at Home" });
  const asked = await ask(chat, member, "How do I bake bread?");
  const events = await readStream(
    chat,
    member,
    0,
    ({ event }) => event.kind === "conversation" && event.conversation.title === "Bread at Home",
  );
  const titles = events.flatMap(({ event }) => (event.kind === "conversation" ? [event.conversation.title] : []));
  assert.deepEqual(titles, ["", "How do I bake bread?", "Bread at Home"]);
  const at = events.findIndex(isEndOf(asked.answer.id));
  assert.ok(at < events.length - 1, "the answer did not wait for it");
  assert.deepEqual((await messageOf(chat, member, asked.conversationId, asked.answer.id)).egress, { kind: "stayed", requests: 2 });
  const last = events.findLast(isEndOf(asked.answer.id))?.event;
  assert.deepEqual(
    last?.kind === "message" ? last.message.egress : undefined,
    { kind: "stayed", requests: 2 },
    "and browsers hear of that",
  );
});

test("a title that a person gave is kept, and a proposal that fails leaves the first words", async () => {
  const member = await addMember(sql);
  await server.next({ when: "Rename me.", words: 5 }, { when: "Rename me.", text: "Something else", chunkDelayMs: 400 });
  const asked = await ask(chat, member, "Rename me.");
  await ended(chat, member, asked);
  await until(async () => (await server.received()).some(({ body }) => body.includes("Write a title") && body.includes("Rename me.")));
  await chat.change(member.id, asked.conversationId, { title: "My own" });
  await server.next({ when: "Fail me.", words: 5 }, { when: "Fail me.", fault: { kind: "status", status: 400 } });
  const other = await ask(chat, member, "Fail me.");
  await ended(chat, member, other);
  await systemClock.sleep(1_000);
  assert.equal((await chat.read(member.id, asked.conversationId))?.conversation.title, "My own");
  assert.equal((await chat.read(member.id, other.conversationId))?.conversation.title, "Fail me.");
});

test("a deleted conversation stops, is gone from the list, comes back whole, and goes for good after 30 days", async (t) => {
  const member = await addMember(sql);
  await server.next(slow("Keep me."));
  const asked = await ask(chat, member, "Keep me.");
  await speaking(chat, member, asked.conversationId, asked.answer);
  const removed = await chat.remove(member.id, asked.conversationId);
  assert.ok(removed?.deletedAt);
  assert.equal(await chat.read(member.id, asked.conversationId), undefined);
  assert.deepEqual((await chat.list(member.id, null))?.conversations, []);
  assert.equal(tagOf(await chat.send(member, asked.conversationId, question("Hello?"))), "not-found");
  assert.equal((await chat.remove(member.id, asked.conversationId))?.deletedAt, removed.deletedAt, "twice is once");
  assert.equal((await chat.restore(member.id, asked.conversationId))?.deletedAt, null);
  const answer = await ended(chat, member, asked);
  assert.equal(answer.state, "stopped");
  const gone = await ask(chat, member, "Forget me.", "guide/manual");
  await ended(chat, member, gone);
  await chat.remove(member.id, gone.conversationId);
  const later = startChat(t, sql, { modelUrl: null, clock: { ...systemClock, now: () => Date.now() + 31 * DAY_MS } });
  await later.chat.start();
  await until(async () => (await sql`select 1 from conversation where id = ${gone.conversationId}`).length === 0);
  assert.equal((await sql`select 1 from message where conversation_id = ${gone.conversationId}`).length, 0);
  assert.equal((await chat.read(member.id, asked.conversationId))?.messages.length, 2, "what was restored stays");
});

test("somebody else's conversations and messages are not there, and their ids can't be taken", async () => {
  const [member, other] = [await addMember(sql), await addMember(sql)];
  const asked = await ask(chat, member, "Mine.", "guide/manual");
  await ended(chat, member, asked);
  const own = randomUUID();
  await chat.create(other.id, own);
  for (const id of [asked.conversationId, randomUUID(), "no-uuid", "\0"]) {
    assert.equal(await chat.read(other.id, id), undefined);
    assert.equal(await chat.change(other.id, id, { title: "Mine now" }), undefined);
    assert.equal(await chat.remove(other.id, id), undefined);
    assert.equal(await chat.restore(other.id, id), undefined);
    assert.equal(tagOf(await chat.send(other, id, question("hello"))), "not-found");
  }
  for (const id of [asked.answer.id, asked.question.id, randomUUID(), "no-uuid"]) {
    assert.equal(await chat.stop(other.id, id), false);
    assert.equal(tagOf(await chat.regenerate(other, id, { id: randomUUID(), modelId: null })), "not-found");
    assert.equal(tagOf(await chat.send(other, own, question("to a foreign parent", id))), "not-found");
    assert.equal(await chat.change(other.id, own, { leafMessageId: id }), undefined);
  }
  assert.equal(await chat.create(other.id, asked.conversationId), undefined);
  assert.equal(tagOf(await chat.send(other, own, { ...question("a taken id"), id: asked.question.id })), "not-found");
  assert.equal((await chat.read(other.id, own))?.messages.length, 0);
  const mine = await chat.read(member.id, asked.conversationId);
  assert.deepEqual([mine?.conversation.title, mine?.messages.length], ["Mine.", 2]);
});

test("one person writes three answers at once and is told to wait with the fourth; others are not held up", async () => {
  const [member, other] = [await addMember(sql), await addMember(sql)];
  await server.next(...["first", "second", "third"].map(slow));
  const three = [await ask(chat, member, "first"), await ask(chat, member, "second"), await ask(chat, member, "third")];
  const fourth = randomUUID();
  await chat.create(member.id, fourth);
  const refused = question("four");
  assert.equal(tagOf(await chat.send(member, fourth, refused)), "too-busy");
  assert.equal((await chat.read(member.id, fourth))?.messages.length, 0, "nothing is left of it");
  await ended(chat, other, await ask(chat, other, "and I?"));
  await Promise.all(three.map(({ answer }) => chat.stop(member.id, answer.id)));
  assert.equal(tagOf(await chat.send(member, fourth, refused)), "ok");
});

test("a model that is not there is said before anything is written", async () => {
  const member = await addMember(sql);
  const conversationId = randomUUID();
  await chat.create(member.id, conversationId);
  assert.equal(
    tagOf(await chat.send(member, conversationId, { ...question("Anybody?"), modelId: "server:gone/none" })),
    "model-unavailable",
  );
  assert.equal((await chat.read(member.id, conversationId))?.messages.length, 0);
});

test("while the ledger can't be read or written nothing is asked, and the chat still opens", async (t) => {
  const member = await addMember(sql);
  await sql`alter table egress_entry rename to egress_entry_away`;
  t.after(() => sql`alter table if exists egress_entry_away rename to egress_entry`.then(() => {}));
  const asked = await ask(chat, member, "Is the ledger there?");
  const answer = await ended(chat, member, asked);
  assert.deepEqual([answer.state, answer.problemCode, answer.egress.kind], ["failed", "ledger-unavailable", "unknown"]);
  assert.equal(await chatRequests("Is the ledger there?"), 0);
});

test("a long list of conversations comes in pages, each once, the newest first", async () => {
  const member = await addMember(sql);
  for (let number = 0; number < 120; number += 1) await chat.create(member.id, randomUUID());
  const seen: number[] = [];
  const ids = new Set<string>();
  for (let cursor: string | null | undefined = null; cursor !== undefined;) {
    const page = await chat.list(member.id, cursor);
    assert.ok(page);
    assert.equal(page.seq, 120);
    for (const { id, updatedAt } of page.conversations) {
      seen.push(updatedAt);
      ids.add(id);
    }
    cursor = page.nextCursor ?? undefined;
  }
  assert.equal(ids.size, 120);
  assert.deepEqual(
    seen,
    seen.toSorted((a, b) => b - a),
  );
  for (const cursor of [
    "",
    "x",
    Buffer.from("1.2").toString("base64url"),
    Buffer.from(`9999999999999999.${randomUUID()}`).toString("base64url"),
  ]) {
    assert.equal(await chat.list(member.id, cursor), undefined);
  }
});
