/** `holdfast start`: what runs until Ctrl-C? Everything; see main.ts. */
import { Command } from "commander";

export function startCommand(): Command {
  return new Command("start")
    .description("start Holdfast and keep it running until Ctrl-C (npm start does the same)")
    .option("--settings <file>", "read the settings from this file instead of holdfast.env")
    .action(async (options: { settings?: string }) => {
      const { main } = await import("#src/main.ts");
      process.exit(await main(options.settings === undefined ? {} : { settingsFile: options.settings }));
    });
}
