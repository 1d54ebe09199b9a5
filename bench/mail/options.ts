/** What was the bench of mail asked to do? Words to a plan: which variants, how long each. Pure. */
import { parseArgs } from "node:util";
import type { BothDeadSettings, FaultsSettings, MidRunSettings } from "./failures.ts";
import type { IndependentSettings } from "./independent.ts";
import type { MemorySettings } from "./memory.ts";
import type { ThroughputSettings } from "./throughput.ts";
import { listOf, numberOf, oneOf } from "../command-line.ts";

export const VARIANTS = ["throughput", "memory", "faults", "both-dead", "mid-run", "independent"] as const;
export type Variant = (typeof VARIANTS)[number];

export const HELP = `npm run bench -- mail [options]

  --mode quick|full   quick: short phases, at most 8 minutes (the default); full: as the acceptance says, at most 40
  --variants NAMES    only these, with commas between:
                        throughput   the courier with its outbox beside a bare pooled nodemailer loop
                        memory       the courier's memory over many letters
                        faults       a matrix of faults of one relay of two
                        both-dead    both relays refuse for a while, then come back
                        mid-run      one of two relays dies, hangs or turns slow in mid-run
                        independent  through Debian's Postfix, where it is installed
  --cells NAMES       only these cells of the matrix (for trying: the bars want all of them)
  --greylist S        seconds after which a greylisted letter is taken (10, full 30)
  --letters N         letters of the memory run (10000, full 200000)
  --fresh             measures again what was measured before
  --report            only makes the report of what lies there
  --help              this

What was measured with the same settings and the same source is not measured again, so a run that was interrupted goes on.
Status 0: all bars are green or were not asked for.
`;

export type Item =
  | { variant: "throughput"; settings: ThroughputSettings }
  | { variant: "memory"; settings: MemorySettings }
  | { variant: "faults"; settings: FaultsSettings }
  | { variant: "both-dead"; settings: BothDeadSettings }
  | { variant: "mid-run"; settings: MidRunSettings }
  | { variant: "independent"; settings: IndependentSettings };

export type Plan = { mode: "quick" | "full"; fresh: boolean; reportOnly: boolean; items: Item[] };

type Lengths = {
  rounds: number;
  roundLetters: number;
  memoryLetters: number;
  faultsMs: number;
  together: number;
  greylistMs: number;
  deadMs: number;
  aroundMs: number;
  midRunMs: number;
  independentMs: number;
};

const QUICK: Lengths = {
  rounds: 3,
  roundLetters: 2_000,
  memoryLetters: 10_000,
  faultsMs: 20_000,
  together: 5,
  greylistMs: 10_000,
  deadMs: 20_000,
  aroundMs: 5_000,
  midRunMs: 30_000,
  independentMs: 10_000,
};
const FULL: Lengths = {
  rounds: 5,
  roundLetters: 6_000,
  memoryLetters: 200_000,
  faultsMs: 60_000,
  together: 5,
  greylistMs: 30_000,
  deadMs: 120_000,
  aroundMs: 20_000,
  midRunMs: 300_000,
  independentMs: 60_000,
};
const PER_SECOND = 20;
const CONNECTIONS = 5;
/** What comes before is code that is compiled and a heap that finds its size. */
const WARM_SHARE = 0.1;

/** Throws a sentence for a person when the words make no sense. */
export function readPlan(words: readonly string[], cells: readonly string[]): Plan | "help" {
  const { values } = parseArgs({
    args: [...words],
    options: {
      mode: { type: "string", default: "quick" },
      variants: { type: "string" },
      cells: { type: "string" },
      greylist: { type: "string" },
      letters: { type: "string" },
      fresh: { type: "boolean", default: false },
      report: { type: "boolean", default: false },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) return "help";
  const mode = oneOf("mode", values.mode, ["quick", "full"] as const);
  const lengths = mode === "quick" ? QUICK : FULL;
  const letters = values.letters === undefined ? lengths.memoryLetters : numberOf("letters", values.letters);
  const greylistMs = values.greylist === undefined ? lengths.greylistMs : numberOf("greylist", values.greylist) * 1_000;
  const settings: { [Each in Variant]: Extract<Item, { variant: Each }>["settings"] } = {
    throughput: { rounds: lengths.rounds, letters: lengths.roundLetters, connections: CONNECTIONS },
    memory: { letters, warmLetters: Math.round(letters * WARM_SHARE) },
    faults: {
      perSecond: PER_SECOND,
      arriveMs: lengths.faultsMs,
      greylistMs,
      together: lengths.together,
      cells: [...listOf("cells", values.cells, cells)],
    },
    "both-dead": { perSecond: PER_SECOND, deadMs: lengths.deadMs, aroundMs: lengths.aroundMs },
    "mid-run": { perSecond: PER_SECOND, arriveMs: lengths.midRunMs },
    independent: { perSecond: PER_SECOND, arriveMs: lengths.independentMs },
  };
  const items = listOf("variants", values.variants, VARIANTS).map((variant) => ({ variant, settings: settings[variant] }) as Item);
  return { mode, fresh: values.fresh, reportOnly: values.report, items };
}
