/** Do the bars go red when the door fails, and never green for what was not measured? */
import assert from "node:assert/strict";
import { test } from "node:test";
import { judge, type Bar } from "./bars.ts";
import type { MemoryResult } from "./memory.ts";
import { median, percentile } from "./numbers.ts";
import type { RefusalCost, RefusalsResult } from "./refusals.ts";
import type { Variant } from "./shots.ts";
import type { StepResult } from "./step.ts";

const phase = (p50: number, p99: number, errors: Record<string, number> = {}) => ({ p50, p99, worst: p99, answered: 1_000, errors });

function goodRun(variant: Variant): StepResult {
  const counts = { sent: 10_000, answered: { 429: 10_000 }, cut: 0, timedOut: 0, stuck: 0, late: 0, connects: 1, cpuMs: 0, atMs: 0 };
  const sample = { atMs: 0, frontCpu: 0.97, allCpu: 1, frontRssMb: 90, allRssMb: 300 };
  return {
    kind: "step",
    system: "holdfast",
    variant,
    settings: { quietMs: 1, floodMs: 1, drainMs: 1, rate: 10_000, lettersPerSecond: 50, sabotage: null },
    quiet: phase(2, 10),
    flooded: phase(2.2, 14),
    generatorLateMs: { quiet: 0, flooded: 0 },
    othersCpu: 0,
    newcomers: (["outside", "inside"] as const).flatMap((where) =>
      Array.from({ length: 10 }, (_, index) => ({ where, works: true, beganMs: index, tookMs: 5_000, lastStep: "confirm" })),
    ),
    letters: { total: 100, mostIn10s: 480, mostPerRecipient: 3, pestAsked: 60, toPestsVictim: 3 },
    flood: { ...counts, offered: 10_000, generatorCpu: 0.5, seconds: 1 },
    samples: Array.from({ length: 10 }, () => sample),
    series: { quiet: [], flooded: [] },
  };
}

function price(system: "holdfast" | "nginx", microseconds: Record<"keep-alive" | "closing", number | null>): RefusalsResult {
  const cost = (value: number | null): RefusalCost => ({
    microseconds: value,
    allMicroseconds: value,
    refusedPerSecond: 1,
    refusedShare: value === null ? 0 : 1,
    frontCpu: 1,
  });
  return {
    kind: "refusals",
    system,
    costs: { "keep-alive": cost(microseconds["keep-alive"]), closing: cost(microseconds.closing), "with-body": cost(1) },
  };
}

const remembered = (mostMb: number, afterMb: number): MemoryResult => ({
  kind: "memory",
  system: "holdfast",
  sources: 2_000_000,
  beforeMb: 100,
  mostMb,
  afterMb,
  seconds: 80,
});

const GOOD = [
  goodRun("sign-up"),
  goodRun("sign-in"),
  goodRun("saturate"),
  price("holdfast", { "keep-alive": 14, closing: 12 }),
  price("nginx", { "keep-alive": 10, closing: 40 }),
  remembered(110, 102),
];

function redsOf(change: (run: StepResult) => void, variant: Variant = "sign-up"): string[] {
  const run = structuredClone(goodRun(variant));
  change(run);
  return names(judge([...GOOD.filter((result) => !(result.kind === "step" && result.variant === variant)), run]), "red");
}

function names(bars: readonly Bar[], verdict: Bar["verdict"]): string[] {
  return bars.filter((bar) => bar.verdict === verdict).map(({ name }) => name);
}

test("a door that keeps its word is green throughout", () => {
  const bars = judge(GOOD);
  assert.deepEqual([names(bars, "red"), names(bars, "not measured")], [[], []]);
  assert.ok(bars.length >= 18, `${bars.length} bars`);
});

test("each broken promise turns its own bar red", () => {
  const broken: [(run: StepResult) => void, RegExp][] = [
    [(run) => (run.flooded = phase(2, 15.1)), /members' p99/],
    [(run) => (run.flooded = phase(2.5, 14)), /members' p50/],
    [(run) => (run.flooded = phase(2, 14, { "status 429": 1 })), /members' errors/],
    [(run) => (run.newcomers = run.newcomers.map((one, index) => (index === 0 ? { ...one, tookMs: 61_000 } : one))), /from outside/],
    [(run) => (run.newcomers = run.newcomers.map((one, index) => (index >= 18 ? { ...one, tookMs: null } : one))), /from inside/],
    [(run) => (run.flood.stuck = 1_000), /of what was sent in time, taken/],
    [(run) => (run.letters.mostIn10s = 501), /letters per second/],
    [(run) => (run.letters.mostPerRecipient = 4), /letters to one recipient/],
  ];
  for (const [change, name] of broken) {
    const reds = redsOf(change);
    assert.equal(reds.length, 1, reds.join(", "));
    assert.match(reds[0] ?? "", name);
  }
});

test("a member's answer that the saturated door lost is red, whatever the others' times", () => {
  assert.deepEqual(
    redsOf((run) => (run.flooded.errors["socket hang up"] = 2), "saturate"),
    ["door's core saturated: members' errors"],
  );
});

test("the median of five runs decides, and one error in any of them", () => {
  const runs = [1, 1, 1, 9, 9].map((times) => ({ ...goodRun("sign-up"), flooded: phase(2, 10 * times) }));
  assert.deepEqual(names(judge(runs), "red"), []);
  const [first] = runs;
  if (first !== undefined) first.flooded = phase(2, 10, { "read ECONNRESET": 1 });
  assert.deepEqual(names(judge(runs), "red"), ["flood of sign-ups: members' errors"]);
});

test("what was not measured, or not hard enough, is never green", () => {
  assert.deepEqual(names(judge([]), "green"), []);
  const idle = goodRun("saturate");
  idle.samples = idle.samples.map((sample) => ({ ...sample, frontCpu: 0.5 }));
  assert.deepEqual(
    names(judge([idle]), "not measured")
      .slice(0, 3)
      .at(-1),
    "door's core saturated: processor of the door",
  );
  const late = goodRun("sign-up");
  late.flood.late = 2_000;
  assert.ok(names(judge([late]), "not measured").includes("flood of sign-ups: generator in time"));
});

test("who refuses nobody has not refused cheaply", () => {
  const bars = judge([price("holdfast", { "keep-alive": null, closing: 30 }), price("nginx", { "keep-alive": 10, closing: 40 })]);
  assert.deepEqual(names(bars, "red"), [
    "processor per refusal, closing, Holdfast to nginx",
    "processor per refusal, keep-alive, Holdfast to nginx",
  ]);
});

test("memory that grows with strangers, or is not given back, is red", () => {
  assert.equal(names(judge([remembered(133, 104)]), "red").length, 1);
  assert.equal(names(judge([remembered(131, 106)]), "red").length, 1);
});

test("percentiles are of the nearest rank, and of nothing there is none", () => {
  const hundred = Array.from({ length: 100 }, (_, index) => 100 - index);
  assert.deepEqual([percentile(hundred, 0.5), percentile(hundred, 0.99), percentile(hundred, 1), percentile([], 0.5)], [50, 99, 100, null]);
  assert.deepEqual([median([3, null, 1]), median([1, 2, 10]), median([null])], [2, 2, null]);
});
