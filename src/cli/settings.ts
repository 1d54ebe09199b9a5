/**
 * `holdfast settings`: what is each setting now, and what else could it be? `--write` makes docs/operate/settings.md of
 * the same table.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { Command } from "commander";
import { PROJECT_DIR } from "#src/main.ts";
import { SETTING_NAMES, settingOf, showValue } from "#src/settings.ts";
import { commandTerminal, settingsOrEnd, SETTINGS_OPTION } from "./context.ts";
import { settingsPage } from "./core/settings-page.ts";

const PAGE = join(PROJECT_DIR, "docs", "operate", "settings.md");

export function settingsCommand(): Command {
  return new Command("settings")
    .description("show every setting, what it is now and what it is for (secrets as stars)")
    .option("--write", "write docs/operate/settings.md instead (for those who change src/settings.ts)")
    .option(...SETTINGS_OPTION)
    .action((options: { write?: boolean; settings?: string }) => {
      const terminal = commandTerminal();
      if (options.write === true) {
        writeFileSync(PAGE, settingsPage());
        terminal.say("docs/operate/settings.md is written.");
        return;
      }
      const { given, origin, fileName } = settingsOrEnd(terminal, options.settings);
      terminal.title("Settings");
      for (const name of SETTING_NAMES) {
        const text = given[name];
        const value =
          text === undefined
            ? plain(settingOf(name).byDefault)
            : `${showValue(name, text)}   (${origin[name] === "file" ? fileName : "environment"})`;
        terminal.say(`${text === undefined ? " " : "*"} ${name.padEnd(20)}${value}`);
      }
      terminal.say("\n* is set; the others are as shown. docs/operate/settings.md explains each.\n");
    });
}

function plain(markdown: string): string {
  return markdown.replaceAll("`", "");
}
