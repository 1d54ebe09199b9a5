/**
 * What happens when relays fail while people come? A courier with a database of its own and two relays, people at a fixed
 * rate, a blow at its time and perhaps an end of it; then as long as letters are underway, and at most so long.
 */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { isInterrupted, pause, startAsked, type Generator } from "../door/processes.ts";
import type { Pool } from "#store/store.ts";
import type { Cluster } from "./database.ts";
import type { ArrivalsTask, CourierTask, Seen } from "./courier-process.ts";
import type { Blow } from "./fault.ts";
import { startRelay, type Relay } from "./relay.ts";
import { allRows, countPending, rowsWithNews } from "./store.ts";
import type { Mark, Telling } from "./tally.ts";

export type SceneSettings = {
  perSecond: number;
  arriveMs: number;
  /** When the blow falls, from the first arrival; 0: before anybody comes. */
  blowAtMs: number;
  /** When it ends; null: never. */
  endsAtMs: number | null;
  /** After the last arrival letters may still be underway for so long. */
  drainMs: number;
};
export type Scene = { name: string; blows: { A: Blow | null; B: Blow | null }; startTls: boolean; settings: SceneSettings };
export type Played = Seen & {
  marks: Mark[];
  tellings: Telling[];
  rows: Awaited<ReturnType<typeof allRows>>;
  blowAt: number;
  endedAt: number;
  seconds: number;
};

export const COURIER = fileURLToPath(new URL("./courier-process.ts", import.meta.url));
/** As Holdfast does it by default. */
const LETTERS_PER_SECOND = 50;
const COURIER_CONNECTIONS = 10;
const CODE_VALID_MS = 600_000;
const SHORT_MS = 15_000;
const LOOK_MS = 500;

/** Everything is up and quiet; `play` lets people come, and ends what was started, as `end` does. */
export type Prepared = { play(): Promise<Played>; end(): Promise<void> };

export async function prepare(cluster: Cluster, scene: Scene, variant: string): Promise<Prepared> {
  const ends: (() => Promise<unknown>)[] = [];
  const end = async () => {
    for (const one of ends.splice(0).toReversed()) await one();
  };
  try {
    const { address, sql } = await cluster.database();
    const relayOf = async (relay: Mark["relay"], startTls: boolean) => {
      const started = await startRelay({ relay, journal: join(cluster.folder, `${variant}-${scene.name}-${relay}.jsonl`), startTls });
      ends.push(started.stop);
      return started;
    };
    const [a, b] = [await relayOf("A", scene.startTls), await relayOf("B", false)];
    const blow = async () => {
      if (scene.blows.A !== null) await a.suffer(scene.blows.A);
      if (scene.blows.B !== null) await b.suffer(scene.blows.B);
    };
    if (scene.settings.blowAtMs === 0) await blow();
    const courier = startAsked("any", `courier of ${scene.name}`, COURIER);
    ends.push(courier.stop);
    await courier.ask("open", {
      address,
      smtpUrls: [a.url, b.url],
      lettersPerSecond: LETTERS_PER_SECOND,
      connections: COURIER_CONNECTIONS,
    } satisfies CourierTask);
    await courier.ask("start");
    await courier.ask("ready");
    const watch = watchRows(() => rowsWithNews(sql));
    ends.push(watch.stop);
    const parts = { a, b, courier, watch, blow, sql };
    return { play: () => letCome(scene.settings, parts).finally(end), end };
  } catch (error) {
    await end();
    throw error;
  }
}

type Parts = { a: Relay; b: Relay; courier: Generator; watch: ReturnType<typeof watchRows>; blow: () => Promise<void>; sql: Pool };

async function letCome(settings: SceneSettings, { a, b, courier, watch, blow, sql }: Parts): Promise<Played> {
  const startedAt = Date.now();
  await courier.ask("arrive", { perSecond: settings.perSecond, deadlineMs: CODE_VALID_MS, shortMs: SHORT_MS } satisfies ArrivalsTask);
  let blowAt = startedAt;
  if (settings.blowAtMs > 0) {
    await pause(settings.blowAtMs);
    blowAt = Date.now();
    await blow();
  }
  let endedAt = Number.POSITIVE_INFINITY;
  if (settings.endsAtMs !== null) {
    await pause(Math.max(0, startedAt + settings.endsAtMs - Date.now()));
    endedAt = Date.now();
    await a.suffer(null);
    await b.suffer(null);
  }
  await pause(Math.max(0, startedAt + settings.arriveMs - Date.now()));
  await courier.ask("last");
  for (const until = Date.now() + settings.drainMs; Date.now() < until; await pause(LOOK_MS)) {
    if ((await courier.ask<number>("waiting")) === 0 && (await countPending(sql)) === 0) break;
  }
  await watch.stop();
  const seen = await courier.ask<Seen>("seen");
  const seconds = Math.round((Date.now() - startedAt) / 1_000);
  return { ...seen, marks: [...a.marks(), ...b.marks()], tellings: watch.tellings, rows: await allRows(sql), blowAt, endedAt, seconds };
}

/** Looks as a page would that asks twice a second, and keeps what changed. */
function watchRows(look: () => Promise<Omit<Telling, "at">[]>): { tellings: Telling[]; stop(): Promise<void> } {
  const tellings: Telling[] = [];
  const known = new Map<string, string>();
  let over = false;
  const lookOnce = async () => {
    const at = Date.now();
    for (const row of await look()) {
      const news = JSON.stringify(row);
      if (known.get(row.id) === news) continue;
      known.set(row.id, news);
      tellings.push({ ...row, at });
    }
  };
  const watching = (async () => {
    for (; !over && !isInterrupted(); await pause(LOOK_MS).catch(() => {})) await lookOnce();
  })();
  // whoever stops hears of it
  watching.catch(() => {});
  return {
    tellings,
    async stop() {
      if (over) return;
      over = true;
      await watching;
      await lookOnce();
    },
  };
}
