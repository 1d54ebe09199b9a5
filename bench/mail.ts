/**
 * Do code letters keep the promise of a minute while relays fail, and what does the courier with its outbox cost? Runs the
 * plan one variant at a time, keeps each result, then judges and draws. Loopback only; ends by itself, and only what it started.
 */
import { endOnInterrupt, planOf } from "./command-line.ts";
import { tellBars } from "./door/bars.ts";
import { describeMachine } from "./door/machine.ts";
import { isInterrupted } from "./door/processes.ts";
import { digest, openKept, type Results } from "./door/results.ts";
import { judge, type MailResult } from "./mail/bars.ts";
import { startCluster, type Cluster } from "./mail/database.ts";
import { runBothDead, runFaults, runMidRun } from "./mail/failures.ts";
import { matrix } from "./mail/fault.ts";
import { runIndependent } from "./mail/independent.ts";
import { runMemory } from "./mail/memory.ts";
import { HELP, readPlan, type Item, type Plan, type Variant } from "./mail/options.ts";
import { watchOthers } from "./mail/others.ts";
import { writeReport } from "./mail/report.ts";
import { runThroughput } from "./mail/throughput.ts";

const SIDE_BY_SIDE: readonly Variant[] = ["faults", "mid-run"];

process.exitCode = await main(process.argv.slice(2));

async function main(words: readonly string[]): Promise<number> {
  const read = planOf(
    () =>
      readPlan(
        words,
        matrix(0).map(({ name }) => name),
      ),
    HELP,
  );
  if ("status" in read) return read.status;
  const { plan } = read;
  endOnInterrupt();
  const source = digest(["src", "bench/mail", "bench/door"]);
  const results = openKept<Item, MailResult>(`mail-${plan.mode}`, { fileOf: ({ variant }) => variant, sourceOf: () => source });
  const failed = plan.reportOnly ? 0 : await runAll(plan, results);
  if (isInterrupted()) return 130;
  const kept = results.all();
  const bars = judge(kept.map(({ result }) => result));
  const file = writeReport(results.folder, plan, kept, bars);
  console.log(`\n${tellBars(bars)}\n\nThe report: ${file}`);
  return failed > 0 || bars.some(({ verdict }) => verdict === "red") ? 1 : 0;
}

/** How many could not be measured. */
async function runAll(plan: Plan, results: Results<Item, MailResult>): Promise<number> {
  const todo = plan.items.filter((item) => plan.fresh || results.find(item) === undefined);
  for (const item of plan.items) if (!todo.includes(item)) console.log(`${item.variant}: measured before`);
  if (todo.length === 0) return 0;
  let failed = 0;
  for (const [index, item] of todo.entries()) {
    const label = `[${index + 1}/${todo.length}] ${item.variant}`;
    const from = performance.now();
    const cluster = await startCluster({ durable: !SIDE_BY_SIDE.includes(item.variant) });
    const others = watchOthers();
    try {
      const result = await runOne(cluster, item, (what) => console.log(`${label}: ${what}`));
      results.keep(item, describeMachine(), { ...result, othersCpu: others.stop() });
      console.log(`${label}: ${Math.round((performance.now() - from) / 1_000)} s`);
    } catch (error) {
      if (isInterrupted()) break;
      failed += 1;
      console.error(`${label}: ${error instanceof Error ? error.message : String(error)}`);
    } finally {
      await cluster.stop();
    }
  }
  return failed;
}

function runOne(cluster: Cluster, item: Item, say: (what: string) => void) {
  switch (item.variant) {
    case "throughput":
      return runThroughput(cluster, item.settings, say);
    case "memory":
      return runMemory(cluster, item.settings, say);
    case "faults":
      return runFaults(cluster, item.settings, say);
    case "both-dead":
      return runBothDead(cluster, item.settings, say);
    case "mid-run":
      return runMidRun(cluster, item.settings, say);
    case "independent":
      return runIndependent(cluster, item.settings, say);
  }
}
