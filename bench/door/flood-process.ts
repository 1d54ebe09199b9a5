/** What runs behind a flood? One process with the generator and nothing else; started and told what to do by step.ts. */
import { setPriority } from "node:os";
import { answerParent } from "./messages.ts";
import { createFlood, type Flood, type FloodCounts } from "./flood.ts";
import { floodAddress } from "./sources.ts";
import { refusalShot, shotFor, type RefusalShape, type SystemName, type Variant } from "./shots.ts";

export type FloodTask = {
  port: number;
  system: SystemName;
  rate: number | null;
  connections: number;
  prefixes: number;
  kind: { variant: Variant } | { refusal: RefusalShape };
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
    const probe = "refusal" in kind;
    const bytes = probe ? refusalShot(task.system, kind.refusal) : undefined;
    flood = createFlood({
      port: task.port,
      rate: task.rate,
      connections: task.connections,
      prefixes: task.prefixes,
      // a price is measured from one host, which every limiter refuses
      addressOf: probe ? (prefix) => floodAddress(prefix, 1) : floodAddress,
      requestsPerHost: probe ? Number.MAX_SAFE_INTEGER : REQUESTS_PER_HOST,
      shot: bytes === undefined ? shotFor(task.system, (kind as { variant: Variant }).variant) : () => ({ bytes }),
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

function report(): FloodAnswer | null {
  const { user, system } = process.cpuUsage();
  return flood === undefined ? null : { ...structuredClone(flood.counts), cpuMs: (user + system) / 1_000, atMs: performance.now() };
}
