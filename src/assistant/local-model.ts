/**
 * How does a conversation reach a model file on this machine? The provider "local": asks for the model process only while
 * somebody uses it (it is let go after ten idle minutes), one connection per answer, words as they come.
 * Nothing leaves this machine here. When the process dies in mid-answer, what came stays and an error part ends the stream.
 */
import { connect, type Socket } from "node:net";
import { createLineReader, toLine } from "#kit/ndjson.ts";
import { MINUTE_MS, SECOND_MS, type Clock } from "#kit/time.ts";
import { MODEL_ALIVE_MS, type ModelAnswer, type ModelFailure, type ModelQuestion } from "#contract/model-protocol.ts";
import { createLocalFiles, localModelId, type LocalFile } from "./local-model-files.ts";
import type { GenerationRequest, ModelProvider, StreamPart } from "./provider.ts";

export type LocalModel = ModelProvider & {
  /** For the operator: each file, and whether it is in memory now. */
  files(): Promise<(LocalFile & { loaded: boolean })[]>;
  /** Lets the process go and ends what is running. */
  stop(): void;
};

export type LocalModelOptions = {
  /** Where the model process listens. */
  socket: string;
  modelsDir: string;
  /** A file of the operator's anywhere else (MODEL_FILE). */
  modelFile: string | null;
  /** Asks the supervisor to run the process, or to end it. */
  wantModel: (wanted: boolean) => void;
  clock: Clock;
  idleMs?: number;
  /** For tests: the same seed gives the same words. */
  seed?: number;
};

const IDLE_MS = 10 * MINUTE_MS;
/** Fork, import and listen take 0.4 s on an idle machine and many times that on a busy one. */
const START_MS = 30 * SECOND_MS;
const FIRST_RETRY_MS = 25;
const LAST_RETRY_MS = SECOND_MS;
const SILENCE_MS = 6 * MODEL_ALIVE_MS;

export function createLocalModel(options: LocalModelOptions): LocalModel {
  const { clock } = options;
  const localFiles = createLocalFiles(options);
  const stopped = new AbortController();
  let inUse = 0;
  let cancelRelease = () => {};

  function take(): void {
    inUse++;
    cancelRelease();
    options.wantModel(true);
  }

  function release(): void {
    inUse--;
    if (inUse > 0) return;
    cancelRelease = clock.after(options.idleMs ?? IDLE_MS, () => options.wantModel(false));
  }

  /** Asks until the process is there; undefined when it isn't within the deadline or `signal` aborts. */
  async function ask(question: ModelQuestion, signal: AbortSignal): Promise<Answers | undefined> {
    const deadline = clock.monotonic() + START_MS;
    for (let retryMs = FIRST_RETRY_MS; !signal.aborted; retryMs = Math.min(retryMs * 2, LAST_RETRY_MS)) {
      const answers = await openAnswers(options.socket, question, signal, clock);
      if (answers !== undefined) return answers;
      if (clock.monotonic() + retryMs > deadline) return undefined;
      await clock.sleep(retryMs, signal).catch(() => {});
    }
    return undefined;
  }

  async function* stream(request: GenerationRequest, asked: AbortSignal): AsyncIterable<StreamPart> {
    const signal = AbortSignal.any([asked, stopped.signal]);
    const file = await localFiles.find(request.modelId);
    if (file === undefined) {
      yield { kind: "error", code: "model-unavailable" };
      return;
    }
    take();
    try {
      const answers = await ask(questionOf(request, file.path, options.seed), signal);
      if (answers === undefined) {
        if (!signal.aborted) yield { kind: "error", code: "model-unavailable" };
        return;
      }
      for await (const answer of answers) {
        const parts = partsOf(answer);
        yield* parts;
        if (parts.some((part) => part.kind === "finish" || part.kind === "error")) return;
      }
      if (!signal.aborted) yield { kind: "error", code: "model-failed" };
    } finally {
      release();
    }
  }

  async function loadedFile(): Promise<string | null> {
    const answers = await openAnswers(options.socket, { kind: "status" }, stopped.signal, clock);
    for await (const answer of answers ?? []) if (answer.kind === "status") return answer.loadedFile;
    return null;
  }

  return {
    id: "local",
    ...(options.modelFile === null ? {} : { expected: localModelId(options.modelFile) }),
    async models() {
      return (await localFiles.list()).map((file) => ({
        id: file.modelId,
        name: file.name,
        provider: "local" as const,
        where: "here" as const,
        host: null,
        contextTokens: file.contextTokens,
      }));
    },
    stream,
    async files() {
      const [files, loaded] = await Promise.all([localFiles.list(), loadedFile()]);
      return files.map((file) => ({ ...file, loaded: file.path === loaded }));
    },
    stop() {
      stopped.abort(new Error("Holdfast stops"));
      cancelRelease();
      options.wantModel(false);
    },
  };
}

function questionOf(request: GenerationRequest, file: string, seed: number | undefined): ModelQuestion {
  return {
    kind: "generate",
    file,
    turns: request.turns,
    maxOutputTokens: request.maxOutputTokens,
    // a title needs no thinking
    thoughtTokens: request.purpose === "title" ? 0 : null,
    ...(seed === undefined ? {} : { seed }),
  };
}

const CODES = {
  "line-full": "too-busy",
  "too-long": "too-long-for-model",
  "file-unusable": "model-unavailable",
  "out-of-memory": "model-unavailable",
  failed: "model-failed",
} as const satisfies Record<ModelFailure, string>;

function partsOf(answer: ModelAnswer): StreamPart[] {
  switch (answer.kind) {
    case "text":
    case "reasoning":
      return [answer];
    case "finish":
      return [
        { kind: "usage", inputTokens: answer.inputTokens, outputTokens: answer.outputTokens },
        { kind: "finish", reason: answer.reason },
      ];
    case "failed":
      return [{ kind: "error", code: CODES[answer.failure] }];
    case "waiting":
    case "loading":
    case "alive":
    case "status":
      return [];
  }
}

type Answers = AsyncIterable<ModelAnswer>;

/** Connects, asks, and waits for the first line: a process that is just leaving takes connections but answers nothing. */
async function openAnswers(path: string, question: ModelQuestion, signal: AbortSignal, clock: Clock): Promise<Answers | undefined> {
  if (signal.aborted) return undefined;
  const socket = connect({ path });
  socket.setEncoding("utf8");
  socket.on("error", () => {});
  socket.write(toLine(question));
  const answers = readAnswers(socket, signal, clock)[Symbol.asyncIterator]();
  const first = await answers.next();
  if (first.done === true) return undefined;
  return (async function* () {
    try {
      yield first.value;
      yield* { [Symbol.asyncIterator]: () => answers };
    } finally {
      socket.destroy();
    }
  })();
}

/** Ends, without throwing, when the other side closes, hangs, or `signal` aborts. */
async function* readAnswers(socket: Socket, signal: AbortSignal, clock: Clock): AsyncGenerator<ModelAnswer> {
  const read = createLineReader();
  const destroy = () => socket.destroy();
  signal.addEventListener("abort", destroy);
  let cancelSilence = clock.after(SILENCE_MS, destroy);
  try {
    for await (const chunk of socket) {
      cancelSilence();
      cancelSilence = clock.after(SILENCE_MS, destroy);
      yield* read(chunk as string) as ModelAnswer[];
    }
  } catch {
    // a broken connection ends the answer like a closed one
  } finally {
    cancelSilence();
    signal.removeEventListener("abort", destroy);
    socket.destroy();
  }
}
