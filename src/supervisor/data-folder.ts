/** Can everything be kept where it is told to be? Makes the data folder, closed to other users, and tries to write to it. */
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fail, succeed, type Outcome } from "#kit/outcome.ts";

export type FolderUnusable = { tag: "data-folder"; sentence: string };

export function makeDataFolder(dataDir: string): Outcome<void, FolderUnusable> {
  const probe = join(dataDir, `.probe-${process.pid}`);
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
    writeFileSync(probe, "x".repeat(4_096));
    rmSync(probe);
    return succeed(undefined);
  } catch (error) {
    return fail({ tag: "data-folder", sentence: `The data folder ${dataDir} can't be used: ${whyNot((error as { code?: string }).code)}` });
  }
}

function whyNot(code: string | undefined): string {
  switch (code) {
    case "EACCES":
    case "EPERM":
      return "this user may not write there. Give it the folder (chown), or set DATA_DIR to another one.";
    case "EROFS":
      return "it is on a disk that can only be read. Set DATA_DIR to another folder.";
    case "ENOSPC":
      return "the disk is full. Free some space, then start again.";
    case "ENOTDIR":
    case "EEXIST":
      return "there is a file in its place. Set DATA_DIR to a folder.";
    default:
      return `the system says ${code ?? "nothing about why"}.`;
  }
}
