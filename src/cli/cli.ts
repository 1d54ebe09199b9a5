/** Which commands are there? One file each; this one puts them together and says what to do when a command is mistyped. */
import { Command } from "commander";
import { backupCommand } from "./backup.ts";
import { doctorCommand } from "./doctor.ts";
import { keysCommand } from "./keys.ts";
import { modelCommand } from "./model.ts";
import { restoreCommand } from "./restore.ts";
import { settingsCommand } from "./settings.ts";
import { startCommand } from "./start.ts";
import { versionCommand } from "./version.ts";

const AFTERWARDS = `
Examples:
  npm start                              start Holdfast
  npx holdfast doctor                    what is right, what is not, and what to do
  npx holdfast backup holdfast.backup    database and keys into one file
  npx holdfast settings                  what is set, and what else could be

The settings are read from the environment and from holdfast.env beside package.json.
The manual is in docs/, and in a running Holdfast under /manual.`;

export async function run(argv: readonly string[]): Promise<void> {
  const program = new Command("holdfast")
    .description("An AI assistant that you host yourself and that stays open under attack.")
    .helpOption("-h, --help", "show this help")
    .helpCommand("help [command]", "show the help of a command")
    .showHelpAfterError("(npx holdfast --help shows every command)")
    .addHelpText("after", AFTERWARDS);
  for (const command of [
    startCommand,
    doctorCommand,
    backupCommand,
    restoreCommand,
    keysCommand,
    modelCommand,
    settingsCommand,
    versionCommand,
  ]) {
    const made = command().copyInheritedSettings(program);
    for (const below of made.commands) below.copyInheritedSettings(program);
    program.addCommand(made);
  }
  await program.parseAsync([...argv]);
}
