/**
 * What does a refusal cost? One host asks as fast as it is answered until every answer is a refusal, then the front's
 * processor time is divided by the refusals. On a keep-alive connection, closing each time, and with a body.
 */
import { usageOf } from "./machine.ts";
import type { FloodAnswer, FloodTask } from "./flood-process.ts";
import { rounded } from "./numbers.ts";
import { pause, startGenerator } from "./processes.ts";
import type { RefusalShape, SystemName } from "./shots.ts";
import type { StartSystem, System } from "./systems.ts";

export const SHAPES: readonly RefusalShape[] = ["keep-alive", "closing", "with-body"];

export type RefusalCost = {
  /** Null when too few were refused for a price. */
  microseconds: number | null;
  /** With every process of the system. */
  allMicroseconds: number | null;
  refusedPerSecond: number;
  /** Of all answers. */
  refusedShare: number;
  frontCpu: number;
};
export type RefusalsResult = { kind: "refusals"; system: SystemName; costs: Record<RefusalShape, RefusalCost> };
export type RefusalSettings = { warmMs: number; measureMs: number };

const REFUSALS = ["429", "503", "403", "425"];
const CONNECTIONS = 50;
const FEWEST_SHARE = 0.5;

export async function runRefusals(
  system: System,
  startSystem: StartSystem,
  settings: RefusalSettings & { lettersPerSecond: number },
  say: (what: string) => void,
): Promise<RefusalsResult> {
  const ends: (() => Promise<void>)[] = [];
  try {
    say("starting");
    const newcomers = startGenerator("newcomers");
    ends.push(newcomers.stop);
    const smtpPort = await newcomers.ask<number>("smtpPort");
    const running = await startSystem({ smtpPort, lettersPerSecond: settings.lettersPerSecond, sabotage: null });
    ends.push(running.stop);
    const costs: Partial<Record<RefusalShape, RefusalCost>> = {};
    for (const shape of SHAPES) {
      say(`price of a refusal, ${shape}`);
      const flood = startGenerator("flood");
      ends.push(flood.stop);
      const task: FloodTask = {
        port: running.port,
        system: system.name,
        rate: null,
        connections: CONNECTIONS,
        prefixes: 1,
        kind: { refusal: shape },
      };
      await flood.ask("start", task);
      await pause(settings.warmMs);
      const before = { front: usageOf(running.front()), all: usageOf(running.all()), counts: await flood.ask<FloodAnswer>("report") };
      await pause(settings.measureMs);
      const after = { front: usageOf(running.front()), all: usageOf(running.all()), counts: await flood.ask<FloodAnswer>("report") };
      await flood.ask("stop");
      await flood.stop();
      const seconds = (after.counts.atMs - before.counts.atMs) / 1_000;
      const answers = sum(after.counts.answered) - sum(before.counts.answered);
      const refused = refusals(after.counts) - refusals(before.counts);
      const share = answers === 0 ? 0 : refused / answers;
      const price = (cpuMs: number) => (share < FEWEST_SHARE ? null : rounded((cpuMs * 1_000) / refused, 1));
      costs[shape] = {
        microseconds: price(after.front.cpuMs - before.front.cpuMs),
        allMicroseconds: price(after.all.cpuMs - before.all.cpuMs),
        refusedPerSecond: Math.round(refused / seconds),
        refusedShare: rounded(share, 3),
        frontCpu: rounded((after.front.cpuMs - before.front.cpuMs) / 1_000 / seconds),
      };
    }
    return { kind: "refusals", system: system.name, costs: costs as Record<RefusalShape, RefusalCost> };
  } finally {
    for (const end of ends.toReversed()) await end();
  }
}

function refusals({ answered }: FloodAnswer): number {
  return REFUSALS.reduce((total, status) => total + (answered[status] ?? 0), 0);
}

function sum(answered: Record<string, number>): number {
  return Object.values(answered).reduce((total, count) => total + count, 0);
}
