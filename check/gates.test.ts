/** Can each gate fail? Every seed is found by its gate, nothing else is, and a clean tree is clean. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import type { Finding } from "./gate.ts";
import { GATES } from "./gates.ts";
import { graph } from "./graph.ts";
import { PLACES } from "./places.ts";
import { plant, SEEDS } from "./seeds.ts";
import { PROJECT } from "./tree.ts";

const short = (findings: readonly Finding[]) => findings.map(({ rule, path }) => `${path} [${rule}]`).toSorted();
const expectedOf = (seeds: typeof SEEDS) => seeds.flatMap(({ rule, paths }) => paths.map((path) => `${path} [${rule}]`)).toSorted();

async function askAll(root: string): Promise<Record<string, string[]>> {
  const found: Record<string, string[]> = {};
  for (const gate of GATES) found[gate.name] = short((await gate.look(root)).findings);
  return found;
}
const NOTHING = Object.fromEntries(GATES.map(({ name }) => [name, [] as string[]]));

test("in a clean tree every gate looks at files and finds nothing", async (t) => {
  const { root, remove } = plant([]);
  t.after(remove);
  for (const gate of GATES) {
    const answer = await gate.look(root);
    assert.deepEqual(answer.findings, [], gate.name);
    assert.ok(answer.files > 10, `${gate.name} looked at ${answer.files} files`);
  }
});

for (const gate of GATES) {
  test(`${gate.name}: every seeded violation is found, and nothing else`, async (t) => {
    const seeds = SEEDS.filter((seed) => seed.gate === gate.name);
    const { root, remove } = plant(seeds);
    t.after(remove);
    assert.deepEqual(short((await gate.look(root)).findings), expectedOf(seeds));
  });

  test(`${gate.name}: one violation in a tree is found by this gate and by no other`, async (t) => {
    const seeds = SEEDS.filter(({ name }) => name === ALONE[gate.name]);
    const { root, remove } = plant(seeds);
    t.after(remove);
    assert.deepEqual(await askAll(root), { ...NOTHING, [gate.name]: expectedOf(seeds) });
  });
}

/** Most seeds are unused code as well; these change a file that is used. */
const ALONE: Readonly<Record<string, string>> = {
  format: "format",
  types: "types-error",
  places: "place-environment",
  graph: "direction-of-main",
  lint: "lint-loose-equality",
  "dead code": "dead-file",
};

test("every place, every rule of the import graph and every rule of the linter has its seed", async () => {
  const seeded = new Set(SEEDS.map(({ rule }) => rule));
  for (const { rule } of PLACES) assert.ok(seeded.has(rule), `a seed for ${rule}`);
  const { default: rules } = (await import(pathToFileURL(join(PROJECT, ".dependency-cruiser.mjs")).href)) as {
    default: { forbidden: { name: string }[] };
  };
  for (const { name } of rules.forbidden) assert.ok(seeded.has(name), `a seed for ${name}`);
  const linter = readFileSync(join(PROJECT, ".oxlintrc.json"), "utf8");
  for (const [, name] of linter.matchAll(/"((?:[a-z]+\/)?[a-z-]+)": (?:"error"|\[\s*"error")/g)) {
    if (name === "correctness") continue;
    const rule = (name ?? "").includes("/") ? (name ?? "").replace("/", "(") + ")" : `eslint(${name})`;
    assert.ok(seeded.has(rule), `a seed for ${rule}`);
  }
  assert.deepEqual(readdirSync(join(PROJECT, "test/support/seeded")).toSorted(), ["clean", ...SEEDS.map(({ name }) => name)].toSorted());
});

test("imports that dependency-cruiser did not see are findings, so a parser that reads nothing can't look green", async (t) => {
  const { root, remove } = plant([]);
  t.after(remove);
  const config = join(root, ".dependency-cruiser.mjs");
  writeFileSync(config, readFileSync(config, "utf8").replace('moduleSystems: ["es6"]', 'moduleSystems: ["cjs"]'));
  const { findings } = await graph.look(root);
  assert.deepEqual(
    findings.find(({ path }) => path === "src/contract/contract.ts"),
    {
      rule: "unseen",
      path: "src/contract/contract.ts",
      sentence: "dependency-cruiser did not see that it imports #kit/kit.ts",
    },
  );
});

test("a file that dependency-cruiser left out is a finding", async (t) => {
  const { root, remove } = plant([]);
  t.after(remove);
  const config = join(root, ".dependency-cruiser.mjs");
  writeFileSync(config, readFileSync(config, "utf8").replace('"^web/dist/"', '"^src/kit/"'));
  assert.ok(short((await graph.look(root)).findings).includes("src/kit/kit.ts [unseen]"));
});

function check(...words: string[]): { status: number | null; said: string } {
  const ran = spawnSync(process.execPath, [join(PROJECT, "check/check.ts"), ...words], { encoding: "utf8" });
  return { status: ran.status, said: ran.stdout + ran.stderr };
}

test("npm run check says each finding with its line and ends with an error, and is content with a clean tree", (t) => {
  const bad = plant(SEEDS.filter(({ name }) => name === "place-dice"));
  t.after(bad.remove);
  const found = check("--only", "places", "--tree", bad.root);
  assert.equal(found.status, 1);
  assert.match(found.said, /src\/identity\/guesses\.ts:1 {2}Math\.random: drawing random numbers belongs to src\/kit\/dice\.ts/);
  assert.match(found.said, /Not green: places\./);
  const clean = plant([]);
  t.after(clean.remove);
  const green = check("--only", "places,format", "--tree", clean.root);
  assert.equal(green.status, 0, green.said);
  assert.match(green.said, /All 2 are green\./);
});

test("a gate that looked at no file has not answered", (t) => {
  const { root, remove } = plant([]);
  t.after(remove);
  const empty = join(root, "docs");
  const found = check("--only", "places", "--tree", empty);
  assert.equal(found.status, 1);
  assert.match(found.said, /looked at no file/);
});

test("somebody who asks for a gate that does not exist reads which there are", () => {
  const found = check("--only", "spelling");
  assert.equal(found.status, 2);
  assert.match(found.said, /There is no gate "spelling"[^]*format, types, places, graph, lint, dead code, tests/);
});
