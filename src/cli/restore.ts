/**
 * `holdfast restore`: how does a backup come back? The file is checked whole first; then everything is made beside and takes its place
 * at the very end, so that an interrupted restore leaves what was there. A folder or database that is in use is left alone.
 */
import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { Command } from "commander";
import { succeed } from "#kit/outcome.ts";
import { systemClock } from "#kit/time.ts";
import type { DatabaseAddress } from "#store/store.ts";
import {
  bytesText,
  claimFolder,
  finishRestore,
  keptIn,
  makeDataFolder,
  markWhole,
  restoringFolder,
  type Settings,
  type Terminal,
} from "#supervisor/supervisor.ts";
import type { BackupManifest } from "./core/backup-manifest.ts";
import { commandTerminal, settingsOrEnd, SETTINGS_OPTION, withOwnDatabase } from "./context.ts";

export function restoreCommand(): Command {
  return new Command("restore")
    .description("bring database and keys back from a backup")
    .argument("<file>", "the backup")
    .option("--force", "also when there is a Holdfast already: its folder is kept beside, its tables in DATABASE_URL go")
    .option(...SETTINGS_OPTION)
    .action(restore);
}

async function restore(given: string, options: { force?: boolean; settings?: string }): Promise<void> {
  const terminal = commandTerminal();
  const settings = settingsOrEnd(terminal, options.settings);
  const { config } = settings;
  const file = resolve(given);
  if (!existsSync(file)) end(terminal, `${file} is not there.`);
  const folder = makeDataFolder(config.dataDir);
  if (!folder.ok) end(terminal, folder.failure.sentence);
  const claimed = claimFolder(config.dataDir, config.publicUrl, systemClock);
  if (!claimed.ok) end(terminal, claimed.failure.sentence);
  process.once("exit", () => claimed.value.release());

  const obstacle = await whatIsThere(settings);
  if (obstacle !== undefined && (options.force !== true || obstacle.always)) end(terminal, obstacle.sentence);

  const { checkBackup, sizeOf } = await import("./backup-file.ts");
  const check = terminal.step("Backup", "checking");
  const size = sizeOf(file);
  const checked = await checkBackup(
    file,
    counter((bytes) => check.note(`checking, ${bytesText(bytes)} of ${bytesText(size)}`)),
  );
  if (!checked.ok) {
    check.fail();
    end(terminal, checked.failure.sentence);
  }
  const manifest = checked.value;
  check.done(`of ${manifest.madeAt.slice(0, 16).replace("T", " ")} UTC, every checksum is right`);

  const step = terminal.step("Restore", "beginning");
  const restored = await bringBack(settings, file, manifest, step.note).catch((error: unknown) => ({
    ok: false as const,
    failure: { tag: "failed", sentence: whyNot(error) },
  }));
  if (!restored.ok) {
    step.fail();
    rmSync(restoringFolder(config.dataDir), { recursive: true, force: true });
    end(terminal, restored.failure.sentence);
  }
  const before = finishRestore(config.dataDir);
  step.done(
    `${manifest.tables.length} tables, ${manifest.tables.reduce((sum, { rows }) => sum + rows, 0)} rows, ${manifest.keys.length === 1 ? "1 key" : `${manifest.keys.length} keys`}`,
  );
  if (before !== undefined) terminal.say(`\nWhat was there before is kept in ${before}; remove it when you no longer want it.`);
  terminal.say("\nStart Holdfast with npm start.\n");
}

function end(terminal: Terminal, sentence: string): never {
  terminal.sentence(sentence);
  process.exit(1);
}

async function whatIsThere({ config }: Settings): Promise<{ sentence: string; always: boolean } | undefined> {
  if (config.databaseUrl !== null) {
    const { inTheWay } = await import("./store.ts");
    const found = await inTheWay({ url: config.databaseUrl }).catch((error: unknown) => ({ error }));
    if (typeof found === "object")
      return { sentence: `The database of DATABASE_URL can't be reached (${(found.error as Error).message}).`, always: true };
    if (found === "holdfast") return { sentence: "A Holdfast is running on the database of DATABASE_URL. Stop it first.", always: true };
    if (found === "tables") {
      return {
        sentence: "The database of DATABASE_URL holds a Holdfast already. Name an empty one, or use --force: its tables are then replaced.",
        always: false,
      };
    }
  }
  const kept = keptIn(config.dataDir);
  if (kept.length === 0) return undefined;
  return {
    sentence: `The data folder ${config.dataDir} holds a Holdfast already (${kept.join(", ")}). Set DATA_DIR to an empty folder, or use --force: what is there is then kept in a folder beside.`,
    always: false,
  };
}

async function bringBack({ config }: Settings, file: string, manifest: BackupManifest, note: (text: string) => void) {
  const folder = restoringFolder(config.dataDir);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(join(folder, "keys"), { recursive: true, mode: 0o700 });
  const fill = async (address: DatabaseAddress) => {
    await fillDatabase(address, file, manifest, join(folder, "keys"), note);
    return succeed(undefined);
  };
  const filled =
    config.databaseUrl === null ? await withOwnDatabase(folder, config.publicUrl, note, fill) : await fill({ url: config.databaseUrl });
  if (filled.ok) markWhole(config.dataDir, `before-restore-${new Date(systemClock.now()).toISOString().slice(0, 19).replaceAll(":", "-")}`);
  return filled;
}

/** Rows into the database, keys into the folder. */
export async function fillDatabase(
  address: DatabaseAddress,
  file: string,
  manifest: BackupManifest,
  keys: string,
  note: (text: string) => void,
): Promise<void> {
  const [{ collect, readEntries, sizeOf }, { restoreRows }, { readEntry }] = await Promise.all([
    import("./backup-file.ts"),
    import("./store.ts"),
    import("./core/backup-manifest.ts"),
  ]);
  const size = sizeOf(file);
  const shapes = new Map(manifest.tables.map((table) => [table.name, table]));
  const onBytes = counter((bytes) => note(`${bytesText(bytes)} of ${bytesText(size)}`));
  await restoreRows(address, manifest, async (write) => {
    let open: { table: string; end(): Promise<void>; write(chunk: Buffer): Promise<void> } | undefined;
    await readEntries(file, onBytes, async (name, content) => {
      const entry = readEntry(name);
      if (entry === undefined) return;
      if ("key" in entry) {
        writeFileSync(join(keys, entry.key), await collect(content), { mode: 0o600 });
        return;
      }
      const shape = shapes.get(entry.table);
      if (shape === undefined) return;
      if (open?.table !== entry.table) {
        await open?.end();
        open = { table: entry.table, ...writing(await write(shape)) };
      }
      for await (const chunk of content) await open.write(chunk);
    });
    await open?.end();
  });
}

/** A stream as two functions that wait until it has taken what they give. */
function writing(stream: NodeJS.WritableStream) {
  const taken = (act: (done: (error?: Error | null) => void) => void) =>
    new Promise<void>((resolve, reject) => {
      stream.once("error", reject);
      act((error) => {
        stream.off("error", reject);
        if (error == null) resolve();
        else reject(error);
      });
    });
  return {
    write: (chunk: Buffer) => taken((done) => void stream.write(chunk, done)),
    end: () =>
      taken((done) => {
        stream.once("finish", () => done());
        stream.end();
      }),
  };
}

function counter(tell: (bytes: number) => void): (more: number) => void {
  let bytes = 0;
  return (more) => tell((bytes += more));
}

function whyNot(error: unknown): string {
  const { code, message } = error as { code?: string; message?: string };
  if (code === "ENOSPC" || code === "53100")
    return "The disk is full. What was there before is untouched. Free some space, then try again.";
  return `The backup could not be brought back: ${message ?? String(error)}. What was there before is untouched.`;
}
