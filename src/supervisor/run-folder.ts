/**
 * Where are the sockets of this run? In the data folder when its path is short enough and it can hold sockets at all
 * (some network and container mounts can't), else in the system's folder for temporary files.
 * A new folder for each run, so that a process of the last run can't take away a socket of this one.
 */
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import type { Sockets } from "#contract/processes.ts";

/** Longest name that comes after the folder: "/pg/.s.PGSQL.5432"; the system allows 103 bytes (macOS) or 107. */
const LIMIT_BYTES = 103 - 18;
const PREFIX = "run-";

export type RunFolder = { path: string; socketDir: string; sockets: Sockets; remove(): void };

export async function makeRunFolder(dataDir: string, hashers: number): Promise<RunFolder> {
  for (const name of readdirSync(dataDir).filter((entry) => entry.startsWith(PREFIX))) {
    rmSync(join(dataDir, name), { recursive: true, force: true });
  }
  const path = (await makeIn(dataDir, PREFIX)) ?? (await makeIn(tmpdir(), "holdfast-"));
  if (path === undefined) throw new Error(`no folder for sockets: ${dataDir} and ${tmpdir()} can't hold any`);
  const own = join(path, "s");
  mkdirSync(own, { mode: 0o700 });
  // PostgreSQL's own user passes through when we are root; what is ours has a closed folder inside
  chmodSync(path, process.geteuid?.() === 0 ? 0o711 : 0o700);
  return {
    path,
    socketDir: join(path, "pg"),
    sockets: {
      app: join(own, "app"),
      door: join(own, "door"),
      hashers: Array.from({ length: hashers }, (_, index) => join(own, `hasher-${index + 1}`)),
      model: join(own, "model"),
    },
    remove: () => rmSync(path, { recursive: true, force: true }),
  };
}

/** Removes the folder of a run that did not end in order, when it is one of ours outside of the data folder. */
export function removeLeftRunFolder(path: string): void {
  if (basename(path).startsWith("holdfast-") && path.startsWith(tmpdir())) rmSync(path, { recursive: true, force: true });
}

async function makeIn(parent: string, prefix: string): Promise<string | undefined> {
  if (Buffer.byteLength(join(parent, `${prefix}123456`)) > LIMIT_BYTES) return undefined;
  const path = mkdtempSync(join(parent, prefix));
  if (await holdsSockets(path)) return path;
  rmSync(path, { recursive: true, force: true });
  return undefined;
}

function holdsSockets(path: string): Promise<boolean> {
  return new Promise((done) => {
    const server = createServer();
    server.once("error", () => done(false));
    server.listen(join(path, "probe"), () => server.close(() => done(true)));
  });
}
