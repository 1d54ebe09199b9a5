/**
 * Which metrics can a Prometheus scrape? Counts and figures of this door, read when somebody asks. Labels come from fixed sets only
 * (lane, cost class, verdict, kind of answer), so there are as many series as this file says, whatever strangers send.
 * Loaded only when METRICS_PORT is set. What each means: docs/operate/metrics.md.
 */
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from "@prometheus-io/client";
import { ANSWER_CLASSES, COST_CLASSES, LANE_NAMES } from "#contract/door-events.ts";
import { SIGN_UP_MODES } from "#contract/wire.ts";
import type { DoorFigures } from "./figures.ts";
import { VERDICTS, type Meter } from "./meter.ts";

export type Metrics = { contentType: string; read(): Promise<string> };

const DURATION_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

export function createMetrics(figures: DoorFigures, meter: Meter): Metrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });

  const requests = new Counter({
    name: "holdfast_door_requests_total",
    help: "Requests by lane, cost class and verdict of admission",
    labelNames: ["lane", "cost", "verdict"] as const,
    registers,
    collect() {
      requests.reset();
      for (const lane of LANE_NAMES) {
        for (const cost of COST_CLASSES) {
          for (const verdict of VERDICTS) {
            const count = meter.decisions(lane, cost, verdict);
            if (count > 0) requests.inc({ lane, cost, verdict }, count);
          }
        }
      }
    },
  });
  const answers = new Counter({
    name: "holdfast_door_answers_total",
    help: "Answers to admitted requests by cost class and kind; gone: whoever asked went away first",
    labelNames: ["cost", "answer"] as const,
    registers,
    collect() {
      answers.reset();
      for (const cost of COST_CLASSES) {
        for (const answer of ANSWER_CLASSES) {
          const count = meter.answers(cost, answer);
          if (count > 0) answers.inc({ cost, answer }, count);
        }
      }
    },
  });
  const took = new Histogram({
    name: "holdfast_door_answer_seconds",
    help: "From the head of an admitted request until its whole answer was handed over, event streams left out",
    labelNames: ["cost", "who"] as const,
    buckets: DURATION_SECONDS,
    registers,
  });
  meter.onTook((cost, who, durationMs) => took.observe({ cost, who }, durationMs / 1_000));

  /** Without a value, the metric says nothing rather than something wrong. */
  const gauge = (name: string, help: string, value: () => number | null) => {
    const made = new Gauge({
      name,
      help,
      registers,
      collect() {
        const now = value();
        if (now === null) made.remove();
        else made.set(now);
      },
    });
  };
  gauge("holdfast_door_pressure", "Share of requests refused for want of room, 0 to 1", () => figures.admission().pressure);
  gauge("holdfast_door_effort_bits", "Bits of effort that strangers are asked for", () => figures.admission().effort);
  gauge("holdfast_door_connections", "Open connections", () => figures.connections());
  gauge("holdfast_line_waiting", "Places in the line for letters", () => figures.line().waiting);
  gauge("holdfast_line_moves", "1 while the line for letters moves, 0 while it stands still", () => (figures.line().standsStill ? 0 : 1));
  gauge("holdfast_line_letters_per_second", "Letters a second that may be promised; absent while unknown", () =>
    figures.lettersPerSecond(),
  );
  gauge("holdfast_line_quotes_held_ratio", "Share of the waits told lately that held", () => figures.quotes().share);

  const wait = new Gauge({
    name: "holdfast_line_wait_seconds",
    help: "What somebody who came now would be told about the wait; absent while it can't be told",
    labelNames: ["bound"] as const,
    registers,
    collect() {
      wait.reset();
      const told = figures.line().wait;
      if (told === null) return;
      wait.set({ bound: "low" }, told.lowSeconds);
      wait.set({ bound: "high" }, told.highSeconds);
    },
  });
  const mode = new Gauge({
    name: "holdfast_sign_up_mode",
    help: "1 for how the operator set sign-up, 0 for the others",
    labelNames: ["mode"] as const,
    registers,
    collect() {
      for (const one of SIGN_UP_MODES) mode.set({ mode: one }, figures.signUp().mode === one ? 1 : 0);
    },
  });
  const parts = new Gauge({
    name: "holdfast_part_failing",
    help: "1 while a part fails, 0 while it works; absent while the app was not heard of",
    labelNames: ["part"] as const,
    registers,
    collect() {
      parts.reset();
      const health = figures.health();
      if (health === null) return;
      for (const part of ["mail", "database", "model"] as const) parts.set({ part }, health[part] === "failing" ? 1 : 0);
    },
  });
  gauge("holdfast_app_heard", "1 while the app was heard of within ten seconds", () => (figures.health() === null ? 0 : 1));
  gauge("holdfast_letters_waiting", "Letters that wait to be sent; absent while unknown", () => figures.health()?.lettersWaiting ?? null);
  gauge(
    "holdfast_oldest_letter_seconds",
    "Since when the oldest of them waits; absent while unknown",
    () => figures.health()?.oldestLetterSeconds ?? null,
  );
  return { contentType: registry.contentType, read: () => registry.metrics() };
}
