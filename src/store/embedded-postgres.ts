/**
 * How does PostgreSQL run inside Holdfast? Its programs come from npm; this launcher makes the cluster, starts the server
 * on a unix socket only, tells when it is ready and when it ended, and stops it. The real engine: a commit that was
 * acknowledged survives `kill -9` of any process. One server per data folder: the caller holds the folder's lock.
 */
import type { ChildProcess } from "node:child_process";
import { chmodSync, chownSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { fail, succeed, type Outcome } from "#kit/outcome.ts";
import { SECOND_MS, systemClock, type Clock } from "#kit/time.ts";
import type { DatabaseAddress } from "./store.ts";
import { findNative, preparePrograms, type Programs } from "./embedded-postgres-programs.ts";
import { clearRemains } from "./embedded-postgres-remains.ts";
import { changeHands, chooseRunner, makingRunner, runOnce, runAlong, type Runner, type SystemUser } from "./embedded-postgres-user.ts";

export { findNative } from "./embedded-postgres-programs.ts";
export { isAlive, readHolder } from "./embedded-postgres-remains.ts";

export type EmbeddedPostgres = {
  pid: number;
  address: Extract<DatabaseAddress, { socketDir: string }>;
  /** As whom the server runs when we are root. */
  userName: string | undefined;
  /** Resolves when the server's main process has ended, for whatever reason. */
  ended: Promise<void>;
  /** `fast` ends open transactions and writes a checkpoint; after 20 s without an end it becomes a crash stop. */
  stop(): Promise<void>;
};

export type EmbeddedPostgresOptions = {
  /** Holds postgres/ (the cluster) and the links that the programs need. Made when missing. */
  dataDir: string;
  /** Made when missing, mode 0700; its path must stay below 90 bytes. */
  socketDir: string;
  /** Further settings of postgresql.conf. */
  settings?: Record<string, string | number>;
  clock?: Clock;
  /** What takes longer than a moment: making the cluster, recovering after a crash. */
  onProgress?: (event: "initialising" | "recovering") => void;
  /** Lines of the server's own log. */
  onLog?: (line: string) => void;
  /** Whom this machine knows; others in tests. */
  users?: readonly SystemUser[];
};

export type Unusable = { tag: "unusable"; sentence: string };

const SUPERUSER = "holdfast";
const SOCKET_PATH_LIMIT = 90;

/** Small machine, few connections: measured 28 MB idle. */
const SETTINGS = {
  listen_addresses: "",
  unix_socket_permissions: "0700",
  max_connections: 60,
  shared_buffers: "64MB",
  io_method: "sync",
  max_parallel_workers_per_gather: 0,
  jit: "off",
  max_wal_size: "256MB",
  // its details are rows and texts of people
  log_error_verbosity: "terse",
  log_timezone: "UTC",
  timezone: "UTC",
};

/** Starts the server of this data folder, making the cluster on the first start. */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<Outcome<EmbeddedPostgres, Unusable>> {
  const clock = options.clock ?? systemClock;
  const socketDir = resolve(options.socketDir);
  if (Buffer.byteLength(socketDir) > SOCKET_PATH_LIMIT) {
    return unusable(`The folder for PostgreSQL's socket has a path of more than ${SOCKET_PATH_LIMIT} bytes: ${socketDir}`);
  }
  mkdirSync(options.dataDir, { recursive: true, mode: 0o700 });
  const cluster = join(resolve(options.dataDir), "postgres");
  const programs = findPrograms(options, cluster, socketDir);
  if ("sentence" in programs) return unusable(programs.sentence);

  const remains = await clearRemains(existsSync(cluster) ? cluster : options.dataDir, clock);
  if (typeof remains !== "string") return unusable(remains.sentence);

  if (!existsSync(cluster)) {
    options.onProgress?.("initialising");
    const sentence = makeCluster(programs, cluster);
    if (sentence !== undefined) return unusable(sentence);
  }
  changeHands(cluster, programs.runner);
  const major = readMajor(cluster);
  if (major !== programs.major) {
    return unusable(
      `The data folder was written by PostgreSQL ${major} and this version of Holdfast brings ${programs.major}. ` +
        "Start the version of Holdfast that wrote it, make a backup with it (holdfast backup), and restore that here.",
    );
  }
  own(programs.runner, socketDir);
  return serve(programs, cluster, socketDir, options, clock);
}

function findPrograms({ dataDir, users }: EmbeddedPostgresOptions, cluster: string, socketDir: string): Programs | { sentence: string } {
  const native = findNative();
  if (typeof native !== "string") return native;
  const runner = chooseRunner(cluster, users);
  if ("sentence" in runner) return runner;
  // the user that root steps down to has to pass through; everything in there has its own mode
  const passage = runner.user === undefined ? 0o700 : 0o711;
  mkdirSync(dirname(socketDir), { recursive: true, mode: passage });
  if (runner.user !== undefined) chmodSync(dataDir, passage);
  return preparePrograms(native, resolve(dataDir), socketDir, runner);
}

/** Made beside and renamed, so that a cluster is there whole or not at all. */
function makeCluster(programs: Programs, cluster: string): string | undefined {
  const unfinished = `${cluster}.unfinished`;
  rmSync(unfinished, { recursive: true, force: true });
  const runner = makingRunner(programs.runner);
  own(runner, unfinished);
  const words = [
    ...["-D", unfinished, "-U", SUPERUSER, "-A", "trust", "-E", "UTF8", "--no-instructions"],
    // the bundled ICU is of 2017 and would order words differently from a server of one's own
    ...["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"],
  ];
  const made = runOnce(runner, programs.initdb, words, programs.environment);
  if (made.status === 0) {
    changeHands(unfinished, programs.runner);
    renameSync(unfinished, cluster);
    return undefined;
  }
  rmSync(unfinished, { recursive: true, force: true });
  const said = `${made.stderr ?? ""}`.trim();
  if (/No space left|ENOSPC/.test(said))
    return "The disk is full: PostgreSQL needs about 60 MB to begin with. Free some space, then start again.";
  if (/effective user ID|look up/.test(said)) {
    return `The user id ${process.getuid?.()} has no name on this system (no line in /etc/passwd), and PostgreSQL can't make a database without one. Add the line, or set DATABASE_URL to a PostgreSQL of your own.`;
  }
  return `PostgreSQL could not make its database: ${said.split("\n").at(-1) ?? made.error?.message ?? "it said nothing"}`;
}

/** Makes a folder that only the server's user may enter. */
function own({ user }: Runner, folder: string): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  chmodSync(folder, 0o700);
  if (user !== undefined) chownSync(folder, user.uid, user.gid);
}

function readMajor(cluster: string): string {
  try {
    return readFileSync(join(cluster, "PG_VERSION"), "utf8").trim();
  } catch {
    return "of an unknown version";
  }
}

async function serve(
  programs: Programs,
  cluster: string,
  socketDir: string,
  options: EmbeddedPostgresOptions,
  clock: Clock,
): Promise<Outcome<EmbeddedPostgres, Unusable>> {
  const settings = { ...SETTINGS, unix_socket_directories: socketDir, ...options.settings };
  const words = ["-D", cluster, ...Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`])];
  const child = runAlong(programs.runner, programs.postgres, words, programs.environment);
  const ended = new Promise<void>((done) => {
    child.once("exit", () => done());
    child.once("error", () => done());
  });
  const last = await untilReady(child, ended, options);
  if (last !== undefined) return unusable(`PostgreSQL did not start: ${last}`);
  const stop = async () => {
    child.kill("SIGINT");
    const waited = new AbortController();
    await Promise.race([ended, clock.sleep(20 * SECOND_MS, waited.signal).catch(() => {})]);
    waited.abort();
    if (child.exitCode === null && child.signalCode === null) child.kill("SIGQUIT");
    await ended;
  };
  return succeed({
    pid: child.pid ?? 0,
    address: { socketDir, name: "postgres", user: SUPERUSER },
    userName: programs.runner.user?.name,
    ended,
    stop,
  });
}

/** Waits for the line that says ready. Returns the server's last words when it ended instead. */
function untilReady(child: ChildProcess, ended: Promise<void>, options: EmbeddedPostgresOptions): Promise<string | undefined> {
  let lastWords = "it ended without a word";
  return new Promise((done) => {
    if (child.stderr !== null) {
      createInterface({ input: child.stderr }).on("line", (line) => {
        options.onLog?.(line);
        if (line.includes("automatic recovery in progress")) options.onProgress?.("recovering");
        if (/FATAL|PANIC|error/.test(line)) lastWords = line.replace(/^.*?(FATAL|PANIC):\s+/, "");
        if (line.includes("database system is ready to accept connections")) done(undefined);
      });
    }
    child.once("error", (error) => {
      lastWords = error.message;
    });
    void ended.then(() => done(lastWords));
  });
}

function unusable(sentence: string): { ok: false; failure: Unusable } {
  return fail({ tag: "unusable", sentence });
}
