/**
 * What can a person do with their conversations? Everything is the account's own: what belongs to somebody else is not there.
 * Each change stands in the account's event log in the same transaction, so every browser of theirs hears of it.
 */
import type { Logger } from "pino";
import type { Dice } from "#kit/dice.ts";
import type { Outcome } from "#kit/outcome.ts";
import type { Clock } from "#kit/time.ts";
import type { Account, Conversation, ConversationAnswer, ConversationsAnswer, Message, SendAnswer, StreamEvent } from "#contract/wire.ts";
import type { Egress } from "#egress/egress.ts";
import type { Pool, Transaction } from "#store/store.ts";
import { createAsking, type Asked, type AskedAgain, type AskRefusal } from "./asking.ts";
import { makeCursor, readCursor, readId } from "./core/ids.ts";
import { storable } from "./core/pieces.ts";
import { createEventLog } from "./event-log.ts";
import { createGenerations, GENERATION_LIMITS, type GenerationLimits } from "./generations.ts";
import type { Models } from "./models.ts";
import { isPassingFault } from "./patience.ts";
import {
  findConversation,
  findMessage,
  insertConversation,
  isInConversation,
  lastSeq,
  listConversations,
  messagesOf,
  updateConversation,
  type ConversationChange,
  type StoredMessage,
} from "./store.ts";
import { createTitles } from "./titles.ts";
import { createUpkeep, endAbandoned } from "./upkeep.ts";

export type Chat = {
  /** The newest first. `undefined`: the cursor is not one of ours. */
  list(accountId: string, cursor: string | null): Promise<ConversationsAnswer | undefined>;
  /** The same id again is the same conversation. `undefined`: the id is somebody else's. */
  create(accountId: string, id: string): Promise<Conversation | undefined>;
  read(accountId: string, id: string): Promise<ConversationAnswer | undefined>;
  change(accountId: string, id: string, patch: { title?: string; leafMessageId?: string }): Promise<Conversation | undefined>;
  /** A deleted conversation can be restored for 30 days. An answer that is being written is stopped. */
  remove(accountId: string, id: string): Promise<Conversation | undefined>;
  restore(accountId: string, id: string): Promise<Conversation | undefined>;
  send(account: Account, conversationId: string, asked: Asked): Promise<Outcome<SendAnswer, AskRefusal>>;
  /** Another answer to the same question, beside the ones that are there. */
  regenerate(account: Account, messageId: string, asked: AskedAgain): Promise<Outcome<SendAnswer, AskRefusal>>;
  /** True also when it had ended already. False: not found. */
  stop(accountId: string, messageId: string): Promise<boolean>;
  /** The event log after `afterSeq`, then live, until `signal` aborts. First a `reset` when what follows `afterSeq` was removed. */
  events(accountId: string, afterSeq: number, signal: AbortSignal): AsyncIterable<{ seq: number; event: StreamEvent }>;
  /** Marks what a killed process left as interrupted, and begins to tidy. */
  start(): Promise<void>;
  /** Ends running answers as interrupted within about two seconds, and every stream. */
  stop(): Promise<void>;
};

export type ChatParts = {
  sql: Pool;
  clock: Clock;
  dice: Dice;
  log: Logger;
  models: Pick<Models, "choose">;
  egress: Pick<Egress, "summary">;
  limits?: GenerationLimits;
  /** How long words wait in memory for a database that is away. */
  giveUpMs?: number;
};

const PAGE = 50;

export function createChat({ models, limits, ...given }: ChatParts): Chat {
  const { sql, clock, log, egress } = given;
  const events = createEventLog(given);
  const parts = { ...given, events };
  const titles = createTitles(parts);
  const generations = createGenerations({
    ...parts,
    limits: limits ?? GENERATION_LIMITS,
    onBegin: (job) => titles.makeWay(job),
    onEnd: (job, message) => titles.propose(job, message),
  });
  const asking = createAsking({ ...parts, models, generations });
  const upkeep = createUpkeep({ ...parts, isRunning: (messageId) => generations.isRunning(messageId) });

  async function withEgress(messages: readonly StoredMessage[]): Promise<Message[]> {
    const answers = messages.filter(({ role }) => role === "assistant").map(({ id }) => id);
    const summaries = await egress.summary(answers).catch((error: unknown) => {
      if (isPassingFault(error)) throw error;
      log.warn({ err: error }, "the ledger can't be read");
      return undefined;
    });
    return messages.map((message) => {
      if (message.role === "user") return { ...message, egress: { kind: "none" } };
      return { ...message, egress: summaries?.get(message.id) ?? { kind: "unknown" } };
    });
  }

  /** Changes a conversation and says so to every browser. `undefined` when it is not there. */
  async function change(
    accountId: string,
    text: string,
    decide: (now: Conversation, tx: Transaction) => ConversationChange | undefined | Promise<ConversationChange | undefined>,
  ): Promise<Conversation | undefined> {
    const id = readId(text);
    if (id === undefined) return undefined;
    return events.write<Conversation | undefined>(accountId, async (tx) => {
      const before = await findConversation(tx, accountId, id);
      const wanted = before === undefined ? undefined : await decide(before, tx);
      if (wanted === undefined) return { value: undefined, events: [] };
      if (Object.keys(wanted).length === 0) return { value: before, events: [] };
      const conversation = await updateConversation(tx, accountId, id, wanted);
      return { value: conversation, events: conversation === undefined ? [] : [{ kind: "conversation", conversation }] };
    });
  }

  function stop(): Promise<void>;
  function stop(accountId: string, messageId: string): Promise<boolean>;
  async function stop(accountId?: string, messageId?: string): Promise<void | boolean> {
    if (accountId !== undefined && messageId !== undefined) return stopAnswer(accountId, messageId);
    upkeep.stop();
    titles.stop();
    await generations.interruptAll();
    events.close();
  }

  async function stopAnswer(accountId: string, text: string): Promise<boolean> {
    const id = readId(text);
    if (id === undefined) return false;
    // needs no database, so it works while that is away
    if (await generations.stop(accountId, id)) return true;
    const message = await findMessage(sql, id);
    if (message === undefined || message.accountId !== accountId || message.role !== "assistant") return false;
    if (message.state === "running") await endAbandoned(parts, accountId, id, { state: "stopped", problemCode: null, usage: null });
    return true;
  }

  return {
    ...asking,
    async list(accountId, cursor) {
      const position = cursor === null ? null : readCursor(cursor);
      if (position === undefined) return undefined;
      // the number first: what the list has more than that is told once more
      const seq = await lastSeq(sql, accountId);
      const found = await listConversations(sql, accountId, position, PAGE + 1);
      const conversations = found.slice(0, PAGE);
      const last = found.length > PAGE ? conversations.at(-1) : undefined;
      return { conversations, nextCursor: last === undefined ? null : makeCursor(last), seq };
    },
    async create(accountId, text) {
      const id = readId(text);
      if (id === undefined) return undefined;
      return events.write(accountId, async (tx) => {
        const conversation = await insertConversation(tx, accountId, id, clock.now());
        if (conversation === undefined) return { value: await findConversation(tx, accountId, id), events: [] };
        return { value: conversation, events: [{ kind: "conversation", conversation }] };
      });
    },
    async read(accountId, text) {
      const id = readId(text);
      if (id === undefined) return undefined;
      const found = await sql.begin("isolation level repeatable read read only", async (tx) => {
        const conversation = await findConversation(tx, accountId, id);
        if (conversation === undefined || conversation.deletedAt !== null) return undefined;
        return { conversation, messages: await messagesOf(tx, id), cursor: await lastSeq(tx, accountId) };
      });
      return found === undefined ? undefined : { ...found, messages: await withEgress(found.messages) };
    },
    change: (accountId, id, patch) =>
      change(accountId, id, async (now, tx) => {
        if (now.deletedAt !== null) return undefined;
        const leafMessageId = patch.leafMessageId === undefined ? undefined : (readId(patch.leafMessageId) ?? "");
        if (leafMessageId !== undefined && (leafMessageId === "" || !(await isInConversation(tx, now.id, leafMessageId)))) return undefined;
        return {
          ...(patch.title === undefined || patch.title === now.title ? {} : { title: storable(patch.title) }),
          ...(leafMessageId === undefined || leafMessageId === now.leafMessageId ? {} : { leafMessageId }),
        };
      }),
    async remove(accountId, id) {
      const removed = await change(accountId, id, (now) => (now.deletedAt === null ? { deletedAt: clock.now() } : {}));
      if (removed !== undefined) generations.stopConversation(accountId, removed.id);
      return removed;
    },
    restore: (accountId, id) => change(accountId, id, (now) => (now.deletedAt === null ? {} : { deletedAt: null })),
    stop,
    events: (accountId, afterSeq, signal) => events.events(accountId, afterSeq, signal),
    start: () => upkeep.start(),
  };
}
