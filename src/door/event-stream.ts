/**
 * What did the door see in the last second? Looks at the counts and figures once a second and says what is worth a line, in the
 * words of contract/door-events.ts: each second under pressure, once a minute in peace, so that a year of peace fills no log.
 */
import { MINUTE_MS, SECOND_MS, type Clock } from "#kit/time.ts";
import {
  ANSWER_CLASSES,
  COST_CLASSES,
  KNOWN_OR_NOT,
  LANE_NAMES,
  REFUSAL_REASONS,
  type Decided,
  type DoorEvent,
} from "#contract/door-events.ts";
import { AT_ONCE_SECONDS } from "#contract/words/interval.ts";
import type { DoorFigures } from "./figures.ts";
import { VERDICTS, type Meter, type VerdictName } from "./meter.ts";

export type EventStream = { start(): void; stop(): void };

const LOOK_EVERY_MS = SECOND_MS;
const PEACE_EVERY_MS = MINUTE_MS;

export function createEventStream(parts: {
  figures: DoorFigures;
  meter: Meter;
  clock: Clock;
  write: (event: DoorEvent) => void;
}): EventStream {
  const { figures, meter, clock, write } = parts;
  let before = countsOf(meter);
  let toldAt = clock.monotonic();
  let lineMoved = false;
  let toldMode = "";
  let toldHealth = "";
  let cancel = () => {};

  function look(): void {
    tellMode();
    tellHealth();
    tellLine();
    tellTraffic();
    cancel = clock.after(LOOK_EVERY_MS, look);
  }

  function tellTraffic(): void {
    const [now, counts] = [clock.monotonic(), countsOf(meter)];
    const { pressure, effort } = figures.admission();
    const since = (name: keyof typeof counts) => (counts[name] ?? 0) - (before[name] ?? 0);
    const isCalm = pressure === 0 && since("refused") === 0 && since("answers 5xx") === 0 && !lineMoved;
    if (isCalm && now - toldAt < PEACE_EVERY_MS) return;
    const forMs = Math.round(now - toldAt);
    toldAt = now;
    const decided = (name: string): Decided => ({ admitted: since(`${name} admitted`), refused: since(`${name} refused`) });
    const came = ({ admitted, refused }: Decided) => admitted + refused > 0;
    const some = <Value>(names: readonly string[], valueOf: (name: string) => Value | undefined, counts_: (value: Value) => boolean) =>
      Object.fromEntries(names.map((name) => [name, valueOf(name)] as const).filter(([, value]) => value !== undefined && counts_(value)));
    const lanes = some(LANE_NAMES, decided, came);
    if (Object.keys(lanes).length > 0) {
      write({
        kind: "traffic",
        at: clock.now(),
        forMs,
        lanes,
        costs: some(COST_CLASSES, decided, came),
        refusals: some(REFUSAL_REASONS, (reason) => since(`reason ${reason}`), isSome),
        answers: some(ANSWER_CLASSES, (answer) => since(`answers ${answer}`), isSome),
        took: some(
          KNOWN_OR_NOT,
          (who) => {
            const took = meter.takeTook(who as (typeof KNOWN_OR_NOT)[number]);
            return took && { answered: took.answered, meanMs: hundredth(took.meanMs), mostMs: hundredth(took.mostMs) };
          },
          () => true,
        ),
        connections: figures.connections(),
        pressure: hundredth(pressure),
        effortBits: effort,
      });
    }
    before = counts;
  }

  function tellLine(): void {
    const { waiting, standsStill, wait } = figures.line();
    const moved = standsStill || (wait === null ? waiting > 0 : wait.highSeconds > AT_ONCE_SECONDS);
    if (!moved && !lineMoved) return;
    lineMoved = moved;
    write({
      kind: "line",
      at: clock.now(),
      waiting,
      standsStill,
      lettersPerSecond: figures.lettersPerSecond(),
      waitSeconds: wait === null ? null : { low: wait.lowSeconds, high: wait.highSeconds },
      quotesHeld: figures.quotes().share,
    });
  }

  function tellMode(): void {
    const { mode, lettersPerMinute } = figures.signUp();
    const now = `${mode} ${lettersPerMinute}`;
    if (now === toldMode) return;
    toldMode = now;
    write({ kind: "sign-up-mode", at: clock.now(), mode, lettersPerMinute });
  }

  function tellHealth(): void {
    const health = figures.health();
    const now = health === null ? "unknown" : `${health.mail} ${health.database} ${health.model}`;
    if (now === toldHealth) return;
    toldHealth = now;
    write({ kind: "health", at: clock.now(), health });
  }

  return { start: look, stop: () => cancel() };
}

/** All counts by name; as many names as there are, whatever came. */
function countsOf(meter: Meter): Record<string, number> {
  const counts: Record<string, number> = {};
  const add = (name: string, count: number) => (counts[name] = (counts[name] ?? 0) + count);
  for (const lane of LANE_NAMES) {
    for (const cost of COST_CLASSES) {
      for (const verdict of VERDICTS) {
        const count = meter.decisions(lane, cost, verdict);
        if (count === 0) continue;
        const kind = isAdmitted(verdict) ? "admitted" : "refused";
        add(`${lane} ${kind}`, count);
        add(`${cost} ${kind}`, count);
        add(kind, count);
        if (!isAdmitted(verdict)) add(`reason ${verdict}`, count);
      }
    }
  }
  for (const cost of COST_CLASSES) for (const answer of ANSWER_CLASSES) add(`answers ${answer}`, meter.answers(cost, answer));
  return counts;
}

function isAdmitted(verdict: VerdictName): verdict is "admitted" {
  return verdict === "admitted";
}

function isSome(count: number): boolean {
  return count > 0;
}

function hundredth(value: number): number {
  return Math.round(value * 100) / 100;
}
