/**
 * Does the door keep members undisturbed and newcomers coming in under flood, beside what others do? Runs the plan one run at
 * a time, keeps each result, then judges and draws. Only loopback addresses; ends by itself, and only what it started.
 */
import { judge, tellBars } from "./door/bars.ts";
import { startHoldfast } from "./door/holdfast.ts";
import { describeMachine } from "./door/machine.ts";
import { HELP, readPlan, type Item, type Plan } from "./door/options.ts";
import { startPeer } from "./door/peers.ts";
import { endAll, isPinned } from "./door/processes.ts";
import { runRefusals } from "./door/refusals.ts";
import { writeReport } from "./door/report.ts";
import { openResults, type Kept, type Result, type Results } from "./door/results.ts";
import { runStep } from "./door/step.ts";
import { SYSTEMS, titleOf } from "./door/systems.ts";

process.exitCode = await main(process.argv.slice(2));

async function main(words: readonly string[]): Promise<number> {
  let plan: Plan | "help";
  try {
    plan = readPlan(words);
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n\n${HELP}`);
    return 2;
  }
  if (plan === "help") {
    console.log(HELP);
    return 0;
  }
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.once(signal, () => {
      endAll();
      process.exit(130);
    });
  }
  const results = openResults(plan.sabotage === null ? `door-${plan.mode}` : `door-${plan.sabotage}`);
  if (!isPinned()) console.log("Two cores and taskset are needed to keep servers and generators apart; they share what there is.");
  const { kept, failed } = await runAll(plan, results);
  const bars = judge(kept.map(({ result }) => result));
  const file = writeReport(results.folder, plan, kept, bars);
  console.log(`\n${tellBars(bars)}\n\nThe report: ${file}`);
  if (failed > 0) return 1;
  const red = bars.some(({ verdict }) => verdict === "red");
  if (plan.sabotage === null) return red ? 1 : 0;
  console.log(
    red ? `\n${plan.sabotage} turned bars red, as it has to.` : `\n${plan.sabotage} turned no bar red: the bars are blind to it.`,
  );
  return red ? 0 : 1;
}

async function runAll(plan: Plan, results: Results): Promise<{ kept: Kept[]; failed: number }> {
  const kept: Kept[] = [];
  let failed = 0;
  for (const [index, item] of plan.items.entries()) {
    const label = `[${index + 1}/${plan.items.length}] ${titleOf(item.system)}, ${item.kind === "step" ? item.variant : "refusals"} ${item.repetition}`;
    const before = plan.fresh && !plan.reportOnly ? undefined : results.find(item);
    if (before !== undefined) {
      console.log(`${label}: measured before`);
      kept.push(before);
    } else if (!plan.reportOnly) {
      try {
        kept.push(results.keep(item, describeMachine(), await runOne(item, (what) => console.log(`${label}: ${what}`))));
      } catch (error) {
        failed += 1;
        console.error(`${label}: ${error instanceof Error ? error.message : String(error)}`);
      }
    }
  }
  return { kept, failed };
}

async function runOne(item: Item, say: (what: string) => void): Promise<Result> {
  const system = SYSTEMS.find(({ name }) => name === item.system);
  if (system === undefined) throw new Error(`there is no system ${item.system}`);
  const startSystem = item.system === "holdfast" ? startHoldfast : startPeer(item.system);
  if (item.kind === "step") return runStep(system, item.variant, startSystem, item.settings, say);
  return runRefusals(system, startSystem, { ...item.settings, lettersPerSecond: 50 }, say);
}
