/**
 * Are the acceptance's lines met? Each as a figure, its limit and a verdict, over the medians of the paired runs. What was not
 * measured, or not hard enough to mean anything, is never green. Pure.
 */
import type { MemoryResult } from "./memory.ts";
import { median, ratio } from "./numbers.ts";
import type { RefusalsResult, RefusalCost } from "./refusals.ts";
import type { RefusalShape, Variant } from "./shots.ts";
import type { Phase, StepResult } from "./step.ts";

export type Bar = { name: string; limit: string; figure: string; verdict: "green" | "red" | "not measured" };

const STEPS: readonly { variant: Variant; says: string; p99: number; p50: number | null }[] = [
  { variant: "sign-up", says: "flood of sign-ups", p99: 1.5, p50: 1.2 },
  { variant: "sign-in", says: "flood of sign-ins", p99: 1.5, p50: 1.2 },
  { variant: "saturate", says: "door's core saturated", p99: 5, p50: null },
];
const OUTSIDE_WITHIN_MS = 60_000;
const INSIDE_WITHIN_MS = 300_000;
const INSIDE_SHARE = 0.9;
const MOST_LETTERS_PER_RECIPIENT = 3;
/** A generator that could put less than this on the wire made another flood than the one that was asked for. */
const IN_TIME_SHARE = 0.95;
/** The rest found every connection of the flood still waiting for an answer. */
const TAKEN_SHARE = 0.95;
const OTHERS_CPU = 0.2;
const SATURATED_CPU = 0.9;
const GROWTH_MB = 32;
const REST_MB = 5;
const PRICES: readonly { shape: RefusalShape; limit: number }[] = [
  { shape: "closing", limit: 0.6 },
  { shape: "keep-alive", limit: 2 },
];

export function judge(results: readonly (StepResult | RefusalsResult | MemoryResult)[]): Bar[] {
  const steps = results.filter((result): result is StepResult => result.kind === "step" && result.system === "holdfast");
  const prices = results.filter((result): result is RefusalsResult => result.kind === "refusals");
  return [
    ...judgeMachine(steps),
    ...STEPS.flatMap((line) =>
      judgeMembers(
        line,
        steps.filter(({ variant }) => variant === line.variant),
      ),
    ),
    ...judgePrices(prices),
    ...judgeMemory(results.find((result) => result.kind === "memory")),
  ];
}

/** Others who worked on the machine are in every figure. */
function judgeMachine(runs: readonly StepResult[]): Bar[] {
  if (runs.length === 0) return [];
  return [othersBar(Math.max(...runs.map(({ othersCpu }) => othersCpu)))];
}

/** Never red: it says whether the other figures are worth anything. */
export function othersBar(others: number): Bar {
  const bar = atMost("the machine to itself: cores that others used", others, OTHERS_CPU, "");
  return { ...bar, verdict: bar.verdict === "green" ? "green" : "not measured" };
}

function judgeMembers({ variant, says, p99, p50 }: (typeof STEPS)[number], runs: readonly StepResult[]): Bar[] {
  if (runs.length === 0) return [unmeasured(`${says}: members, newcomers, letters`, "all")];
  const p99s = median(runs.map(({ quiet, flooded }) => ratio(flooded.p99, quiet.p99)));
  const p50s = median(runs.map(({ quiet, flooded }) => ratio(flooded.p50, quiet.p50)));
  const errors = runs.reduce((sum, { flooded }) => sum + errorsOf(flooded), 0);
  return [
    hardness(variant, runs),
    ...(variant === "saturate" ? [] : [judgeReach(says, runs)]),
    atMost(`${says}: members' p99, flooded to quiet`, p99s, p99, "×"),
    ...(p50 === null ? [] : [atMost(`${says}: members' p50, flooded to quiet`, p50s, p50, "×")]),
    atMost(`${says}: members' errors`, errors, 0, ""),
    ...(variant === "saturate" ? [] : [...judgeNewcomers(says, runs), ...judgeLetters(says, runs)]),
  ];
}

/** Was it the flood that the line speaks of? */
function hardness(variant: Variant, runs: readonly StepResult[]): Bar {
  if (variant === "saturate") {
    const cpu = median(runs.map(({ samples }) => median(samples.slice(2, -2).map(({ frontCpu }) => frontCpu))));
    const name = "door's core saturated: processor of the door";
    if (cpu === null || cpu < SATURATED_CPU) return { ...unmeasured(name, `at least ${SATURATED_CPU}`), figure: figureOf(cpu, "") };
    return { name, limit: `at least ${SATURATED_CPU}`, figure: figureOf(cpu, ""), verdict: "green" };
  }
  const inTime = median(runs.map(({ flood }) => ratio(flood.offered - flood.late, flood.offered)));
  const name = `flood of ${variant}s: generator in time`;
  if (inTime === null || inTime < IN_TIME_SHARE) return { ...unmeasured(name, `at least ${IN_TIME_SHARE}`), figure: figureOf(inTime, "") };
  return { name, limit: `at least ${IN_TIME_SHARE}`, figure: figureOf(inTime, ""), verdict: "green" };
}

/** A door that lets attackers wait gets less of a flood than others do, and may not shine for it. */
function judgeReach(says: string, runs: readonly StepResult[]): Bar {
  const share = median(runs.map(({ flood }) => ratio(flood.offered - flood.late - flood.stuck, flood.offered - flood.late)));
  return atLeast(`${says}: of what was sent in time, taken`, share, TAKEN_SHARE);
}

function judgeNewcomers(says: string, runs: readonly StepResult[]): Bar[] {
  const share = (where: "outside" | "inside", withinMs: number) =>
    median(
      runs.map(({ newcomers }) => {
        const asked = newcomers.filter((newcomer) => newcomer.where === where);
        return ratio(asked.filter(({ tookMs }) => tookMs !== null && tookMs <= withinMs).length, asked.length);
      }),
    );
  return [
    atLeast(`${says}: newcomers from outside, in within 60 s`, share("outside", OUTSIDE_WITHIN_MS), 1),
    atLeast(`${says}: newcomers from inside, in within 5 min`, share("inside", INSIDE_WITHIN_MS), INSIDE_SHARE),
  ];
}

function judgeLetters(says: string, runs: readonly StepResult[]): Bar[] {
  const rate = Math.max(...runs.map(({ letters }) => letters.mostIn10s / 10));
  const capacity = runs[0]?.settings.lettersPerSecond ?? 0;
  const most = Math.max(...runs.map(({ letters }) => letters.mostPerRecipient));
  return [
    atMost(`${says}: letters per second, most over 10 s`, rate, capacity, ""),
    atMost(`${says}: letters to one recipient`, most, MOST_LETTERS_PER_RECIPIENT, ""),
  ];
}

function judgePrices(results: readonly RefusalsResult[]): Bar[] {
  const price = (system: string, shape: RefusalShape): RefusalCost | undefined =>
    results.find((result) => result.system === system)?.costs[shape];
  return PRICES.map(({ shape, limit }) => {
    const name = `processor per refusal, ${shape}, Holdfast to nginx`;
    const [ours, theirs] = [price("holdfast", shape), price("nginx", shape)];
    if (ours === undefined || theirs === undefined) return unmeasured(name, `at most ${limit}×`);
    // whoever refuses nobody has a price of nothing
    if (ours.microseconds === null)
      return { name, limit: `at most ${limit}×`, figure: `refused ${percent(ours.refusedShare)}`, verdict: "red" };
    return atMost(name, ratio(ours.microseconds, theirs.microseconds), limit, "×");
  });
}

function judgeMemory(result: MemoryResult | undefined): Bar[] {
  const many = result === undefined ? "strangers" : `${result.sources} networks and paths`;
  return [
    atMost(`door's memory over ${many}: grown by at most`, result === undefined ? null : result.mostMb - result.beforeMb, GROWTH_MB, " MB"),
    atMost(`door's memory over ${many}: grown after rest`, result === undefined ? null : result.afterMb - result.beforeMb, REST_MB, " MB"),
  ];
}

export function errorsOf({ errors }: Phase): number {
  return Object.values(errors).reduce((sum, count) => sum + count, 0);
}

/** As lines for a terminal. */
export function tellBars(bars: readonly Bar[]): string {
  const sign = { green: "  ok  ", red: "  NO  ", "not measured": "  ??  " };
  return bars.map(({ name, figure, limit, verdict }) => `${sign[verdict]}${name.padEnd(62)} ${figure.padStart(12)}  (${limit})`).join("\n");
}

export function atMost(name: string, figure: number | null, limit: number, unit: string): Bar {
  if (figure === null) return unmeasured(name, `at most ${limit}${unit}`);
  return { name, limit: `at most ${limit}${unit}`, figure: figureOf(figure, unit), verdict: figure <= limit ? "green" : "red" };
}

export function atLeast(name: string, figure: number | null, limit: number): Bar {
  if (figure === null) return unmeasured(name, `at least ${percent(limit)}`);
  return { name, limit: `at least ${percent(limit)}`, figure: percent(figure), verdict: figure >= limit ? "green" : "red" };
}

export function unmeasured(name: string, limit: string): Bar {
  return { name, limit, figure: "–", verdict: "not measured" };
}

function figureOf(figure: number | null, unit: string): string {
  return figure === null ? "–" : `${Number(figure.toPrecision(3))}${unit}`;
}

function percent(share: number): string {
  return `${Number((share * 100).toFixed(2))} %`;
}
