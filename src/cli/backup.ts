/**
 * `holdfast backup`: how does everything get into one file? Database and keys, also while Holdfast runs; read back and
 * checked before it says that it is done.
 */
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { Command } from "commander";
import { succeed } from "#kit/outcome.ts";
import { systemClock } from "#kit/time.ts";
import { PROJECT_DIR, readVersion } from "#src/main.ts";
import { bytesText } from "#supervisor/supervisor.ts";
import { commandTerminal, settingsOrEnd, SETTINGS_OPTION, withDatabase } from "./context.ts";

export function backupCommand(): Command {
  return new Command("backup")
    .description("write database and keys into one file, also while Holdfast runs")
    .argument("[file]", "where to; by default holdfast-<date>.backup in the project's folder")
    .option("--force", "replace the file when it is there already")
    .option(...SETTINGS_OPTION)
    .addHelpText(
      "after",
      "\nThe file holds the keys, so whoever has it can read letters that are on their way\nand forge tokens: keep it like a password.\nModel files are not in it; they can be downloaded again.",
    )
    .action(backUp);
}

async function backUp(given: string | undefined, options: { force?: boolean; settings?: string }): Promise<void> {
  const terminal = commandTerminal();
  const settings = settingsOrEnd(terminal, options.settings);
  const madeAt = new Date(systemClock.now()).toISOString();
  const file = given === undefined ? resolve(PROJECT_DIR, `holdfast-${madeAt.slice(0, 10)}.backup`) : resolve(given);
  if (existsSync(file) && options.force !== true) {
    terminal.sentence(`${file} is there already. Choose another name, or use --force to replace it.`);
    process.exit(1);
  }
  const { checkBackup, sizeOf, writeBackup } = await import("./backup-file.ts");
  const step = terminal.step("Backup", "reading");
  const outcome = await withDatabase(settings, step.note, async (address) =>
    succeed(
      await writeBackup({
        file,
        address,
        dataDir: settings.config.dataDir,
        version: readVersion(),
        madeAt,
        onProgress: ({ table, bytes, totalBytes }) =>
          step.note(`${bytesText(bytes)} of about ${bytesText(Math.max(bytes, totalBytes))} (${table})`),
      }),
    ),
  ).catch((error: unknown) => ({ ok: false as const, failure: { tag: "failed", sentence: whyNot(error, file) } }));
  if (!outcome.ok) {
    step.fail();
    terminal.sentence(outcome.failure.sentence);
    process.exit(1);
  }
  step.done(
    `${outcome.value.tables.length} tables, ${outcome.value.tables.reduce((sum, { rows }) => sum + rows, 0)} rows, ${outcome.value.keys.length === 1 ? "1 key" : `${outcome.value.keys.length} keys`}`,
  );
  const check = terminal.step("Read back", "checking");
  const checked = await checkBackup(file, () => {});
  if (!checked.ok) {
    check.fail();
    terminal.sentence(checked.failure.sentence);
    process.exit(1);
  }
  check.done("every checksum is right");
  terminal.say(
    `\n${file} (${bytesText(sizeOf(file))}) holds the keys: keep it like a password. Bring it back with: npx holdfast restore ${file}\n`,
  );
}

function whyNot(error: unknown, file: string): string {
  const { code, message } = error as { code?: string; message?: string };
  if (code === "ENOSPC") return `The disk is full; no backup was written. Free some space, or write ${file} to another disk.`;
  if (code === "EACCES" || code === "ENOENT")
    return `${file} can't be written (${code}). Choose a folder that is there and that this user may write to.`;
  if (code === "42P01") return "There is nothing to back up: this database holds no Holdfast yet.";
  return `No backup was written: ${message ?? String(error)}`;
}
