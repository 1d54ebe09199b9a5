/**
 * What does a command need before it can work? The settings, and a database: that of the running Holdfast, that of
 * DATABASE_URL, or the embedded one, started for as long as the command takes. A failure is told and ends the command.
 */
import { systemClock } from "#kit/time.ts";
import { fail, type Outcome } from "#kit/outcome.ts";
import { existsSync, mkdirSync } from "node:fs";
import { startEmbeddedPostgres } from "#store/embedded-postgres.ts";
import type { DatabaseAddress } from "#store/store.ts";
import { PROJECT_DIR } from "#src/main.ts";
import {
  claimFolder,
  createTerminal,
  makeRunFolder,
  readRunning,
  readSettings,
  type Settings,
  type Terminal,
} from "#supervisor/supervisor.ts";

export type CommandFailure = { tag: string; sentence: string };

/** The settings, or the end of the process with a sentence. */
export function settingsOrEnd(terminal: Terminal, file?: string): Settings {
  const settings = readSettings(PROJECT_DIR, file);
  if (settings.ok) return settings.value;
  terminal.sentence(settings.failure.sentence);
  process.exit(1);
}

export function commandTerminal(): Terminal {
  return createTerminal(process.stdout, systemClock);
}

/** Runs `work` with a database that answers; ends what it started for it. */
export async function withDatabase<Value, Failure extends CommandFailure>(
  settings: Settings,
  onProgress: (text: string) => void,
  work: (address: DatabaseAddress) => Promise<Outcome<Value, Failure>>,
): Promise<Outcome<Value, Failure | CommandFailure>> {
  const { config } = settings;
  if (config.databaseUrl !== null) return work({ url: config.databaseUrl });
  const running = readRunning(config.dataDir, systemClock);
  if (running?.alive === true && running.running.socketDir !== null) {
    return work({ socketDir: running.running.socketDir, name: "postgres", user: "holdfast" });
  }
  if (!existsSync(`${config.dataDir}/postgres`)) {
    return fail({
      tag: "no-data",
      sentence: `There is no database in ${config.dataDir} yet. Start Holdfast once (npm start), or set DATA_DIR to where it is.`,
    });
  }
  return withOwnDatabase(config.dataDir, config.publicUrl, onProgress, work);
}

/** Starts the embedded database on a folder that nobody uses, and stops it afterwards. */
export async function withOwnDatabase<Value, Failure extends CommandFailure>(
  dataDir: string,
  url: string,
  onProgress: (text: string) => void,
  work: (address: DatabaseAddress) => Promise<Outcome<Value, Failure>>,
): Promise<Outcome<Value, Failure | CommandFailure>> {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const claimed = claimFolder(dataDir, url, systemClock);
  if (!claimed.ok) return claimed;
  const runFolder = await makeRunFolder(dataDir, 0);
  try {
    onProgress("starting the database for this");
    const postgres = await startEmbeddedPostgres({ dataDir, socketDir: runFolder.socketDir });
    if (!postgres.ok) return postgres;
    try {
      return await work(postgres.value.address);
    } finally {
      await postgres.value.stop();
    }
  } finally {
    runFolder.remove();
    claimed.value.release();
  }
}

/** Adds the option that every command with settings has. */
export const SETTINGS_OPTION = ["--settings <file>", "read the settings from this file instead of holdfast.env"] as const;
