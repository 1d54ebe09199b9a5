/**
 * Whose turn is it at the local model? The process that runs it: listens on its socket, one question a connection
 * (contract/model-protocol.ts), one answer at a time, a bounded line behind it. A closed connection ends its work.
 * It has the lowest priority of all our processes, and it is the first that the kernel may kill when memory runs out.
 */
import { readdirSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { createServer, type Server, type Socket } from "node:net";
import { setPriority, constants } from "node:os";
import { createLineReader, toLine } from "#kit/ndjson.ts";
import { SECOND_MS, systemClock } from "#kit/time.ts";
import { MODEL_ALIVE_MS, MODEL_LINE_LIMIT, type ModelAnswer, type ModelQuestion } from "#contract/model-protocol.ts";
import type { FromChild, ModelBoot, ToChild } from "#contract/processes.ts";
import { createLocalModelEngine, type GenerateQuestion, type LocalModelEngine } from "./local-model-engine.ts";

type Waiting = { question: GenerateQuestion; answer(line: ModelAnswer): void; signal: AbortSignal; done(): void };

function tell(message: FromChild): void {
  process.send?.(message);
}

function log(line: string): void {
  process.stderr.write(`model: ${line}\n`);
}

/** Threads inherit both from the one that makes them, but those that are there already have to be told one by one. */
function stepBack(): void {
  try {
    const threads = process.platform === "linux" ? readdirSync("/proc/self/task").map(Number) : [process.pid];
    for (const thread of threads) setPriority(thread, constants.priority.PRIORITY_LOW);
    if (process.platform === "linux") writeFileSync("/proc/self/oom_score_adj", "800");
  } catch {
    log("its priority could not be lowered");
  }
}

function createLine(engine: LocalModelEngine) {
  const waiting: Waiting[] = [];
  let generating = false;

  const tellPlaces = () => waiting.forEach((entry, index) => entry.answer({ kind: "waiting", ahead: index + 1 }));

  async function work(): Promise<void> {
    if (generating) return;
    generating = true;
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      tellPlaces();
      await one(next);
    }
    generating = false;
  }

  async function one({ question, answer, signal, done }: Waiting): Promise<void> {
    if (signal.aborted) return;
    try {
      const outcome = await engine.answer(question, answer, signal);
      answer(outcome.ok ? { kind: "finish", ...outcome.value } : { kind: "failed", failure: outcome.failure.tag });
    } catch (error) {
      if (!signal.aborted) {
        log(`an answer failed: ${String(error)}`);
        answer({ kind: "failed", failure: "failed" });
      }
    }
    done();
  }

  return {
    join(entry: Waiting): void {
      if (waiting.length >= MODEL_LINE_LIMIT) {
        entry.answer({ kind: "failed", failure: "line-full" });
        entry.done();
        return;
      }
      waiting.push(entry);
      entry.answer({ kind: "waiting", ahead: waiting.length - (generating ? 0 : 1) });
      entry.signal.addEventListener("abort", () => {
        const index = waiting.indexOf(entry);
        if (index < 0) return;
        waiting.splice(index, 1);
        tellPlaces();
      });
      void work();
    },
    state: () => ({ generating, waiting: waiting.length }),
  };
}

function serve(engine: LocalModelEngine, connection: Socket, line: ReturnType<typeof createLine>): void {
  const gone = new AbortController();
  const read = createLineReader();
  let asked = false;
  const answer = (value: ModelAnswer) => {
    if (!connection.destroyed) connection.write(toLine(value));
  };
  let cancelAlive = () => {};
  const alive = () => {
    answer({ kind: "alive" });
    cancelAlive = systemClock.after(MODEL_ALIVE_MS, alive);
  };

  connection.setEncoding("utf8");
  connection.on("error", () => {});
  connection.on("close", () => {
    cancelAlive();
    gone.abort(new Error("the connection was closed"));
  });
  connection.on("data", (chunk: string) => {
    let questions: unknown[];
    try {
      questions = read(chunk);
    } catch {
      connection.destroy();
      return;
    }
    for (const question of questions as ModelQuestion[]) {
      if (asked) return;
      asked = true;
      if (question.kind === "status") {
        const loaded = engine.loaded();
        answer({
          kind: "status",
          loadedFile: loaded?.file ?? null,
          contextTokens: loaded?.contextTokens ?? null,
          memoryBytes: process.memoryUsage.rss(),
          gpu: engine.gpu(),
          ...line.state(),
        });
        connection.end();
      } else {
        line.join({ question, answer, signal: gone.signal, done: () => connection.end() });
        cancelAlive = systemClock.after(MODEL_ALIVE_MS, alive);
      }
    }
  });
}

async function boot({ socket, threads }: ModelBoot): Promise<() => void> {
  stepBack();
  const engine = createLocalModelEngine({ threads, log });
  const line = createLine(engine);
  const connections = new Set<Socket>();
  const server: Server = createServer((connection) => {
    connections.add(connection);
    connection.on("close", () => connections.delete(connection));
    serve(engine, connection, line);
  });
  await rm(socket, { force: true });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(socket, resolve);
  });
  return () => {
    server.close();
    for (const connection of connections) connection.destroy();
  };
}

let close = () => {};
let leaving = false;

/** The native threads of an answer that is being written need a moment to see that they are no longer wanted. */
async function leave(): Promise<void> {
  if (leaving) return;
  leaving = true;
  close();
  await systemClock.sleep(SECOND_MS / 4);
  process.exit(0);
}

process.on("message", (message: ToChild) => {
  if (message.kind === "stop") void leave();
  if (message.kind !== "boot" || message.process !== "model") return;
  boot(message).then(
    (stop) => {
      close = stop;
      tell({ kind: "ready" });
    },
    (error: unknown) => {
      tell({ kind: "unusable", sentence: `The model process could not start: ${String(error)}` });
      void leave();
    },
  );
});
process.on("disconnect", () => void leave());
