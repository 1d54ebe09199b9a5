/**
 * Does the door keep members undisturbed and newcomers coming in under flood, beside what others do? Runs the plan one run at
 * a time, keeps each result, then judges and draws. Only loopback addresses; ends by itself, and only what it started.
 */
import { endOnInterrupt, planOf } from "./command-line.ts";
import { judge, tellBars, type Bar } from "./door/bars.ts";
import { startHoldfast } from "./door/holdfast.ts";
import { describeMachine } from "./door/machine.ts";
import { runMemory } from "./door/memory.ts";
import { HELP, readPlan, type Item, type Plan } from "./door/options.ts";
import { startPeer } from "./door/peers.ts";
import { isInterrupted, isPinned } from "./door/processes.ts";
import { runRefusals } from "./door/refusals.ts";
import { writeReport } from "./door/report.ts";
import { openResults, type Result, type Results } from "./door/results.ts";
import { runStep } from "./door/step.ts";
import { SYSTEMS, titleOf, type Sabotage } from "./door/systems.ts";

process.exitCode = await main(process.argv.slice(2));

async function main(words: readonly string[]): Promise<number> {
  const read = planOf(() => readPlan(words), HELP);
  if ("status" in read) return read.status;
  const { plan } = read;
  endOnInterrupt();
  const results = openResults(plan.sabotage === null ? `door-${plan.mode}` : `door-${plan.sabotage}`);
  if (!isPinned()) console.log("Two cores and taskset are needed to keep servers and generators apart; they share what there is.");
  const normal = plan.sabotage === null ? [] : openResults(`door-${plan.mode}`).all();
  if (plan.sabotage !== null && !normal.some(({ item }) => item.system === "holdfast")) {
    console.error(
      `Run it without --sabotage first: what turns red is seen beside that (npm run bench -- door --mode ${plan.mode} --only holdfast).`,
    );
    return 2;
  }
  const failed = await runAll(plan, results);
  if (isInterrupted()) return 130;
  const kept = results.all();
  const bars = judge(kept.map(({ result }) => result));
  const file = writeReport(results.folder, plan, kept, bars);
  console.log(`\n${tellBars(bars)}\n\nThe report: ${file}`);
  if (failed > 0) return 1;
  return plan.sabotage === null
    ? Number(bars.some(({ verdict }) => verdict === "red"))
    : judgeSabotage(plan.sabotage, judge(normal.map(({ result }) => result)), bars);
}

/** Status 0 when it turned a bar red that is green without it. */
function judgeSabotage(sabotage: Sabotage, before: readonly Bar[], bars: readonly Bar[]): number {
  const turned = bars.filter(
    ({ name, verdict }) => verdict === "red" && before.some((bar) => bar.name === name && bar.verdict === "green"),
  );
  console.log(
    turned.length === 0
      ? `\n${sabotage} turned no bar red that is green without it: the bars are blind to it.`
      : `\n${sabotage} turned red, as it has to:\n${turned.map(({ name }) => `  ${name}`).join("\n")}`,
  );
  return turned.length === 0 ? 1 : 0;
}

/** How many could not be measured. */
async function runAll(plan: Plan, results: Results): Promise<number> {
  if (plan.reportOnly) return 0;
  let failed = 0;
  for (const [index, item] of plan.items.entries()) {
    const label = `[${index + 1}/${plan.items.length}] ${titleOf(item.system)}, ${item.kind === "step" ? item.variant : item.kind} ${item.repetition}`;
    if (!plan.fresh && results.find(item) !== undefined) {
      console.log(`${label}: measured before`);
      continue;
    }
    try {
      results.keep(item, describeMachine(), await runOne(item, (what) => console.log(`${label}: ${what}`)));
    } catch (error) {
      if (isInterrupted()) break;
      failed += 1;
      console.error(`${label}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  return failed;
}

async function runOne(item: Item, say: (what: string) => void): Promise<Result> {
  if (item.kind === "memory") return runMemory(startHoldfast, item.settings, say);
  const system = SYSTEMS.find(({ name }) => name === item.system);
  if (system === undefined) throw new Error(`there is no system ${item.system}`);
  const startSystem = item.system === "holdfast" ? startHoldfast : startPeer(item.system);
  if (item.kind === "step") return runStep(system, item.variant, startSystem, item.settings, say);
  return runRefusals(system, startSystem, { ...item.settings, lettersPerSecond: 50 }, say);
}
