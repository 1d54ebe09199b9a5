/**
 * How does a test get a real chat? The assistant module on a real PostgreSQL with the guide and a model server that is a
 * process of its own, members, and a reader of the event stream that notices every gap and every repeat.
 */
import assert from "node:assert/strict";
import { fork, type ChildProcess } from "node:child_process";
import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { pino } from "pino";
import { systemDice } from "#kit/dice.ts";
import { systemClock, type Clock } from "#kit/time.ts";
import type { Account, Message, StreamEvent } from "#contract/wire.ts";
import { createChat, type Chat, type ChatParts } from "#assistant/chat.ts";
import { createModels } from "#assistant/models.ts";
import { createEgress } from "#egress/egress.ts";
import type { DatabaseAddress, Pool } from "#store/store.ts";
import type { NumberedEvent } from "#assistant/store.ts";

type Afterwards = { after(work: () => unknown): unknown };
export type ChatOptions = { modelUrl: string | null; clock?: Clock } & Pick<ChatParts, "limits" | "giveUpMs">;

export function openChat(sql: Pool, dataDir: string, { modelUrl, clock = systemClock, ...more }: ChatOptions) {
  const log = pino({ level: process.env["HOLDFAST_TEST_LOG"] ?? "silent" });
  const egress = createEgress({ sql, clock, dice: systemDice, log, destinations: [] });
  const models = createModels({
    sql,
    clock,
    dice: systemDice,
    log,
    egress,
    settings: { url: modelUrl, key: null, name: null, discover: false, file: null, hubUrl: "http://127.0.0.1:9" },
    dataDir,
    socket: join(dataDir, "model.sock"),
    wantModel: () => {},
  });
  return { chat: createChat({ sql, clock, dice: systemDice, log, models, egress, ...more }), models, egress };
}

/** A chat that ends with `t`. */
export function startChat(t: Afterwards, sql: Pool, options: ChatOptions) {
  const folder = mkdtempSync(join(tmpdir(), "hf-chat-"));
  const opened = openChat(sql, folder, options);
  t.after(async () => {
    await opened.chat.stop();
    rmSync(folder, { recursive: true, force: true });
  });
  return opened;
}

export async function addMember(sql: Pool): Promise<Account> {
  const account: Account = { id: randomUUID(), address: `${randomUUID()}@example.org`, role: "member", language: "en" };
  await sql`insert into account (id, address, address_key, password_hash, role, language, cohort, created_at)
    values (${account.id}, ${account.address}, ${account.address}, 'x', 'member', 'en', 1, now())`;
  return account;
}

/** A new conversation with one question in it. */
export async function ask(chat: Chat, account: Account, text: string, modelId: string | null = null) {
  const conversationId = randomUUID();
  assert.ok(await chat.create(account.id, conversationId));
  const sent = await chat.send(account, conversationId, { id: randomUUID(), parentId: null, text, modelId });
  assert.ok(sent.ok, sent.ok ? "" : sent.failure.tag);
  const { userMessage, assistantMessage } = sent.value;
  assert.ok(userMessage);
  return { conversationId, question: userMessage, answer: assistantMessage };
}

export async function messageOf(chat: Chat, account: Account, conversationId: string, id: string): Promise<Message> {
  const found = (await chat.read(account.id, conversationId))?.messages.find((message) => message.id === id);
  return found ?? assert.fail("the message is in its conversation");
}

/** The answer as it ended. */
export async function ended(
  chat: Chat,
  account: Account,
  { conversationId, answer }: { conversationId: string; answer: Message },
): Promise<Message> {
  for (;;) {
    const now = await messageOf(chat, account, conversationId, answer.id);
    if (now.state !== "running") return now;
    await systemClock.sleep(20);
  }
}

/** Reads the stream until `isLast`, and checks that no number is missing. */
export async function readStream(
  chat: Chat,
  account: Account,
  afterSeq: number,
  isLast: (item: NumberedEvent) => boolean,
): Promise<NumberedEvent[]> {
  const stop = new AbortController();
  const read: NumberedEvent[] = [];
  for await (const item of chat.events(account.id, afterSeq, stop.signal)) {
    if (item.event.kind !== "reset") assert.equal(item.seq, (read.at(-1)?.seq ?? afterSeq) + 1, "event numbers are gapless");
    read.push(item);
    if (isLast(item)) stop.abort();
  }
  return read;
}

export const isEndOf =
  (id: string) =>
  ({ event }: { event: StreamEvent }) =>
    event.kind === "message" && event.message.id === id && event.message.state !== "running";

/** What a person has in front of them who had `message` and then read `events`. */
export function fold(message: Message, events: readonly { event: StreamEvent }[]): Message {
  let now = message;
  for (const { event } of events) {
    if (event.kind === "message" && event.message.id === message.id) now = event.message;
    if (event.kind !== "part" || event.messageId !== message.id) continue;
    assert.equal(event.at, now[event.channel].length, "no piece is missing and none comes twice");
    now = { ...now, [event.channel]: now[event.channel] + event.text };
  }
  return now;
}

// ---- a chat in a process of its own, to be killed ------------------------------------------------------------

export type ChatProcessOrder = { address: DatabaseAddress; modelUrl: string; account: Account; text: string };
export type ChatProcessNews = { asked: Awaited<ReturnType<typeof ask>> } | { seen: NumberedEvent };

/** Asks in a second process, which reports the begun answer and then every event that its stream brings. */
export function askInProcess(t: Afterwards, order: ChatProcessOrder, onNews: (news: ChatProcessNews) => void): ChildProcess {
  const child = fork(fileURLToPath(new URL("./chat-process.ts", import.meta.url)), [JSON.stringify(order)], {
    stdio: ["ignore", "inherit", "inherit", "ipc"],
    execArgv: [],
  });
  child.on("message", (news) => onNews(news as ChatProcessNews));
  t.after(() => child.kill("SIGKILL"));
  return child;
}
