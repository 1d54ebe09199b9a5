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
export type Kept<Asked = Item, Answer = Result> = { item: Asked; source: string; measuredAt: string; machine: string; result: Answer };

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

export type Results<Asked = Item, Answer = Result> = {
  folder: string;
  find(item: Asked): Kept<Asked, Answer> | undefined;
  /** Everything that lies there and was measured with this source. */
  all(): Kept<Asked, Answer>[];
  keep(item: Asked, machine: string, result: Answer): Kept<Asked, Answer>;
};

/** Of the door's bench. */
export function openResults(name: string): Results {
  const bench = digest(["bench/door", "bench/peers"]);
  const ours = digest(["src", "bench/door"]);
  return openKept<Item, Result>(name, {
    fileOf: ({ system, kind, repetition, ...rest }) =>
      `${system}.${kind === "step" && "variant" in rest ? rest.variant : kind}.${repetition}`,
    sourceOf: (item) => (item.system === "holdfast" ? ours : bench),
  });
}

/** `sourceOf` names by `digest` what has a part in the figures. */
export function openKept<Asked, Answer>(
  name: string,
  { fileOf, sourceOf }: { fileOf: (item: Asked) => string; sourceOf: (item: Asked) => string },
): Results<Asked, Answer> {
  const folder = join(ROOT, "bench/results", name);
  mkdirSync(join(folder, "raw"), { recursive: true });
  const pathOf = (item: Asked) => join(folder, "raw", `${fileOf(item)}.json`);
  const read = (file: string): Kept<Asked, Answer> | undefined => {
    try {
      return JSON.parse(readFileSync(file, "utf8")) as Kept<Asked, Answer>;
    } catch {
      return undefined;
    }
  };
  const isCurrent = (kept: Kept<Asked, Answer> | undefined): kept is Kept<Asked, Answer> =>
    kept !== undefined && kept.source === sourceOf(kept.item);
  return {
    folder,
    find(item) {
      const kept = read(pathOf(item));
      return isCurrent(kept) && JSON.stringify(kept.item) === JSON.stringify(item) ? kept : undefined;
    },
    all: () => {
      const names = readdirSync(join(folder, "raw")).filter((file) => file.endsWith(".json"));
      return names
        .toSorted()
        .map((file) => read(join(folder, "raw", file)))
        .filter(isCurrent);
    },
    keep(item, machine, result) {
      const kept: Kept<Asked, Answer> = { item, source: sourceOf(item), measuredAt: new Date().toISOString(), machine, result };
      const file = pathOf(item);
      writeFileSync(`${file}.new`, JSON.stringify(kept));
      renameSync(`${file}.new`, file);
      return kept;
    },
  };
}

/** These tell about what was measured and do not change it. */
const TELLING = /^(bars|options|plots|report|results)\.ts$|\.test\.ts$/;

/** Of the names and bytes of all files below that have a part in what is measured. */
export function digest(folders: readonly string[]): string {
  const hash = createHash("sha256");
  for (const folder of folders) {
    const names = readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" }).filter(
      (path) => /\.(ts|mjs|conf|sql|json)$/.test(path) && !TELLING.test(path) && !path.includes("node_modules"),
    );
    for (const path of names.toSorted()) hash.update(`${folder}/${path}\0`).update(readFileSync(join(ROOT, folder, path)));
  }
  return hash.digest("hex").slice(0, 16);
}
