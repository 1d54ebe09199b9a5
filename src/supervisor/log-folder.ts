/**
 * Where does the log go? Into <data>/logs/holdfast.log, one JSON object a line, turned over at 10 MB with five older files
 * kept: it never grows past 60 MB. A full disk loses lines of the log and nothing else.
 */
import { closeSync, fstatSync, mkdirSync, openSync, renameSync, writeSync } from "node:fs";
import { join } from "node:path";

export type LogFolder = { path: string; write(line: string): void; close(): void };

const LIMIT_BYTES = 10 * 1024 * 1024;
const OLDER = 5;

export function openLogFolder(dataDir: string, limitBytes = LIMIT_BYTES): LogFolder {
  const folder = join(dataDir, "logs");
  const path = join(folder, "holdfast.log");
  let file: number | undefined;
  let bytes = 0;

  function open(): void {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    file = openSync(path, "a", 0o600);
    bytes = fstatSync(file).size;
  }

  function turnOver(): void {
    close();
    for (let number = OLDER - 1; number >= 1; number -= 1) rename(`${path}.${number}`, `${path}.${number + 1}`);
    rename(path, `${path}.1`);
    open();
  }

  function close(): void {
    if (file !== undefined) closeSync(file);
    file = undefined;
  }

  return {
    path,
    write(line) {
      try {
        if (file === undefined) open();
        if (bytes > 0 && bytes + line.length > limitBytes) turnOver();
        if (file !== undefined) bytes += writeSync(file, `${line}\n`);
      } catch {
        // a full or missing disk; doctor tells, and the next line tries again
      }
    },
    close,
  };
}

function rename(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch {
    // there are not that many yet
  }
}
