/**
 * Does the door's memory grow with what strangers make up? So many requests, each from a network and for a path of its own
 * (one trusted proxy, so that the networks can be written down), then silence; what the door held before, at most and after.
 */
import type { FloodAnswer, FloodTask } from "./flood-process.ts";
import { usageOf } from "./machine.ts";
import { rounded } from "./numbers.ts";
import { pause, startGenerator } from "./processes.ts";
import type { StartSystem } from "./systems.ts";

export type MemorySettings = { sources: number; warmSources: number; restMs: number };
export type MemoryResult = {
  kind: "memory";
  system: "holdfast";
  sources: number;
  beforeMb: number;
  mostMb: number;
  afterMb: number;
  seconds: number;
};

const CONNECTIONS = 50;
const LOOK_MS = 250;
const WITHIN_MS = 300_000;

export async function runMemory(startSystem: StartSystem, settings: MemorySettings, say: (what: string) => void): Promise<MemoryResult> {
  const ends: (() => Promise<void>)[] = [];
  try {
    say("starting");
    const newcomers = startGenerator("newcomers");
    ends.push(newcomers.stop);
    const smtpPort = await newcomers.ask<number>("smtpPort");
    const running = await startSystem({ smtpPort, lettersPerSecond: 50, sabotage: null, trustedProxyHops: 1 });
    ends.push(running.stop);
    const flood = startGenerator("flood");
    ends.push(flood.stop);
    const rssMb = () => usageOf(running.front()).rssMb;
    const sentSo = async () => (await flood.ask<FloodAnswer>("report")).sent;
    const task: FloodTask = {
      port: running.port,
      system: "holdfast",
      rate: null,
      connections: CONNECTIONS,
      prefixes: 1,
      kind: "strangers",
    };
    await flood.ask("start", task);
    // code is compiled and the young heap is at its size before anything is compared
    for (const until = performance.now() + WITHIN_MS; (await sentSo()) < settings.warmSources && performance.now() < until;)
      await pause(LOOK_MS);
    const startedAt = performance.now();
    const beforeMb = rssMb();
    let mostMb = beforeMb;
    say(`${settings.sources} networks and paths`);
    for (const until = startedAt + WITHIN_MS; performance.now() < until;) {
      mostMb = Math.max(mostMb, rssMb());
      if ((await sentSo()) >= settings.sources + settings.warmSources) break;
      await pause(LOOK_MS);
    }
    const sources = (await sentSo()) - settings.warmSources;
    await flood.ask("stop");
    const seconds = rounded((performance.now() - startedAt) / 1_000, 1);
    await pause(settings.restMs);
    return {
      kind: "memory",
      system: "holdfast",
      sources,
      beforeMb: rounded(beforeMb, 1),
      mostMb: rounded(mostMb, 1),
      afterMb: rounded(rssMb(), 1),
      seconds,
    };
  } finally {
    for (const end of ends.toReversed()) await end();
  }
}
