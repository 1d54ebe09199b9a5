/**
 * Where are conversations, messages and the event log kept? Every statement of the assistant module.
 * While an answer is written its words stand in the log only; ending it folds them into the message, in one transaction.
 * Whoever changes an account's chat holds the lock on its `event_stream` row, so its numbers are gapless and in order.
 */
import type { Conversation, Message, MessageState, StreamEvent } from "#contract/wire.ts";
import type { Pool, Sql, Transaction } from "#store/store.ts";
import type { ListPosition } from "./core/ids.ts";
import type { Words } from "./core/pieces.ts";
import type { Node } from "./core/tree.ts";

/** A message as it is kept; where its words went stands in the ledger. */
export type StoredMessage = Omit<Message, "egress">;
export type NumberedEvent = { seq: number; event: StreamEvent };
export type AnswerEnd = {
  state: Exclude<MessageState, "running">;
  problemCode: string | null;
  usage: Message["usage"];
  /** With `done`: the model had reached its length limit. */
  cutShort?: boolean;
};

/** Bytes (as stored) of one reading of the log; at least one event comes. */
const LOG_PAGE_BYTES = 512 * 1024;
const LOG_PAGE_EVENTS = 500;

// ---- the event log -------------------------------------------------------------------------------------------

/** Holds the account's log until the transaction ends. Before anything else in it. */
export async function lockStream(tx: Transaction, accountId: string): Promise<void> {
  const locked = await tx`select 1 from event_stream where account_id = ${accountId} for update`;
  if (locked.length > 0) return;
  await tx`insert into event_stream (account_id) values (${accountId}) on conflict do nothing`;
  await tx`select 1 from event_stream where account_id = ${accountId} for update`;
}

/** Appends under the lock. Returns the number of the last one. Only parts carry their message's id: they are what is folded. */
export async function appendEvents(tx: Transaction, accountId: string, events: readonly StreamEvent[], now: number): Promise<number> {
  const [row] = await tx<{ last_seq: number }[]>`
    with stream as (
      update event_stream set last_seq = last_seq + ${events.length} where account_id = ${accountId} returning last_seq
    ), appended as (
      insert into event (account_id, seq, message_id, body, created_at)
      select ${accountId}, last_seq - ${events.length} + number, case when body ->> 'kind' = 'part' then (body ->> 'messageId')::uuid end,
        body, ${new Date(now)}
      from stream, jsonb_array_elements(${tx.json(events as never)}::jsonb) with ordinality as given (body, number)
    )
    select last_seq from stream`;
  return row?.last_seq ?? 0;
}

export async function lastSeq(sql: Sql, accountId: string): Promise<number> {
  const [row] = await sql<{ last_seq: number }[]>`select last_seq from event_stream where account_id = ${accountId}`;
  return row?.last_seq ?? 0;
}

/** The next events after `afterSeq` and the number of the newest one, as of one moment. */
export async function readEvents(sql: Sql, accountId: string, afterSeq: number): Promise<{ lastSeq: number; events: NumberedEvent[] }> {
  const rows = await sql<{ last_seq: number; seq: number | null; body: StreamEvent }[]>`
    select stream.last_seq, page.seq, page.body
    from event_stream stream left join lateral (
      select seq, body from (
        select seq, body, sum(pg_column_size(body)) over (order by seq) - pg_column_size(body) as bytes_before
        from (select seq, body from event where account_id = stream.account_id and seq > ${afterSeq} order by seq limit ${LOG_PAGE_EVENTS}) next
      ) sized
      where bytes_before < ${LOG_PAGE_BYTES}
    ) page on true
    where stream.account_id = ${accountId} order by page.seq`;
  const events = rows.flatMap(({ seq, body }) => (seq === null ? [] : [{ seq, event: body }]));
  return { lastSeq: rows[0]?.last_seq ?? 0, events };
}

/** The words of a running answer so far. */
export async function storedWords(sql: Sql, messageId: string): Promise<Words> {
  const [row] = await sql<Words[]>`select words.* from message, lateral (${foldedWords(sql)}) words where message.id = ${messageId}`;
  return row ?? { text: "", reasoning: "" };
}

/** For the row of `message` around it. */
function foldedWords(sql: Sql) {
  return sql`
    select coalesce(string_agg(body ->> 'text', '' order by seq) filter (where body ->> 'channel' = 'text'), '') as text,
      coalesce(string_agg(body ->> 'text', '' order by seq) filter (where body ->> 'channel' = 'reasoning'), '') as reasoning
    from event where event.message_id = message.id`;
}

/** Accounts whose oldest event is from before `before`. */
export async function accountsToPrune(sql: Sql, before: number): Promise<string[]> {
  const rows = await sql<{ account_id: string }[]>`
    select stream.account_id from event_stream stream
    where (select created_at from event where account_id = stream.account_id order by seq limit 1) < ${new Date(before)}`;
  return rows.map((row) => row.account_id);
}

/** Removes up to `limit` of the oldest events from before `before`, never one of a running answer or after it. Returns how many. */
export async function pruneEvents(tx: Transaction, accountId: string, before: number, limit: number): Promise<number> {
  const removed = await tx`
    with oldest as (
      select seq, created_at from event
      where account_id = ${accountId} and seq < coalesce((
        select min(event.seq) from message join conversation on conversation.id = message.conversation_id
          join event on event.message_id = message.id
        where conversation.account_id = ${accountId} and message.state = 'running'), 9223372036854775807)
      order by seq limit ${limit}
    ), stream as (
      update event_stream
      set pruned_seq = greatest(pruned_seq, (select max(seq) from oldest where created_at < ${new Date(before)}))
      where account_id = ${accountId} returning pruned_seq
    )
    delete from event using stream where account_id = ${accountId} and seq <= pruned_seq`;
  return removed.count;
}

// ---- conversations -------------------------------------------------------------------------------------------

type ConversationRow = Pick<Conversation, "id" | "title" | "leafMessageId"> & { createdAt: Date; updatedAt: Date; deletedAt: Date | null };

function conversationColumns(sql: Sql) {
  return sql`id, title, leaf_message_id as "leafMessageId", created_at as "createdAt", updated_at as "updatedAt", deleted_at as "deletedAt"`;
}

function toConversation(row: ConversationRow): Conversation {
  return {
    id: row.id,
    title: row.title,
    createdAt: row.createdAt.getTime(),
    updatedAt: row.updatedAt.getTime(),
    deletedAt: row.deletedAt?.getTime() ?? null,
    leafMessageId: row.leafMessageId,
  };
}

/** The new conversation; `undefined` when the id is taken. */
export async function insertConversation(tx: Transaction, accountId: string, id: string, now: number): Promise<Conversation | undefined> {
  const [row] = await tx<ConversationRow[]>`
    insert into conversation (id, account_id, title, created_at, updated_at)
    values (${id}, ${accountId}, '', ${new Date(now)}, ${new Date(now)})
    on conflict (id) do nothing returning ${conversationColumns(tx)}`;
  return row === undefined ? undefined : toConversation(row);
}

/** Also a deleted one. */
export async function findConversation(sql: Sql, accountId: string, id: string): Promise<Conversation | undefined> {
  const [row] = await sql<ConversationRow[]>`
    select ${conversationColumns(sql)} from conversation where id = ${id} and account_id = ${accountId}`;
  return row === undefined ? undefined : toConversation(row);
}

/** The newest first, from after `position` on. Deleted ones are left out. */
export async function listConversations(
  sql: Sql,
  accountId: string,
  position: ListPosition | null,
  limit: number,
): Promise<Conversation[]> {
  const from = position === null ? sql`` : sql`and (updated_at, id) < (${new Date(position.updatedAt)}, ${position.id})`;
  const rows = await sql<ConversationRow[]>`
    select ${conversationColumns(sql)} from conversation
    where account_id = ${accountId} and deleted_at is null ${from}
    order by updated_at desc, id desc limit ${limit}`;
  return rows.map(toConversation);
}

export type ConversationChange = { title?: string; leafMessageId?: string; updatedAt?: number; deletedAt?: number | null };

/** `undefined` when the account has no such conversation. */
export async function updateConversation(
  tx: Transaction,
  accountId: string,
  id: string,
  change: ConversationChange,
): Promise<Conversation | undefined> {
  const { title, leafMessageId, updatedAt, deletedAt } = change;
  const [row] = await tx<ConversationRow[]>`
    update conversation set
      title = ${title === undefined ? tx`title` : title},
      leaf_message_id = ${leafMessageId === undefined ? tx`leaf_message_id` : leafMessageId},
      updated_at = ${updatedAt === undefined ? tx`updated_at` : new Date(updatedAt)},
      deleted_at = ${deletedAt === undefined ? tx`deleted_at` : deletedAt === null ? null : new Date(deletedAt)}
    where id = ${id} and account_id = ${accountId} returning ${conversationColumns(tx)}`;
  return row === undefined ? undefined : toConversation(row);
}

/** Removes up to `limit` conversations that were deleted before `before`, with all that belongs to them. Returns how many. */
export async function removeDeleted(sql: Pool, before: number, limit: number): Promise<number> {
  const removed = await sql`
    delete from conversation where id in (
      select id from conversation where deleted_at < ${new Date(before)} order by deleted_at limit ${limit} for update skip locked)`;
  return removed.count;
}

// ---- messages ------------------------------------------------------------------------------------------------

type MessageRow = Omit<StoredMessage, "createdAt" | "finishedAt" | "usage"> & {
  createdAt: Date;
  finishedAt: Date | null;
  inputTokens: number | null;
  outputTokens: number | null;
};

function messageColumns(sql: Sql) {
  return sql`message.id, conversation_id as "conversationId", parent_id as "parentId", role, state, problem_code as "problemCode", cut_short as "cutShort",
    model_id as "modelId", model_name as "modelName", input_tokens as "inputTokens", output_tokens as "outputTokens",
    message.created_at as "createdAt", finished_at as "finishedAt"`;
}

/** With the words of running answers as the log has them. */
function messagesFrom(sql: Sql) {
  return sql`
    select ${messageColumns(sql)}, coalesce(words.text, message.text) as text, coalesce(words.reasoning, message.reasoning) as reasoning
    from message left join lateral (${foldedWords(sql)}) words on message.state = 'running'`;
}

function toMessage({ createdAt, finishedAt, inputTokens, outputTokens, ...row }: MessageRow): StoredMessage {
  return {
    ...row,
    createdAt: createdAt.getTime(),
    finishedAt: finishedAt?.getTime() ?? null,
    usage: inputTokens === null || outputTokens === null ? null : { inputTokens, outputTokens },
  };
}

/** In the order in which they were begun. */
export async function messagesOf(sql: Sql, conversationId: string): Promise<StoredMessage[]> {
  const rows = await sql<MessageRow[]>`
    ${messagesFrom(sql)} where conversation_id = ${conversationId} order by message.created_at, role = 'assistant', message.id`;
  return rows.map(toMessage);
}

/** Whoever's it is: the caller compares `accountId`. */
export async function findMessage(sql: Sql, id: string): Promise<(StoredMessage & { accountId: string }) | undefined> {
  const [row] = await sql<MessageRow[]>`${messagesFrom(sql)} where message.id = ${id}`;
  if (row === undefined) return undefined;
  const [owner] = await sql<{ account_id: string }[]>`select account_id from conversation where id = ${row.conversationId}`;
  return owner === undefined ? undefined : { ...toMessage(row), accountId: owner.account_id };
}

/** The first answer to a question. */
export async function firstAnswer(sql: Sql, questionId: string): Promise<StoredMessage | undefined> {
  const [row] = await sql<MessageRow[]>`
    ${messagesFrom(sql)} where parent_id = ${questionId} and role = 'assistant' order by message.created_at, message.id limit 1`;
  return row === undefined ? undefined : toMessage(row);
}

export async function isInConversation(sql: Sql, conversationId: string, messageId: string): Promise<boolean> {
  const rows = await sql`select 1 from message where id = ${messageId} and conversation_id = ${conversationId}`;
  return rows.length > 0;
}

export async function hasRunningAnswer(sql: Sql, conversationId: string): Promise<boolean> {
  const rows = await sql`select 1 from message where conversation_id = ${conversationId} and state = 'running'`;
  return rows.length > 0;
}

/** False when the id is taken. */
export async function insertMessage(tx: Transaction, message: StoredMessage): Promise<boolean> {
  const finishedAt = message.finishedAt === null ? null : new Date(message.finishedAt);
  const rows = await tx`
    insert into message (id, conversation_id, parent_id, role, text, state, model_id, model_name, created_at, finished_at)
    values (${message.id}, ${message.conversationId}, ${message.parentId}, ${message.role}, ${message.text}, ${message.state},
      ${message.modelId}, ${message.modelName}, ${new Date(message.createdAt)}, ${finishedAt})
    on conflict (id) do nothing returning 1`;
  return rows.length === 1;
}

/** Ends a running answer with the words that the log has of it. `undefined` when it does not run (any more). */
export async function endMessage(tx: Transaction, id: string, end: AnswerEnd, now: number): Promise<StoredMessage | undefined> {
  const [row] = await tx<MessageRow[]>`
    update message set state = ${end.state}, problem_code = ${end.problemCode},
      cut_short = ${end.state === "done" && end.cutShort === true}, (text, reasoning) = (${foldedWords(tx)}),
      input_tokens = ${end.usage?.inputTokens ?? null}, output_tokens = ${end.usage?.outputTokens ?? null}, finished_at = ${new Date(now)}
    where id = ${id} and state = 'running'
    returning ${messageColumns(tx)}, text, reasoning`;
  return row === undefined ? undefined : toMessage(row);
}

export async function isRunning(tx: Transaction, id: string): Promise<boolean> {
  const rows = await tx`select 1 from message where id = ${id} and state = 'running'`;
  return rows.length > 0;
}

/** Answers that are marked as running and were begun before `before`. */
export async function runningSince(sql: Sql, before: number): Promise<{ id: string; accountId: string }[]> {
  return sql<{ id: string; accountId: string }[]>`
    select message.id, conversation.account_id as "accountId" from message join conversation on conversation.id = message.conversation_id
    where message.state = 'running' and message.created_at <= ${new Date(before)}`;
}

/** A conversation's tree without its words. */
export async function nodesOf(sql: Sql, conversationId: string): Promise<(Node & { chars: number })[]> {
  return sql<(Node & { chars: number })[]>`
    select id, parent_id as "parentId", length(text) as chars from message where conversation_id = ${conversationId}`;
}

export type Said = { id: string; role: "user" | "assistant"; text: string };

export async function textsOf(sql: Sql, ids: readonly string[]): Promise<Said[]> {
  return sql<Said[]>`select id, role, text from message where id = any(${ids as string[]}::uuid[])`;
}

/** What a title is made from: the oldest question, its first finished answer, and how many answers are finished. */
export async function titleMatter(
  sql: Sql,
  conversationId: string,
): Promise<{ title: string; question: string; answer: string; answers: number } | undefined> {
  const [row] = await sql<{ title: string; question: string; answer: string; answers: number }[]>`
    select conversation.title, question.text as question, answer.text as answer,
      (select count(*)::integer from message where conversation_id = ${conversationId} and role = 'assistant' and state = 'done') as answers
    from conversation
      join lateral (select id, text from message where conversation_id = conversation.id and parent_id is null order by created_at, id limit 1) question on true
      join lateral (select text from message where parent_id = question.id and role = 'assistant' and state = 'done' order by created_at, id limit 1) answer on true
    where conversation.id = ${conversationId} and deleted_at is null`;
  return row;
}

/** Gives a proposed title to a conversation that still has the old one. */
export async function replaceTitle(tx: Transaction, conversationId: string, from: string, to: string): Promise<Conversation | undefined> {
  const [row] = await tx<ConversationRow[]>`
    update conversation set title = ${to} where id = ${conversationId} and title = ${from} and deleted_at is null
    returning ${conversationColumns(tx)}`;
  return row === undefined ? undefined : toConversation(row);
}
