/**
 * How many came, what became of them and how long did it take? Counted in fixed arrays, a few nanoseconds a request: by lane, cost
 * and verdict, and by what was answered. Never by who, from where or which path, so nothing here grows with what strangers send.
 */
import { LANES, type Facts, type Lane, type Verdict } from "#admission/admission.ts";
import {
  ANSWER_CLASSES,
  COST_CLASSES,
  LANE_NAMES,
  REFUSAL_REASONS,
  type AnswerClass,
  type KnownOrNot,
  type LaneName,
  type RefusalReason,
  type Took,
} from "#contract/door-events.ts";
import type { CostClass } from "#contract/routes.ts";

export type Seen = Pick<Facts, "lane" | "cost">;
/** "admitted", or why not. */
export const VERDICTS = ["admitted", ...REFUSAL_REASONS] as const;
export type VerdictName = (typeof VERDICTS)[number];

export type Meter = {
  decided(seen: Seen, verdict: Verdict): void;
  /** `status` is null when whoever asked went away; `durationMs` is null for what has no end of its own. */
  answered(seen: Seen, status: number | null, durationMs: number | null): void;
  /** How many so far. */
  decisions(lane: LaneName, cost: CostClass, verdict: VerdictName): number;
  answers(cost: CostClass, answer: AnswerClass): number;
  /** How long answers took since this was asked last; undefined: there were none. */
  takeTook(who: KnownOrNot): Took | undefined;
  /** From now on hears of each duration. */
  onTook(hear: (cost: CostClass, who: KnownOrNot, durationMs: number) => void): void;
};

const LANE_AT = indexOf(LANE_NAMES satisfies readonly Lane[]);
const COST_AT = indexOf(COST_CLASSES);
const VERDICT_AT = indexOf(VERDICTS);
const KNOWN: ReadonlySet<Lane> = new Set<Lane>(LANES.slice(0, LANES.indexOf("known-device") + 1));

export function createMeter(): Meter {
  const decided = new Float64Array(LANE_NAMES.length * COST_CLASSES.length * VERDICTS.length);
  const answered = new Float64Array(COST_CLASSES.length * ANSWER_CLASSES.length);
  const took = { known: nothingTook(), stranger: nothingTook() };
  let hear: (cost: CostClass, who: KnownOrNot, durationMs: number) => void = () => {};

  const decidedAt = (lane: LaneName, cost: CostClass, verdict: VerdictName) =>
    ((LANE_AT[lane] ?? 0) * COST_CLASSES.length + (COST_AT[cost] ?? 0)) * VERDICTS.length + (VERDICT_AT[verdict] ?? 0);

  return {
    decided({ lane, cost }, verdict) {
      const at = decidedAt(lane, cost, verdict.tag === "admit" ? "admitted" : (verdict.why satisfies RefusalReason));
      decided[at] = (decided[at] ?? 0) + 1;
    },
    answered({ lane, cost }, status, durationMs) {
      const at = (COST_AT[cost] ?? 0) * ANSWER_CLASSES.length + classOf(status);
      answered[at] = (answered[at] ?? 0) + 1;
      if (status === null || durationMs === null) return;
      const who = KNOWN.has(lane) ? "known" : "stranger";
      const sum = took[who];
      sum.answered += 1;
      sum.sumMs += durationMs;
      sum.mostMs = Math.max(sum.mostMs, durationMs);
      hear(cost, who, durationMs);
    },
    decisions: (lane, cost, verdict) => decided[decidedAt(lane, cost, verdict)] ?? 0,
    answers: (cost, answer) => answered[(COST_AT[cost] ?? 0) * ANSWER_CLASSES.length + ANSWER_CLASSES.indexOf(answer)] ?? 0,
    takeTook(who) {
      const { answered: count, sumMs, mostMs } = took[who];
      took[who] = nothingTook();
      return count === 0 ? undefined : { answered: count, meanMs: sumMs / count, mostMs };
    },
    onTook(listener) {
      hear = listener;
    },
  };
}

function nothingTook() {
  return { answered: 0, sumMs: 0, mostMs: 0 };
}

function classOf(status: number | null): number {
  if (status === null) return ANSWER_CLASSES.indexOf("gone");
  return Math.min(3, Math.max(0, Math.floor(status / 100) - 2));
}

function indexOf<Name extends string>(names: readonly Name[]): Readonly<Record<Name, number>> {
  return Object.fromEntries(names.map((name, at) => [name, at])) as Record<Name, number>;
}
