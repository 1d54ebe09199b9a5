/**
 * How does a test get the real app process? Forked as the supervisor does it, with a real database and hasher; the test stands
 * where door and supervisor stand: it asks over the app's socket and listens on the control socket.
 */
import { fork, type ChildProcess } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { request as httpRequest, type IncomingHttpHeaders, type IncomingMessage } from "node:http";
import { createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createLineReader } from "#kit/ndjson.ts";
import { derivePurposeKey } from "#kit/seal.ts";
import { systemClock } from "#kit/time.ts";
import {
  INTERNAL,
  type AppBoot,
  type AppPurpose,
  type ControlMessage,
  type FromChild,
  type KeysOf,
  type ToChild,
} from "#contract/processes.ts";
import type { StreamEvent } from "#contract/wire.ts";
import type { DatabaseAddress } from "#store/store.ts";
import { startHasher } from "./hasher.ts";

type Afterwards = { after(work: () => unknown): unknown };
type Ready = Extract<FromChild, { kind: "ready" }>;
export type Running = { child: ChildProcess; ready: Ready; output: () => string };
export type Answer = { status: number; json: unknown; text: string; headers: IncomingHttpHeaders };

const APP_PURPOSES: readonly AppPurpose[] = ["envelope", "code", "letter", "recipient", "pass", "device", "mailbox"];

/** New keys of one generation; with `before`, those are still accepted. */
export function appKeys(id: number, before?: KeysOf<AppPurpose>): KeysOf<AppPurpose> {
  const root = { id, secret: randomBytes(32) };
  const entries = APP_PURPOSES.map((purpose) => {
    const previous = before?.[purpose].current;
    return [purpose, { purpose, current: derivePurposeKey(root, purpose), ...(previous === undefined ? {} : { previous }) }];
  });
  return Object.fromEntries(entries) as KeysOf<AppPurpose>;
}

/** A place for apps that share database, sockets and cookies: one after the other, as after a crash. */
export async function appPlace(t: Afterwards, database: DatabaseAddress) {
  const folder = mkdtempSync(join(tmpdir(), "hf-app-"));
  const children: ChildProcess[] = [];
  t.after(() => {
    for (const child of children) child.kill("SIGKILL");
    rmSync(folder, { recursive: true, force: true });
  });
  const hasher = await startHasher(t);
  const sockets = { app: join(folder, "app"), door: join(folder, "door"), hashers: [hasher.socket], model: join(folder, "model") };
  const doorSecret = randomBytes(16).toString("hex");
  const mailboxToken = randomBytes(16).toString("hex");
  const keys = appKeys(1);
  const cookies = new Map<string, string>();

  /** Starts one, and does not wait until it is ready. */
  function begin(changes: Partial<AppBoot> = {}): Omit<Running, "ready"> & { ready: Promise<Ready> } {
    const child = fork(fileURLToPath(new URL("../../src/http/app-process.ts", import.meta.url)), {
      stdio: ["ignore", "pipe", "pipe", "ipc"],
      serialization: "advanced",
      execArgv: [],
    });
    children.push(child);
    let output = "";
    for (const stream of [child.stdout, child.stderr]) stream?.on("data", (chunk: Buffer) => (output += chunk.toString()));
    const boot: AppBoot = {
      kind: "boot",
      process: "app",
      publicUrl: "http://localhost:18500",
      dataDir: join(folder, "data"),
      database,
      sockets,
      doorSecret,
      keys,
      logLevel: "info",
      version: "0.0.0",
      smtpUrl: null,
      mailFrom: "Holdfast <holdfast@localhost>",
      mailboxTokenSha256: createHash("sha256").update(mailboxToken).digest("hex"),
      lettersPerSecond: 50,
      unprovenLettersPerHour: null,
      disposableDomains: "limit",
      checkMailDomains: true,
      offerFirstOperator: true,
      model: { url: null, key: null, name: null, discover: false, file: null, hubUrl: "http://127.0.0.1:1", threads: 1 },
      ...changes,
    };
    const ready = new Promise<Ready>((resolve, reject) => {
      child.on("message", (message: FromChild) => {
        if (message.kind === "ready") resolve(message);
        if (message.kind === "unusable") reject(new Error(message.sentence));
      });
      child.on("exit", () => reject(new Error(`the app ended: ${output}`)));
    });
    child.send(boot satisfies ToChild);
    return { child, ready, output: () => output };
  }

  /** Resolves when it is ready. */
  async function start(changes: Partial<AppBoot> = {}): Promise<Running> {
    const begun = begin(changes);
    return { ...begun, ready: await begun.ready };
  }

  /** The answer's head; its body is to be read. */
  function open(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<IncomingMessage> {
    const bytes = body === undefined ? undefined : JSON.stringify(body);
    const sent = {
      [INTERNAL.doorSecret]: doorSecret,
      cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join("; "),
      ...(bytes === undefined ? {} : { "content-type": "application/json", "content-length": String(Buffer.byteLength(bytes)) }),
      ...headers,
    };
    return new Promise((resolve, reject) => {
      // no connection is kept: it would lead to an app that another one has replaced
      const request = httpRequest({ socketPath: sockets.app, method, path, headers: sent, agent: false }, resolve);
      request.on("error", reject);
      request.end(bytes);
    });
  }

  async function ask(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer> {
    const response = await open(method, path, body, headers);
    const chunks: Buffer[] = [];
    for await (const chunk of response) chunks.push(chunk as Buffer);
    takeCookies(response.headers["set-cookie"] ?? []);
    const text = Buffer.concat(chunks).toString();
    const isJson = response.headers["content-type"]?.includes("json") === true;
    return { status: response.statusCode ?? 0, text, json: isJson ? JSON.parse(text) : undefined, headers: response.headers };
  }

  function takeCookies(lines: readonly string[]): void {
    for (const line of lines) {
      const [pair = "", ...rest] = line.split(";");
      const at = pair.indexOf("=");
      if (rest.some((attribute) => attribute.trim() === "Max-Age=0")) cookies.delete(pair.slice(0, at));
      else cookies.set(pair.slice(0, at), pair.slice(at + 1));
    }
  }

  /** Does something as another browser, and comes back to this one. */
  async function asSomebodyElse<Result>(work: () => Promise<Result>): Promise<Result> {
    const saved = [...cookies];
    cookies.clear();
    try {
      return await work();
    } finally {
      cookies.clear();
      for (const [name, value] of saved) cookies.set(name, value);
    }
  }

  /** Stands at the door's end of the control socket. */
  async function standAtTheDoor() {
    const messages: ControlMessage[] = [];
    const connections = new Set<Socket>();
    const server = createServer((socket) => {
      connections.add(socket);
      const read = createLineReader();
      socket.setEncoding("utf8").on("error", () => {});
      socket.on("data", (chunk: string) => messages.push(...(read(chunk) as ControlMessage[])));
    });
    await new Promise<void>((resolve) => server.listen(sockets.door, resolve));
    return {
      messages,
      close() {
        for (const socket of connections) socket.destroy();
        return new Promise((resolve) => server.close(resolve));
      },
    };
  }

  return { keys, cookies, mailboxToken, begin, start, open, ask, asSomebodyElse, standAtTheDoor };
}

/** Looks until there is something else than `undefined` or `false`. */
export async function waitFor<Value>(
  what: string,
  look: () => Value | undefined | Promise<Value | undefined>,
  limitMs = 10_000,
): Promise<Value> {
  for (const until = systemClock.monotonic() + limitMs; systemClock.monotonic() < until;) {
    const value = await look();
    if (value !== undefined && value !== false) return value;
    await systemClock.sleep(20);
  }
  throw new Error(`${what} did not come within ${limitMs} ms`);
}

/** Reads an event stream in the background. */
export function listenTo(response: IncomingMessage) {
  const state = { text: "", ended: false };
  response.setEncoding("utf8").on("error", () => {});
  response.on("data", (chunk: string) => (state.text += chunk));
  response.on("close", () => (state.ended = true));
  const events = () =>
    state.text
      .split("\n\n")
      .filter((frame) => frame.startsWith("id: "))
      .map((frame) => {
        const [id = "", data = ""] = frame.split("\n");
        return { seq: Number(id.slice(4)), event: JSON.parse(data.slice(6)) as StreamEvent };
      });
  return { state, events };
}
