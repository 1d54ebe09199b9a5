/**
 * As whom does the embedded PostgreSQL run? It refuses to run as root, so root steps down to the owner of the data, to
 * `postgres`, or to a user id that nobody else has: whoever shares the server's user can read everything in it. A folder
 * that this user can't reach is reached by one capability, given by setpriv to that process only.
 */
import { spawn, spawnSync, type ChildProcess, type SpawnOptions } from "node:child_process";
import { createHash } from "node:crypto";
import { lchownSync, lstatSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";

export type SystemUser = { name: string; uid: number; gid: number };

/** How a program of PostgreSQL is started: as whom, and behind which words of setpriv. */
export type Runner = {
  /** Set only when root steps down. */
  user: SystemUser | undefined;
  /** Set when `user` has no name here. initdb refuses such a one: it works as this user, and what it made changes hands. */
  maker?: SystemUser;
  /** Words before the program; empty without setpriv. They end the program when our process dies. */
  prefix: readonly string[];
  /** True when the prefix itself changes the user (and brings the capability along). */
  prefixStepsDown: boolean;
};

const CAPABILITIES = ["dac_read_search", "dac_override"];
/** No user gets a number in here (systemd's list of ids keeps it free), and containers have it, which often end at 65,535. */
const UNUSED_UIDS = { first: 60_578, count: 606 };
const PLAIN_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/**
 * The runner for a data folder, or a sentence when root has nobody to step down to. `clusterDir` need not exist yet; one that
 * belongs to somebody else than the runner's user has to change hands before the server starts.
 */
export function chooseRunner(clusterDir: string, users: readonly SystemUser[] = systemUsers()): Runner | { sentence: string } {
  const endsWithUs = diesWithItsParent() ? ["setpriv", "--pdeathsig", "INT"] : [];
  if (process.geteuid?.() !== 0) return { user: undefined, prefix: endsWithUs, prefixStepsDown: false };
  const nobody = users.find(({ name }) => name === "nobody");
  const owner = ownerOf(clusterDir);
  const user =
    (owner !== undefined && owner !== 0 && owner !== nobody?.uid
      ? (users.find(({ uid }) => uid === owner) ?? nameless(owner))
      : undefined) ??
    users.find(({ name }) => name === "postgres" || name === "_postgres") ??
    (nobody === undefined ? undefined : (ownUser(clusterDir, users) ?? nobody));
  if (user === undefined) {
    return {
      sentence:
        "PostgreSQL refuses to run as root, and this machine has neither a user named postgres nor one named nobody. " +
        "Start Holdfast as an ordinary user, or add one: useradd --system postgres",
    };
  }
  const maker = users.includes(user) ? undefined : nobody;
  return { user, ...(maker === undefined ? {} : { maker }), prefix: endsWithUs, prefixStepsDown: false };
}

/** The runner with which a cluster is made. */
export function makingRunner(runner: Runner): Runner {
  const { maker, prefix } = runner;
  if (maker === undefined) return runner;
  const ids: Record<string, number> = { "--reuid": maker.uid, "--regid": maker.gid };
  return { ...runner, user: maker, prefix: prefix.map((word, index) => String(ids[prefix[index - 1] ?? ""] ?? word)) };
}

/** Gives a folder and what is in it to the runner's user, as far as it belonged to the folder's owner. */
export function changeHands(folder: string, { user }: Runner): void {
  const from = ownerOf(folder);
  if (user === undefined || from === undefined || from === user.uid) return;
  const paths = readdirSync(folder, { recursive: true, encoding: "utf8" }).map((name) => join(folder, name));
  // the folder last: if this is cut off, the next start does it again
  for (const path of [...paths, folder]) if (lstatSync(path).uid === from) lchownSync(path, user.uid, user.gid);
}

/** The same runner, able to pass folders that its user may not enter; `undefined` when this machine can't give that. */
export function withReach(runner: Runner): Runner | undefined {
  if (runner.user === undefined) return undefined;
  const { uid, gid } = runner.user;
  for (const capability of CAPABILITIES) {
    // access() drops capabilities unless this bit is set, and initdb looks for its sibling with access()
    for (const bits of [["--securebits", "+no_setuid_fixup"], []]) {
      const prefix = [
        ...["setpriv", "--reuid", String(uid), "--regid", String(gid), "--clear-groups", ...bits],
        ...["--inh-caps", `+${capability}`, "--ambient-caps", `+${capability}`, "--pdeathsig", "INT"],
      ];
      const candidate: Runner = { ...runner, prefix, prefixStepsDown: true };
      if (runOnce(candidate, "true", []).status === 0) return candidate;
    }
  }
  return undefined;
}

/** True when the runner's user can read this file or enter this folder. */
export function canReach(runner: Runner, path: string): boolean {
  if (runner.user === undefined) return true;
  return runOnce(runner, "sh", ["-c", 'if test -d "$0"; then test -x "$0"; else test -r "$0"; fi', path]).status === 0;
}

/** Runs a program to its end and returns what it printed. */
export function runOnce(runner: Runner, program: string, words: readonly string[], environment: Record<string, string> = {}) {
  const { command, args, options } = prepare(runner, program, words, environment);
  return spawnSync(command, args, { ...options, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
}

/** Starts a program in a session of its own, so that Ctrl-C in the terminal reaches only us. */
export function runAlong(runner: Runner, program: string, words: readonly string[], environment: Record<string, string>): ChildProcess {
  const { command, args, options } = prepare(runner, program, words, environment);
  return spawn(command, args, { ...options, detached: true, stdio: ["ignore", "ignore", "pipe"] });
}

function prepare(runner: Runner, program: string, words: readonly string[], environment: Record<string, string>) {
  const [command = program, ...args] = [...runner.prefix, program, ...words];
  const options: SpawnOptions = { cwd: "/", env: { PATH: PLAIN_PATH, LC_ALL: "C", TZ: "UTC", ...environment } };
  if (runner.user !== undefined && !runner.prefixStepsDown) {
    options.uid = runner.user.uid;
    options.gid = runner.user.gid;
  }
  return { command, args, options };
}

function diesWithItsParent(): boolean {
  if (process.platform !== "linux") return false;
  return spawnSync("setpriv", ["--pdeathsig", "INT", "true"], { stdio: "ignore", env: { PATH: PLAIN_PATH } }).status === 0;
}

function systemUsers(): SystemUser[] {
  return readFileSync("/etc/passwd", "utf8")
    .split("\n")
    .map((line) => line.split(":"))
    .map(([name = "", , uid, gid]) => ({ name, uid: Number(uid), gid: Number(gid) }))
    .filter(({ uid, gid }) => uid > 0 && gid >= 0);
}

/** A user id of this folder's own, the same each time; `undefined` where the kernel has no such id (a small container). */
function ownUser(clusterDir: string, users: readonly SystemUser[]): SystemUser | undefined {
  const taken = new Set(users.map(({ uid }) => uid));
  const from = createHash("sha256").update(clusterDir).digest().readUInt32BE(0);
  for (let step = 0; step < UNUSED_UIDS.count; step++) {
    const uid = UNUSED_UIDS.first + ((from + step) % UNUSED_UIDS.count);
    if (taken.has(uid)) continue;
    const user = nameless(uid);
    return runOnce({ user, prefix: [], prefixStepsDown: false }, "true", []).status === 0 ? user : undefined;
  }
  return undefined;
}

function nameless(uid: number): SystemUser {
  return { name: String(uid), uid, gid: uid };
}

function ownerOf(path: string): number | undefined {
  return statSync(path, { throwIfNoEntry: false })?.uid;
}
