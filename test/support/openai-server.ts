/**
 * How does a test get a model server? A second real process that speaks the OpenAI protocol, streams what it is told or
 * seeded random words, breaks where it is told, and keeps every byte that it received and every word that it sent.
 */
import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

type Afterwards = { after(work: () => Promise<void>): unknown };

/** What goes wrong, and after how many chunks of the answer. */
export type Fault =
  | { kind: "status"; status: number; body?: string; retryAfterSeconds?: number }
  | { kind: "cut" | "stall" | "malformed" | "error" | "no-finish"; afterChunks: number };

/** How one chat request is answered. Without `text`, seeded random words. */
export type Behaviour = {
  /** Only for a request that has this text in it; others leave it in the queue. */
  when?: string;
  text?: string;
  reasoning?: string;
  words?: number;
  chunkDelayMs?: number;
  usage?: boolean;
  /** Why the answer ends; "stop" when nothing is said. */
  finish?: "stop" | "length";
  fault?: Fault;
};

export type ReceivedRequest = { method: string; path: string; headers: Record<string, string>; body: Buffer };
/** What was written to the wire of one chat request, word by word. */
export type ServedAnswer = { text: string; reasoning: string; finished: boolean; request: string };

export type OpenAiServerOptions = {
  key?: string;
  models?: string[];
  contextTokens?: number;
  /** Seed of the random words. */
  seed?: string;
  /** How each request is answered while the queue is empty. */
  otherwise?: Behaviour;
  port?: number;
};

export type OpenAiServer = {
  /** Base URL, ending in /v1. */
  url: string;
  port: number;
  pid: number;
  /** The next chat requests are answered so, one each, in order; those with `when` by the next request that they fit. */
  next(...behaviours: Behaviour[]): Promise<void>;
  otherwise(behaviour: Behaviour): Promise<void>;
  received(): Promise<ReceivedRequest[]>;
  served(): Promise<ServedAnswer[]>;
  kill(): Promise<void>;
};

export type Command =
  | { kind: "next"; behaviours: Behaviour[] }
  | { kind: "otherwise"; behaviour: Behaviour }
  | { kind: "received" }
  | { kind: "served" };
export type Report = {
  received?: { method: string; path: string; headers: Record<string, string>; bodyBase64: string }[];
  served?: ServedAnswer[];
};

/** Starts the process; it ends after `t`. */
export async function startOpenAiServer(t: Afterwards, options: OpenAiServerOptions = {}): Promise<OpenAiServer> {
  const child = fork(fileURLToPath(new URL("./openai-server-process.ts", import.meta.url)), [JSON.stringify(options)], {
    stdio: ["ignore", "ignore", "inherit", "ipc"],
    execArgv: [],
  });
  const kill = () => killChild(child);
  t.after(kill);
  const [{ port }] = (await once(child, "message")) as [{ port: number }];
  let number = 0;
  const ask = (command: Command) =>
    new Promise<Report>((resolve) => {
      const id = (number += 1);
      const onMessage = (answer: { id: number; report: Report }) => {
        if (answer.id !== id) return;
        child.off("message", onMessage);
        resolve(answer.report);
      };
      child.on("message", onMessage);
      child.send({ id, command });
    });
  return {
    url: `http://127.0.0.1:${port}/v1`,
    port,
    pid: child.pid ?? 0,
    kill,
    next: async (...behaviours) => void (await ask({ kind: "next", behaviours })),
    otherwise: async (behaviour) => void (await ask({ kind: "otherwise", behaviour })),
    served: async () => (await ask({ kind: "served" })).served ?? [],
    async received() {
      const { received = [] } = await ask({ kind: "received" });
      return received.map(({ bodyBase64, ...rest }) => ({ ...rest, body: Buffer.from(bodyBase64, "base64") }));
    },
  };
}

async function killChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, "exit");
  child.kill("SIGKILL");
  await ended;
}
