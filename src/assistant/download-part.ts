/**
 * What is kept of a download that has not ended? `<file>.part` with the bytes, `<file>.part.json` with what is needed to go on,
 * `<file>.part.lock` while somebody writes. None of them ends in .gguf, so none is ever offered as a model.
 */
import { mkdir, open, readFile, rename, rm, stat, statfs, utimes, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Clock } from "#kit/time.ts";
import type { CatalogueEntry } from "./catalogue.ts";

/** `wanted`: it goes on by itself when Holdfast starts again; else `problemCode` says why it ended. */
export type PartNote = { sha256: string; etag: string | null; wanted: boolean; problemCode: string | null };

export type PartFile = {
  path: string;
  finalPath: string;
  /** Bytes that are there. */
  size(): Promise<number>;
  /** What was noted, when it is about the same bytes. */
  note(): Promise<PartNote | undefined>;
  writeNote(changes: Partial<PartNote>): Promise<void>;
  /** Notes `changes` before a download; bytes about which nothing is known are thrown away first. */
  claim(changes: Partial<PartNote>): Promise<void>;
  /** Throws everything away. */
  discard(): Promise<void>;
  /** Makes the checked part the model file, in one step. */
  becomeModel(): Promise<void>;
  /** False while another process writes this file. */
  lock(): Promise<boolean>;
  /** To be called at least every 30 s while writing. */
  keepLock(): Promise<void>;
  unlock(): Promise<void>;
};

const LOCK_STALE_MS = 120_000;

export function partFile(modelsDir: string, entry: Pick<CatalogueEntry, "fileName" | "sha256">, clock: Clock): PartFile {
  const finalPath = join(modelsDir, entry.fileName);
  const path = `${finalPath}.part`;
  const [notePath, lockPath] = [`${path}.json`, `${path}.lock`];

  async function note(): Promise<PartNote | undefined> {
    try {
      const read = JSON.parse(await readFile(notePath, "utf8")) as PartNote;
      return read.sha256 === entry.sha256 ? read : undefined;
    } catch {
      return undefined;
    }
  }

  async function writeNote(changes: Partial<PartNote>): Promise<void> {
    await mkdir(modelsDir, { recursive: true });
    const whole: PartNote = { etag: null, wanted: false, problemCode: null, ...(await note()), ...changes, sha256: entry.sha256 };
    await writeFile(`${notePath}.new`, JSON.stringify(whole));
    await rename(`${notePath}.new`, notePath);
  }

  async function discard(): Promise<void> {
    await rm(path, { force: true });
    await rm(notePath, { force: true });
  }

  return {
    path,
    finalPath,
    size: () => sizeOf(path),
    note,
    writeNote,
    async claim(changes) {
      if ((await note()) === undefined) await discard();
      await writeNote(changes);
    },
    discard,
    async becomeModel() {
      await rename(path, finalPath);
      await rm(notePath, { force: true });
      const folder = await open(dirname(finalPath), "r");
      await folder.sync().finally(() => folder.close());
    },
    async lock() {
      await mkdir(modelsDir, { recursive: true });
      for (let tries = 0; tries < 2; tries += 1) {
        try {
          await writeFile(lockPath, String(process.pid), { flag: "wx" });
          return true;
        } catch (error) {
          if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
        }
        if (await isHeld(lockPath, clock.now())) return false;
        await rm(lockPath, { force: true });
      }
      return false;
    },
    async keepLock() {
      const now = new Date(clock.now());
      await utimes(lockPath, now, now).catch(() => {});
    },
    unlock: () => rm(lockPath, { force: true }),
  };
}

/** Bytes of a file; 0 when there is none. */
export async function sizeOf(path: string): Promise<number> {
  return (await stat(path).catch(() => undefined))?.size ?? 0;
}

/** Room on the disk of a folder that need not be there yet. */
export async function freeBytes(folder: string): Promise<number> {
  for (let path = folder; ; path = dirname(path)) {
    const disk = await statfs(path).catch(() => undefined);
    if (disk !== undefined) return disk.bavail * disk.bsize;
    if (path === dirname(path)) return 0;
  }
}

/** Held by a process that lives and says so now and then: a number alone may belong to somebody else by now. */
async function isHeld(lockPath: string, now: number): Promise<boolean> {
  try {
    const [pid, { mtimeMs }] = [Number(await readFile(lockPath, "utf8")), await stat(lockPath)];
    if (pid === process.pid || now - mtimeMs > LOCK_STALE_MS) return false;
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
