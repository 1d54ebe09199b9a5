/**
 * What does the door tell about itself over time? The vocabulary of its event stream: one JSON object a line in the log, under
 * `event`. Every field is a number or one of a fixed set of words, so a line is short whatever comes, and there is no address,
 * account or path of anybody in it. At most one event of a kind in a second, never one per request.
 */
import type { CostClass } from "./routes.ts";
import type { Health, SignUpMode, TimeMs } from "./wire.ts";

/** Highest first, as in src/admission/. */
export const LANE_NAMES = ["operator", "member", "new-member", "known-device", "place", "heartbeat", "effort", "stranger"] as const;
export type LaneName = (typeof LANE_NAMES)[number];
export const REFUSAL_REASONS = ["pressure", "source-budget", "holder-budget", "lane-budget"] as const;
export type RefusalReason = (typeof REFUSAL_REASONS)[number];
export const COST_CLASSES = ["nothing", "read", "write", "letter", "hash", "model"] as const satisfies readonly CostClass[];
/** `gone`: whoever asked went away before the whole answer was handed over. */
export const ANSWER_CLASSES = ["2xx", "3xx", "4xx", "5xx", "gone"] as const;
export type AnswerClass = (typeof ANSWER_CLASSES)[number];
/** Whose requests: of those who showed a pass or the cookie of a known device, or of everybody else. */
export const KNOWN_OR_NOT = ["known", "stranger"] as const;
export type KnownOrNot = (typeof KNOWN_OR_NOT)[number];

export type Decided = { admitted: number; refused: number };
/** How long answers took, event streams left out. */
export type Took = { answered: number; meanMs: number; mostMs: number };

export type DoorEvent =
  /**
   * What came in the last `forMs`: each second while something is refused, fails or waits, else once a minute; nothing when nobody
   * came. Lanes, costs and reasons without a request are left out. `pressure`: the share that is refused for want of room (0 to 1).
   */
  | {
      kind: "traffic";
      at: TimeMs;
      forMs: number;
      lanes: { [lane in LaneName]?: Decided };
      costs: { [cost in CostClass]?: Decided };
      refusals: { [reason in RefusalReason]?: number };
      answers: { [answer in AnswerClass]?: number };
      took: { [who in KnownOrNot]?: Took };
      connections: number;
      pressure: number;
      effortBits: number;
    }
  /** Each second while somebody waits for a letter or the line stands still, and once when it has come to rest. */
  | {
      kind: "line";
      at: TimeMs;
      waiting: number;
      standsStill: boolean;
      /** null: not known. */
      lettersPerSecond: number | null;
      /** What somebody who came now would be told; null: that can't be told. */
      waitSeconds: { low: number; high: number } | null;
      /** The share of the waits told lately that held; null: none was decided yet. */
      quotesHeld: number | null;
    }
  /** When the operator set sign-up, and once at the beginning. */
  | { kind: "sign-up-mode"; at: TimeMs; mode: SignUpMode; lettersPerMinute: number | null }
  /** When one of the states changed, and once at the beginning; null: the app was not heard of for ten seconds. */
  | { kind: "health"; at: TimeMs; health: Health | null };
