/**
 * Which keys are there? One file per generation in keys/ of the data folder: 32 random bytes, mode 0600, folder 0700.
 * The newest mints, the one before is still accepted, older ones are gone. Only the supervisor and `holdfast keys`
 * read root keys; every other process is handed subkeys of its own purposes (keysFor).
 */
import {
  chmodSync,
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import type { AppPurpose, DoorPurpose, KeysOf } from "#contract/processes.ts";
import type { Dice } from "#kit/dice.ts";
import { fail, succeed, type Outcome } from "#kit/outcome.ts";
import { derivePurposeKey, type Purpose, type PurposeKeys } from "#kit/seal.ts";
import { DAY_MS } from "#kit/time.ts";

export type RootKey = { id: number; secret: Uint8Array };
export type KeyRing = { current: RootKey; previous?: RootKey };
export type KeyRingFailure = { tag: "broken-key"; sentence: string } | { tag: "too-soon"; sentence: string };

export const DOOR_PURPOSES = ["challenge", "place", "bucket", "pass", "device"] as const satisfies readonly DoorPurpose[];
export const APP_PURPOSES = [
  "envelope",
  "code",
  "letter",
  "recipient",
  "pass",
  "device",
  "mailbox",
] as const satisfies readonly AppPurpose[];

const SECRET_BYTES = 32;

export function keyFolder(dataDir: string): string {
  return join(dataDir, "keys");
}

/** Reads the ring; makes the first generation when there is none. Puts the modes right. */
export function openKeyRing(dataDir: string, dice: Dice): Outcome<KeyRing, KeyRingFailure> {
  const folder = keyFolder(dataDir);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  chmodSync(folder, 0o700);
  const found = generationsIn(folder);
  if (!found.ok) return found;
  for (const id of found.value) chmodSync(fileOf(folder, id), 0o600);
  if (found.value.length === 0) writeGeneration(folder, 1, dice.bytes(SECRET_BYTES));
  return readKeyRing(dataDir);
}

/** Reads the ring without changing anything. */
export function readKeyRing(dataDir: string): Outcome<KeyRing, KeyRingFailure> {
  const folder = keyFolder(dataDir);
  const found = generationsIn(folder);
  if (!found.ok) return found;
  const keys: RootKey[] = [];
  for (const id of found.value.slice(0, 2)) {
    let secret: Uint8Array;
    try {
      secret = readFileSync(fileOf(folder, id));
    } catch (error) {
      return unreadable(fileOf(folder, id), error);
    }
    if (secret.length !== SECRET_BYTES) {
      return fail({
        tag: "broken-key",
        sentence: `The key ${fileOf(folder, id)} has ${secret.length} bytes instead of ${SECRET_BYTES}. Bring it back from a backup; without it nobody who is registering can finish.`,
      });
    }
    keys.push({ id, secret });
  }
  const [current, previous] = keys;
  if (current === undefined) return fail({ tag: "broken-key", sentence: `There are no keys in ${folder}.` });
  return succeed(previous === undefined ? { current } : { current, previous });
}

/**
 * Adds a generation and drops the one before the previous. Refuses (unless forced) to drop keys under which tokens may
 * still be out: the member pass lives for a day.
 */
export function rotateKeyRing(dataDir: string, dice: Dice, now: number, force = false): Outcome<KeyRing, KeyRingFailure> {
  const opened = openKeyRing(dataDir, dice);
  if (!opened.ok) return opened;
  const folder = keyFolder(dataDir);
  const { current, previous } = opened.value;
  const ageMs = now - statSync(fileOf(folder, current.id)).mtimeMs;
  if (previous !== undefined && ageMs < DAY_MS && !force) {
    const hours = Math.round(ageMs / 3_600_000);
    const ago = hours === 0 ? "less than an hour ago" : `${hours} h ago`;
    return fail({
      tag: "too-soon",
      sentence: `The keys were rotated ${ago}, and what was made with the ones before may still be in people's browsers for a day. Wait, or use --force: whoever is registering then starts again.`,
    });
  }
  writeGeneration(folder, current.id + 1, dice.bytes(SECRET_BYTES));
  const after = generationsIn(folder);
  if (!after.ok) return after;
  for (const id of after.value.slice(2)) rmSync(fileOf(folder, id), { force: true });
  return readKeyRing(dataDir);
}

/** The subkeys of these purposes, and of no others. */
export function keysFor<P extends Purpose>(ring: KeyRing, purposes: readonly P[]): KeysOf<P> {
  const entries = purposes.map((purpose): [P, PurposeKeys] => {
    const current = derivePurposeKey(ring.current, purpose);
    return [
      purpose,
      ring.previous === undefined ? { purpose, current } : { purpose, current, previous: derivePurposeKey(ring.previous, purpose) },
    ];
  });
  return Object.fromEntries(entries) as KeysOf<P>;
}

/** Numbers of the generations, newest first. Only a folder that is not there has none: to take another fault for that would replace keys. */
function generationsIn(folder: string): Outcome<number[], KeyRingFailure> {
  let names: string[] = [];
  try {
    names = readdirSync(folder);
  } catch (error) {
    if ((error as { code?: string }).code !== "ENOENT") return unreadable(folder, error);
  }
  const ids = names
    .map((name) => /^root-(\d{1,9})\.key$/.exec(name)?.[1])
    .filter((id) => id !== undefined)
    .map(Number);
  return succeed(ids.toSorted((a, b) => b - a));
}

function unreadable(path: string, error: unknown): { ok: false; failure: KeyRingFailure } {
  const code = (error as { code?: string }).code ?? "no reason given";
  return fail({ tag: "broken-key", sentence: `${path} can't be read (${code}). Give it back to the user that Holdfast runs as.` });
}

function fileOf(folder: string, id: number): string {
  return join(folder, `root-${id}.key`);
}

/** On disk before it is used: a token must not outlive its key by a power cut. */
function writeGeneration(folder: string, id: number, secret: Uint8Array): void {
  const unfinished = join(folder, `root-${id}.unfinished`);
  rmSync(unfinished, { force: true });
  const file = openSync(unfinished, "wx", 0o600);
  writeSync(file, secret);
  fsyncSync(file);
  closeSync(file);
  renameSync(unfinished, fileOf(folder, id));
  const directory = openSync(folder, "r");
  fsyncSync(directory);
  closeSync(directory);
}
