/**
 * What was measured before? One JSON file per run, under bench/results/; it counts again only with the same settings and the
 * same source, so an interrupted bench goes on and a changed Holdfast is measured anew.
 */
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Item } from "./options.ts";
import type { MemoryResult } from "./memory.ts";
import type { RefusalsResult } from "./refusals.ts";
import type { StepResult } from "./step.ts";

export type Result = StepResult | RefusalsResult | MemoryResult;
export type Kept = { item: Item; source: string; measuredAt: string; machine: string; result: Result };

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

export type Results = {
  folder: string;
  find(item: Item): Kept | undefined;
  /** Everything that lies there and was measured with this source. */
  all(): Kept[];
  keep(item: Item, machine: string, result: Result): Kept;
};

export function openResults(name: string): Results {
  const folder = join(ROOT, "bench/results", name);
  mkdirSync(join(folder, "raw"), { recursive: true });
  const bench = digest(["bench/door", "bench/peers"]);
  const ours = digest(["src", "bench/door"]);
  const isCurrent = (kept: Kept | undefined): kept is Kept => kept !== undefined && kept.source === sourceOf(kept.item);
  const fileOf = ({ system, kind, repetition, ...rest }: Item) =>
    join(folder, "raw", `${system}.${kind === "step" && "variant" in rest ? rest.variant : kind}.${repetition}.json`);
  const sourceOf = (item: Item) => (item.system === "holdfast" ? ours : bench);
  return {
    folder,
    find(item) {
      const kept = read(fileOf(item));
      return isCurrent(kept) && JSON.stringify(kept.item) === JSON.stringify(item) ? kept : undefined;
    },
    all: () => {
      const names = readdirSync(join(folder, "raw")).filter((name) => name.endsWith(".json"));
      return names
        .toSorted()
        .map((name) => read(join(folder, "raw", name)))
        .filter(isCurrent);
    },
    keep(item, machine, result) {
      const kept: Kept = { item, source: sourceOf(item), measuredAt: new Date().toISOString(), machine, result };
      const file = fileOf(item);
      writeFileSync(`${file}.new`, JSON.stringify(kept));
      renameSync(`${file}.new`, file);
      return kept;
    },
  };
}

function read(file: string): Kept | undefined {
  try {
    return JSON.parse(readFileSync(file, "utf8")) as Kept;
  } catch {
    return undefined;
  }
}

/** These tell about what was measured and do not change it. */
const TELLING = /^(bars|options|plots|report|results)\.ts$|\.test\.ts$/;

/** Of the names and bytes of all files below that have a part in what is measured. */
function digest(folders: readonly string[]): string {
  const hash = createHash("sha256");
  for (const folder of folders) {
    const names = readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" }).filter(
      (path) => /\.(ts|mjs|conf|sql|json)$/.test(path) && !TELLING.test(path) && !path.includes("node_modules"),
    );
    for (const path of names.toSorted()) hash.update(`${folder}/${path}\0`).update(readFileSync(join(ROOT, folder, path)));
  }
  return hash.digest("hex").slice(0, 16);
}
