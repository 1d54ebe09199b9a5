/**
 * What does a language model look like to us? One small port; each provider is a mapper into these parts.
 * A provider never throws for what the other side does wrong: it yields an `error` part and ends.
 */
import type { ModelChoice } from "#contract/wire.ts";

export type ChatTurn = { role: "system" | "user" | "assistant"; text: string };

export type GenerationRequest = {
  modelId: string;
  turns: readonly ChatTurn[];
  language: "en" | "es";
  maxOutputTokens: number | null;
  /** Whom and what the ledger entry is about. */
  purpose: "answer" | "title";
  accountId: string;
  conversationId: string;
  messageId: string;
};

export type FinishReason = "stop" | "length" | "filtered";

/** Exactly one `finish` or `error` part ends a stream. An aborted stream just ends. */
export type StreamPart =
  | { kind: "text"; text: string }
  | { kind: "reasoning"; text: string }
  | { kind: "tool"; callId: string; name: string; argumentsText: string }
  | { kind: "usage"; inputTokens: number; outputTokens: number }
  | { kind: "finish"; reason: FinishReason }
  | {
      kind: "error";
      code: "model-failed" | "model-unavailable" | "ledger-unavailable" | "too-busy" | "too-long-for-model";
      /** With `too-long-for-model`: how many tokens the model takes, if it says so. It is asked once more with fewer turns. */
      contextTokens?: number;
    };

export type ModelProvider = {
  /** "guide", "local" or "server:<name>": the part of a model id before its first "/". */
  id: string;
  /**
   * The operator named this one, or by its id one model of it: while it has nothing to offer, or not that model, nobody is
   * quietly handed on to another.
   */
  expected?: boolean | string;
  /** What can be chosen right now; empty when the provider can't be reached. Never throws. */
  models(): Promise<Omit<ModelChoice, "isDefault">[]>;
  /** Streams one answer. Ends early and silently when `signal` aborts; the work itself is aborted too. */
  stream(request: GenerationRequest, signal: AbortSignal): AsyncIterable<StreamPart>;
};
