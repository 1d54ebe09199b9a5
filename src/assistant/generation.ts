/**
 * How does a question become an answer? The branch up to the question goes to the model, its words go into the log, and the
 * message ends as done, stopped, interrupted or failed. Nobody needs to be listening. What came always stays.
 */
import type { Account, EgressSummary, Message, ModelChoice } from "#contract/wire.ts";
import type { Egress } from "#egress/egress.ts";
import { createAnswerWriter, type AnswerWriter, type WriterParts } from "./answer-writer.ts";
import { branchTo } from "./core/tree.ts";
import { fewerTurns, promptTurns, type Spoken } from "./core/window.ts";
import { tryWithPatience } from "./patience.ts";
import { partsOf } from "./provider-parts.ts";
import type { ChatTurn, ModelProvider } from "./provider.ts";
import { nodesOf, textsOf, type AnswerEnd } from "./store.ts";

export type GenerationParts = WriterParts & { egress: Pick<Egress, "summary"> };

/** One answer that is to be written; its message exists and is marked as running. */
export type Job = {
  account: Account;
  conversationId: string;
  questionId: string;
  messageId: string;
  provider: ModelProvider;
  choice: Omit<ModelChoice, "isDefault">;
};
/** Why a running answer was cut off: the reason of its abort signal. */
export type Cut = "stopped" | "interrupted";

/** A model that never ends is cut short here. */
const ANSWER_CHARS = 500_000;
/** More of a branch than any model's context holds is not read. */
const BRANCH_CHARS = 4_000_000;

/** The message as it ended, or `undefined` when that could not be kept. `stop` aborts with a `Cut` as its reason. */
export async function generate(parts: GenerationParts, job: Job, stop: AbortSignal, leaving: AbortSignal): Promise<Message | undefined> {
  const { log } = parts;
  const writer = createAnswerWriter(parts, { ...job, accountId: job.account.id }, leaving);
  const end = await answer(parts, job, writer, stop, leaving).catch((error: unknown): AnswerEnd => {
    log.error({ err: error, messageId: job.messageId }, "an answer failed unexpectedly");
    return { state: "failed", problemCode: "unexpected", usage: null };
  });
  const ended = await writer.end(end, await egressOf(parts, job.messageId, leaving));
  if (ended.ok) return ended.value;
  log.warn({ messageId: job.messageId, why: ended.failure.tag }, "an answer's end could not be kept");
  return undefined;
}

async function answer(parts: GenerationParts, job: Job, writer: AnswerWriter, stop: AbortSignal, leaving: AbortSignal): Promise<AnswerEnd> {
  const read = await tryWithPatience(parts, leaving, () => branchOf(parts, job));
  if (read.gaveUp !== false) return { state: "interrupted", problemCode: null, usage: null };
  const branch = read.value;
  const turns = promptTurns(branch, job.choice.contextTokens);
  const first = await ask(parts, job, writer, turns, stop);
  if (first.problemCode !== "too-long-for-model" || writer.chars() > 0) return first;
  const fewer = fewerTurns(branch, turns, first.contextTokens);
  return fewer === undefined ? first : ask(parts, job, writer, fewer, stop);
}

async function ask(
  parts: GenerationParts,
  job: Job,
  writer: AnswerWriter,
  turns: readonly ChatTurn[],
  stop: AbortSignal,
): Promise<AnswerEnd & { contextTokens?: number }> {
  let usage: AnswerEnd["usage"] = null;
  const request = {
    modelId: job.choice.id,
    turns,
    language: job.account.language,
    maxOutputTokens: null,
    purpose: "answer" as const,
    accountId: job.account.id,
    conversationId: job.conversationId,
    messageId: job.messageId,
  };
  for await (const part of partsOf(job.provider, request, stop, parts.log)) {
    switch (part.kind) {
      case "text":
      case "reasoning":
        if (!(await orStopped(writer.add({ channel: part.kind, text: part.text }), stop))) return cutOff(stop, usage);
        if (writer.chars() >= ANSWER_CHARS) return { state: "done", problemCode: null, usage, cutShort: true };
        break;
      case "usage":
        usage = { inputTokens: part.inputTokens, outputTokens: part.outputTokens };
        break;
      case "tool":
        break;
      case "finish":
        return { state: "done", problemCode: null, usage, cutShort: part.reason === "length" };
      case "error": {
        const contextTokens = part.contextTokens === undefined ? {} : { contextTokens: part.contextTokens };
        return { state: "failed", problemCode: part.code, usage, ...contextTokens };
      }
    }
  }
  return cutOff(stop, usage);
}

function cutOff(stop: AbortSignal, usage: AnswerEnd["usage"]): AnswerEnd {
  return { state: stop.aborted && stop.reason === "stopped" ? "stopped" : "interrupted", problemCode: null, usage };
}

/** False when `signal` aborts before. */
function orStopped(work: Promise<boolean>, signal: AbortSignal): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const onAbort = () => resolve(false);
    signal.addEventListener("abort", onAbort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", onAbort));
    if (signal.aborted) onAbort();
  });
}

/** The messages from the root to the question; of a very long branch the newest. */
async function branchOf({ sql }: GenerationParts, job: Job): Promise<Spoken[]> {
  const branch = branchTo(await nodesOf(sql, job.conversationId), job.questionId);
  let left = BRANCH_CHARS;
  const newest = branch.toReversed().filter(({ id, chars }) => (left -= chars) >= 0 || id === job.questionId);
  const texts = new Map(
    (
      await textsOf(
        sql,
        newest.map(({ id }) => id),
      )
    ).map((said) => [said.id, said]),
  );
  return newest.toReversed().flatMap(({ id }) => texts.get(id) ?? []);
}

/** Where the words went. `unknown` when the ledger can't be read. */
export async function egressOf(parts: GenerationParts, messageId: string, leaving: AbortSignal): Promise<EgressSummary> {
  try {
    const read = await tryWithPatience(parts, leaving, () => parts.egress.summary([messageId]));
    return (read.gaveUp === false ? read.value.get(messageId) : undefined) ?? { kind: "unknown" };
  } catch (error) {
    parts.log.warn({ err: error }, "the ledger can't be read");
    return { kind: "unknown" };
  }
}
