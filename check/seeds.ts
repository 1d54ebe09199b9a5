/**
 * Which violations must each gate catch? A clean tree and one folder of files per seed under test/support/seeded/; a
 * seed says which findings its gate has to make, and no other. Seeds are wrong on purpose and no part of the product.
 */
import { cpSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PROJECT } from "./tree.ts";

export type Seed = {
  /** Its folder under test/support/seeded/. */
  name: string;
  gate: string;
  rule: string;
  /** Files in which the rule is broken, once each. */
  paths: readonly string[];
};

const SEEDED = join(PROJECT, "test/support/seeded");
/** What the gates read in a tree besides its code. */
const RULES = [".oxfmtrc.json", ".oxlintrc.json", ".dependency-cruiser.mjs", "knip.jsonc", "tsconfig.json"];

function seed(gate: string, name: string, rule: string, ...paths: string[]): Seed {
  return { gate, name, rule, paths };
}

const FOLDERS = [
  "line",
  "store",
  "admission",
  "egress",
  "mail",
  "status",
  "identity",
  "assistant",
  "operator",
  "http",
  "door",
  "supervisor",
  "cli",
];

export const SEEDS: readonly Seed[] = [
  seed("format", "format", "format", "src/mail/inner.ts"),

  seed("types", "types-error", "TS2322", "src/mail/inner.ts"),
  seed("types", "types-unseen", "unseen", "web/tools/unseen.ts"),

  seed(
    "places",
    "place-network",
    "place/network",
    "src/mail/calls-home.ts",
    "src/identity/dials.ts",
    "web/app/ui/listens.ts",
    "web/app/ui/tells.ts",
  ),
  seed("places", "place-mail", "place/mail", "src/identity/writes.ts"),
  seed("places", "place-database", "place/database", "src/identity/opens.ts"),
  seed("places", "place-sql", "place/sql", "src/identity/asks.ts"),
  seed("places", "place-markup", "place/markup", "web/app/ui/raw.tsx", "web/app/ui/sink.ts", "web/app/ui/frame.tsx"),
  seed("places", "place-processes", "place/processes", "src/assistant/runs.ts"),
  seed("places", "place-environment", "place/environment", "src/mail/inner.ts"),
  seed("places", "place-clock", "place/clock", "src/mail/looks.ts", "src/mail/today.ts", "src/mail/waits.ts"),
  seed("places", "place-dice", "place/dice", "src/identity/guesses.ts", "src/identity/draws.ts"),
  seed("places", "place-password-hash", "place/password-hash", "src/identity/hashes.ts"),
  seed("places", "place-local-model", "place/local-model", "src/assistant/thinks.ts"),
  seed("places", "place-pure-core", "place/pure-core", "src/mail/core/waits.ts", "src/mail/core/objects.ts", "src/line/throws.ts"),
  seed("places", "place-code-from-data", "place/code-from-data", "src/operator/loads.ts"),

  ...["kit", "contract", ...FOLDERS].map((name) => seed("graph", `direction-of-${name}`, `direction-of-${name}`, `src/${name}/strays.ts`)),
  seed("graph", "direction-of-config", "direction-of-config", "src/settings.ts"),
  seed("graph", "direction-of-main", "direction-of-main", "src/main.ts"),
  seed("graph", "direction-of-tests", "direction-of-tests", "src/kit/far.test.ts"),
  seed("graph", "direction-of-web", "direction-of-web", "web/app/lib/reaches.ts"),
  ...FOLDERS.map((name) => seed("graph", `front-of-${name}`, `front-of-${name}`, `src/side-door-to-${name}.test.ts`)),
  seed("graph", "known-module", "known-module", "src/managers/manager.ts"),
  seed("graph", "resolvable", "resolvable", "src/mail/nowhere.ts"),
  seed("graph", "resolvable-in-web", "resolvable-in-web", "web/app/lib/nowhere.ts"),
  seed("graph", "runs-without-dev-dependencies", "runs-without-dev-dependencies", "src/mail/tries.ts"),

  seed("lint", "lint-floating-promise", "typescript(no-floating-promises)", "src/mail/forgets.ts"),
  seed("lint", "lint-misused-promise", "typescript(no-misused-promises)", "src/mail/mistakes.ts"),
  seed("lint", "lint-missing-case", "typescript(switch-exhaustiveness-check)", "src/mail/half.ts"),
  seed("lint", "lint-type-import", "typescript(consistent-type-imports)", "src/mail/types-as-values.ts"),
  seed("lint", "lint-any", "typescript(no-explicit-any)", "src/mail/anything.ts"),
  seed("lint", "lint-silenced-compiler", "typescript(ban-ts-comment)", "src/mail/silences.ts"),
  seed("lint", "lint-default-export", "import(no-default-export)", "src/mail/default-export.ts"),
  seed("lint", "lint-cycle", "import(no-cycle)", "src/mail/there.ts", "src/mail/back.ts"),
  seed("lint", "lint-too-long", "eslint(max-lines)", "src/mail/too-long.ts"),
  seed("lint", "lint-eval", "eslint(no-eval)", "src/mail/evaluates.ts"),
  seed("lint", "lint-implied-eval", "typescript(no-implied-eval)", "src/mail/compiles.ts"),
  seed("lint", "lint-loose-equality", "eslint(eqeqeq)", "src/mail/inner.ts"),
  seed("lint", "lint-var", "eslint(no-var)", "src/mail/old.ts"),
  seed("lint", "lint-let", "eslint(prefer-const)", "src/mail/never-changes.ts"),
  seed("lint", "lint-core-reads-clock", "eslint(no-restricted-globals)", "src/mail/core/now.ts"),
  seed("lint", "lint-core-waits", "eslint(no-restricted-globals)", "src/line/waits.ts"),
  seed("lint", "lint-core-draws", "eslint(no-restricted-globals)", "src/mail/core/draws.ts"),
  seed("lint", "lint-core-knows-process", "eslint(no-restricted-globals)", "src/mail/core/knows.ts"),
  seed("lint", "lint-core-speaks", "eslint(no-restricted-globals)", "src/mail/core/speaks.ts"),
  seed("lint", "lint-core-fetches", "eslint(no-restricted-globals)", "src/mail/core/fetches.ts"),
  seed("lint", "lint-hook-in-condition", "react-hooks(rules-of-hooks)", "web/app/ui/conditional.tsx"),
  seed("lint", "lint-html-sink", "react(no-danger)", "web/app/ui/sink.tsx"),

  seed("dead code", "dead-file", "files", "src/mail/alone.ts"),
  seed("dead code", "dead-export", "exports", "src/mail/core/more.ts"),
  seed("dead code", "dead-type", "types", "src/mail/core/shape.ts"),
  seed("dead code", "dead-unlisted", "unlisted", "src/mail/core/borrows.test.ts"),
];

/** A new tree: the clean one, and over it the files of `seeds`. The caller removes it. */
export function plant(seeds: readonly Seed[]): { root: string; remove(): void } {
  const root = realpathSync(mkdtempSync(join(tmpdir(), "hf-seeds-")));
  for (const folder of ["clean", ...seeds.map(({ name }) => name)]) cpSync(join(SEEDED, folder), root, { recursive: true });
  for (const path of RULES) cpSync(join(PROJECT, path), join(root, path));
  const { imports } = JSON.parse(readFileSync(join(PROJECT, "package.json"), "utf8")) as { imports: unknown };
  const manifest = { name: "seeded", private: true, type: "module", workspaces: ["web"], imports, devDependencies: { "fast-check": "*" } };
  writeFileSync(join(root, "package.json"), JSON.stringify(manifest, null, 2) + "\n");
  mkdirSync(join(root, "node_modules"), { recursive: true });
  rmSync(join(root, "node_modules"), { recursive: true });
  symlinkSync(join(PROJECT, "node_modules"), join(root, "node_modules"));
  return { root, remove: () => rmSync(root, { recursive: true, force: true }) };
}
