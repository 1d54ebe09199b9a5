/**
 * Are the acceptance's lines about mail met? Each as a figure, its limit and a verdict. What was not measured, or not hard
 * enough to mean anything, is never green. Pure.
 */
import { median, ratio } from "../door/numbers.ts";
import { atLeast, atMost, othersBar, unmeasured, type Bar } from "../door/bars.ts";
import type { BothDeadResult, CellResult, FaultsResult, MidRunResult } from "./failures.ts";
import { matrix } from "./fault.ts";
import type { IndependentResult } from "./independent.ts";
import type { MemoryResult } from "./memory.ts";
import type { Tally } from "./tally.ts";
import type { ThroughputResult } from "./throughput.ts";

/** `othersCpu`: cores that others used meanwhile. */
export type Measured<Result> = Result & { othersCpu: number };
export type MailResult = Measured<ThroughputResult | MemoryResult | FaultsResult | BothDeadResult | MidRunResult | IndependentResult>;

const SPEED_RATIO = 0.6;
const GROWTH_MB = 16;
/** Fewer letters say nothing about two hundred thousand. */
const MEMORY_LETTERS = 200_000;
const KEPT_SHARE = 0.999;
const MID_RUN_P99_S = 20;
/** Who is never promised anything is never let down: then it was another run than the one that was asked for. */
const PROMISED_SHARE = 0.99;
/** Slower than that with two sound relays: then it was the machine that was measured. */
const SOUND_P99_MS = 2_000;
/** A letter may pass a few others that are underway at the same time. */
const OVERTAKEN = 20;

export function judge(results: readonly MailResult[]): Bar[] {
  const of = <Kind extends MailResult["kind"]>(kind: Kind) =>
    results.find((result): result is Extract<MailResult, { kind: Kind }> => result.kind === kind);
  return [
    ...(results.length === 0 ? [] : [othersBar(Math.max(...results.map(({ othersCpu }) => othersCpu)))]),
    judgeSpeed(of("throughput")),
    judgeMemory(of("memory")),
    ...judgeFaults(of("faults")),
    ...judgeBothDead(of("both-dead")),
    ...judgeMidRun(of("mid-run")),
    ...judgeIndependent(of("independent")),
  ];
}

function judgeSpeed(result: ThroughputResult | undefined): Bar {
  const speed = (side: "courier" | "bare") => median(result?.rounds.map((round) => round[side].perSecond) ?? []);
  return atLeast("throughput: courier with its outbox to a bare pooled loop", ratio(speed("courier"), speed("bare")), SPEED_RATIO);
}

function judgeMemory(result: MemoryResult | undefined): Bar {
  const name = "memory: resident size, grown after the first tenth";
  const bar = atMost(name, result?.growth.rssMb ?? null, GROWTH_MB, " MB");
  return (result?.growth.letters ?? 0) >= MEMORY_LETTERS || bar.verdict === "red" ? bar : { ...bar, verdict: "not measured" };
}

function judgeFaults(result: FaultsResult | undefined): Bar[] {
  const cells = result?.cells ?? [];
  const soundMs = cells.find(({ name }) => name === "sound")?.tally.p99 ?? null;
  const whole = matrix(0).every(({ name }) => cells.some((cell) => cell.name === name));
  const greylist = cells.find(({ name }) => name === "greylist")?.tally;
  const quiet = atMost("faults: p99 where nothing fails", soundMs, SOUND_P99_MS, " ms");
  const bars = [
    promisedBar("faults", cells),
    atLeast("faults: promise kept or person told in time", shareOf(cells, keptOf), KEPT_SHARE),
    ...judgeRules("faults", cells),
    atLeast("faults, greylisting: told the next try within 60 s", greylist === undefined ? null : partOf(greylist, "told"), 1),
    atLeast("faults, greylisting: arrived by then", greylist === undefined ? null : partOf(greylist, "arrivedByThen"), 1),
  ];
  // what the machine itself held up says nothing about relays, in either direction
  if (quiet.verdict !== "green")
    return [{ ...quiet, verdict: "not measured" }, ...bars.map((bar) => ({ ...bar, verdict: "not measured" as const }))];
  return whole ? [quiet, ...bars] : [quiet, ...bars].map(blind);
}

function judgeMidRun(result: MidRunResult | undefined): Bar[] {
  const cells = result?.cells ?? [];
  const p99 = Math.max(...cells.map(({ tally }) => tally.p99 ?? Number.POSITIVE_INFINITY));
  return [
    promisedBar("mid-run", cells),
    atLeast(
      "mid-run: accepted within 60 s",
      shareOf(cells, ({ acceptedInTime }) => acceptedInTime),
      1,
    ),
    atMost("mid-run: p99, the worst of the three", cells.length === 0 ? null : p99 / 1_000, MID_RUN_P99_S, " s"),
    ...judgeRules("mid-run", cells),
  ];
}

function judgeBothDead(result: BothDeadResult | undefined): Bar[] {
  const name = (what: string) => `both dead: ${what}`;
  const { tally, outage } = result ?? {};
  const served = outage === undefined ? null : (outage.servedMs ?? Number.POSITIVE_INFINITY);
  const bars = [
    atMost(name("promised meanwhile"), outage?.promisedMeanwhile ?? null, 0, ""),
    atMost(name("capacity meanwhile"), outage?.capacityMeanwhile ?? null, 0, ""),
    atMost(name("letters lost"), tally?.lost ?? null, 0, ""),
    atMost(name("letters after their deadline"), tally?.afterDeadline ?? null, 0, ""),
    atLeast(name("who waited has a letter afterwards"), served === null ? null : Number(Number.isFinite(served)), 1),
    atMost(name("places lost by the most overtaken"), outage?.mostOvertaken ?? null, OVERTAKEN, ""),
  ];
  return outage?.noticedMs === null ? bars.map(blind) : bars;
}

function judgeIndependent(result: IndependentResult | undefined): Bar[] {
  const name = "a relay by others: letters arrived once";
  if (result === undefined || "skipped" in result) return [unmeasured(name, "at least 100 %")];
  return [atLeast(name, ratio(result.arrived - result.twice, result.promised), 1)];
}

function judgeRules(what: string, cells: readonly CellResult[]): Bar[] {
  const sum = (of: (tally: Tally) => number) => (cells.length === 0 ? null : cells.reduce((total, { tally }) => total + of(tally), 0));
  return [
    atMost(
      `${what}: letters lost`,
      sum(({ lost }) => lost),
      0,
      "",
    ),
    atMost(
      `${what}: duplicates against the rule`,
      sum(({ duplicates, duplicatesByRule }) => duplicates - duplicatesByRule),
      0,
      "",
    ),
    atMost(
      `${what}: letters after their deadline`,
      sum(({ afterDeadline }) => afterDeadline),
      0,
      "",
    ),
    atMost(
      `${what}: given to a second relay after DATA`,
      sum(({ secondRelay }) => secondRelay),
      0,
      "",
    ),
  ];
}

function promisedBar(what: string, cells: readonly CellResult[]): Bar {
  return atLeast(
    `${what}: promised, of those who came, in the worst cell`,
    cells.length === 0 ? null : Math.min(...cells.map(({ tally }) => ratio(tally.promised, tally.arrived) ?? 0)),
    PROMISED_SHARE,
  );
}

export function keptOf({ acceptedInTime, told }: Tally): number {
  return acceptedInTime + told;
}

function shareOf(cells: readonly CellResult[], of: (tally: Tally) => number): number | null {
  const total = (pick: (tally: Tally) => number) => cells.reduce((sum, { tally }) => sum + pick(tally), 0);
  return ratio(
    total(of),
    total(({ counted }) => counted),
  );
}

function partOf({ greylisted }: Tally, which: "told" | "arrivedByThen"): number | null {
  return ratio(greylisted[which], greylisted.people);
}

/** A red figure stays one; a green one says nothing. */
function blind(bar: Bar): Bar {
  return bar.verdict === "green" ? { ...bar, verdict: "not measured" } : bar;
}
