/**
 * How does a test get a real door? Forked as the supervisor does it, with a real HTTP server behind it on the app's unix
 * socket that answers what the test says and records what reached it, and a control connection that tells it the capacity.
 */
import { fork, type ChildProcess } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import {
  createServer,
  request as httpRequest,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from "node:http";
import { connect, createServer as createPlainServer, type AddressInfo, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { toLine } from "#kit/ndjson.ts";
import { derivePurposeKey, type Purpose, type PurposeKeys } from "#kit/seal.ts";
import {
  CHILD_ENVIRONMENT,
  SERVING_EXEC_ARGV,
  type ControlMessage,
  type DoorBoot,
  type DoorPurpose,
  type KeysOf,
} from "#contract/processes.ts";
import type { Way } from "#contract/wire.ts";

type Afterwards = { after(work: () => void | Promise<void>): unknown };

/** A request as it reached the app. */
export type Reached = { method: string; path: string; headers: IncomingHttpHeaders; body: string };
export type Reply = { status: number; headers: IncomingHttpHeaders; setCookies: string[]; text: string; json: <Shape>() => Shape };
export type Asked = { method?: string; headers?: Record<string, string>; body?: string | Buffer; cookie?: string };

const DOOR_PURPOSES = ["challenge", "place", "bucket", "pass", "device"] as const satisfies readonly DoorPurpose[];
export const DOOR_SECRET = "secret-of-this-boot";

export type RootKey = { id: number; secret: Uint8Array };
export const newRoot = (id: number): RootKey => ({ id, secret: randomBytes(32) });

export function doorKeys(current: RootKey, previous?: RootKey): KeysOf<DoorPurpose> {
  const of = (purpose: Purpose): PurposeKeys => ({
    purpose,
    current: derivePurposeKey(current, purpose),
    ...(previous === undefined ? {} : { previous: derivePurposeKey(previous, purpose) }),
  });
  return Object.fromEntries(DOOR_PURPOSES.map((purpose) => [purpose, of(purpose)])) as KeysOf<DoorPurpose>;
}

export type TestDoor = {
  url: string;
  port: number;
  pid(): number;
  ask(path: string, asked?: Asked): Promise<Reply>;
  /** Everything that reached the app, the oldest first. */
  reached: Reached[];
  /** How the app answers; by default `{}` with 200. */
  answer: (request: IncomingMessage, response: ServerResponse, body: string) => void;
  /** Instead of `answer`: answers before anything of the body was read. */
  early: ((request: IncomingMessage, response: ServerResponse) => void) | undefined;
  stopApp(): Promise<void>;
  startApp(): Promise<void>;
  tell(message: ControlMessage): void;
  /** Tells the capacity each second, until `null`. */
  capacity(lettersPerSecond: number | null): void;
  hangUp(): void;
  send(message: unknown): void;
  /** Ends the door's process at once and starts it again. */
  kill(): Promise<void>;
  child(): ChildProcess;
  /** Where the process's inspector listens, when it was started with `inspect`. */
  inspectUrl(): string;
};

export async function startDoor(
  t: Afterwards,
  { boot = {}, inspect = false, root = newRoot(1) }: { boot?: Partial<DoorBoot>; inspect?: boolean; root?: RootKey } = {},
): Promise<TestDoor> {
  const folder = mkdtempSync(join(tmpdir(), "hf-door-"));
  const sockets = { app: join(folder, "app"), door: join(folder, "door"), hashers: [], model: join(folder, "model") };
  const port = await freePort();
  const message: DoorBoot = {
    kind: "boot",
    process: "door",
    publicUrl: `http://localhost:${port}`,
    listenHost: "127.0.0.1",
    listenPort: port,
    trustedProxyHops: 0,
    minimumEffort: 0,
    metricsPort: null,
    sockets,
    doorSecret: DOOR_SECRET,
    keys: doorKeys(root),
    logLevel: "warn",
    version: "0.1.0",
    mailbox: true,
    ...boot,
  };

  async function forkDoor(): Promise<ChildProcess> {
    const forked = fork(fileURLToPath(new URL("../../src/door/door-process.ts", import.meta.url)), {
      serialization: "advanced",
      env: { ...process.env, ...CHILD_ENVIRONMENT },
      execArgv: [...SERVING_EXEC_ARGV, ...(inspect ? ["--inspect=127.0.0.1:0"] : [])],
      stdio: ["ignore", "inherit", inspect ? "pipe" : "inherit", "ipc"],
    });
    forked.stderr?.setEncoding("utf8").on("data", (chunk: string) => {
      inspectUrl = /ws:\/\/\S+/.exec(chunk)?.[0] ?? inspectUrl;
    });
    forked.send(message);
    const [first] = (await once(forked, "message")) as [{ kind: string }];
    if (first.kind !== "ready") throw new Error(`the door said ${JSON.stringify(first)}`);
    return forked;
  }

  let inspectUrl = "";
  let app: Server | undefined;
  const door: TestDoor = {
    url: `http://127.0.0.1:${port}`,
    port,
    reached: [],
    early: undefined,
    answer: (_request, response) => response.setHeader("content-type", "application/json").end("{}"),
    pid: () => child.pid ?? 0,
    child: () => child,
    inspectUrl: () => inspectUrl,
    ask: (path, asked) => ask(port, path, asked),
    startApp() {
      rmSync(sockets.app, { force: true });
      app = createServer((request, response) => {
        if (door.early !== undefined) return door.early(request, response);
        const chunks: Buffer[] = [];
        request.on("data", (chunk: Buffer) => chunks.push(chunk));
        request.on("error", () => {});
        request.on("end", () => {
          const body = Buffer.concat(chunks).toString();
          door.reached.push({ method: request.method ?? "", path: request.url ?? "", headers: request.headers, body });
          door.answer(request, response, body);
        });
      });
      return new Promise((resolve) => app?.listen(sockets.app, () => resolve()));
    },
    stopApp: () =>
      new Promise((resolve) => {
        app?.close(() => resolve());
        app?.closeAllConnections();
      }),
    tell: (told) => void control?.write(toLine(told)),
    capacity(lettersPerSecond) {
      clearInterval(telling);
      if (lettersPerSecond === null) return;
      const say = () => door.tell({ kind: "capacity", lettersPerSecond });
      say();
      telling = setInterval(say, 500);
    },
    hangUp: () => control?.destroy(),
    send: (toChild) => void child.send(toChild as never),
    async kill() {
      child.kill("SIGKILL");
      await once(child, "exit");
      child = await forkDoor();
      control = await openControl(sockets.door);
    },
  };
  let telling: NodeJS.Timeout | undefined;
  let child = await forkDoor();
  let control: Socket | undefined = await openControl(sockets.door);
  await door.startApp();
  t.after(async () => {
    clearInterval(telling);
    control?.destroy();
    child.kill("SIGKILL");
    await door.stopApp();
    rmSync(folder, { recursive: true, force: true });
  });
  return door;
}

async function openControl(path: string): Promise<Socket> {
  const socket = connect(path);
  socket.on("error", () => {});
  await once(socket, "connect");
  return socket;
}

function ask(port: number, path: string, { method = "GET", headers = {}, body, cookie }: Asked = {}): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const sent = {
      ...(cookie === undefined ? {} : { cookie }),
      ...(body === undefined ? {} : { "content-type": "application/json" }),
      ...headers,
    };
    const request = httpRequest(
      { host: "127.0.0.1", port, path, method, headers: { host: `localhost:${port}`, ...sent }, agent: false },
      (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("error", reject);
        response.on("end", () => {
          const text = Buffer.concat(chunks).toString();
          const setCookies = response.headers["set-cookie"] ?? [];
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            setCookies,
            text,
            json: <Shape>() => JSON.parse(text) as Shape,
          });
        });
      },
    );
    request.on("error", reject);
    request.end(body);
  });
}

/** A browser's way to a place: its cookie, and the answer. */
export async function takePlace(door: Pick<TestDoor, "ask">, headers: Record<string, string> = {}, way: Way = "sign-up") {
  const challenged = await door.ask(`/${way}/challenge`, { method: "POST", headers });
  const cookie = challenged.setCookies[0]?.split(";")[0] ?? "";
  const { challenge } = challenged.json<{ challenge: string }>();
  const placed = await door.ask(`/${way}/place`, { method: "POST", cookie, headers, body: JSON.stringify({ challenge }) });
  return { cookie, challenge, placed };
}

async function freePort(): Promise<number> {
  const server = createPlainServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}
