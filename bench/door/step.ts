/**
 * What does one run measure? The same system first in peace, then under its flood: members and newcomers apart from the
 * flood, the servers' processors and memory every half second. Everything raw goes into the result; judging is bars.ts.
 */
import { busyMs, usageOf } from "./machine.ts";
import type { FloodAnswer, FloodTask } from "./flood-process.ts";
import { memberPath } from "./journeys.ts";
import type { MembersPhase, MembersTask } from "./members-process.ts";
import type { Letters, Newcomer, NewcomersTask } from "./newcomers-process.ts";
import { percentile, rounded } from "./numbers.ts";
import { pause, startGenerator, type Generator } from "./processes.ts";
import type { SystemName, Variant } from "./shots.ts";
import type { Running, Sabotage, StartSystem, System } from "./systems.ts";

export type StepSettings = {
  quietMs: number;
  floodMs: number;
  /** How long who is still on the way may go on after the flood. */
  drainMs: number;
  rate: number;
  lettersPerSecond: number;
  sabotage: Sabotage | null;
};

export type Phase = { p50: number | null; p99: number | null; worst: number | null; answered: number; errors: Record<string, number> };
/** Once in half a second: the front's processor as a share of a core, memory, members' worst wait. */
export type Sample = { atMs: number; frontCpu: number; allCpu: number; frontRssMb: number; allRssMb: number };

export type StepResult = {
  kind: "step";
  system: SystemName;
  variant: Variant;
  settings: StepSettings;
  quiet: Phase;
  flooded: Phase;
  /** How late the members' generator itself was, p99: what below this is not the server's doing. */
  generatorLateMs: { quiet: number | null; flooded: number | null };
  /** Cores that neither the system nor the bench used, during the flood. */
  othersCpu: number;
  newcomers: Newcomer[];
  letters: { total: number; mostIn10s: number; mostPerRecipient: number; pestAsked: number; toPestsVictim: number };
  flood: FloodAnswer & { generatorCpu: number; seconds: number };
  samples: Sample[];
  /** Members' latencies by half second of the flood: the 99th percentile, or null when nobody was answered. */
  series: { quiet: (number | null)[]; flooded: (number | null)[] };
};

const MEMBERS = 20;
const MEMBERS_PER_SECOND = 100;
const SAMPLE_MS = 500;
const PREFIXES = 1_000;
const FLOOD_CONNECTIONS = 4_000;
const SETTLE_MS = 1_500;

type Say = (what: string) => void;

export async function runStep(
  system: System,
  variant: Variant,
  startSystem: StartSystem,
  settings: StepSettings,
  say: Say,
): Promise<StepResult> {
  const ends: (() => Promise<void>)[] = [];
  try {
    const generator = (name: "flood" | "members" | "newcomers"): Generator => {
      const started = startGenerator(name);
      ends.push(started.stop);
      return started;
    };
    const [newcomers, members, flood] = [generator("newcomers"), generator("members"), generator("flood")];
    say("starting");
    const smtpPort = await newcomers.ask<number>("smtpPort");
    const running = await startSystem({ ...settings, smtpPort });
    ends.push(running.stop);
    return await measure({ system, variant, settings, running, newcomers, members, flood, say });
  } finally {
    for (const end of ends.toReversed()) await end();
  }
}

async function measure(parts: {
  system: System;
  variant: Variant;
  settings: StepSettings;
  running: Running;
  newcomers: Generator;
  members: Generator;
  flood: Generator;
  say: Say;
}): Promise<StepResult> {
  const { system, variant, settings, running, newcomers, members, flood, say } = parts;
  const { port } = running;
  const { name } = system;
  say("registering members");
  const cookies = system.hasPeople
    ? await newcomers.ask<[string, string][][]>("members", { port, system: name, many: MEMBERS })
    : Array.from({ length: MEMBERS }, () => []);
  await members.ask("open", { port, path: memberPath(name), cookies, perSecond: MEMBERS_PER_SECOND } satisfies MembersTask);
  await pause(SETTLE_MS);
  const arrivals = { port, system: name, perSecond: 1 } satisfies NewcomersTask;
  if (system.hasPeople) await newcomers.ask("begin", arrivals);
  say(`quiet, ${settings.quietMs / 1_000} s`);
  const quiet = await members.ask<MembersPhase>("phase", { durationMs: settings.quietMs });
  await newcomers.ask("last");

  if (system.hasPeople) await newcomers.ask("begin", arrivals);
  const sampler = sample(running);
  const own = () => usageOf([...running.all(), process.pid, newcomers.pid, members.pid, flood.pid]).cpuMs;
  const others = { at: performance.now(), cpuMs: busyMs() - own() };
  const task: FloodTask = {
    port,
    system: name,
    rate: variant === "saturate" ? null : settings.rate,
    connections: variant === "saturate" ? PREFIXES : FLOOD_CONNECTIONS,
    prefixes: PREFIXES,
    kind: { variant },
  };
  const began = await flood.ask<FloodAnswer>("start", task);
  say(`flood (${variant}), ${settings.floodMs / 1_000} s`);
  // the members' phase goes on until its last answer: the flood ends with its time and not with that
  const flooding = members.ask<MembersPhase>("phase", { durationMs: settings.floodMs });
  // whoever is interrupted while the flood lasts does not come to hear of it any more
  flooding.catch(() => {});
  await pause(settings.floodMs);
  const othersCpu = rounded(Math.max(0, busyMs() - own() - others.cpuMs) / (performance.now() - others.at));
  const counted = await flood.ask<FloodAnswer>("stop");
  await newcomers.ask("last");
  say("letting who is on the way come in");
  const flooded = await flooding;
  for (const until = performance.now() + settings.drainMs; performance.now() < until;) {
    if ((await newcomers.ask<number>("underway")) === 0) break;
    await pause(SAMPLE_MS);
  }
  const samples = sampler.stop();
  const arrived = await newcomers.ask<Newcomer[]>("end");
  const seconds = (counted.atMs - began.atMs) / 1_000;
  return {
    kind: "step",
    system: name,
    variant,
    settings,
    quiet: phaseOf(quiet),
    flooded: phaseOf(flooded),
    generatorLateMs: { quiet: percentile(quiet.lateMs, 0.99), flooded: percentile(flooded.lateMs, 0.99) },
    othersCpu,
    newcomers: arrived,
    letters: lettersOf(await newcomers.ask<Letters>("letters")),
    flood: { ...counted, generatorCpu: rounded((counted.cpuMs - began.cpuMs) / 1_000 / seconds), seconds: rounded(seconds) },
    samples,
    series: { quiet: seriesOf(quiet, settings.quietMs), flooded: seriesOf(flooded, settings.floodMs) },
  };
}

function phaseOf({ latencies, errors }: MembersPhase): Phase {
  const waits = latencies.map(([, latencyMs]) => latencyMs);
  return { p50: percentile(waits, 0.5), p99: percentile(waits, 0.99), worst: percentile(waits, 1), answered: waits.length, errors };
}

function seriesOf({ latencies }: MembersPhase, durationMs: number): (number | null)[] {
  const bins = Array.from({ length: Math.ceil(durationMs / SAMPLE_MS) }, (): number[] => []);
  for (const [due, latencyMs] of latencies) bins[Math.floor(due / SAMPLE_MS)]?.push(latencyMs);
  return bins.map((bin) => percentile(bin, 0.99));
}

function lettersOf({ atMs, ...rest }: Letters): StepResult["letters"] {
  let mostIn10s = 0;
  let first = 0;
  atMs.forEach((at, index) => {
    while ((atMs[first] ?? at) <= at - 10_000) first += 1;
    mostIn10s = Math.max(mostIn10s, index - first + 1);
  });
  return { total: atMs.length, mostIn10s, ...rest };
}

function sample(running: Running): { stop(): Sample[] } {
  const samples: Sample[] = [];
  const startedAt = performance.now();
  let before = { at: startedAt, front: usageOf(running.front()), all: usageOf(running.all()) };
  const look = () => {
    const now = { at: performance.now(), front: usageOf(running.front()), all: usageOf(running.all()) };
    const share = (was: number, is: number) => rounded(Math.max(0, is - was) / (now.at - before.at));
    samples.push({
      atMs: Math.round(now.at - startedAt),
      frontCpu: share(before.front.cpuMs, now.front.cpuMs),
      allCpu: share(before.all.cpuMs, now.all.cpuMs),
      frontRssMb: rounded(now.front.rssMb, 1),
      allRssMb: rounded(now.all.rssMb, 1),
    });
    before = now;
  };
  // an interrupted run leaves it behind, and is not held up by it
  const timer = setInterval(look, SAMPLE_MS).unref();
  return {
    stop() {
      clearInterval(timer);
      look();
      return samples;
    },
  };
}
