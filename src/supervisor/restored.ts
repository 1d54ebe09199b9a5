/**
 * How does a restored Holdfast take its place? A restore fills <data>/restoring and marks it when it is whole; only then are
 * keys and database moved, and what was there is kept beside. Whoever comes next finishes a move that was interrupted,
 * or removes what never became whole.
 */
import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";

const PARTS = ["keys", "postgres"];
const MARK = "whole";

/** Where a restore works. */
export function restoringFolder(dataDir: string): string {
  return join(dataDir, "restoring");
}

/** What a restore would replace here. */
export function keptIn(dataDir: string): string[] {
  return PARTS.filter((name) => existsSync(join(dataDir, name)));
}

/** Says that the restore is whole; what is there now is to be kept in the folder `before`. */
export function markWhole(dataDir: string, before: string): void {
  const file = openSync(join(restoringFolder(dataDir), MARK), "wx", 0o600);
  writeSync(file, before);
  fsyncSync(file);
  closeSync(file);
}

/** Moves a whole restore to its place. Returns the folder in which what was there before is kept, if there was any. */
export function finishRestore(dataDir: string): string | undefined {
  const from = restoringFolder(dataDir);
  const mark = join(from, MARK);
  if (!existsSync(mark)) {
    rmSync(from, { recursive: true, force: true });
    return undefined;
  }
  const before = join(dataDir, readFileSync(mark, "utf8"));
  for (const name of PARTS) {
    // a part that is no longer here was moved before we were interrupted
    if (!existsSync(join(from, name))) continue;
    if (existsSync(join(dataDir, name))) {
      mkdirSync(before, { recursive: true, mode: 0o700 });
      renameSync(join(dataDir, name), join(before, name));
    }
    renameSync(join(from, name), join(dataDir, name));
  }
  rmSync(from, { recursive: true, force: true });
  return existsSync(before) ? before : undefined;
}
