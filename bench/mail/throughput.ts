/**
 * How fast does the courier empty its outbox? Letters that wait in PostgreSQL into a fast sink, beside a bare pooled
 * nodemailer loop with the same words over as many connections into the same sink, round by round. Ordering the letters is
 * the newcomers' part and is done before; the courier's own bookkeeping (claims, leases, what became of each) is in it.
 */
import { fileURLToPath } from "node:url";
import { simpleParser } from "mailparser";
import { usageOf } from "../door/machine.ts";
import { rounded } from "../door/numbers.ts";
import { pause, startAsked, type Generator } from "../door/processes.ts";
import type { CourierTask, FillTask } from "./courier-process.ts";
import type { Cluster } from "./database.ts";
import type { LoopTask } from "./nodemailer-process.ts";
import { startRelay, type Relay } from "./relay.ts";
import { COURIER } from "./scene.ts";
import { countCommits, countPending } from "./store.ts";
import { rateOf } from "./tally.ts";

export type ThroughputSettings = { rounds: number; letters: number; connections: number };
/** Processor time in µs per letter, of each who has a part in it. */
export type Side = { perSecond: number | null; microseconds: { sender: number; database: number; sink: number } };
export type Round = { courier: Side; bare: Side; commitsPerLetter: number };
export type ThroughputResult = {
  kind: "throughput";
  settings: ThroughputSettings;
  rounds: Round[];
  bytes: { courier: number; bare: number };
};

const LOOP = fileURLToPath(new URL("./nodemailer-process.ts", import.meta.url));
const UNPACED = 100_000;
const DEADLINE_MS = 600_000;
const LOOK_MS = 50;
/** The database tells of its transactions with so much delay. */
const STATISTICS_MS = 1_500;
const WITHIN_MS = 120_000;
const WARM_LETTERS = 500;

export async function runThroughput(
  cluster: Cluster,
  settings: ThroughputSettings,
  say: (what: string) => void,
): Promise<ThroughputResult> {
  const sink = await startRelay({ relay: "A", journal: null, startTls: false });
  const loop = startAsked("any", "bare loop", LOOP);
  try {
    const rounds: Round[] = [];
    const bytes = { courier: 0, bare: 0 };
    for (let round = 0; round <= settings.rounds; round += 1) {
      // the first warms up and is not counted
      const letters = round === 0 ? WARM_LETTERS : settings.letters;
      say(round === 0 ? "warming up" : `round ${round} of ${settings.rounds}`);
      const drained = await drain(cluster, sink, { ...settings, letters });
      const courierSent = await sink.report();
      const { subject = "", text = "", html } = await simpleParser(courierSent.newest);
      await sink.forget();
      const task: LoopTask = { ...settings, port: sink.port, many: letters, from: 0, subject, text, html: html || "" };
      const bare = await measure({ sender: loop.pid, database: [], sink: sink.pid }, letters, () => loop.ask("send", task));
      const bareSent = await sink.report();
      await sink.forget();
      bytes.courier = courierSent.newest.length;
      bytes.bare = bareSent.newest.length;
      if (round > 0) {
        rounds.push({
          courier: { perSecond: rateOf(courierSent.at), microseconds: drained.microseconds },
          bare: { perSecond: rateOf(bareSent.at), microseconds: bare },
          commitsPerLetter: drained.commitsPerLetter,
        });
      }
    }
    return { kind: "throughput", settings, rounds, bytes };
  } finally {
    await loop.stop();
    await sink.stop();
  }
}

/** A courier and an outbox of its own for each round: what another left behind is not in it. */
async function drain(cluster: Cluster, sink: Relay, { letters, connections }: ThroughputSettings) {
  const { address, sql } = await cluster.database();
  const courier: Generator = startAsked("any", "courier", COURIER);
  try {
    const smtpUrls = [`${sink.url}?connections=${connections}`];
    await courier.ask("open", { address, smtpUrls, lettersPerSecond: UNPACED, connections: 10 } satisfies CourierTask);
    await courier.ask("fill", { many: letters, from: 0, deadlineMs: DEADLINE_MS } satisfies FillTask);
    await pause(STATISTICS_MS);
    const before = await countCommits(sql);
    let looks = 0;
    const microseconds = await measure({ sender: courier.pid, database: cluster.pids(), sink: sink.pid }, letters, async () => {
      await courier.ask("start");
      for (const until = performance.now() + WITHIN_MS; performance.now() < until; await pause(LOOK_MS)) {
        if ((await sink.count()) < letters) continue;
        looks += 1;
        if ((await countPending(sql)) === 0) return;
      }
      throw new Error(`the outbox was not empty after ${WITHIN_MS / 1_000} s`);
    });
    await pause(STATISTICS_MS);
    return { microseconds, commitsPerLetter: rounded(((await countCommits(sql)) - before - looks) / letters) };
  } finally {
    await courier.stop();
  }
}

async function measure(who: { sender: number; database: number[]; sink: number }, letters: number, work: () => Promise<unknown>) {
  const look = () => [[who.sender], who.database, [who.sink]].map((pids) => usageOf(pids).cpuMs);
  const before = look();
  await work();
  const [sender = 0, database = 0, sink = 0] = look().map((cpuMs, at) => Math.round(((cpuMs - (before[at] ?? 0)) * 1_000) / letters));
  return { sender, database, sink };
}
