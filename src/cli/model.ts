/** `holdfast model`: which models can be downloaded? `model pull` fetches one with progress and goes on after a cut. */
import { Command } from "commander";
import { pino } from "pino";
import type { Phrase } from "#contract/words/words.ts";
import { problemsEn } from "#contract/words/en/problems.ts";
import { systemDice } from "#kit/dice.ts";
import { fail, succeed } from "#kit/outcome.ts";
import { systemClock } from "#kit/time.ts";
import { barText, bytesText } from "#supervisor/supervisor.ts";
import { commandTerminal, settingsOrEnd, SETTINGS_OPTION, withDatabase } from "./context.ts";

export function modelCommand(): Command {
  const pull = new Command("pull")
    .description("download a model; without a name: show which there are")
    .argument("[model]", "its name in the list, e.g. qwen3-0.6b")
    .option(...SETTINGS_OPTION)
    .addHelpText(
      "after",
      "\nThe file is checked against its SHA-256 before it is used.\nA download that was cut goes on where it stopped.\nMODEL_HUB_URL names another hub or a mirror.",
    )
    .action(pullOrList);
  return new Command("model").description("models that run on this machine").addCommand(pull);
}

async function pullOrList(modelId: string | undefined, options: { settings?: string }): Promise<void> {
  const terminal = commandTerminal();
  const { catalogueIn } = await import("#assistant/assistant.ts");
  const catalogue = catalogueIn("en");
  const known = catalogue.find(({ id }) => id === modelId);
  if (known !== undefined) return pull(known, options);
  if (modelId !== undefined) terminal.sentence(`There is no model named ${modelId} in the list.`);
  const width = Math.max(...catalogue.map(({ id }) => id.length)) + 2;
  for (const { id, name, publisher, licence, sizeBytes, memoryBytes, note } of catalogue) {
    terminal.say(`${id.padEnd(width)}${name}, by ${publisher}, ${licence}`);
    terminal.say(`${" ".repeat(width)}${bytesText(sizeBytes)} on the disk, ${bytesText(memoryBytes)} of memory`);
    terminal.say(`${" ".repeat(width)}${note}`);
  }
  terminal.say(
    "\nDownload one with: npx holdfast model pull NAME. Any other .gguf file can be put into the folder models of the data folder.\n",
  );
  if (modelId !== undefined) process.exitCode = 1;
}

async function pull({ id, name }: { id: string; name: string }, options: { settings?: string }): Promise<void> {
  const terminal = commandTerminal();
  const settings = settingsOrEnd(terminal, options.settings);
  const [{ pullModel, modelsFolder }, { createEgress }, { openPool }] = await Promise.all([
    import("#assistant/assistant.ts"),
    import("#egress/egress.ts"),
    import("#store/store.ts"),
  ]);
  const wish = new AbortController();
  process.once("SIGINT", () => wish.abort());
  const step = terminal.step(name, "asking the hub");
  // what leaves is written down first, here too
  const pulled = await withDatabase(settings, step.note, async (address) => {
    const sql = openPool(address, { connections: 2, name: "model-pull" });
    const log = pino({ level: "silent" });
    try {
      const egress = createEgress({ sql, clock: systemClock, dice: systemDice, log, destinations: [] });
      const { dataDir, model } = settings.config;
      const done = await pullModel(
        { modelId: id, modelsDir: modelsFolder(dataDir), hubUrl: model.hubUrl, egress, clock: systemClock, log, signal: wish.signal },
        ({ state, receivedBytes, totalBytes, bytesPerSecond }) =>
          step.note(state === "checking" ? "comparing the checksum" : barText(receivedBytes, totalBytes, bytesPerSecond)),
      );
      return done.ok ? succeed(done.value) : fail({ tag: done.failure.tag, sentence: sentenceOf(done.failure.tag) });
    } finally {
      await sql.end({ timeout: 5 });
    }
  });
  if (!pulled.ok) {
    step.fail();
    terminal.sentence(pulled.failure.sentence);
    process.exit(1);
  }
  step.done(pulled.value.wasThere ? "is there already" : "downloaded, its checksum is right");
  terminal.say(`\n${pulled.value.path}\nA running Holdfast finds it by itself within half a minute.\n`);
}

function sentenceOf(tag: string): string {
  if (tag === "aborted") return "Stopped. What came so far is kept; the same command goes on from there.";
  if (tag === "too-busy")
    return "Another process downloads this model already: on the Models page of the running Holdfast you see how far it is.";
  const words: Readonly<Record<string, Phrase>> = problemsEn;
  return [words[`${tag}.title`], words[`${tag}.detail`]].map((phrase) => (typeof phrase === "string" ? phrase : tag)).join(". ");
}
