/**
 * Who strips the types from our .ts files? A process that ends at once: whoever strips keeps the stripper, some 15 MB, for as
 * long as it lives. So when sources changed, that process loads them all, Node's compile cache keeps what came of it, and
 * those that stay read it from there. `node bin/code-cache.js` is that process.
 */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, realpathSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const SOURCES = fileURLToPath(new URL("../src/", import.meta.url));
const THIS_FILE = fileURLToPath(import.meta.url);
const WITHIN_MS = 30_000;

/** Compiles what changed since the last time into `cacheDir`. When it can't, everybody strips types for himself. */
export function compileAhead(cacheDir) {
  const stamp = join(cacheDir, `compiled-${process.version}-${process.arch}-${process.getuid?.() ?? ""}`);
  const state = stateOfSources();
  if (readText(stamp) === state) return;
  const { status } = spawnSync(process.execPath, [THIS_FILE], { stdio: "ignore", timeout: WITHIN_MS });
  if (status !== 0) return;
  try {
    writeFileSync(stamp, state);
  } catch {
    // another user's folder: it is compiled all the same
  }
}

/** Names, sizes and times; reading them all would take longer. */
function stateOfSources() {
  const hash = createHash("sha256");
  const names = readdirSync(SOURCES, { recursive: true, encoding: "utf8" });
  for (const name of names.toSorted()) {
    if (!name.endsWith(".ts") || name.endsWith(".test.ts")) continue;
    const { size, mtimeMs } = statSync(join(SOURCES, name));
    hash.update(`${name}\0${size}\0${mtimeMs}\0`);
  }
  return hash.digest("hex");
}

function readText(path) {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

/** What stays: the command that starts, and the processes that it keeps running. The model's own is rarely there. */
async function loadAll() {
  await import("../src/cli/cli.ts");
  await import("../src/cli/start.ts");
  await import("../src/main.ts");
  await import("../src/http/app-process.ts");
  await import("../src/door/door-process.ts");
  await import("../src/identity/hasher-process.ts");
}

if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === THIS_FILE) {
  await loadAll();
  process.exit(0);
}
