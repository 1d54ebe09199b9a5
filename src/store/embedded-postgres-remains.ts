/**
 * What did a PostgreSQL that is no longer ours leave on this data folder? A server without its supervisor is stopped;
 * a lock file that names a dead, foreign or zombie process is removed, but only when no process works in the folder
 * any more: two servers on one folder destroy it. A lock of a process that is plainly gone is left to PostgreSQL itself.
 */
import { readdirSync, readFileSync, readlinkSync, realpathSync, rmSync } from "node:fs";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { SECOND_MS, type Clock } from "#kit/time.ts";

export type Remains = "nothing" | "stopped an orphan" | "removed a stale lock";

/** What the lock file of a cluster says about the process that holds it. */
export type Holder = { pid: number; socketDir: string; state: "running" | "gone" | "zombie" | "somebody else" };

/** Reads postmaster.pid and looks at the process; `undefined` without a (readable) lock file. */
export function readHolder(clusterDir: string): Holder | undefined {
  let lines: string[];
  try {
    lines = readFileSync(join(clusterDir, "postmaster.pid"), "utf8").split("\n");
  } catch {
    return undefined;
  }
  const pid = Number(lines[0]);
  if (!Number.isSafeInteger(pid) || pid <= 1) return { pid: 0, socketDir: "", state: "somebody else" };
  return { pid, socketDir: lines[4]?.trim() ?? "", state: stateOf(pid, clusterDir) };
}

/** Makes the folder free for a new server. Returns a sentence when something can't be ended. */
export async function clearRemains(clusterDir: string, clock: Clock): Promise<Remains | { sentence: string }> {
  const holder = readHolder(clusterDir);
  if (holder?.state === "running") {
    signal(holder.pid, "SIGINT");
    if (!(await ended(holder.pid, 20 * SECOND_MS, clock))) signal(holder.pid, "SIGQUIT");
    if (!(await ended(holder.pid, 10 * SECOND_MS, clock))) {
      return {
        sentence: `An earlier PostgreSQL (process ${holder.pid}) still holds the data folder and does not end. End it (kill ${holder.pid}), then start again.`,
      };
    }
  }
  for (const [index, name] of (["SIGTERM", "SIGQUIT", "SIGKILL"] as const).entries()) {
    const workers = workersIn(clusterDir);
    if (workers.length === 0) break;
    // backends notice by themselves that their server is gone: they get two seconds before the first signal
    const deadline = clock.monotonic() + 2 * SECOND_MS;
    while (clock.monotonic() < deadline && workersIn(clusterDir).length > 0) await clock.sleep(25);
    for (const pid of workersIn(clusterDir)) signal(pid, name);
    if (index === 2) await clock.sleep(100);
  }
  const left = workersIn(clusterDir);
  if (left.length > 0) {
    return {
      sentence: `Earlier processes of PostgreSQL (${left.join(", ")}) still work in the data folder and do not end. End them, then start again.`,
    };
  }
  if (holder?.state === "zombie" || holder?.state === "somebody else") {
    rmSync(join(clusterDir, "postmaster.pid"), { force: true });
    return "removed a stale lock";
  }
  return holder?.state === "running" ? "stopped an orphan" : "nothing";
}

/** True while the process exists and is no zombie. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as { code?: string }).code !== "EPERM") return false;
  }
  return !isZombie(pid);
}

function isZombie(pid: number): boolean {
  return /^State:\s+[ZX]/m.test(procFile(pid, "status") ?? "");
}

function stateOf(pid: number, clusterDir: string): Holder["state"] {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as { code?: string }).code !== "EPERM") return "gone";
  }
  if (isZombie(pid)) return "zombie";
  const words = commandOf(pid);
  return words.includes("postgres") && words.includes(clusterDir) ? "running" : "somebody else";
}

function commandOf(pid: number): string {
  if (process.platform === "linux") return procFile(pid, "cmdline")?.replaceAll("\0", " ") ?? "";
  return spawnSync("ps", ["-o", "command=", "-p", String(pid)], { encoding: "utf8" }).stdout;
}

/** Processes whose working folder is the cluster: PostgreSQL's all change into it. Empty where /proc is missing. */
function workersIn(clusterDir: string): number[] {
  if (process.platform !== "linux") return [];
  const real = realpathSync(clusterDir);
  return readdirSync("/proc")
    .map(Number)
    .filter((pid) => Number.isInteger(pid) && pid > 1)
    .filter((pid) => {
      try {
        return readlinkSync(`/proc/${pid}/cwd`) === real && !isZombie(pid);
      } catch {
        return false;
      }
    });
}

async function ended(pid: number, limitMs: number, clock: Clock): Promise<boolean> {
  const deadline = clock.monotonic() + limitMs;
  while (isAlive(pid)) {
    if (clock.monotonic() > deadline) return false;
    await clock.sleep(20);
  }
  return true;
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // it ended in between
  }
}

function procFile(pid: number, name: string): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/${name}`, "utf8");
  } catch {
    return undefined;
  }
}
