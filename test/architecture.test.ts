/**
 * Does the tree keep the shape that the docs promise? What no gate looks at: each module explains itself, each file says
 * which question it answers, the map leads somewhere, names say something, and nothing of one machine is in it.
 */
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const NOT_OURS = /(^|\/)(node_modules|dist|\.git|\.cache|coverage)$|^(data|third_party|test\/support\/seeded)$/;
const SOURCE = /\.(?:ts|tsx|js|mjs)$/;
const TEXT = /\.(?:ts|tsx|js|mjs|css|sql|md|json|jsonc|html|txt)$/;

function filesBelow(folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = relative(root, join(root, folder, entry.name));
    if (NOT_OURS.test(path)) return [];
    return entry.isDirectory() ? filesBelow(path) : [path];
  });
}
const read = (path: string) => readFileSync(join(root, path), "utf8");
const all = filesBelow(".");
const sources = all.filter((path) => SOURCE.test(path) && !path.endsWith(".d.ts"));
const modules = readdirSync(join(root, "src"), { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);

/** All at once, so that one run shows everything that is to be done. */
function assertNone(findings: readonly (string | false | undefined)[]): void {
  assert.deepEqual(
    findings.filter((finding) => finding !== false && finding !== undefined),
    [],
  );
}

test("every module has a README that says what it decides, keeps and calls, and where to change what", () => {
  assert.ok(modules.length > 8, "the modules were found");
  assertNone(
    modules.flatMap((name) => {
      const path = `src/${name}/README.md`;
      if (!existsSync(join(root, path))) return [`${path} is missing`];
      const parts = ["Decides", "Keeps", "Calls", "Where to change what"];
      return parts.map((part) => !new RegExp(`\\*\\*${part}|^#+ ${part}`, "m").test(read(path)) && `${path} does not say: ${part}`);
    }),
  );
});

test("every file begins with the question that it answers", () => {
  assertNone(
    sources
      .filter((path) => !/\.test\.tsx?$/.test(path))
      .map((path) => {
        const header = /^\/\*\*([^]*?)\*\//.exec(read(path).replace(/^#!.*\n/, ""))?.[1];
        if (header === undefined) return `${path} does not begin with a comment`;
        if (!header.includes("?")) return `${path} asks no question`;
        return header.trim().split("\n").length > 7 && `${path} asks it in too many lines`;
      }),
  );
});

test("every path in the docs and READMEs leads to a file", () => {
  assertNone(
    all
      .filter((path) => path.endsWith(".md"))
      .flatMap((path) => {
        const text = read(path).replaceAll(/```[^]*?```/g, "");
        const links = [...text.matchAll(/\]\(([^)\s]+)\)/g)]
          .map(([, target = ""]) => target)
          .filter((target) => !/^(https?:|mailto:|#|\/)/.test(target))
          .map((target) => join(dirname(path), target.replace(/#.*/, "")));
        const named = [...text.matchAll(/`((?:src|web|test|check|docs|bin|cases)\/[\w./-]+)`/g)].map(([, target = ""]) => target);
        return [...links, ...named].map((target) => !existsSync(join(root, target)) && `${path} leads to ${target}`);
      }),
  );
});

test("the map has a row for what people want to change, and each leads to a file", () => {
  const rows = [...read("docs/map.md").matchAll(/^\| (.+?) \| (.+?) \|$/gm)].filter(([, want = ""]) => !/^(-+|I want)/.test(want));
  assert.ok(rows.length >= 40, `${rows.length} rows`);
  assertNone(
    rows.flatMap(([, want, where = ""]) => {
      const paths = [...where.matchAll(/`([^`]+)`/g)].map(([, path = ""]) => path);
      if (paths.length === 0) return [`"${want}" leads nowhere`];
      return paths.map((path) => !existsSync(join(root, path)) && `"${want}" leads to ${path}`);
    }),
  );
});

test("names say what a file is about", () => {
  const empty = /(^|\/|-)(utils?|helpers?|common|managers?|services?|base|index|misc|stuff)\.(?:ts|tsx|js|mjs)$/;
  // a word list is called as the package that it comes from
  const meant = new Set(["web/small/dictionaries/common.ts"]);
  const kebab = /^\.?[a-z0-9]+(?:-[a-z0-9]+)*(?:\.[a-z0-9]+(?:-[a-z0-9]+)*)+$/;
  assertNone(
    sources.flatMap((path) => [
      empty.test(path) && !meant.has(path) && `${path} says nothing`,
      !kebab.test(path.split("/").at(-1) ?? "") && `${path} is not in kebab-case`,
    ]),
  );
});

test("no file is longer than 400 lines", () => {
  assertNone(sources.map((path) => read(path).split("\n").length > 401 && path));
});

test("SQL files are migrations", () => {
  assertNone(all.filter((path) => path.endsWith(".sql")).map((path) => !/^src\/store\/migrations\/\d{4}_[a-z_]+\.sql$/.test(path) && path));
});

test("nothing in the tree belongs to one machine", () => {
  // pieces, so that this file does not find itself
  const machine = new RegExp(
    ["home/[a-z]", "Users/[A-Za-z]", "work/(?:main|shared)", "root/\\w"].map((end) => `(?<![\\w.:*])/${end}`).join("|"),
  );
  const registry = /^\s*"resolved": "https?:|registry\s*=\s*https?:/m;
  assertNone(
    all
      .filter((path) => (TEXT.test(path) || !/\.\w+$/.test(path)) && statSync(join(root, path)).size < 2_000_000)
      .map((path) => {
        const found = machine.exec(read(path))?.[0] ?? registry.exec(read(path))?.[0];
        return found !== undefined && `${path}: ${found}`;
      }),
  );
});

test("every test reads as a sentence", () => {
  assertNone(
    sources
      .filter((path) => path.endsWith(".test.ts"))
      .flatMap((path) =>
        [...read(path).matchAll(/^\s*test\(\s*"([^"]+)"/gm)].map(
          ([, name = ""]) => (name.split(" ").length < 3 || /^should\b/.test(name)) && `${path}: ${name}`,
        ),
      ),
  );
});
