/**
 * Does a chat with a real model reach the person whole? Once with llama.cpp over a tiny model file, once with a second
 * process that speaks the OpenAI protocol. Whoever reloads in mid-answer loses no word, stop works from any tab, and an
 * answer that a killed process left is marked as interrupted.
 */
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import type { Message, ModelsAnswer, StreamEvent } from "#contract/wire.ts";
import { startHoldfast } from "#support/holdfast.ts";
import { startOpenAiServer } from "#support/openai-server.ts";
import {
  finished,
  mailboxReader,
  openBrowser,
  pause,
  readConversation,
  readEvents,
  register,
  sendMessage,
  startChat,
  type Browser,
} from "#support/people.ts";
import { tinyGguf } from "#support/tiny-gguf.ts";

const CUTS = Number(process.env["HOLDFAST_TEST_CUTS"] ?? 50);
const server = await startOpenAiServer(
  { after },
  { models: ["steady-7b"], otherwise: { words: 300, chunkDelayMs: 4, reasoning: "First I think about it." } },
);
const folder = mkdtempSync(join(tmpdir(), "hf-chat-"));
after(() => rmSync(folder, { recursive: true, force: true }));
mkdirSync(join(folder, "files"));
const modelFile = join(folder, "files", "tiny.gguf");
await writeFile(modelFile, tinyGguf({ name: "Tiny random llama", contextTokens: 1_024 }));
const holdfast = await startHoldfast({ after }, { env: { MODEL_URL: server.url, MODEL_FILE: modelFile } });
const member = openBrowser(holdfast.url);
await register(member, "chat@example.org", mailboxReader(holdfast.mailboxUrl));

async function modelOf(provider: "local" | "server"): Promise<string> {
  const { models } = await member.call<ModelsAnswer>("GET", "/api/models");
  const model = models.find((candidate) => candidate.provider === provider);
  assert.ok(model, `a ${provider} model is on offer: ${JSON.stringify(models)}`);
  return model.id;
}

/** What somebody who reads the stream from `cursor` on has in front of them. */
function fold(message: Message, events: readonly { event: StreamEvent }[]): Message {
  let now = message;
  for (const { event } of events) {
    if (event.kind === "message" && event.message.id === message.id) now = event.message;
    if (event.kind !== "part" || event.messageId !== message.id) continue;
    assert.equal(event.at, now[event.channel].length, "no piece is missing and none comes twice");
    now = { ...now, [event.channel]: now[event.channel] + event.text };
  }
  return now;
}

const ended =
  (id: string) =>
  ({ event }: { event: StreamEvent }) =>
    event.kind === "message" && event.message.id === id && event.message.state !== "running";

test("words of a real llama.cpp model stream in, piece by piece, and nothing leaves the machine", { timeout: 120_000 }, async () => {
  const { assistantMessage, conversationId } = await startChat(member, "Tell me something.", await modelOf("local"));
  const { messages, cursor } = await readConversation(member, conversationId);
  const events = await readEvents(member, cursor, ended(assistantMessage.id));
  const snapshot = messages.find(({ id }) => id === assistantMessage.id);
  assert.ok(snapshot);
  const answer = fold(snapshot, events);
  assert.equal(answer.state, "done");
  assert.ok(answer.text.length > 100);
  assert.ok(events.filter(({ event }) => event.kind === "part").length > 3, "it came in pieces");
  assert.deepEqual(answer.egress, { kind: "none" });
  assert.deepEqual((await finished(member, conversationId, assistantMessage.id)).text, answer.text);
});

test(
  `whoever reloads in mid-answer, at any of ${CUTS} random points, ends up with every word that the model server sent`,
  { timeout: 300_000 },
  async (t) => {
    const modelId = await modelOf("server");
    let longest = 0;
    for (let cut = 0; cut < CUTS; cut += 1) {
      const { assistantMessage, conversationId } = await startChat(member, `question ${cut}`, modelId);
      const id = assistantMessage.id;
      // reads on until a random number of events, then the page is gone; the new page begins with a snapshot
      const before = await readConversation(member, conversationId);
      const reloadAfter = 1 + Math.floor(Math.random() * 40);
      let seen = 0;
      const first = await readEvents(member, before.cursor, (event) => ended(id)(event) || (seen += 1) >= reloadAfter);
      const cutOff = fold(messageIn(before.messages, id), first);
      if (cut % 2 === 0) {
        // a lost network: the same page goes on from its last event
        const rest = await readEvents(member, first.at(-1)?.seq ?? before.cursor, ended(id));
        await compare(fold(cutOff, rest), conversationId, id);
      } else {
        const snapshot = await readConversation(member, conversationId);
        const again = messageIn(snapshot.messages, id);
        assert.ok(again.text.startsWith(cutOff.text), "the snapshot has at least what was seen");
        const rest = again.state === "running" ? await readEvents(member, snapshot.cursor, ended(id)) : [];
        await compare(fold(again, rest), conversationId, id);
      }
    }
    t.diagnostic(`${CUTS} cuts; the longest answer had ${longest} characters`);

    async function compare(read: Message, conversationId: string, id: string): Promise<void> {
      const stored = await finished(member, conversationId, id);
      const served = (await server.served()).findLast(({ request }) => request.includes(questionOf(conversationId)));
      assert.equal(read.text, stored.text);
      assert.ok(served?.finished, "the model server says that it sent everything");
      assert.equal(read.text, served.text);
      assert.equal(read.reasoning, served.reasoning);
      longest = Math.max(longest, read.text.length);
      questions.delete(conversationId);
    }
    function questionOf(conversationId: string): string {
      return questions.get(conversationId) ?? "";
    }
    function messageIn(messages: readonly Message[], id: string): Message {
      const message = messages.find((candidate) => candidate.id === id);
      assert.ok(message);
      const question = messages.find((candidate) => candidate.id === message.parentId);
      questions.set(message.conversationId, `"${question?.text}"`);
      return message;
    }
  },
);
const questions = new Map<string, string>();

test("an answer is stopped from another tab, and keeps what came", { timeout: 60_000 }, async () => {
  await server.next({ words: 2_000, chunkDelayMs: 10 });
  const { assistantMessage, conversationId } = await startChat(member, "Go on and on.", await modelOf("server"));
  const other = openBrowser(holdfast.url);
  for (const [name, value] of member.cookies) other.cookies.set(name, value);
  const { cursor } = await readConversation(member, conversationId);
  await readEvents(member, cursor, ({ event }) => event.kind === "part");
  const watching = readEvents(member, cursor, ended(assistantMessage.id));
  await other.call("POST", `/api/messages/${assistantMessage.id}/stop`, {});
  await watching;
  const message = await finished(member, conversationId, assistantMessage.id);
  assert.equal(message.state, "stopped");
  assert.ok(message.text.length > 0);
});

test(
  "a model server that breaks off in mid-answer: what came stays, the fault is shown, asking again works",
  { timeout: 60_000 },
  async () => {
    const modelId = await modelOf("server");
    await server.next({ words: 200, chunkDelayMs: 2, fault: { kind: "cut", afterChunks: 40 } });
    const { assistantMessage, conversationId } = await startChat(member, "Will you break off?", modelId);
    const broken = await finished(member, conversationId, assistantMessage.id);
    assert.equal(broken.state, "failed");
    assert.equal(broken.problemCode, "model-failed");
    assert.ok(broken.text.length > 0);
    const { assistantMessage: second } = await member.call<{ assistantMessage: Message }>("POST", `/api/messages/${broken.id}/regenerate`, {
      id: crypto.randomUUID(),
      modelId,
    });
    assert.equal((await finished(member, conversationId, second.id)).state, "done");
    const { messages } = await readConversation(member, conversationId);
    assert.deepEqual(
      messages
        .filter(({ role }) => role === "assistant")
        .map(({ state }) => state)
        .toSorted(),
      ["done", "failed"],
    );
  },
);

test(
  "kill -9 of the app in mid-answer: the words that were seen are there, and the answer is marked as interrupted",
  { timeout: 60_000 },
  async () => {
    await server.next({ words: 2_000, chunkDelayMs: 10 });
    const { assistantMessage, conversationId } = await startChat(member, "What if you die?", await modelOf("server"));
    const { cursor, messages } = await readConversation(member, conversationId);
    let parts = 0;
    const seen = await readEvents(member, cursor, ({ event }) => event.kind === "part" && (parts += 1) >= 10);
    const message = messages.find(({ id }) => id === assistantMessage.id);
    assert.ok(message);
    const words = fold(message, seen).text;
    const pid = (await holdfast.pids()).app;
    assert.ok(pid !== undefined);
    process.kill(pid, "SIGKILL");
    await backAgain(member);
    const left = await finished(member, conversationId, assistantMessage.id);
    assert.equal(left.state, "interrupted");
    assert.ok(left.text.startsWith(words), "every word that was seen is kept");
  },
);

test("a question that is sent twice, by a double click or from two tabs, is asked once", { timeout: 60_000 }, async () => {
  const conversationId = crypto.randomUUID();
  const id = crypto.randomUUID();
  await Promise.all([1, 2].map(() => member.call("POST", "/api/conversations", { id: conversationId })));
  const modelId = await modelOf("server");
  const before = (await server.served()).length;
  const send = () =>
    member.request("POST", `/api/conversations/${conversationId}/messages`, { id, parentId: null, text: "Once only.", modelId });
  const answers = await Promise.all(Array.from({ length: 20 }, send));
  for (const answer of answers) assert.ok(answer.status < 300, answer.text);
  const ids = new Set(answers.map((answer) => (answer.json() as { assistantMessage: Message }).assistantMessage.id));
  assert.equal(ids.size, 1);
  await finished(member, conversationId, [...ids][0] ?? "");
  const asked = (await server.served())
    .slice(before)
    .filter(({ request }) => request.includes('"Once only."') && !request.includes("Write a title"));
  assert.equal(asked.length, 1);
});

test("editing a question makes a branch, and both branches stay", { timeout: 60_000 }, async () => {
  const modelId = await modelOf("server");
  const { userMessage, assistantMessage, conversationId } = await startChat(member, "First wording.", modelId);
  await finished(member, conversationId, assistantMessage.id);
  const edited = await sendMessage(member, conversationId, userMessage?.parentId ?? null, "Second wording.", modelId);
  await finished(member, conversationId, edited.assistantMessage.id);
  const { messages, conversation } = await readConversation(member, conversationId);
  assert.deepEqual(
    messages
      .filter(({ role }) => role === "user")
      .map(({ text }) => text)
      .toSorted(),
    ["First wording.", "Second wording."],
  );
  assert.equal(conversation.leafMessageId, edited.assistantMessage.id);
});

async function backAgain(browser: Browser): Promise<void> {
  for (const until = Date.now() + 10_000; Date.now() < until; await pause(50)) {
    const answer = await browser.request("GET", "/api/me", undefined, { connection: "close" }).catch(() => undefined);
    if (answer?.status === 200) return;
  }
  throw new Error("the app was not back within 10 s");
}
