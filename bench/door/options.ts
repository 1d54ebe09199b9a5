/** What was the door's bench asked to do? Words to a plan: which runs, how long each, in which order. Pure. */
import { parseArgs } from "node:util";
import type { MemorySettings } from "./memory.ts";
import type { RefusalSettings } from "./refusals.ts";
import type { SystemName, Variant } from "./shots.ts";
import type { StepSettings } from "./step.ts";
import { SABOTAGES, SYSTEMS, type Sabotage } from "./systems.ts";
import { listOf, numberOf, oneOf } from "../command-line.ts";

export const HELP = `npm run bench -- door [options]

  --mode quick|full    quick: 10 s quiet and 20 s of flood per run, each once (the default, a quarter of an hour)
                       full: as the acceptance says, five paired runs of Holdfast and each peer once (at most an hour)
  --only NAMES         only these systems: ${SYSTEMS.map(({ name }) => name).join(", ")}
  --variants NAMES     only these: sign-up, sign-in, saturate, refusals, memory
  --runs N             paired runs of Holdfast
  --rate N             requests of the flood per second (10000)
  --quiet S, --flood S seconds of each phase
  --sabotage NAME      Holdfast with something taken away: ${SABOTAGES.join(", ")}; the bars must go red
  --fresh              measures again what was measured before
  --report             only makes the report of what lies there
  --help               this

What was measured with the same settings and the same source is not measured again, so a run that was interrupted goes on.
Status 0: all bars are green (with --sabotage: at least one is red, as it has to be).
`;

export type Item =
  | { kind: "step"; system: SystemName; variant: Variant; repetition: number; settings: StepSettings }
  | { kind: "refusals"; system: SystemName; repetition: number; settings: RefusalSettings }
  | { kind: "memory"; system: "holdfast"; repetition: number; settings: MemorySettings };

export type Plan = { mode: "quick" | "full"; sabotage: Sabotage | null; fresh: boolean; reportOnly: boolean; items: Item[] };

type Durations = { quietMs: number; floodMs: number; drainMs: number };
const seconds = (quiet: number, flood: number, drain: number): Durations => ({
  quietMs: quiet * 1_000,
  floodMs: flood * 1_000,
  drainMs: drain * 1_000,
});

const QUICK = {
  runs: 1,
  holdfast: { "sign-up": seconds(10, 20, 10), "sign-in": seconds(10, 20, 5), saturate: seconds(10, 15, 5) },
  peers: { "sign-up": seconds(10, 20, 5), "sign-in": seconds(10, 20, 5), saturate: seconds(10, 15, 5) },
  refusals: { warmMs: 2_000, measureMs: 3_000 },
  memory: { sources: 200_000, warmSources: 50_000, restMs: 20_000 },
};
/** Adds up to 57 minutes, with what slow peers take to answer their last members. */
const FULL = {
  runs: 5,
  holdfast: { "sign-up": seconds(30, 300, 15), "sign-in": seconds(15, 30, 5), saturate: seconds(15, 20, 5) },
  peers: { "sign-up": seconds(10, 40, 10), "sign-in": seconds(10, 20, 5), saturate: seconds(10, 15, 5) },
  refusals: { warmMs: 3_000, measureMs: 4_000 },
  memory: { sources: 2_000_000, warmSources: 100_000, restMs: 30_000 },
};

const LETTERS_PER_SECOND = 50;
const VARIANTS = ["sign-up", "sign-in", "saturate", "refusals", "memory"] as const;

/** Throws a sentence for a person when the words make no sense. */
export function readPlan(words: readonly string[]): Plan | "help" {
  const { values } = parseArgs({
    args: [...words],
    options: {
      mode: { type: "string", default: "quick" },
      only: { type: "string" },
      variants: { type: "string" },
      runs: { type: "string" },
      rate: { type: "string", default: "10000" },
      quiet: { type: "string" },
      flood: { type: "string" },
      sabotage: { type: "string" },
      fresh: { type: "boolean", default: false },
      report: { type: "boolean", default: false },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) return "help";
  const mode = oneOf("mode", values.mode, ["quick", "full"] as const);
  const lengths = mode === "quick" ? QUICK : FULL;
  const sabotage = values.sabotage === undefined ? null : oneOf("sabotage", values.sabotage, SABOTAGES);
  const names = SYSTEMS.map(({ name }) => name);
  const systems = sabotage !== null ? (["holdfast"] as const) : listOf("only", values.only, names);
  const variants = listOf("variants", values.variants, VARIANTS);
  const runs = values.runs === undefined ? lengths.runs : numberOf("runs", values.runs);
  const rate = numberOf("rate", values.rate);
  const settingsOf = (durations: Durations): StepSettings => ({
    ...durations,
    ...(values.quiet === undefined ? {} : { quietMs: numberOf("quiet", values.quiet) * 1_000 }),
    ...(values.flood === undefined ? {} : { floodMs: numberOf("flood", values.flood) * 1_000 }),
    rate,
    lettersPerSecond: LETTERS_PER_SECOND,
    sabotage,
  });
  const items: Item[] = [];
  const add = (system: SystemName, repetition: number) => {
    for (const variant of variants) {
      // a price alone: it serves nobody
      if (system === "bare-net") continue;
      // what refuses everybody has no sign-in; who has no lanes is not asked to keep members apart on a full core
      const unasked = (variant === "saturate" && system !== "holdfast") || (variant === "sign-in" && system === "bare");
      if (variant === "refusals" || variant === "memory" || unasked) continue;
      const durations = (system === "holdfast" ? lengths.holdfast : lengths.peers)[variant];
      items.push({ kind: "step", system, variant, repetition, settings: settingsOf(durations) });
    }
  };
  if (variants.includes("refusals") && sabotage === null) {
    for (const system of systems) items.push({ kind: "refusals", system, repetition: 1, settings: lengths.refusals });
  }
  if (variants.includes("memory") && sabotage === null && systems.includes("holdfast")) {
    items.push({ kind: "memory", system: "holdfast", repetition: 1, settings: lengths.memory });
  }
  for (const system of systems) if (system !== "holdfast") add(system, 1);
  if (systems.includes("holdfast")) for (let run = 1; run <= runs; run++) add("holdfast", run);
  return { mode, sabotage, fresh: values.fresh, reportOnly: values.report, items };
}
