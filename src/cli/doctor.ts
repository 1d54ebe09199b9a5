/**
 * `holdfast doctor`: what is right, what is not, and what is to be done about it? One line per thing; each check stands by itself, so
 * one that fails hides no other. Ends with code 1 when something keeps Holdfast from working. The checks are doctor-checks.ts.
 */
import { Command } from "commander";
import { systemClock } from "#kit/time.ts";
import { PROJECT_DIR, readVersion } from "#src/main.ts";
import { readRunning, readSettings } from "#supervisor/supervisor.ts";
import { commandTerminal, SETTINGS_OPTION } from "./context.ts";

export function doctorCommand(): Command {
  return new Command("doctor")
    .description("check ports, disk, memory, mail, model, clock, database and web app, and say what to do")
    .option(...SETTINGS_OPTION)
    .addHelpText(
      "after",
      "\nIt changes nothing, sends no letter and no question to a model.\nExit code 1: something keeps Holdfast from working.",
    )
    .action(examine);
}

async function examine(options: { settings?: string }): Promise<void> {
  const terminal = commandTerminal();
  terminal.title(`Holdfast ${readVersion()}: doctor`);
  const settings = readSettings(PROJECT_DIR, options.settings);
  if (!settings.ok) {
    terminal.step("Settings").fail("not right");
    terminal.sentence(settings.failure.sentence);
    process.exit(1);
  }
  const { checksFor } = await import("./doctor-checks.ts");
  const held = readRunning(settings.value.config.dataDir, systemClock);
  const running = held?.alive === true ? held.running : undefined;
  const counts = { warn: 0, fail: 0 };
  for (const { name, look } of checksFor(settings.value, running)) {
    const step = terminal.step(name, "looking");
    const found = await look().catch((error: unknown) => ({
      verdict: "fail" as const,
      text: `could not be checked: ${(error as Error).message}`,
      todo: undefined,
    }));
    if (found.verdict === "ok") step.done(found.text);
    else {
      counts[found.verdict] += 1;
      if (found.verdict === "warn") step.warn(found.text);
      else step.fail(found.text);
      if (found.todo !== undefined) terminal.say(`${" ".repeat(18)}→ ${found.todo}`);
    }
  }
  terminal.say(`\n${summary(counts)}\n`);
  process.exit(counts.fail > 0 ? 1 : 0);
}

function summary({ warn, fail }: { warn: number; fail: number }): string {
  if (fail > 0) return `${fail === 1 ? "One thing keeps" : `${fail} things keep`} Holdfast from working.`;
  if (warn > 0) return `Holdfast works; ${warn === 1 ? "one thing wants" : `${warn} things want`} a look.`;
  return "All is well.";
}
