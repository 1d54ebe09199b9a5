/**
 * How does a GGUF file answer? The only file that knows llama.cpp (by node-llama-cpp): loads one file at a time and
 * writes one answer at a time; the line in front belongs to model-process.ts. Runs in the model process only,
 * because what goes wrong in native code takes its process along.
 */
import { stat } from "node:fs/promises";
import {
  getLlama,
  InsufficientMemoryError,
  LlamaChat,
  LlamaLogLevel,
  resolveChatWrapper,
  type ChatHistoryItem,
  type Llama,
  type LlamaContext,
  type LlamaModel,
} from "node-llama-cpp";
import { fail, succeed, type Outcome } from "#kit/outcome.ts";
import { LOCAL_CONTEXT_TOKENS, type ModelFailure, type ModelQuestion, type ModelTurn } from "#contract/model-protocol.ts";
import { fitTurns } from "./core/fit-turns.ts";

export type GenerateQuestion = Extract<ModelQuestion, { kind: "generate" }>;
export type EnginePart = { kind: "loading"; fraction: number } | { kind: "text"; text: string } | { kind: "reasoning"; text: string };
export type EngineFinish = { reason: "stop" | "length"; inputTokens: number; outputTokens: number };
export type EngineFailure = { tag: ModelFailure };

export type LocalModelEngine = {
  /** Writes one answer. Never two at a time: the caller sees to it. Throws the signal's reason when aborted. */
  answer(
    question: GenerateQuestion,
    onPart: (part: EnginePart) => void,
    signal: AbortSignal,
  ): Promise<Outcome<EngineFinish, EngineFailure>>;
  loaded(): { file: string; contextTokens: number } | null;
  gpu(): string | null;
};

/** Small models fall into loops that never end; an answer of this length is taken for one. */
const MAX_OUTPUT_TOKENS = 4_096;
/** llama.cpp rounds contexts to multiples of it; below it no conversation is possible. */
const MIN_CONTEXT_TOKENS = 512;
const TURN_OVERHEAD_TOKENS = 12;
const SAMPLING = { temperature: 0.7, topP: 0.95, topK: 40, minP: 0.05 } as const;

type Loaded = { key: string; file: string; model: LlamaModel; context: LlamaContext; chat: LlamaChat };

export function createLocalModelEngine(options: { threads: number; log: (line: string) => void }): LocalModelEngine {
  let llama: Llama | undefined;
  let loaded: Loaded | undefined;

  async function start(): Promise<Llama> {
    // "auto" takes a GPU build when the operator installed one and falls back to the CPU; nothing is built or downloaded
    llama ??= await getLlama({
      gpu: "auto",
      build: "never",
      skipDownload: true,
      progressLogs: false,
      maxThreads: options.threads,
      logLevel: LlamaLogLevel.error,
      logger: (_level, message) => options.log(message.trim()),
      ramPadding: (totalBytes) => keepFree(totalBytes),
    });
    return llama;
  }

  async function unload(): Promise<void> {
    const old = loaded;
    loaded = undefined;
    await old?.model.dispose();
  }

  async function load(file: string, onPart: (part: EnginePart) => void, signal: AbortSignal): Promise<Outcome<Loaded, EngineFailure>> {
    const found = await stat(file).catch(() => undefined);
    if (found === undefined) return fail({ tag: "file-unusable" });
    const key = `${file}:${found.size}:${found.mtimeMs}`;
    if (loaded?.key === key) return succeed(loaded);
    await unload();
    let model: LlamaModel | undefined;
    try {
      model = await (
        await start()
      ).loadModel({
        modelPath: file,
        loadSignal: signal,
        onLoadProgress: (fraction) => onPart({ kind: "loading", fraction }),
      });
      // One sequence, kept and reused: disposal is asynchronous, so a context with exactly as many sequences as answers
      // refuses the next one; and a reused one need not read again what it has read of this conversation already.
      const context = await model.createContext({
        sequences: 1,
        contextSize: { min: Math.min(MIN_CONTEXT_TOKENS, model.trainContextSize), max: LOCAL_CONTEXT_TOKENS },
        createSignal: signal,
      });
      const chat = new LlamaChat({ contextSequence: context.getSequence(), chatWrapper: resolveChatWrapper(model) });
      loaded = { key, file, model, context, chat };
      return succeed(loaded);
    } catch (error) {
      await model?.dispose();
      if (signal.aborted) throw signal.reason;
      options.log(`${file} can't be loaded: ${String(error)}`);
      return fail({ tag: error instanceof InsufficientMemoryError ? "out-of-memory" : "file-unusable" });
    }
  }

  return {
    async answer(question, onPart, signal) {
      const ready = await load(question.file, onPart, signal);
      if (!ready.ok) return ready;
      const { model, context, chat } = ready.value;
      // room for an answer: a quarter of the context, at most a thousand tokens
      const limitTokens = context.contextSize - Math.min(1_024, Math.floor(context.contextSize / 4));
      const lengths = question.turns.map((turn) => model.tokenize(turn.text).length + TURN_OVERHEAD_TOKENS);
      const turns = fitTurns(question.turns, lengths, limitTokens);
      if (turns === undefined) return fail({ tag: "too-long" });

      const history = historyOf(turns);
      const prompt = chat.chatWrapper.generateContextState({ chatHistory: history }).contextText.tokenize(model.tokenizer);
      const before = chat.sequence.tokenMeter.getState();
      try {
        const result = await chat.generateResponse(history, {
          ...SAMPLING,
          maxTokens: Math.min(question.maxOutputTokens ?? MAX_OUTPUT_TOKENS, MAX_OUTPUT_TOKENS),
          ...(question.seed === undefined ? {} : { seed: question.seed }),
          ...(question.thoughtTokens === null ? {} : { budgets: { thoughtTokens: question.thoughtTokens } }),
          signal,
          onResponseChunk: (chunk) => {
            if (chunk.text !== "") onPart({ kind: chunk.type === "segment" ? "reasoning" : "text", text: chunk.text });
          },
        });
        return succeed({
          reason: result.metadata.stopReason === "maxTokens" ? "length" : "stop",
          inputTokens: prompt.length,
          outputTokens: chat.sequence.tokenMeter.diff(before).usedOutputTokens,
        });
      } catch (error) {
        if (signal.aborted) throw signal.reason;
        options.log(`an answer failed: ${String(error)}`);
        // what the context holds now is unknown
        await unload();
        return fail({ tag: "failed" });
      }
    },
    loaded: () => (loaded === undefined ? null : { file: loaded.file, contextTokens: loaded.context.contextSize }),
    gpu: () => (llama === undefined || llama.gpu === false ? null : llama.gpu),
  };
}

/** How much memory stays free for everybody else; inside a container also what lies outside of its limit. */
function keepFree(totalBytes: number): number {
  const limitBytes = process.constrainedMemory();
  const outside = limitBytes > 0 && limitBytes < totalBytes ? totalBytes - limitBytes : 0;
  return outside + Math.min(totalBytes * 0.1, 1024 ** 3);
}

function historyOf(turns: readonly ModelTurn[]): ChatHistoryItem[] {
  const history = turns.map((turn): ChatHistoryItem =>
    turn.role === "assistant" ? { type: "model", response: [turn.text] } : { type: turn.role, text: turn.text },
  );
  return [...history, { type: "model", response: [] }];
}
