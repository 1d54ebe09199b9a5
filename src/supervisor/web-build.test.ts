/** Is the web app built when its sources changed, and only then; whole or not at all; once by two who start at once? */
import assert from "node:assert/strict";
import { appendFileSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { systemClock } from "#kit/time.ts";
import { temporaryFolder } from "#support/holdfast.ts";
import { ensureWebApp, webAppState, type WebBuildParts } from "./web-build.ts";

const NODE_MODULES = fileURLToPath(new URL("../../node_modules", import.meta.url));

/** A small project with the real Vite. */
function project(t: TestContext): WebBuildParts & { projectDir: string; told: string[] } {
  const projectDir = temporaryFolder(t);
  const write = (path: string, content: string) => {
    mkdirSync(join(projectDir, path, ".."), { recursive: true });
    writeFileSync(join(projectDir, path), content);
  };
  write("package.json", `{"type":"module"}`);
  write("package-lock.json", "{}");
  write("web/index.html", `<!doctype html><title>x</title><script type="module" src="/main.ts"></script>`);
  write("web/main.ts", `document.title = "one";\n`);
  write("web/vite.config.ts", `export default { root: import.meta.dirname, logLevel: "info" };\n`);
  write("src/contract/wire.ts", "export {};\n");
  write("src/kit/time.ts", "export {};\n");
  symlinkSync(NODE_MODULES, join(projectDir, "node_modules"));
  const told: string[] = [];
  return {
    projectDir,
    told,
    environment: { PATH: "/usr/bin:/bin" },
    clock: systemClock,
    signal: new AbortController().signal,
    onProgress: (text) => told.push(text),
  };
}

function script(projectDir: string): string {
  const assets = join(projectDir, "web", "dist", "assets");
  return readdirSync(assets)
    .filter((name) => name.endsWith(".js"))
    .map((name) => readFileSync(join(assets, name), "utf8"))
    .join("");
}

test("it is built once, again when a source changed, and not otherwise", { timeout: 60_000 }, async (t) => {
  const parts = project(t);
  assert.equal(webAppState(parts.projectDir), "missing");
  assert.deepEqual(await ensureWebApp(parts), { ok: true, value: { state: "built" } });
  assert.match(script(parts.projectDir), /one/);
  assert.deepEqual(await ensureWebApp(parts), { ok: true, value: { state: "current" } });
  writeFileSync(join(parts.projectDir, "web", "main.ts"), `document.title = "two";\n`);
  assert.equal(webAppState(parts.projectDir), "older");
  assert.deepEqual(await ensureWebApp(parts), { ok: true, value: { state: "built" } });
  assert.match(script(parts.projectDir), /two/);
  assert.doesNotMatch(script(parts.projectDir), /one/);
  assert.ok(parts.told.length > 0, "whoever waits sees that it goes on");
});

test("two who start at once build once", { timeout: 60_000 }, async (t) => {
  const parts = project(t);
  const [first, second] = await Promise.all([ensureWebApp(parts), ensureWebApp(parts)]);
  assert.ok(first.ok && second.ok);
  assert.deepEqual([first.value.state, second.value.state].toSorted(), ["built", "current"]);
});

test("a mistake in the sources is told with Vite's words, and the build of before stays", { timeout: 60_000 }, async (t) => {
  const parts = project(t);
  assert.ok((await ensureWebApp(parts)).ok);
  appendFileSync(join(parts.projectDir, "web", "main.ts"), "const = ;\n");
  const failed = await ensureWebApp(parts);
  assert.ok(!failed.ok);
  assert.match(failed.failure.sentence, /could not be built[\s\S]*main\.ts/);
  assert.match(script(parts.projectDir), /one/);
});

test("without Vite a build that is there is used, with a sentence, and a missing one is told", async (t) => {
  const parts = project(t);
  rmSync(join(parts.projectDir, "node_modules"));
  const missing = await ensureWebApp(parts);
  assert.ok(!missing.ok);
  assert.match(missing.failure.sentence, /not built yet, and Vite, which builds it, is not installed: run npm ci/);
  mkdirSync(join(parts.projectDir, "web", "dist"));
  writeFileSync(join(parts.projectDir, "web", "dist", "index.html"), "");
  const older = await ensureWebApp(parts);
  assert.ok(older.ok && older.value.state === "older");
  assert.match(older.value.sentence ?? "", /What is there is used/);
});
