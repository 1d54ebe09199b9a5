/**
 * Which files does a gate look at? Those below a root that people wrote: nothing installed, built, downloaded or
 * seeded with a violation. Paths are relative to the root, with slashes, in order.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** The project that this file belongs to. */
export const PROJECT = fileURLToPath(new URL("..", import.meta.url));

const NOT_OURS = /(^|\/)(node_modules|dist|\.git|\.cache|coverage)$|^(data|third_party|test\/support\/seeded)$/;

/** Files below `folders` whose path matches; a folder that isn't there holds none. */
export function filesBelow(root: string, folders: readonly string[], matching: RegExp): string[] {
  return folders.flatMap((folder) => walk(root, folder)).filter((path) => matching.test(path));
}

export function readText(root: string, path: string): string {
  return readFileSync(join(root, path), "utf8");
}

function walk(root: string, folder: string): string[] {
  if (!existsSync(join(root, folder))) return [];
  return readdirSync(join(root, folder), { withFileTypes: true })
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const path = folder === "." ? entry.name : `${folder}/${entry.name}`;
      if (NOT_OURS.test(path)) return [];
      return entry.isDirectory() ? walk(root, path) : [path];
    });
}
