/** Which commands are there? One file each; this one puts them together and says what to do when a command is mistyped. */
import { Command } from "commander";

/** What runs for weeks loads its own file only. */
const COMMANDS: Record<string, () => Promise<() => Command>> = {
  start: async () => (await import("./start.ts")).startCommand,
  doctor: async () => (await import("./doctor.ts")).doctorCommand,
  backup: async () => (await import("./backup.ts")).backupCommand,
  restore: async () => (await import("./restore.ts")).restoreCommand,
  keys: async () => (await import("./keys.ts")).keysCommand,
  model: async () => (await import("./model.ts")).modelCommand,
  settings: async () => (await import("./settings.ts")).settingsCommand,
  version: async () => (await import("./version.ts")).versionCommand,
};

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
  const asked = argv[2] ?? "";
  for (const [name, load] of Object.entries(COMMANDS)) {
    if (Object.hasOwn(COMMANDS, asked) && name !== asked) continue;
    const command = await load();
    const made = command().copyInheritedSettings(program);
    for (const below of made.commands) below.copyInheritedSettings(program);
    program.addCommand(made);
  }
  await program.parseAsync([...argv]);
}
