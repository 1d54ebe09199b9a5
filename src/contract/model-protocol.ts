/**
 * What do the app and the model process say to each other on `sockets.model`? NDJSON, one question a connection:
 * whoever closes the connection ends the work, so a stopped answer and a dead app both free the model at once.
 * Losing the process fails closed: no `finish` came, so the answer is not shown as finished.
 */

export type ModelTurn = { role: "system" | "user" | "assistant"; text: string };

/** App → model process: the first and only line of a connection. */
export type ModelQuestion =
  | {
      kind: "generate";
      /** Absolute path; loaded first when another file (or none) is. */
      file: string;
      turns: readonly ModelTurn[];
      maxOutputTokens: number | null;
      /** How many tokens the model may spend on thinking before it answers; null leaves it to the model. */
      thoughtTokens: number | null;
      /** The same seed, file and turns give the same words. */
      seed?: number;
    }
  | { kind: "status" };

/**
 * line-full: as many wait already as may · file-unusable: missing, broken or of a kind that llama.cpp can't run ·
 * out-of-memory: it doesn't fit · too-long: the last message alone is longer than the context · failed: anything else
 */
export type ModelFailure = "line-full" | "file-unusable" | "out-of-memory" | "too-long" | "failed";

/** Model process → app. `finish`, `failed` and `status` are the last line of their connection. */
export type ModelAnswer =
  /** Sent at once as a receipt, and again when the place in the line changes. */
  | { kind: "waiting"; ahead: number }
  | { kind: "loading"; fraction: number }
  /** At least every `MODEL_ALIVE_MS`, so that silence means that the process hangs. */
  | { kind: "alive" }
  | { kind: "text"; text: string }
  | { kind: "reasoning"; text: string }
  | { kind: "finish"; reason: "stop" | "length"; inputTokens: number; outputTokens: number }
  | { kind: "failed"; failure: ModelFailure }
  | {
      kind: "status";
      loadedFile: string | null;
      contextTokens: number | null;
      /** Resident memory of the whole process. */
      memoryBytes: number;
      gpu: string | null;
      generating: boolean;
      waiting: number;
    };

export const MODEL_ALIVE_MS = 5_000;
/** How many may wait behind the one whose answer is being written. */
export const MODEL_LINE_LIMIT = 8;
/** Context that Holdfast gives a local model at most; less when memory is short or the model can take less. */
export const LOCAL_CONTEXT_TOKENS = 8_192;
