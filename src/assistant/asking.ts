/**
 * How does a question, or the wish for another answer, begin? Question and empty answer are one transaction under the
 * account's lock, so the same id twice is one question, and a conversation has one running answer at most.
 * The answer is begun after the commit; one whose commit was in doubt is begun when the same id comes again.
 */
import type { Dice } from "#kit/dice.ts";
import { fail, succeed, type Outcome } from "#kit/outcome.ts";
import type { Account, Message, SendAnswer, StreamEvent } from "#contract/wire.ts";
import type { Sql, Transaction } from "#store/store.ts";
import { readId } from "./core/ids.ts";
import { storable } from "./core/pieces.ts";
import { titleFromText } from "./core/title.ts";
import { egressOf, type GenerationParts } from "./generation.ts";
import type { Generations, Room } from "./generations.ts";
import type { Models } from "./models.ts";
import {
  findConversation,
  findMessage,
  firstAnswer,
  hasRunningAnswer,
  insertMessage,
  isInConversation,
  updateConversation,
  type StoredMessage,
} from "./store.ts";

export type AskRefusal = { tag: "not-found" | "answer-running" | "model-unavailable" | "too-busy" };
export type Asked = { id: string; parentId: string | null; text: string; modelId: string | null };
export type AskedAgain = { id: string; modelId: string | null };

export type Asking = {
  send(account: Account, conversationId: string, asked: Asked): Promise<Outcome<SendAnswer, AskRefusal>>;
  regenerate(account: Account, messageId: string, asked: AskedAgain): Promise<Outcome<SendAnswer, AskRefusal>>;
};

type Pair = { question: StoredMessage | null; questionId: string; answer: StoredMessage };
/** What differs between a question and the wish for another answer. Both look for what the same id began before. */
type Plan = {
  conversationId: string;
  modelId: string | null;
  answerId: string;
  questionId: string;
  earlier(sql: Sql): Promise<Pair | "not-found" | undefined>;
  /** The new question; `null` when the question is there already, `undefined` when it can't be put. */
  question(tx: Transaction, now: number): Promise<StoredMessage | null | undefined>;
};

export function createAsking(parts: GenerationParts & { dice: Dice; models: Pick<Models, "choose">; generations: Generations }): Asking {
  const { sql, clock, dice, events, models, generations } = parts;

  async function begin(account: Account, plan: Plan): Promise<Outcome<SendAnswer, AskRefusal>> {
    const conversation = await findConversation(sql, account.id, plan.conversationId);
    if (conversation === undefined || conversation.deletedAt !== null) return fail({ tag: "not-found" });
    const before = await plan.earlier(sql);
    if (before !== undefined) return before === "not-found" ? fail({ tag: before }) : succeed(await repeated(account, before));
    const chosen = await models.choose(plan.modelId);
    if (chosen === undefined) return fail({ tag: "model-unavailable" });

    let room: Room | undefined;
    try {
      const made = await events.write<Outcome<Pair & { isNew: boolean }, AskRefusal>>(account.id, async (tx) => {
        const refuse = (tag: AskRefusal["tag"]) => ({ value: fail({ tag }), events: [] });
        const now = clock.now();
        const earlier = await plan.earlier(tx);
        if (earlier === "not-found") return refuse(earlier);
        if (earlier !== undefined) return { value: succeed({ ...earlier, isNew: false }), events: [] };
        const locked = await findConversation(tx, account.id, plan.conversationId);
        if (locked === undefined || locked.deletedAt !== null) return refuse("not-found");
        if (await hasRunningAnswer(tx, plan.conversationId)) return refuse("answer-running");
        room = generations.room(account.id);
        if (room === undefined) return refuse("too-busy");
        const question = await plan.question(tx, now);
        if (question === undefined || (question !== null && !(await insertMessage(tx, question)))) return refuse("not-found");
        const answer = emptyAnswer(plan, chosen.choice, now);
        if (!(await insertMessage(tx, answer))) return refuse("not-found");
        const title = locked.title === "" && question !== null ? { title: titleFromText(question.text) } : {};
        const after = await updateConversation(tx, account.id, locked.id, { ...title, leafMessageId: answer.id, updatedAt: now });
        const out: StreamEvent[] = after === undefined ? [] : [{ kind: "conversation", conversation: after }];
        for (const message of [question, answer]) if (message !== null) out.push({ kind: "message", message: unsent(message) });
        return { value: succeed({ question, questionId: plan.questionId, answer, isNew: true }), events: out };
      });
      if (!made.ok) return made;
      if (!made.value.isNew) return succeed(await repeated(account, made.value));
      room?.begin({ account, conversationId: plan.conversationId, questionId: plan.questionId, messageId: plan.answerId, ...chosen });
      return succeed(pairAnswer(made.value, { kind: "none" }));
    } finally {
      room?.leave();
    }
  }

  /** What the same id was answered before. When nobody writes that answer, because its commit was in doubt, it is begun now. */
  async function repeated(account: Account, pair: Pair): Promise<SendAnswer> {
    const { answer } = pair;
    if (answer.state === "running" && !generations.isRunning(answer.id)) {
      const chosen = await models.choose(answer.modelId);
      const now = await findMessage(sql, answer.id);
      if (chosen !== undefined && now?.state === "running") {
        const room = generations.room(account.id);
        room?.begin({ account, conversationId: answer.conversationId, questionId: pair.questionId, messageId: answer.id, ...chosen });
        room?.leave();
      }
    }
    return pairAnswer(pair, await egressOf(parts, answer.id, AbortSignal.abort()));
  }

  return {
    async send(account, conversationId, asked) {
      const [inConversation, id] = [readId(conversationId), readId(asked.id)];
      const parentId = asked.parentId === null ? null : readId(asked.parentId);
      if (inConversation === undefined || id === undefined || parentId === undefined) return fail({ tag: "not-found" });
      return begin(account, {
        conversationId: inConversation,
        modelId: asked.modelId,
        answerId: dice.uuid(),
        questionId: id,
        async earlier(from) {
          const found = await findMessage(from, id);
          if (found === undefined) return undefined;
          const { accountId, ...question } = found;
          if (accountId !== account.id || question.conversationId !== inConversation || question.role !== "user") return "not-found";
          const answer = await firstAnswer(from, id);
          return answer === undefined ? "not-found" : { question, questionId: id, answer };
        },
        async question(tx, now) {
          if (parentId !== null && !(await isInConversation(tx, inConversation, parentId))) return undefined;
          const text = storable(asked.text);
          return {
            ...NOTHING_SAID,
            id,
            conversationId: inConversation,
            parentId,
            role: "user",
            text,
            state: "done",
            createdAt: now,
            finishedAt: now,
          };
        },
      });
    },
    async regenerate(account, messageId, asked) {
      const [targetId, id] = [readId(messageId), readId(asked.id)];
      if (targetId === undefined || id === undefined) return fail({ tag: "not-found" });
      const target = await findMessage(sql, targetId);
      const questionId = target?.role === "assistant" ? target.parentId : target?.id;
      if (target === undefined || target.accountId !== account.id || questionId == null) return fail({ tag: "not-found" });
      return begin(account, {
        conversationId: target.conversationId,
        modelId: asked.modelId,
        answerId: id,
        questionId,
        async earlier(from) {
          const found = await findMessage(from, id);
          if (found === undefined) return undefined;
          const { accountId, ...answer } = found;
          return accountId === account.id && answer.role === "assistant" && answer.parentId === questionId
            ? { question: null, questionId, answer }
            : "not-found";
        },
        question: async () => null,
      });
    },
  };
}

const NOTHING_SAID = { text: "", reasoning: "", problemCode: null, cutShort: false, modelId: null, modelName: null, usage: null };

function emptyAnswer(plan: Plan, choice: { id: string; name: string }, now: number): StoredMessage {
  return {
    ...NOTHING_SAID,
    id: plan.answerId,
    conversationId: plan.conversationId,
    parentId: plan.questionId,
    role: "assistant",
    state: "running",
    modelId: choice.id,
    modelName: choice.name,
    createdAt: now,
    finishedAt: null,
  };
}

function unsent(message: StoredMessage): Message {
  return { ...message, egress: { kind: "none" } };
}

function pairAnswer({ question, answer }: Pair, egress: Message["egress"]): SendAnswer {
  return { userMessage: question === null ? null : unsent(question), assistantMessage: { ...answer, egress } };
}
