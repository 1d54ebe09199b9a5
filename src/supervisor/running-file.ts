/**
 * Who runs on this data folder, and where are its parts? running.json is both the folder's lock and what `holdfast keys`,
 * `backup` and `doctor` read. A lock counts as held while its process lives: same number, same start time.
 * From another machine or container it counts as held while it is touched every five seconds.
 */
import { linkSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { spawnSync } from "node:child_process";
import { fail, succeed, type Outcome } from "#kit/outcome.ts";
import { SECOND_MS, type Clock } from "#kit/time.ts";

export type Running = {
  pid: number;
  /** Tells this process from a later one with the same number. */
  mark: string;
  host: string;
  since: string;
  url: string;
  runDir: string;
  socketDir: string | null;
  keyGeneration: number;
  children: Record<string, number>;
  /** Of each child, by its name: tells it from a later process with its number. */
  marks?: Record<string, string>;
};

export type FolderClaim = {
  /** What a supervisor that did not end in order left here. */
  left: Running | undefined;
  update(change: Partial<Running>): void;
  release(): void;
};
export type FolderHeld = { tag: "held"; sentence: string };

const TOUCH_MS = 5 * SECOND_MS;
const FRESH_MS = 3 * TOUCH_MS;

function fileOf(dataDir: string): string {
  return join(dataDir, "running.json");
}

/** Takes the folder for this process, or says who has it. */
export function claimFolder(dataDir: string, url: string, clock: Clock): Outcome<FolderClaim, FolderHeld> {
  const file = fileOf(dataDir);
  const mine = `${file}.${process.pid}`;
  let now: Running = {
    pid: process.pid,
    mark: markOf(process.pid),
    host: hostname(),
    since: new Date(clock.now()).toISOString(),
    url,
    runDir: "",
    socketDir: null,
    keyGeneration: 0,
    children: {},
  };
  let left: Running | undefined;
  for (let attempt = 0; ; attempt++) {
    writeFileSync(mine, JSON.stringify(now), { mode: 0o600 });
    try {
      linkSync(mine, file);
      break;
    } catch (error) {
      if ((error as { code?: string }).code !== "EEXIST" || attempt > 5) throw error;
    }
    const holder = readRunning(dataDir, clock);
    if (holder?.alive === true) {
      rmSync(mine, { force: true });
      return fail({ tag: "held", sentence: heldSentence(dataDir, holder.running) });
    }
    left = holder?.running ?? left;
    rmSync(file, { force: true });
  }
  rmSync(mine, { force: true });
  const touch = () => {
    try {
      utimesSync(file, new Date(clock.now()), new Date(clock.now()));
    } catch {
      // told by doctor; the folder may be full or gone
    }
    cancelTouch = clock.after(TOUCH_MS, touch);
  };
  let cancelTouch = clock.after(TOUCH_MS, touch);
  let released = false;
  return succeed({
    left,
    update(change) {
      if (released) return;
      now = { ...now, ...change };
      writeFileSync(mine, JSON.stringify(now, null, 2), { mode: 0o600 });
      renameSync(mine, file);
    },
    release() {
      released = true;
      cancelTouch();
      if (parse(file)?.mark === now.mark) rmSync(file, { force: true });
    },
  });
}

/** Who claimed the folder, and whether that process is still there; `undefined` when nobody did. */
export function readRunning(dataDir: string, clock: Clock): { running: Running; alive: boolean } | undefined {
  const file = fileOf(dataDir);
  const running = parse(file);
  if (running === undefined) return undefined;
  if (running.host === hostname()) return { running, alive: markOf(running.pid) === running.mark };
  const touchedAt = statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  return { running, alive: clock.now() - touchedAt < FRESH_MS };
}

function heldSentence(dataDir: string, { pid, since, host, url }: Running): string {
  const where = host === hostname() ? `process ${pid}` : `process ${pid} on ${host}`;
  return (
    `Holdfast already runs on the data folder ${dataDir} (${where}, since ${since.slice(0, 16).replace("T", " ")} UTC): ${url}\n` +
    `Stop it first (kill ${pid}), or start a second one on a folder and a port of its own: DATA_DIR=./data-2 PORT=8481 npm start`
  );
}

/** A word that changes when the process number is given to another process, also after a restart of the machine. */
export function markOf(pid: number): string {
  if (process.platform === "linux") {
    try {
      const fields = readFileSync(`/proc/${pid}/stat`, "utf8")
        .replace(/^.*\)\s/s, "")
        .split(" ");
      const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim().slice(0, 8);
      return fields[0] === "Z" || fields[0] === "X" ? "gone" : `${boot}-${fields[19]}`;
    } catch {
      return "gone";
    }
  }
  return spawnSync("ps", ["-o", "lstart=", "-p", String(pid)], { encoding: "utf8" }).stdout?.trim() || "gone";
}

function parse(file: string): Running | undefined {
  try {
    const value = JSON.parse(readFileSync(file, "utf8")) as Running;
    return typeof value.pid === "number" && typeof value.mark === "string" ? value : undefined;
  } catch {
    return undefined;
  }
}
