/**
 * What does a backup say about itself? The manifest is the last entry of the file and names every other one with its
 * SHA-256: a file that was cut, altered or put together from two is refused before anything is touched. Pure.
 */
import { z } from "zod";

export const BACKUP_FORMAT = 1;
export const MANIFEST = "manifest.json";

const hash = z.string().regex(/^[0-9a-f]{64}$/);
const table = z.object({
  name: z.string(),
  columns: z.array(z.string()),
  rows: z.number(),
  bytes: z.number(),
  sha256: hash,
  parts: z.number(),
});
const manifest = z.object({
  format: z.literal(BACKUP_FORMAT),
  version: z.string(),
  madeAt: z.string(),
  migrations: z.array(z.object({ name: z.string(), sha256: hash })),
  /** In the order in which they can be filled. */
  tables: z.array(table),
  sequences: z.array(z.object({ name: z.string(), value: z.number().nullable() })),
  keys: z.array(z.object({ name: z.string().regex(/^root-\d{1,9}\.key$/), sha256: hash })),
});

export type BackupManifest = z.infer<typeof manifest>;
export type BackedUpTable = z.infer<typeof table>;

/** `undefined` for what is no manifest of this format. */
export function readManifest(text: string): BackupManifest | undefined {
  try {
    const parsed = manifest.safeParse(JSON.parse(text));
    return parsed.success ? parsed.data : undefined;
  } catch {
    return undefined;
  }
}

export function tableEntry(name: string, part: number): string {
  return `tables/${name}/${String(part).padStart(6, "0")}`;
}

export function keyEntry(name: string): string {
  return `keys/${name}`;
}

/** Whose entry this is; `undefined` for one that is in no backup. */
export function readEntry(entry: string): { table: string; part: number } | { key: string } | undefined {
  const inTable = /^tables\/([^/]+)\/(\d{6,})$/.exec(entry);
  if (inTable !== null) return { table: inTable[1] ?? "", part: Number(inTable[2]) };
  const key = /^keys\/([^/]+)$/.exec(entry)?.[1];
  return key === undefined ? undefined : { key };
}

export type Seen = { parts: number; rows: number; bytes: number; sha256: string };

/** What does not match between what the manifest says and what was read; empty when all is well. */
export function differences(said: BackupManifest, tables: ReadonlyMap<string, Seen>, keys: ReadonlyMap<string, string>): string[] {
  const wrong: string[] = [];
  for (const { name, parts, rows, bytes, sha256 } of said.tables) {
    const seen = tables.get(name) ?? { parts: 0, rows: 0, bytes: 0, sha256: "" };
    if (parts === 0 && seen.parts === 0) continue;
    if (seen.parts !== parts || seen.rows !== rows || seen.bytes !== bytes || seen.sha256 !== sha256) wrong.push(`table ${name}`);
  }
  for (const { name, sha256 } of said.keys) if (keys.get(name) !== sha256) wrong.push(`key ${name}`);
  const known = new Set(said.tables.map(({ name }) => name));
  for (const name of tables.keys()) if (!known.has(name)) wrong.push(`table ${name} (not in the manifest)`);
  for (const name of keys.keys()) if (!said.keys.some((key) => key.name === name)) wrong.push(`key ${name} (not in the manifest)`);
  return wrong;
}
