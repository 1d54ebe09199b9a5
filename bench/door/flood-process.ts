/** What runs behind a flood? One process with the generator and nothing else; started and told what to do by step.ts. */
import { setPriority } from "node:os";
import { answerParent } from "./messages.ts";
import { createFlood, type Flood, type FloodCounts } from "./flood.ts";
import { floodAddress } from "./sources.ts";
import { refusalShot, shotFor, strangerShot, type RefusalShape, type Shot, type SystemName, type Variant } from "./shots.ts";

export type FloodTask = {
  port: number;
  system: SystemName;
  rate: number | null;
  connections: number;
  prefixes: number;
  kind: { variant: Variant } | { refusal: RefusalShape } | "strangers";
};
export type FloodAnswer = FloodCounts & { cpuMs: number; atMs: number };

/** Fewer than any limiter by address allows, so that a network's hosts take turns. */
const REQUESTS_PER_HOST = 10;

let flood: Flood | undefined;

// who is measured goes first on this core
setPriority(5);

answerParent({
  start(task: FloodTask) {
    const { kind } = task;
    // a price, and what memory grows with, are measured from one host
    const single = kind === "strangers" || "refusal" in kind;
    flood = createFlood({
      port: task.port,
      rate: task.rate,
      connections: task.connections,
      prefixes: task.prefixes,
      addressOf: single ? (prefix) => floodAddress(prefix, 1) : floodAddress,
      requestsPerHost: single ? Number.MAX_SAFE_INTEGER : REQUESTS_PER_HOST,
      shot: shotOf(task),
    });
    flood.start();
    return report();
  },
  report,
  stop() {
    flood?.stop();
    return report();
  },
});

function shotOf({ kind, system }: FloodTask): (n: number) => Shot {
  if (kind === "strangers") return strangerShot;
  if ("variant" in kind) return shotFor(system, kind.variant);
  const bytes = refusalShot(system, kind.refusal);
  return () => ({ bytes });
}

function report(): FloodAnswer | null {
  const { user, system } = process.cpuUsage();
  return flood === undefined ? null : { ...structuredClone(flood.counts), cpuMs: (user + system) / 1_000, atMs: performance.now() };
}
