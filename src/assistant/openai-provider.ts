/**
 * How do we talk to a server that speaks the OpenAI protocol: vLLM, llama.cpp, Ollama, LM Studio, DeepSeek, OpenAI …?
 * Everything goes through egress. A refused parameter is left out and asked again; a busy server is asked again before
 * the first word, never after it. What the server says about its errors goes into the log as status and kind only.
 */
import { createParser } from "eventsource-parser";
import type { Logger } from "pino";
import { SECOND_MS, type Clock } from "#kit/time.ts";
import type { OperatorModelsAnswer } from "#contract/wire.ts";
import type { Egress, EgressReply } from "#egress/egress.ts";
import type { ApiAddress } from "./core/openai-address.ts";
import { modelLabel, offeredModels, parseModelList, type ListedModel } from "./core/openai-models.ts";
import { chatBody, firstQuirks, learn, meaningOf } from "./core/openai-request.ts";
import { finishStream, STREAM_START, takeEvent } from "./core/openai-stream.ts";
import type { GenerationRequest, ModelProvider, StreamPart } from "./provider.ts";

export type ConnectedServer = OperatorModelsAnswer["connected"][number];
export type OpenAiProvider = ModelProvider & {
  /** Asks for the list of models, unless it came less than `maxAgeMs` ago; a server that failed is asked again sooner. */
  refresh(maxAgeMs: number): Promise<ConnectedServer>;
};

export type ServerOptions = {
  address: ApiAddress;
  /** Shown to people and part of the model ids. */
  name: string;
  here: boolean;
  configured: boolean;
  /** The operator's model of choice, offered even when the server doesn't list it. */
  wanted: string | null;
  egress: Egress;
  clock: Clock;
  log: Logger;
};

const LIST_CACHE_MS = 30 * SECOND_MS;
const FAILED_LIST_CACHE_MS = 5 * SECOND_MS;
const MAX_TRIES = 3;
const MAX_ADAPTATIONS = 3;
const FIRST_WAIT_MS = 500;
const MAX_WAIT_MS = 10 * SECOND_MS;
const ERROR_BODY_CHARS = 64 * 1024;
const EVENT_CHARS = 4 * 1024 * 1024;

export function createOpenAiProvider(options: ServerOptions): OpenAiProvider {
  const { address, egress, clock, log } = options;
  const id = `server:${options.name}`;
  let quirks = firstQuirks(address.baseUrl);
  let prefixes = address.prefixes;
  let list: { at: number; models: ListedModel[]; problemCode: "model-unavailable" | "ledger-unavailable" | null } | undefined;
  let asking: Promise<void> | undefined;
  egress.connect({ name: options.name, baseUrl: address.baseUrl, headers: address.headers, redirects: "never" });

  async function ask(): Promise<void> {
    let problemCode: "model-unavailable" | "ledger-unavailable" = "model-unavailable";
    for (const prefix of prefixes) {
      const sent = await egress.send({
        destination: options.name,
        method: "GET",
        path: `${prefix}/models`,
        headers: { accept: "application/json" },
        purpose: "model-list",
        accountId: null,
        conversationId: null,
        messageId: null,
      });
      if (!sent.ok) {
        if (sent.failure.tag === "ledger-unavailable") problemCode = "ledger-unavailable";
        break;
      }
      const models = sent.value.status === 200 ? parseModelList(await jsonOf(sent.value), !options.configured) : undefined;
      if (models !== undefined) {
        prefixes = [prefix];
        list = { at: clock.monotonic(), models, problemCode: null };
        return;
      }
      if (sent.value.status !== 200) await sent.value.body.cancel().catch(() => {});
    }
    // what the server offered last stays on offer: an answer that fails can be asked for again
    list = { at: clock.monotonic(), models: list?.models ?? [], problemCode };
  }

  async function freshList(): Promise<NonNullable<typeof list>> {
    const lifetime = list?.problemCode === null ? LIST_CACHE_MS : FAILED_LIST_CACHE_MS;
    if (list === undefined || clock.monotonic() - list.at > lifetime) {
      asking ??= ask().finally(() => (asking = undefined));
      await asking;
    }
    return list ?? { at: 0, models: [], problemCode: "model-unavailable" };
  }

  async function* stream(request: GenerationRequest, signal: AbortSignal): AsyncGenerator<StreamPart> {
    const model = request.modelId.slice(id.length + 1);
    let tries = 1;
    for (let adaptations = 0; adaptations <= MAX_ADAPTATIONS;) {
      const sent = await egress.send({
        destination: options.name,
        method: "POST",
        path: `${prefixes[0] ?? ""}/chat/completions`,
        headers: { "content-type": "application/json", accept: "text/event-stream" },
        body: chatBody({ model, turns: request.turns, maxOutputTokens: request.maxOutputTokens }, quirks),
        purpose: request.purpose,
        accountId: request.accountId,
        conversationId: request.conversationId,
        messageId: request.messageId,
        signal,
      });
      if (signal.aborted) return;
      if (!sent.ok) {
        yield { kind: "error", code: sent.failure.tag === "ledger-unavailable" ? "ledger-unavailable" : "model-unavailable" };
        return;
      }
      const reply = sent.value;
      if (reply.status === 200) return yield* readAnswer(reply, signal);

      const refused = { status: reply.status, text: await errorText(reply), retryAfter: reply.headers.get("retry-after") };
      const learnt = learn(quirks, refused);
      if (learnt !== undefined || (refused.status === 404 && prefixes.length > 1)) {
        if (learnt === undefined) prefixes = prefixes.slice(1);
        else quirks = learnt;
        adaptations += 1;
        continue;
      }
      log.warn({ server: options.name, status: refused.status, purpose: request.purpose }, "a model server refused");
      const meaning = meaningOf(refused);
      if (meaning.kind === "again" && tries < MAX_TRIES && (meaning.afterMs ?? 0) <= MAX_WAIT_MS) {
        await clock.sleep(meaning.afterMs ?? FIRST_WAIT_MS * 2 ** (tries - 1), signal).catch(() => {});
        if (signal.aborted) return;
        tries += 1;
        continue;
      }
      if (meaning.kind === "too-long") {
        yield {
          kind: "error",
          code: "too-long-for-model",
          ...(meaning.contextTokens === null ? {} : { contextTokens: meaning.contextTokens }),
        };
      } else yield { kind: "error", code: meaning.kind === "failed" ? "model-failed" : "model-unavailable" };
      return;
    }
    yield { kind: "error", code: "model-failed" };
  }

  const models = async () =>
    offeredModels((await freshList()).models, options.configured ? options.wanted : null).map(({ name, contextTokens }) => ({
      id: `${id}/${name}`,
      name: modelLabel(name),
      provider: "server" as const,
      where: options.here ? ("here" as const) : ("away" as const),
      host: URL.parse(address.baseUrl)?.host ?? null,
      contextTokens,
    }));

  return {
    id,
    ...(options.configured ? { expected: true } : {}),
    models,
    stream,
    async refresh(maxAgeMs) {
      if (list !== undefined && clock.monotonic() - list.at >= maxAgeMs) list = { ...list, at: Number.NEGATIVE_INFINITY };
      const { problemCode } = await freshList();
      return {
        name: options.name,
        url: address.baseUrl,
        configured: options.configured,
        reachable: problemCode === null,
        models: (await models()).map(({ name }) => name),
        problemCode,
      };
    },
  };
}

/** Reads an answer to its end. Events are parsed as they come; a server that doesn't stream is read whole. */
export async function* readAnswer(reply: EgressReply, signal: AbortSignal): AsyncGenerator<StreamPart> {
  let state = STREAM_START;
  let parts: StreamPart[] = [];
  const take = (step: { state: typeof state; parts: StreamPart[] }) => {
    ({ state } = step);
    parts.push(...step.parts);
  };
  const parser = createParser({
    maxBufferSize: EVENT_CHARS,
    onEvent: ({ data }) => take(takeEvent(state, data)),
    onError: (error) => {
      if (error.type === "max-buffer-size-exceeded") take(takeEvent(state, "{"));
    },
  });
  const whole = reply.headers.get("content-type")?.includes("application/json") === true;
  let text = "";
  const reader = reply.body.pipeThrough(new TextDecoderStream() as ReadableWritablePair<string, Uint8Array>).getReader();
  try {
    while (!state.ended) {
      const chunk = await reader.read().catch(() => undefined);
      if (signal.aborted) return;
      if (chunk?.value !== undefined && whole) text += chunk.value;
      else if (chunk?.value !== undefined) parser.feed(chunk.value);
      if (chunk === undefined) take(finishStream(state, false));
      else if (chunk.done) {
        if (whole) take(takeEvent(state, text === "" ? "{" : text));
        // a last event without its blank line still counts
        else parser.feed("\n\n");
        take(finishStream(state, whole));
      }
      const ready = parts;
      parts = [];
      yield* ready;
    }
  } finally {
    await reader.cancel().catch(() => {});
  }
}

async function jsonOf(reply: EgressReply): Promise<unknown> {
  try {
    return await new Response(reply.body).json();
  } catch {
    return undefined;
  }
}

async function errorText(reply: EgressReply): Promise<string> {
  let text = "";
  try {
    for await (const chunk of reply.body.pipeThrough(new TextDecoderStream() as ReadableWritablePair<string, Uint8Array>)) {
      text += chunk;
      if (text.length > ERROR_BODY_CHARS) break;
    }
  } catch {
    return text;
  }
  return text;
}
