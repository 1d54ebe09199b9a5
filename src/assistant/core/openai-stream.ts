/**
 * How does the stream of an OpenAI-compatible server become our parts? One event's data at a time. Thoughts come as
 * `reasoning_content` (DeepSeek, llama.cpp, vLLM), `reasoning` (Ollama, newer vLLM) or inside the text. Pure.
 */
import type { FinishReason, StreamPart } from "../provider.ts";
import { endThinking, splitThinking, THINK_START, type ThinkState } from "./think.ts";
import { tooLongFor } from "./openai-request.ts";

type ToolCall = { id: string; name: string; argumentsText: string };
export type StreamState = {
  think: ThinkState;
  /** The server separates thoughts itself, so tags in the text are the model's words. */
  separates: boolean;
  tools: readonly ToolCall[];
  usage: { inputTokens: number; outputTokens: number } | null;
  finish: FinishReason | "failed" | null;
  /** `[DONE]`, an error or a broken event came: nothing after it counts. */
  ended: boolean;
};
type Step = { state: StreamState; parts: StreamPart[] };

export const STREAM_START: StreamState = { think: THINK_START, separates: false, tools: [], usage: null, finish: null, ended: false };
const MAX_TOOLS = 32;

/** Takes the data of one event. */
export function takeEvent(state: StreamState, data: string): Step {
  if (state.ended || data.trim() === "") return { state, parts: [] };
  if (data.trim() === "[DONE]") return finishStream(state, true);
  const chunk = parse(data);
  // a damaged event may have carried words: going on would lose them in silence
  if (chunk === undefined) return broken(state, "model-failed");
  const error = errorIn(chunk);
  if (error !== undefined) {
    const tooLong = tooLongFor(error);
    if (tooLong === undefined) return broken(state, "model-failed");
    return {
      state: { ...state, ended: true },
      parts: [{ kind: "error", code: "too-long-for-model", ...(tooLong === null ? {} : { contextTokens: tooLong }) }],
    };
  }
  return takeChunk({ ...state, usage: usageIn(chunk) ?? state.usage }, chunk);
}

/** The connection ended: well, when the model said that it had finished, or `[DONE]` came. */
export function finishStream(state: StreamState, done: boolean): Step {
  if (state.ended) return { state, parts: [] };
  const held = state.separates ? [] : endThinking(state.think).map(({ channel, text }): StreamPart => ({ kind: channel, text }));
  const ended: StreamState = { ...state, think: { at: "answering", held: "" }, ended: true };
  const usage: StreamPart[] = state.usage === null ? [] : [{ kind: "usage", ...state.usage }];
  if (state.finish === "failed" || (state.finish === null && !done)) {
    return { state: ended, parts: [...held, ...usage, { kind: "error", code: "model-failed" }] };
  }
  const tools = state.tools.map(({ id, name, argumentsText }): StreamPart => ({ kind: "tool", callId: id, name, argumentsText }));
  return { state: ended, parts: [...held, ...tools, ...usage, { kind: "finish", reason: state.finish ?? "stop" }] };
}

function takeChunk(state: StreamState, chunk: Record<string, unknown>): Step {
  const choice = first(chunk["choices"]);
  if (choice === undefined) return { state, parts: [] };
  const delta = record(choice["delta"]) ?? record(choice["message"]) ?? {};
  const reasoning = wordsIn(delta["reasoning_content"]) || wordsIn(delta["reasoning"]);
  const separates = state.separates || reasoning !== "";
  const parts: StreamPart[] = reasoning === "" ? [] : [{ kind: "reasoning", text: reasoning }];
  let { think } = state;
  const text = wordsIn(delta["content"]) || wordsIn(delta["refusal"]);
  if (text !== "" && separates) parts.push({ kind: "text", text });
  else if (text !== "") {
    const split = splitThinking(think, text);
    think = split.state;
    for (const piece of split.pieces) parts.push({ kind: piece.channel, text: piece.text });
  }
  const finish = finishIn(choice["finish_reason"]) ?? state.finish;
  return { state: { ...state, think, separates, finish, tools: takeTools(state.tools, delta["tool_calls"]) }, parts };
}

function takeTools(tools: readonly ToolCall[], deltas: unknown): readonly ToolCall[] {
  if (!Array.isArray(deltas)) return tools;
  const taken = [...tools];
  for (const delta of deltas.map(record)) {
    const index = typeof delta?.["index"] === "number" ? delta["index"] : taken.length;
    if (delta === undefined || index < 0 || index >= MAX_TOOLS || !Number.isInteger(index)) continue;
    const before = taken[index] ?? { id: "", name: "", argumentsText: "" };
    const called = record(delta["function"]) ?? {};
    taken[Math.min(index, taken.length)] = {
      id: before.id || wordsIn(delta["id"]),
      name: before.name || wordsIn(called["name"]),
      argumentsText: before.argumentsText + wordsIn(called["arguments"]),
    };
  }
  return taken;
}

function finishIn(reason: unknown): StreamState["finish"] {
  if (typeof reason !== "string" || reason === "") return null;
  switch (reason) {
    case "length":
    case "max_tokens":
      return "length";
    case "content_filter":
      return "filtered";
    // DeepSeek out of capacity; vLLM and others when the engine gives up
    case "insufficient_system_resource":
    case "abort":
    case "error":
      return "failed";
    default:
      return "stop";
  }
}

function usageIn(chunk: Record<string, unknown>): StreamState["usage"] {
  const usage = record(chunk["usage"]);
  const [input, output] = [usage?.["prompt_tokens"], usage?.["completion_tokens"]];
  return isCount(input) && isCount(output) ? { inputTokens: input, outputTokens: output } : null;
}

/** The text of an error object, in the shapes of OpenAI, llama.cpp, Ollama and older vLLM. */
function errorIn(chunk: Record<string, unknown>): string | undefined {
  const error = chunk["error"];
  if (error !== undefined && error !== null) return JSON.stringify(error);
  return chunk["object"] === "error" ? JSON.stringify(chunk) : undefined;
}

function broken(state: StreamState, code: "model-failed"): Step {
  return { state: { ...state, ended: true }, parts: [{ kind: "error", code }] };
}

function parse(data: string): Record<string, unknown> | undefined {
  try {
    return record(JSON.parse(data));
  } catch {
    return undefined;
  }
}

/** Text, or the text of a list of content parts. */
function wordsIn(value: unknown): string {
  if (typeof value === "string") return value;
  if (!Array.isArray(value)) return "";
  return value.map((part) => wordsIn(record(part)?.["text"])).join("");
}

function first(value: unknown): Record<string, unknown> | undefined {
  return Array.isArray(value) ? record(value[0]) : undefined;
}

function record(value: unknown): Record<string, unknown> | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : undefined;
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isInteger(value) && value >= 0 && value < 2 ** 31;
}
