/** What came out, for a reader? One page with the bars, a table of all systems and three drawings beside it. */
import { writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { errorsOf, type Bar } from "./bars.ts";
import { describeMachine } from "./machine.ts";
import { median, percentile, ratio } from "./numbers.ts";
import type { Plan } from "./options.ts";
import { barChart, lineChart } from "./plots.ts";
import { SHAPES, type RefusalsResult } from "./refusals.ts";
import type { Kept } from "./results.ts";
import type { Variant } from "./shots.ts";
import type { StepResult } from "./step.ts";
import { SYSTEMS, titleOf, type System } from "./systems.ts";

const HALF_SECOND = 0.5;

/** Returns the report's path from here. */
export function writeReport(folder: string, plan: Plan, kept: readonly Kept[], bars: readonly Bar[]): string {
  const steps = kept.map(({ result }) => result).filter((result) => result.kind === "step");
  const prices = kept.map(({ result }) => result).filter((result) => result.kind === "refusals");
  const drawings = draw(steps, prices);
  for (const [name, drawing] of Object.entries(drawings)) writeFileSync(join(folder, `${name}.svg`), drawing);
  const file = join(folder, "report.md");
  writeFileSync(file, page(plan, kept, steps, prices, bars, Object.keys(drawings)));
  return relative(process.cwd(), file);
}

function page(
  plan: Plan,
  kept: readonly Kept[],
  steps: readonly StepResult[],
  prices: readonly RefusalsResult[],
  bars: readonly Bar[],
  drawings: readonly string[],
): string {
  const days = kept.map(({ measuredAt }) => measuredAt.slice(0, 16).replace("T", " ")).toSorted();
  const rate = steps[0]?.settings.rate;
  const sabotage = plan.sabotage === null ? "" : `\nHoldfast with sabotage: **${plan.sabotage}**. Bars have to be red here.\n`;
  const intro = `Measured ${days[0] ?? "never"} to ${days.at(-1) ?? "never"} UTC on ${kept[0]?.machine ?? describeMachine()}.
Servers on core 0, generators on core 1. Mode ${plan.mode}${rate === undefined ? "" : `, flood of ${rate} requests/s from 1,000 networks`}; letters 50/s.
How it is measured: [bench/README.md](../../README.md).`;
  const parts = [`# The door under flood\n\n${intro}\n${sabotage}`, "## Bars\n", barTable(bars)];
  for (const variant of ["sign-up", "sign-in", "saturate"] as const) {
    const some = steps.filter((step) => step.variant === variant);
    if (some.length > 0) parts.push(`\n## Flood: ${variant}\n`, stepTable(some));
  }
  if (prices.length > 0) parts.push("\n## The price of a refusal\n", priceTable(prices));
  parts.push("", ...drawings.map((name) => `![${name}](${name}.svg)`), "");
  return parts.join("\n");
}

export function barTable(bars: readonly Bar[]): string {
  const rows = bars.map(({ name, figure, limit, verdict }) => [name, figure, limit, verdict === "red" ? "**red**" : verdict]);
  return table(["line of the acceptance", "measured", "limit", "verdict"], rows);
}

function stepTable(steps: readonly StepResult[]): string {
  const rows = systemsOf(steps).map(({ system, runs }) => {
    const errors = runs.reduce((sum, { flooded }) => sum + errorsOf(flooded), 0);
    const asked = runs.reduce((sum, { flooded }) => sum + flooded.answered, errors);
    const p99 = (phase: "quiet" | "flooded") => median(runs.map((run) => run[phase].p99));
    return [
      `${system.title}${runs.length > 1 ? ` (median of ${runs.length})` : ""}`,
      `${ms(p99("quiet"))} → ${ms(p99("flooded"))} (${times(median(runs.map((run) => ratio(run.flooded.p99, run.quiet.p99))))})`,
      times(median(runs.map((run) => ratio(run.flooded.p50, run.quiet.p50)))),
      asked === 0 ? "–" : `${Number(((errors / asked) * 100).toFixed(2))} %`,
      system.hasPeople ? `${through(runs, "outside")}, ${through(runs, "inside")}` : "–",
      system.hasPeople
        ? `${sum(runs, ({ letters }) => letters.total)} (${Math.max(...runs.map(({ letters }) => letters.mostPerRecipient))})`
        : "–",
      `${rounds(median(runs.map(({ flood }) => flood.offered / flood.seconds)))} / ${rounds(median(runs.map(({ flood }) => flood.sent / flood.seconds)))}`,
      answersOf(runs),
      `${cpu(runs, "frontCpu")} / ${cpu(runs, "allCpu")}`,
      memory(runs),
      ms(median(runs.map(({ generatorLateMs }) => generatorLateMs.flooded))),
      String(median(runs.map(({ othersCpu }) => othersCpu)) ?? "–"),
    ];
  });
  return table(
    [
      "system",
      "members' p99, quiet → flood",
      "p50",
      "member errors",
      "newcomers in, outside, inside",
      "letters (most to one)",
      "flood due / sent per s",
      "flood answered",
      "cores, front / all",
      "front's memory, MB",
      "generator late, p99",
      "others' cores",
    ],
    rows,
  );
}

function priceTable(prices: readonly RefusalsResult[]): string {
  const rows = prices.map(({ system, costs }) => [
    titleOf(system),
    ...SHAPES.map((shape) => {
      const { microseconds, refusedPerSecond, refusedShare } = costs[shape];
      if (microseconds === null) return `refused only ${Number((refusedShare * 100).toFixed(1))} %`;
      return `${microseconds} µs (${refusedPerSecond}/s${refusedShare < 0.999 ? `, ${Number((refusedShare * 100).toFixed(1))} % refused` : ""})`;
    }),
  ]);
  return table(["front's processor per refusal", ...SHAPES], rows);
}

function draw(steps: readonly StepResult[], prices: readonly RefusalsResult[]): Record<string, string> {
  const drawings: Record<string, string> = {};
  for (const variant of ["sign-up", "sign-in", "saturate"] as const satisfies readonly Variant[]) {
    const some = systemsOf(steps.filter((step) => step.variant === variant));
    if (some.length === 0) continue;
    const quiet = Math.min(...some.map(({ runs }) => runs[0]?.series.quiet.length ?? 0), 40);
    const lines = some.map(({ system, runs }) => ({
      name: system.title,
      points: [...(runs[0]?.series.quiet.slice(-quiet) ?? []), ...(runs[0]?.series.flooded ?? [])],
    }));
    drawings[`members-${variant}`] = lineChart({
      title: `Members' p99 over time, flood of ${variant}`,
      unit: "ms",
      stepSeconds: HALF_SECOND,
      lines,
      markAt: quiet * HALF_SECOND,
    });
  }
  const people = systemsOf(steps.filter(({ variant }) => variant === "sign-up")).filter(({ system }) => system.hasPeople);
  if (people.length > 0) {
    drawings["newcomers"] = barChart({
      title: "Newcomers who got in during the flood of sign-ups",
      unit: "%",
      most: 100,
      series: ["from outside", "from inside the flood's networks"],
      groups: people.map(({ system, runs }) => ({ name: system.name, bars: [share(runs, "outside"), share(runs, "inside")] })),
    });
  }
  if (prices.length > 0) {
    drawings["refusals"] = barChart({
      title: "Processor time per refusal",
      unit: "µs",
      series: SHAPES,
      groups: prices.map(({ system, costs }) => ({ name: system, bars: SHAPES.map((shape) => costs[shape].microseconds) })),
    });
  }
  return drawings;
}

function systemsOf(steps: readonly StepResult[]): { system: System; runs: StepResult[] }[] {
  return SYSTEMS.map((system) => ({ system, runs: steps.filter((step) => step.system === system.name) })).filter(
    ({ runs }) => runs.length > 0,
  );
}

function newcomersOf(runs: readonly StepResult[], where: "outside" | "inside") {
  return runs.flatMap(({ newcomers }) => newcomers.filter((newcomer) => newcomer.where === where));
}

function through(runs: readonly StepResult[], where: "outside" | "inside"): string {
  const all = newcomersOf(runs, where);
  const took = all.map(({ tookMs }) => tookMs).filter((value) => value !== null);
  const half = percentile(took, 0.5);
  return `${took.length}/${all.length}${half === null ? "" : ` (${Number((half / 1_000).toFixed(1))} s)`}`;
}

function share(runs: readonly StepResult[], where: "outside" | "inside"): number | null {
  const all = newcomersOf(runs, where);
  const part = ratio(all.filter(({ tookMs }) => tookMs !== null).length, all.length);
  return part === null ? null : part * 100;
}

/** By the first digit of their status, and what was not answered. */
function answersOf(runs: readonly StepResult[]): string {
  const total = Math.max(
    1,
    sum(runs, ({ flood }) => flood.sent),
  );
  const kinds: Record<string, number> = {};
  for (const { flood } of runs) {
    for (const [status, count] of Object.entries(flood.answered)) {
      const kind = status === "429" || status === "503" ? status : `${status[0]}xx`;
      kinds[kind] = (kinds[kind] ?? 0) + count;
    }
    kinds["none"] = (kinds["none"] ?? 0) + flood.cut + flood.timedOut;
  }
  const told = Object.entries(kinds).filter(([, count]) => count / total >= 0.001);
  return told.map(([kind, count]) => `${kind}: ${Math.round((count / total) * 100)} %`).join(", ");
}

function cpu(runs: readonly StepResult[], which: "frontCpu" | "allCpu"): string {
  const value = median(runs.map(({ samples }) => median(samples.map((sample) => sample[which]))));
  return value === null ? "–" : value.toFixed(2);
}

function memory(runs: readonly StepResult[]): string {
  const of = (pick: (values: number[]) => number) => median(runs.map(({ samples }) => pick(samples.map(({ frontRssMb }) => frontRssMb))));
  return `${rounds(of((values) => values[0] ?? 0))} → ${rounds(of((values) => Math.max(...values)))}`;
}

function sum(runs: readonly StepResult[], of: (run: StepResult) => number): number {
  return runs.reduce((total, run) => total + of(run), 0);
}

export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => "---"), ...rows].map((row) => `| ${row.join(" | ")} |`).join("\n");
}

export function ms(value: number | null): string {
  return value === null ? "–" : `${Number(value.toPrecision(3))} ms`;
}

function times(value: number | null): string {
  return value === null ? "–" : `×${Number(value.toPrecision(3))}`;
}

function rounds(value: number | null): string {
  return value === null ? "–" : String(Math.round(value));
}
