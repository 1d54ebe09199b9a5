/**
 * How does a test get a whole Holdfast? The real command on a free port and a new folder, with every process that belongs to
 * it; stopped in order after the test. Settings of the machine that the test runs on play no part.
 */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { devNull, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { SETTING_NAMES } from "#src/settings.ts";
import type { DatabaseAddress } from "#store/store.ts";

type Afterwards = { after(work: () => unknown): unknown };
export type HoldfastOptions = {
  /** Settings; whatever is not named here has its default. */
  env?: Record<string, string>;
  /** Made when it is missing, and left alone afterwards; by default a new one that goes with the test. */
  dataDir?: string;
};
export type TestHoldfast = {
  url: string;
  /** Link to the built-in mailbox; empty when it is closed. */
  mailboxUrl: string;
  /** Empty when there is an operator already. */
  firstOperatorUrl: string;
  dataDir: string;
  database: DatabaseAddress;
  /** What the supervisor says now; a part that is just being started again is missing. */
  pids(): Promise<{ supervisor: number; postgres?: number; app?: number; door?: number; model?: number; "hasher-1"?: number }>;
  /** Everything that the terminal showed. */
  output(): string;
  /** Stops it in order; resolves with the exit code. */
  stop(): Promise<number | null>;
};

const COMMAND = fileURLToPath(new URL("../../bin/holdfast.js", import.meta.url));
const UP_WITHIN_MS = 120_000;
const STOP_WITHIN_MS = 40_000;

/** Starts it and waits until people can come in. */
export async function startHoldfast(t: Afterwards, options: HoldfastOptions = {}): Promise<TestHoldfast> {
  const dataDir = options.dataDir ?? makeFolder();
  const port = Number(options.env?.["PORT"] ?? (await freePort()));
  const run = runHoldfast(["start"], { PORT: String(port), DATA_DIR: dataDir, MODEL_DISCOVERY: "off", ...options.env });
  t.after(async () => {
    await run.end();
    if (options.dataDir === undefined) removeFolder(dataDir);
  });
  const up = await Promise.race([run.shows(/Holdfast is up[\s\S]*Ctrl-C/), run.exited.then(() => false), late(UP_WITHIN_MS)]);
  assert.ok(up, `Holdfast did not come up:\n${run.output()}`);
  const link = (path: string) => new RegExp(`\\S+/${path}\\?token=\\S+`).exec(run.output())?.[0] ?? "";
  const running = () =>
    JSON.parse(readFileSync(join(dataDir, "running.json"), "utf8")) as {
      pid: number;
      socketDir: string | null;
      children: Record<string, number>;
    };
  const { socketDir } = running();
  const url = options.env?.["DATABASE_URL"];
  return {
    url: options.env?.["PUBLIC_URL"] ?? `http://localhost:${port}`,
    mailboxUrl: link("mailbox"),
    firstOperatorUrl: link("first-operator"),
    dataDir,
    database: url === undefined ? { socketDir: socketDir ?? "", name: "postgres", user: "holdfast" } : { url },
    async pids() {
      const { pid, children } = running();
      return { supervisor: pid, ...children };
    },
    output: run.output,
    async stop() {
      run.signal("SIGTERM");
      return run.exited;
    },
  };
}

export type HoldfastRun = {
  pid: number;
  output(): string;
  /** Resolves with true once the output matches. */
  shows(pattern: RegExp): Promise<true>;
  signal(name: NodeJS.Signals): void;
  exited: Promise<number | null>;
  /** Ends it whatever it does. */
  end(): Promise<void>;
};

/** Runs a command of Holdfast, e.g. `["backup", file]`, with these settings and no others. */
export function runHoldfast(words: readonly string[], settings: Record<string, string>): HoldfastRun {
  const inherited = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !(SETTING_NAMES as string[]).includes(name) && !name.startsWith("NODE_")),
  );
  const child = spawn(process.execPath, [COMMAND, ...words, "--settings", devNull], {
    env: { ...inherited, ...settings },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  const watchers = new Set<() => void>();
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (chunk: string) => {
      output += chunk;
      for (const look of watchers) look();
    });
  }
  const exited = new Promise<number | null>((resolve) => child.once("close", resolve));
  return {
    pid: child.pid ?? 0,
    output: () => output,
    shows: (pattern) =>
      new Promise((resolve) => {
        const look = () => {
          if (!pattern.test(output)) return;
          watchers.delete(look);
          resolve(true);
        };
        watchers.add(look);
        look();
      }),
    signal: (name) => void child.kill(name),
    exited,
    async end() {
      if (child.exitCode === null && child.signalCode === null) {
        child.kill("SIGTERM");
        if ((await Promise.race([exited.then(() => true), late(STOP_WITHIN_MS)])) === false) child.kill("SIGKILL");
      }
      await exited;
    },
  };
}

/** A folder that goes after the test. */
export function temporaryFolder(t: Afterwards): string {
  const folder = makeFolder();
  t.after(() => removeFolder(folder));
  return folder;
}

/** Others may pass through it, because root's PostgreSQL runs as another user. */
function makeFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "hf-data-"));
  chmodSync(folder, 0o711);
  return folder;
}

function removeFolder(folder: string): void {
  rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
}

export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    });
  });
}

function late(delayMs: number): Promise<false> {
  return new Promise((resolve) => {
    setTimeout(() => resolve(false), delayMs).unref();
  });
}
