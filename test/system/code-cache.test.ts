/** Do the processes that stay get by without the type stripper, also right after the sources changed? */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { test, type TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { temporaryFolder } from "#support/holdfast.ts";

const BIN = fileURLToPath(new URL("../../bin", import.meta.url));
const OTHERS = ["cli/start.ts", "main.ts", "http/app-process.ts", "door/door-process.ts", "identity/hasher-process.ts"];

/** A project whose commands say which word is in their source, and whether they had to strip types. */
function projectOf(t: TestContext) {
  const folder = temporaryFolder(t);
  cpSync(BIN, join(folder, "bin"), { recursive: true });
  writeFileSync(join(folder, "package.json"), JSON.stringify({ type: "module" }));
  const write = (path: string, text: string) => {
    mkdirSync(dirname(join(folder, "src", path)), { recursive: true });
    writeFileSync(join(folder, "src", path), text);
  };
  for (const path of OTHERS) write(path, "export const one: number = 1;");
  return {
    write,
    says(word: string) {
      write(
        "cli/cli.ts",
        `const word: string = ${JSON.stringify(word)};
         export async function run(): Promise<void> {
           const strips = (process as unknown as { moduleLoadList: string[] }).moduleLoadList.some((name) => name.includes("amaro"));
           console.log(word, strips ? "stripped here" : "ready");
         }`,
      );
    },
    run(command: string): string {
      const ran = spawnSync(process.execPath, [join(folder, "bin", "holdfast.js"), command], { encoding: "utf8" });
      assert.equal(ran.status, 0, ran.stderr);
      return ran.stdout.trim();
    },
  };
}

test("a start finds its code compiled: the first one, the next one, and one after the sources changed", (t) => {
  const { says, run } = projectOf(t);
  says("first");
  assert.equal(run("start"), "first ready");
  assert.equal(run("start"), "first ready");
  says("second and longer");
  assert.equal(run("start"), "second and longer ready");
});

test("a command that is soon over does not wait for that, and strips for itself", (t) => {
  const { says, run } = projectOf(t);
  says("version");
  assert.equal(run("version"), "version stripped here");
});

test("sources that can't be loaded keep nobody from starting what can", (t) => {
  const { says, run, write } = projectOf(t);
  says("alone");
  write("http/app-process.ts", "const broken: = ;");
  assert.equal(run("start"), "alone ready");
});
