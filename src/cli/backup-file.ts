/**
 * How does a backup stand in a file? One gzipped tar: the keys, each table in parts of at most 8 MB of COPY text, and the
 * manifest at the end. Written beside under another name and renamed, mode 0600; memory does not grow with the database.
 */
import { createHash } from "node:crypto";
import {
  createReadStream,
  createWriteStream,
  openSync,
  closeSync,
  fsyncSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from "node:fs";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { createGunzip, createGzip } from "node:zlib";
import { extract, pack, type Pack } from "tar-stream";
import { fail, succeed, type Outcome } from "#kit/outcome.ts";
import { keyFolder } from "#supervisor/supervisor.ts";
import {
  BACKUP_FORMAT,
  differences,
  keyEntry,
  MANIFEST,
  readEntry,
  readManifest,
  tableEntry,
  type BackedUpTable,
  type BackupManifest,
  type Seen,
} from "./core/backup-manifest.ts";
import { withSnapshot, type Snapshot, type TableShape } from "./store.ts";
import type { DatabaseAddress } from "#store/store.ts";

export type Broken = { tag: "broken-backup"; sentence: string };

const PART_BYTES = 8 * 1024 * 1024;
const NEWLINE = 10;

/** Writes the backup and returns its manifest. Throws when the disk or the database fails; nothing is left then. */
export async function writeBackup(parts: {
  file: string;
  address: DatabaseAddress;
  dataDir: string;
  version: string;
  madeAt: string;
  onProgress(done: { table: string; bytes: number; totalBytes: number }): void;
}): Promise<BackupManifest> {
  const unfinished = `${parts.file}.unfinished`;
  rmSync(unfinished, { force: true });
  const tar = pack();
  const written = pipeline(tar, createGzip(), createWriteStream(unfinished, { mode: 0o600, flags: "wx" }));
  try {
    const filled = withSnapshot(parts.address, (snapshot) => fill(tar, snapshot, parts)).catch((error: unknown) => {
      tar.destroy(error as Error);
      throw error;
    });
    const [manifest] = await Promise.all([filled, written]);
    sync(unfinished);
    renameSync(unfinished, parts.file);
    return manifest;
  } catch (error) {
    await written.catch(() => {});
    rmSync(unfinished, { force: true });
    throw error;
  }
}

async function fill(tar: Pack, snapshot: Snapshot, parts: Parameters<typeof writeBackup>[0]): Promise<BackupManifest> {
  const folder = keyFolder(parts.dataDir);
  const keys: BackupManifest["keys"] = [];
  for (const name of readdirSync(folder)
    .filter((entry) => /^root-\d{1,9}\.key$/.test(entry))
    .toSorted()) {
    const content = readFileSync(join(folder, name));
    await add(tar, keyEntry(name), content);
    keys.push({ name, sha256: sha256(content) });
  }
  const totalBytes = snapshot.tables.reduce((sum, { bytes }) => sum + bytes, 0);
  let bytes = 0;
  const tables: BackedUpTable[] = [];
  for (const table of snapshot.tables) {
    tables.push(
      await addTable(tar, snapshot, table, (more) => {
        bytes += more;
        parts.onProgress({ table: table.name, bytes, totalBytes });
      }),
    );
  }
  const { migrations, sequences } = snapshot;
  const manifest: BackupManifest = {
    format: BACKUP_FORMAT,
    version: parts.version,
    madeAt: parts.madeAt,
    migrations,
    tables,
    sequences,
    keys,
  };
  await add(tar, MANIFEST, Buffer.from(`${JSON.stringify(manifest, null, 2)}\n`));
  tar.finalize();
  return manifest;
}

async function addTable(tar: Pack, snapshot: Snapshot, table: TableShape, onBytes: (bytes: number) => void): Promise<BackedUpTable> {
  const hash = createHash("sha256");
  let pending: Buffer[] = [];
  let pendingBytes = 0;
  const done = { rows: 0, bytes: 0, parts: 0 };
  const flush = async () => {
    if (pendingBytes === 0) return;
    done.parts += 1;
    await add(tar, tableEntry(table.name, done.parts), Buffer.concat(pending));
    pending = [];
    pendingBytes = 0;
  };
  for await (const chunk of (await snapshot.read(table)) as AsyncIterable<Buffer>) {
    hash.update(chunk);
    done.rows += linesIn(chunk);
    done.bytes += chunk.length;
    // the driver reuses its buffer
    pending.push(Buffer.from(chunk));
    pendingBytes += chunk.length;
    onBytes(chunk.length);
    if (pendingBytes >= PART_BYTES) await flush();
  }
  await flush();
  return { name: table.name, columns: table.columns, ...done, sha256: hash.digest("hex") };
}

/** Resolves when the file has taken it. */
function add(tar: Pack, name: string, content: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    tar.once("error", reject);
    tar.entry({ name, mode: 0o600, mtime: new Date(0) }, content, (error) => {
      tar.off("error", reject);
      if (error == null) resolve();
      else reject(error);
    });
  });
}

/** Reads the whole file and compares every part of it with its manifest. */
export async function checkBackup(file: string, onBytes: (bytes: number) => void): Promise<Outcome<BackupManifest, Broken>> {
  const tables = new Map<string, Seen & { hash: ReturnType<typeof createHash> }>();
  const keys = new Map<string, string>();
  let manifest: BackupManifest | undefined;
  try {
    await readEntries(file, onBytes, async (name, content) => {
      const entry = readEntry(name);
      if (name === MANIFEST) manifest = readManifest((await collect(content)).toString("utf8"));
      else if (entry === undefined) throw new Error(`it holds ${name}, which is in no backup of Holdfast`);
      else if ("key" in entry) keys.set(entry.key, sha256(await collect(content)));
      else {
        const seen = tables.get(entry.table) ?? { parts: 0, rows: 0, bytes: 0, sha256: "", hash: createHash("sha256") };
        tables.set(entry.table, seen);
        seen.parts += 1;
        if (entry.part !== seen.parts) throw new Error(`a part of table ${entry.table} is missing`);
        for await (const chunk of content) {
          seen.hash.update(chunk);
          seen.rows += linesIn(chunk);
          seen.bytes += chunk.length;
        }
      }
    });
  } catch (error) {
    return broken(file, (error as Error).message);
  }
  if (manifest === undefined) return broken(file, "its manifest is missing, or of another version of Holdfast");
  for (const seen of tables.values()) seen.sha256 = seen.hash.digest("hex");
  const wrong = differences(manifest, tables, keys);
  return wrong.length === 0 ? succeed(manifest) : broken(file, `this does not match its checksum: ${wrong.join(", ")}`);
}

/** Hands out the entries in order. The content has to be read to its end before the next one comes. */
export async function readEntries(
  file: string,
  onBytes: (bytes: number) => void,
  take: (name: string, content: AsyncIterable<Buffer>) => Promise<void>,
): Promise<void> {
  const tar = extract();
  // by events: its iterator waits for ever on a file that is cut between two entries
  tar.on("entry", (header, entry, next) => {
    take(header.name, entry as AsyncIterable<Buffer>).then(
      () => {
        entry.resume();
        next();
      },
      (error: Error) => tar.destroy(error),
    );
  });
  const source = createReadStream(file);
  source.on("data", (chunk) => onBytes(chunk.length));
  await pipeline(source, createGunzip(), tar);
}

export async function collect(content: AsyncIterable<Buffer>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of content) chunks.push(chunk);
  return Buffer.concat(chunks);
}

export function sizeOf(file: string): number {
  return statSync(file).size;
}

function broken(file: string, why: string): { ok: false; failure: Broken } {
  return fail({ tag: "broken-backup", sentence: `${file} is no whole backup of Holdfast: ${why}. Nothing was changed.` });
}

function linesIn(chunk: Buffer): number {
  let lines = 0;
  for (let at = chunk.indexOf(NEWLINE); at >= 0; at = chunk.indexOf(NEWLINE, at + 1)) lines += 1;
  return lines;
}

function sha256(content: Buffer): string {
  return createHash("sha256").update(content).digest("hex");
}

function sync(path: string): void {
  const file = openSync(path, "r");
  fsyncSync(file);
  closeSync(file);
}
