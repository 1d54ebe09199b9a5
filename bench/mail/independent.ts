/** Do letters get through a relay that others wrote? At a fixed rate through Postfix into the bench's sink, each counted there. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { startAsked } from "../door/processes.ts";
import { percentile } from "../door/numbers.ts";
import { pause } from "../door/processes.ts";
import type { ArrivalsTask, CourierTask, Seen } from "./courier-process.ts";
import type { Cluster } from "./database.ts";
import { startPostfix, whyNoPostfix } from "./postfix.ts";
import { startRelay } from "./relay.ts";
import { COURIER } from "./scene.ts";
import { allRows, countPending } from "./store.ts";

export type IndependentSettings = { perSecond: number; arriveMs: number };
export type IndependentResult =
  | { kind: "independent"; settings: IndependentSettings; skipped: string }
  | {
      kind: "independent";
      settings: IndependentSettings;
      relay: string;
      promised: number;
      /** Postfix has said 250, by the outbox. */
      relayed: number;
      /** At the sink behind it. */
      arrived: number;
      twice: number;
      p50: number | null;
      p99: number | null;
    };

const LETTERS_PER_SECOND = 50;
const DEADLINE_MS = 600_000;
const DRAIN_MS = 60_000;
const LOOK_MS = 250;

export async function runIndependent(
  cluster: Cluster,
  settings: IndependentSettings,
  say: (what: string) => void,
): Promise<IndependentResult> {
  const skipped = whyNoPostfix();
  if (skipped !== null) return { kind: "independent", settings, skipped };
  const ends: (() => Promise<void>)[] = [];
  try {
    const sink = await startRelay({ relay: "A", journal: join(cluster.folder, "independent.jsonl"), startTls: false });
    ends.push(sink.stop);
    const folder = join(cluster.folder, "postfix");
    mkdirSync(folder, { mode: 0o755 });
    const postfix = await startPostfix(folder, sink.port);
    ends.push(postfix.stop);
    say(`Postfix ${postfix.version}`);
    const { address, sql } = await cluster.database();
    const courier = startAsked("any", "courier", COURIER);
    ends.push(courier.stop);
    await courier.ask("open", {
      address,
      smtpUrls: [postfix.url],
      lettersPerSecond: LETTERS_PER_SECOND,
      connections: 10,
    } satisfies CourierTask);
    await courier.ask("start");
    await courier.ask("ready");
    await courier.ask("arrive", {
      perSecond: settings.perSecond,
      deadlineMs: DEADLINE_MS,
      shortMs: DEADLINE_MS,
    } satisfies ArrivalsTask);
    await pause(settings.arriveMs);
    await courier.ask("last");
    const promised = async () => (await courier.ask<Seen>("seen")).people.filter(({ promisedAt }) => promisedAt !== null);
    for (const until = performance.now() + DRAIN_MS; performance.now() < until; await pause(LOOK_MS)) {
      const waits = (await courier.ask<number>("waiting")) + (await countPending(sql));
      if (waits === 0 && (await sink.count()) >= (await promised()).length) break;
    }
    const people = await promised();
    const taken = Map.groupBy(
      sink.marks().filter(({ what }) => what === "accepted"),
      ({ to }) => to,
    );
    const took = people.flatMap(({ to, promisedAt }) => (taken.get(to) ?? []).slice(0, 1).map(({ at }) => at - (promisedAt ?? at)));
    const rows = await allRows(sql);
    return {
      kind: "independent",
      settings,
      relay: `Postfix ${postfix.version}`,
      promised: people.length,
      relayed: rows.filter(({ state }) => state === "relayed").length,
      arrived: took.length,
      twice: [...taken.values()].filter(({ length }) => length > 1).length,
      p50: percentile(took, 0.5),
      p99: percentile(took, 0.99),
    };
  } finally {
    for (const end of ends.toReversed()) await end();
  }
}
