/** Does the courier's memory stay flat? So many letters through its outbox, ordered by another process; its memory twice a second. */
import { pause, startAsked } from "../door/processes.ts";
import type { CourierTask, FillTask, Memory } from "./courier-process.ts";
import type { Cluster } from "./database.ts";
import { startRelay } from "./relay.ts";
import { COURIER } from "./scene.ts";
import { growthOf, type Growth, type MemorySample } from "./tally.ts";

export type MemorySettings = { letters: number; warmLetters: number };
export type MemoryResult = { kind: "memory"; settings: MemorySettings; samples: MemorySample[]; growth: Growth; seconds: number };

export const SAMPLE_MS = 500;
/** So many wait at most: a full outbox is not what is asked about. */
const BACKLOG = 1_000;
const BATCH = 250;
const UNPACED = 100_000;
const DEADLINE_MS = 600_000;
const WITHIN_MS = 900_000;

export async function runMemory(cluster: Cluster, settings: MemorySettings, say: (what: string) => void): Promise<MemoryResult> {
  const ends: (() => Promise<void>)[] = [];
  const startedAt = performance.now();
  try {
    const { address } = await cluster.database();
    const sink = await startRelay({ relay: "A", journal: null, startTls: false });
    ends.push(sink.stop);
    const [courier, filler] = [startAsked("any", "courier", COURIER), startAsked("any", "filler", COURIER)];
    ends.push(courier.stop, filler.stop);
    const task: CourierTask = { address, smtpUrls: [sink.url], lettersPerSecond: UNPACED, connections: 10 };
    // both read the same letters: they share the key by which these are sealed
    const secretHex = await courier.ask<string>("secret");
    await filler.ask("secret", secretHex);
    await Promise.all([courier.ask("open", task), filler.ask("open", task)]);
    await courier.ask("start");

    const samples: MemorySample[] = [];
    let ordered = 0;
    let over = false;
    const ordering = (async () => {
      while (ordered < settings.letters && !over) {
        if (ordered - (await sink.count()) > BACKLOG) await pause(10);
        else {
          await filler.ask("fill", { many: BATCH, from: ordered, deadlineMs: DEADLINE_MS } satisfies FillTask);
          ordered += BATCH;
        }
      }
    })();
    ordering.catch(() => {});
    let told = 0;
    for (const until = startedAt + WITHIN_MS; performance.now() < until; await pause(SAMPLE_MS)) {
      const letters = await sink.count();
      samples.push({ letters, ...(await courier.ask<Memory>("memory")) });
      if (letters - told >= settings.letters / 10) {
        told = letters;
        say(`${letters} of ${settings.letters} letters`);
      }
      if (letters >= settings.letters) break;
    }
    over = true;
    await ordering;
    return {
      kind: "memory",
      settings,
      samples,
      growth: growthOf(samples, settings.warmLetters),
      seconds: Math.round((performance.now() - startedAt) / 1_000),
    };
  } finally {
    for (const end of ends.toReversed()) await end();
  }
}
