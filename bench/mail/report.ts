/** What came out, for a reader? One page with the bars, a table for each variant and drawings beside it. */
import { writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import type { Bar } from "../door/bars.ts";
import { describeMachine } from "../door/machine.ts";
import { median, ratio, rounded } from "../door/numbers.ts";
import { lineChart, shareChart } from "../door/plots.ts";
import { barTable, ms, table } from "../door/report.ts";
import type { Kept } from "../door/results.ts";
import { keptOf, type MailResult } from "./bars.ts";
import { WAITS_STEP_MS, type BothDeadResult, type CellResult } from "./failures.ts";
import type { IndependentResult } from "./independent.ts";
import { SAMPLE_MS, type MemoryResult } from "./memory.ts";
import type { Item, Plan } from "./options.ts";
import type { Side, ThroughputResult } from "./throughput.ts";

type Page = { title: string; lines: string[]; drawings: Record<string, string> };

/** Returns the report's path from here. */
export function writeReport(folder: string, plan: Plan, kept: readonly Kept<Item, MailResult>[], bars: readonly Bar[]): string {
  const pages = kept.map(({ result }) => pageOf(result));
  const days = kept.map(({ measuredAt }) => measuredAt.slice(0, 16).replace("T", " ")).toSorted();
  const parts = [
    `# Code letters under faults\n\nMeasured ${days[0] ?? "never"} to ${days.at(-1) ?? "never"} UTC on ${kept[0]?.machine ?? describeMachine()}.`,
    `Mode ${plan.mode}. How it is measured: [bench/README.md](../../README.md).\n\n## Bars\n`,
    barTable(bars),
  ];
  for (const { title, lines, drawings } of pages) {
    parts.push(`\n## ${title}\n`, ...lines, "");
    for (const [name, drawing] of Object.entries(drawings)) {
      writeFileSync(join(folder, `${name}.svg`), drawing);
      parts.push(`![${name}](${name}.svg)`);
    }
  }
  const file = join(folder, "report.md");
  writeFileSync(file, `${parts.join("\n")}\n`);
  return relative(process.cwd(), file);
}

function pageOf(result: MailResult): Page {
  switch (result.kind) {
    case "throughput":
      return throughputPage(result);
    case "memory":
      return memoryPage(result);
    case "faults": {
      const { perSecond, arriveMs } = result.settings;
      const intro = `${perSecond} people a second for ${arriveMs / 1_000} s, two relays; A is sound for the first quarter, B throughout.`;
      return { title: "One relay of two fails", lines: [intro, "", cellTable(result.cells)], drawings: { faults: fatesOf(result.cells) } };
    }
    case "mid-run": {
      const { perSecond, arriveMs } = result.settings;
      const intro = `${perSecond} people a second for ${arriveMs / 1_000} s; A fails after half of it and stays so.`;
      return {
        title: "In mid-run",
        lines: [intro, "", cellTable(result.cells)],
        drawings: { "mid-run": waitsDrawing(result.cells, arriveMs / 2_000) },
      };
    }
    case "both-dead":
      return bothDeadPage(result);
    case "independent":
      return independentPage(result);
  }
}

function throughputPage({ settings, rounds, bytes }: ThroughputResult): Page {
  const row = (name: string, side: (round: ThroughputResult["rounds"][number]) => Side, size: number) => {
    const mid = (of: (one: Side) => number | null) => whole(median(rounds.map((round) => of(side(round)))));
    return [
      name,
      mid(({ perSecond }) => perSecond),
      rounds.map((round) => whole(side(round).perSecond)).join(", "),
      mid(({ microseconds }) => microseconds.sender),
      mid(({ microseconds }) => microseconds.database),
      mid(({ microseconds }) => microseconds.sink),
      String(size),
    ];
  };
  return {
    title: "Throughput",
    lines: [
      `${settings.letters} letters that wait in PostgreSQL, ${settings.connections} connections, ${rounds.length} alternating rounds after one that is not counted. Rates by the sink's clock`,
      `without the first tenth. The courier commits ${median(rounds.map(({ commitsPerLetter }) => commitsPerLetter)) ?? "–"} times per letter.`,
      "",
      table(
        ["sender", "letters/s, median", "each round", "sender's processor, µs per letter", "PostgreSQL's", "sink's", "bytes per letter"],
        [
          row("courier with its outbox", ({ courier }) => courier, bytes.courier),
          row("bare nodemailer pool", ({ bare }) => bare, bytes.bare),
        ],
      ),
    ],
    drawings: {},
  };
}

function memoryPage({ samples, growth, seconds, settings }: MemoryResult): Page {
  const mb = (value: number | null) => (value === null ? "–" : `${rounded(value, 1)} MB`);
  const last = samples.at(-1);
  return {
    title: "Memory",
    lines: [
      `${growth.letters} letters in ${seconds} s. Grown after the first ${settings.warmLetters}: resident size ${mb(growth.rssMb)}, heap ${mb(growth.heapMb)} (its least,`,
      `of a tenth of the samples); at the end ${mb(last?.rssMb ?? null)} and ${mb(last?.heapMb ?? null)}.`,
    ],
    drawings: {
      memory: lineChart({
        title: `The courier's memory over ${growth.letters} letters`,
        unit: "MB",
        stepSeconds: SAMPLE_MS / 1_000,
        lines: [
          { name: "resident", points: samples.map(({ rssMb }) => rssMb) },
          { name: "heap", points: samples.map(({ heapMb }) => heapMb) },
        ],
        linear: true,
      }),
    },
  };
}

function cellTable(cells: readonly CellResult[]): string {
  const rows = cells.map(({ name, says, tally, seconds }) => [
    `${name}: ${says}`,
    `${tally.promised}/${tally.arrived}`,
    ms(tally.longestInLineMs),
    `${tally.acceptedInTime}/${tally.counted}`,
    `${ms(tally.p50)}, ${ms(tally.p99)}, ${ms(tally.worst)}`,
    `${tally.told} (${tally.missedInData} in DATA)`,
    String(tally.untold),
    String(tally.lost),
    `${tally.duplicates} (${tally.duplicatesByRule}), ${tally.mostCopies}`,
    String(tally.afterDeadline),
    String(tally.secondRelay),
    String(tally.fromA),
    `${seconds} s`,
  ]);
  return table(
    [
      "fault",
      "promised",
      "longest in line",
      "accepted within 60 s",
      "p50, p99, worst",
      "else told in time",
      "untold",
      "lost",
      "duplicates (by the rule), most copies",
      "after deadline",
      "second relay after DATA",
      "by A",
      "took",
    ],
    rows,
  );
}

function fatesOf(cells: readonly CellResult[]): string {
  return shareChart({
    title: "What became of the promises, by fault of one relay of two",
    series: ["accepted within 60 s", "not told in time", "told in time"],
    groups: cells.map(({ name, tally }) => ({
      name,
      bars: [tally.acceptedInTime, tally.untold, tally.told],
      says: `${rounded(100 * (ratio(keptOf(tally), tally.counted) ?? 0))} % kept or told, p99 ${ms(tally.p99)}`,
    })),
  });
}

function waitsDrawing(cells: readonly CellResult[], markAt: number): string {
  return lineChart({
    title: "The longest wait for a letter, by the second of its promise",
    unit: "s",
    stepSeconds: WAITS_STEP_MS / 1_000,
    lines: cells.map(({ says, waits }) => ({ name: says, points: waits })),
    markAt,
    mark: "A fails",
  });
}

function bothDeadPage({ settings, outage, tally }: BothDeadResult): Page {
  const rows = [
    ["noticed after", ms(outage.noticedMs)],
    ["promised meanwhile", String(outage.promisedMeanwhile)],
    ["most capacity meanwhile", String(outage.capacityMeanwhile)],
    ["capacity again after", ms(outage.backMs)],
    ["all who waited served after", ms(outage.servedMs)],
    ["places lost by the most overtaken", String(outage.mostOvertaken)],
    ["promised, of those who came", `${tally.promised}/${tally.arrived}`],
    ["accepted within 60 s of the promise", `${tally.acceptedInTime}/${tally.counted}`],
    ["else told in time, untold", `${tally.told}, ${tally.untold}`],
    ["lost, after their deadline", `${tally.lost}, ${tally.afterDeadline}`],
    ["duplicates (by the rule)", `${tally.duplicates} (${tally.duplicatesByRule})`],
  ];
  const intro = `${settings.perSecond} people a second; nobody listens for ${settings.deadMs / 1_000} s.`;
  return { title: "Both relays dead", lines: [intro, "", table(["", ""], rows)], drawings: {} };
}

function independentPage(result: IndependentResult): Page {
  const title = "A relay by others";
  if ("skipped" in result) return { title, lines: [result.skipped], drawings: {} };
  const { relay, promised, relayed, arrived, twice, p50, p99 } = result;
  const line = `${relay}: ${promised} promised, ${relayed} taken by it, ${arrived} at the sink behind it, ${twice} twice; from promise to sink p50 ${ms(p50)}, p99 ${ms(p99)}.`;
  return { title, lines: [line], drawings: {} };
}

function whole(value: number | null): string {
  return value === null ? "–" : String(Math.round(value));
}
