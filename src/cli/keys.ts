/** `holdfast keys rotate`: how do new root keys come in? A running Holdfast takes them up without an interruption. */
import { Command } from "commander";
import { systemDice } from "#kit/dice.ts";
import { SECOND_MS, systemClock } from "#kit/time.ts";
import { keyFolder, readRunning, rotateKeyRing } from "#supervisor/supervisor.ts";
import { commandTerminal, settingsOrEnd, SETTINGS_OPTION } from "./context.ts";

const TAKEN_UP_WITHIN_MS = 10 * SECOND_MS;

export function keysCommand(): Command {
  const rotate = new Command("rotate")
    .description("make new keys; the ones before stay accepted until the next rotation, so nobody is signed out")
    .option("--force", "also when the last rotation was less than a day ago: whoever is registering then starts again")
    .option(...SETTINGS_OPTION)
    .action(rotateKeys);
  return new Command("keys").description("the keys that tokens are made with").addCommand(rotate);
}

async function rotateKeys(options: { force?: boolean; settings?: string }): Promise<void> {
  const terminal = commandTerminal();
  const { config } = settingsOrEnd(terminal, options.settings);
  const rotated = rotateKeyRing(config.dataDir, systemDice, systemClock.now(), options.force === true);
  if (!rotated.ok) {
    terminal.sentence(rotated.failure.sentence);
    process.exit(1);
  }
  const { id } = rotated.value.current;
  terminal.say(
    `Generation ${id} is in ${keyFolder(config.dataDir)}. A backup made before now does not have it: make a new one (npx holdfast backup FILE).`,
  );
  if (readRunning(config.dataDir, systemClock)?.alive !== true) {
    terminal.say("Holdfast does not run; the next start uses it.");
    return;
  }
  const step = terminal.step("Holdfast", "taking it up");
  const deadline = systemClock.monotonic() + TAKEN_UP_WITHIN_MS;
  while (systemClock.monotonic() < deadline) {
    const running = readRunning(config.dataDir, systemClock);
    if (running?.alive !== true) break;
    if (running.running.keyGeneration >= id) {
      step.done(`runs and uses it since ${new Date(systemClock.now()).toTimeString().slice(0, 8)}`);
      return;
    }
    await systemClock.sleep(SECOND_MS / 10);
  }
  step.fail("did not take it up within 10 s; restart it");
  process.exitCode = 1;
}
