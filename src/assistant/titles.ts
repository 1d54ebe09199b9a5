/**
 * What is a new conversation called? Its first words at once; after the first answer the model that gave it proposes
 * something better. That is a request like any other, in the ledger under the same answer. It delays nobody: it runs after
 * the answer, few at once, makes way on a local model, and whatever goes wrong leaves the title as it is.
 */
import { SECOND_MS } from "#kit/time.ts";
import type { Message, StreamEvent } from "#contract/wire.ts";
import { titleFromReply, titleFromText, titleTurns } from "./core/title.ts";
import { egressOf, type GenerationParts, type Job } from "./generation.ts";
import { partsOf } from "./provider-parts.ts";
import { replaceTitle, titleMatter } from "./store.ts";

export type Titles = {
  /** Asks for a title when the conversation still has its first words for one. */
  propose(job: Job, answer: Message): void;
  /** An answer begins: proposals that would make it wait end. */
  makeWay(job: Job): void;
  stop(): void;
};

const AT_ONCE = 4;
/** After so many answers the first words stay. */
const FIRST_ANSWERS = 3;
const DEADLINE_MS = 60 * SECOND_MS;
/** Room for a model that thinks before it speaks. */
const OUTPUT_TOKENS = 512;
const REPLY_CHARS = 1_000;

export function createTitles(parts: GenerationParts): Titles {
  const { sql, clock, log, events } = parts;
  const asking = new Map<Job, AbortController>();

  async function ask(job: Job, answer: Message, signal: AbortSignal): Promise<void> {
    const matter = await titleMatter(sql, job.conversationId);
    if (matter === undefined || matter.answers > FIRST_ANSWERS || matter.title !== titleFromText(matter.question)) return;
    const reply = await replyTo(job, titleTurns(matter.question, matter.answer), signal);
    const title = reply === undefined ? undefined : titleFromReply(reply);
    const egress = await egressOf(parts, job.messageId, signal);
    await events.write(job.account.id, async (tx) => {
      const out: StreamEvent[] = [];
      // the question went out once more, which stands under the answer
      if (JSON.stringify(egress) !== JSON.stringify(answer.egress)) out.push({ kind: "message", message: { ...answer, egress } });
      const conversation = title === undefined ? undefined : await replaceTitle(tx, job.conversationId, matter.title, title);
      if (conversation !== undefined) out.push({ kind: "conversation", conversation });
      return { value: undefined, events: out };
    });
  }

  async function replyTo(job: Job, turns: ReturnType<typeof titleTurns>, signal: AbortSignal): Promise<string | undefined> {
    let reply = "";
    const request = {
      modelId: job.choice.id,
      turns,
      language: job.account.language,
      maxOutputTokens: OUTPUT_TOKENS,
      purpose: "title" as const,
      accountId: job.account.id,
      conversationId: job.conversationId,
      messageId: job.messageId,
    };
    for await (const part of partsOf(job.provider, request, signal, log)) {
      if (part.kind === "text") reply += part.text;
      if (part.kind === "error") return undefined;
      if (part.kind === "finish" || reply.length > REPLY_CHARS) return reply;
    }
    return undefined;
  }

  return {
    propose(job, answer) {
      if (job.choice.provider === "guide" || answer.state !== "done" || asking.size >= AT_ONCE) return;
      const stop = new AbortController();
      const cancel = clock.after(DEADLINE_MS, () => stop.abort());
      asking.set(job, stop);
      ask(job, answer, stop.signal)
        .catch((error: unknown) => log.warn({ err: error }, "a title could not be proposed"))
        .finally(() => {
          cancel();
          asking.delete(job);
        });
    },
    makeWay(begun) {
      if (begun.choice.provider !== "local") return;
      for (const [job, stop] of asking) if (job.choice.provider === "local") stop.abort();
    },
    stop() {
      for (const stop of asking.values()) stop.abort();
    },
  };
}
