/**
 * Is the web app built from the sources that are there? A hash over them stands in web/dist/.built-from; when it differs,
 * Vite builds into a folder beside, which then takes the place of web/dist, so a build is there whole or not at all.
 * Two starts at once build once. A checkout that can't be written to is fine when its build is there.
 */
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { accessSync, constants, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { createInterface } from "node:readline";
import { fail, succeed, type Outcome } from "#kit/outcome.ts";
import { SECOND_MS, type Clock } from "#kit/time.ts";
import { markOf } from "./running-file.ts";

export type WebBuilt = { state: "current" | "built" | "older"; sentence?: string };
export type WebUnbuilt = { tag: "web-unbuilt"; sentence: string };

/** What is built, one after the other, each into its folder below web/dist. */
const BUILDS = [
  { config: "web/vite.config.ts", into: "" },
  { config: "web/small/vite.config.ts", into: "small" },
];
const SOURCES = ["web", "src/contract", "src/kit"];
const NOT_SOURCES = new Set(["node_modules", "dist"]);
const WAIT_FOR_OTHER_MS = 180 * SECOND_MS;

export type WebBuildParts = {
  projectDir: string;
  environment: Readonly<Record<string, string>>;
  clock: Clock;
  signal: AbortSignal;
  onProgress(text: string): void;
};

/** The state of web/dist without changing it. */
export function webAppState(projectDir: string): "current" | "older" | "missing" {
  const dist = join(projectDir, "web", "dist");
  if (!existsSync(join(dist, "index.html"))) return "missing";
  return builtFrom(dist) === sourcesHash(projectDir) ? "current" : "older";
}

export async function ensureWebApp(parts: WebBuildParts): Promise<Outcome<WebBuilt, WebUnbuilt>> {
  const { projectDir } = parts;
  const state = webAppState(projectDir);
  if (state === "current") return succeed({ state });
  const obstacle = whyNotBuildable(projectDir);
  if (obstacle !== undefined) {
    return state === "older"
      ? succeed({ state, sentence: `The web app in web/dist was built from other sources, and ${obstacle}. What is there is used.` })
      : unbuilt(`The web app is not built yet, and ${obstacle}.`);
  }
  const unlock = await lock(parts);
  if (unlock === undefined)
    return unbuilt("Another start has been building the web app for three minutes. Stop it, or wait for it, then start again.");
  try {
    return webAppState(projectDir) === "current" ? succeed({ state: "current" }) : await build(parts);
  } finally {
    unlock();
  }
}

async function build(parts: WebBuildParts): Promise<Outcome<WebBuilt, WebUnbuilt>> {
  const { projectDir } = parts;
  const hash = sourcesHash(projectDir);
  const fresh = join(projectDir, ".cache", `web-${process.pid}`);
  rmSync(fresh, { recursive: true, force: true });
  try {
    for (const { config, into } of BUILDS) {
      if (!existsSync(join(projectDir, config))) continue;
      const said = await runVite(parts, config, join(fresh, into));
      if (said !== undefined) return unbuilt(`The web app could not be built (${config}):\n${said}`);
    }
    writeFileSync(join(fresh, ".built-from"), `${hash}\n`);
    const dist = join(projectDir, "web", "dist");
    const old = join(projectDir, ".cache", `web-${process.pid}-old`);
    if (existsSync(dist)) renameSync(dist, old);
    renameSync(fresh, dist);
    rmSync(old, { recursive: true, force: true });
    return succeed({ state: "built" });
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
}

/** Returns what it said last when it failed. */
function runVite(
  { projectDir, environment, signal, onProgress }: WebBuildParts,
  config: string,
  into: string,
): Promise<string | undefined> {
  if (signal.aborted) return Promise.resolve("    nobody waits for it any more");
  const vite = join(projectDir, "node_modules", "vite", "bin", "vite.js");
  const words = [vite, "build", "--config", join(projectDir, config), "--outDir", into, "--emptyOutDir"];
  const child = spawn(process.execPath, words, {
    cwd: join(projectDir, config, ".."),
    env: { ...environment, NODE_ENV: "production", NO_COLOR: "1" },
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  const stop = () => child.kill("SIGKILL");
  signal.addEventListener("abort", stop, { once: true });
  const lines: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on("line", (line) => {
      lines.push(line);
      if (lines.length > 40) lines.shift();
      const doing = progressIn(line);
      if (doing !== undefined) onProgress(doing);
    });
  }
  return new Promise((resolve) => {
    child.once("error", (error) => resolve(`    ${error.message}`));
    child.once("close", (code) => {
      signal.removeEventListener("abort", stop);
      resolve(
        code === 0
          ? undefined
          : lines
              .slice(-20)
              .map((line) => `    ${line.slice(0, 300)}`)
              .join("\n"),
      );
    });
  });
}

function progressIn(line: string): string | undefined {
  const modules = /(\d+) modules transformed/.exec(line)?.[1];
  if (modules !== undefined) return `building it (once): ${modules} files read, writing`;
  if (line.includes("transforming")) return "building it (once): reading";
  if (line.includes("computing gzip size")) return "building it (once): almost there";
  return undefined;
}

/** Completes "…, and". */
function whyNotBuildable(projectDir: string): string | undefined {
  if (!existsSync(join(projectDir, "node_modules", "vite", "bin", "vite.js"))) return "Vite, which builds it, is not installed: run npm ci";
  try {
    for (const folder of [projectDir, join(projectDir, "web")]) accessSync(folder, constants.W_OK);
    return undefined;
  } catch {
    return `this user can't write to ${projectDir}: start Holdfast once as the user who owns that folder`;
  }
}

function builtFrom(dist: string): string | undefined {
  try {
    return readFileSync(join(dist, ".built-from"), "utf8").trim();
  } catch {
    return undefined;
  }
}

/** SHA-256 over names and contents of everything that the build reads. */
function sourcesHash(projectDir: string): string {
  const hash = createHash("sha256");
  for (const path of [...SOURCES.flatMap((folder) => filesBelow(join(projectDir, folder))), join(projectDir, "package-lock.json")]) {
    const content = readFileSync(path);
    hash.update(`${relative(projectDir, path).replaceAll(sep, "/")}\0${content.length}\0`).update(content);
  }
  return hash.digest("hex");
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true })
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) return NOT_SOURCES.has(entry.name) ? [] : filesBelow(path);
      return entry.isFile() && !/\.test\.tsx?$|\.md$/.test(entry.name) && !entry.name.startsWith(".") ? [path] : [];
    });
}

/** Takes the right to build, waiting for another start that has it; `undefined` when that takes too long. */
async function lock({ projectDir, clock, signal, onProgress }: WebBuildParts): Promise<(() => void) | undefined> {
  const path = join(projectDir, ".cache", "web-build.lock");
  mkdirSync(join(projectDir, ".cache"), { recursive: true });
  const mine = `${process.pid} ${markOf(process.pid)}`;
  const deadline = clock.monotonic() + WAIT_FOR_OTHER_MS;
  for (;;) {
    try {
      writeFileSync(path, mine, { flag: "wx" });
      return () => rmSync(path, { force: true });
    } catch (error) {
      if ((error as { code?: string }).code !== "EEXIST") throw error;
    }
    const [pid = "0", ...mark] = readText(path).split(" ");
    if (pid !== "" && markOf(Number(pid)) !== mark.join(" ")) rmSync(path, { force: true });
    else {
      onProgress("another start is building it; waiting");
      if (clock.monotonic() > deadline || signal.aborted) return undefined;
      await clock.sleep(SECOND_MS / 5);
    }
  }
}

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

function unbuilt(sentence: string): { ok: false; failure: WebUnbuilt } {
  return fail({ tag: "web-unbuilt", sentence });
}
