/** Which failures are played, how many at a time, and what is counted of each? The matrix, both relays dead, and mid-run. */
import type { Cluster } from "./database.ts";
import { matrix, MID_RUN, type Cell } from "./fault.ts";
import { prepare, type Prepared, type Scene, type SceneSettings } from "./scene.ts";
import { tally, tallyOutage, waitsOf, type Outage, type Tally } from "./tally.ts";

export type FaultsSettings = { perSecond: number; arriveMs: number; greylistMs: number; together: number; cells: string[] };
export type BothDeadSettings = { perSecond: number; deadMs: number; aroundMs: number };
export type MidRunSettings = { perSecond: number; arriveMs: number };

export type CellResult = { name: string; says: string; seconds: number; tally: Tally; waits: (number | null)[] };
export type FaultsResult = { kind: "faults"; settings: FaultsSettings; cells: CellResult[] };
export type MidRunResult = { kind: "mid-run"; settings: MidRunSettings; cells: CellResult[] };
export type BothDeadResult = { kind: "both-dead"; settings: BothDeadSettings; tally: Tally; outage: Outage; seconds: number };

type Say = (what: string) => void;

/** A promise lasts a minute; what was greylisted may be told a try after that. */
const DRAIN_MS = 75_000;
/** How finely waits are drawn. */
export const WAITS_STEP_MS = 1_000;
/** A relay is sound for so much of a cell. */
const SOUND_SHARE = 0.25;

export async function runFaults(cluster: Cluster, settings: FaultsSettings, say: Say): Promise<FaultsResult> {
  const asked = matrix(settings.greylistMs).filter(({ name }) => settings.cells.includes(name));
  const cells: CellResult[] = [];
  for (let from = 0; from < asked.length; from += settings.together) {
    const some = asked.slice(from, from + settings.together);
    say(some.map(({ name }) => name).join(", "));
    cells.push(...(await playTogether(cluster, some, "faults", { ...settings, blowAtMs: settings.arriveMs * SOUND_SHARE })));
  }
  return { kind: "faults", settings, cells };
}

export async function runMidRun(cluster: Cluster, settings: MidRunSettings, say: Say): Promise<MidRunResult> {
  say(MID_RUN.map(({ name }) => name).join(", "));
  const cells = await playTogether(cluster, MID_RUN, "mid-run", { ...settings, blowAtMs: settings.arriveMs / 2 });
  return { kind: "mid-run", settings, cells };
}

/** People come when all is up: a process that starts takes more of the machine than one that works. */
async function playTogether(
  cluster: Cluster,
  cells: readonly Cell[],
  variant: string,
  { perSecond, arriveMs, blowAtMs }: Pick<SceneSettings, "perSecond" | "arriveMs" | "blowAtMs">,
): Promise<CellResult[]> {
  const ready: (Prepared & { cell: Cell })[] = [];
  try {
    for (const cell of cells) {
      const scene: Scene = {
        name: cell.name,
        blows: { A: cell.blow, B: null },
        startTls: cell.startTls === true,
        settings: { perSecond, arriveMs, blowAtMs: cell.fromTheStart === true ? 0 : blowAtMs, endsAtMs: null, drainMs: DRAIN_MS },
      };
      ready.push({ ...(await prepare(cluster, scene, variant)), cell });
    }
    return await Promise.all(
      ready.map(async ({ play, cell: { name, says } }) => {
        const { people, marks, tellings, rows, seconds } = await play();
        return { name, says, seconds, tally: tally(people, marks, tellings, rows), waits: waitsOf(people, marks, WAITS_STEP_MS) };
      }),
    );
  } finally {
    for (const { end } of ready) await end();
  }
}

export async function runBothDead(cluster: Cluster, settings: BothDeadSettings, say: Say): Promise<BothDeadResult> {
  const { perSecond, deadMs, aroundMs } = settings;
  say(`${deadMs / 1_000} s without a relay`);
  const scene: Scene = {
    name: "both-dead",
    blows: { A: { kind: "refuse" }, B: { kind: "refuse" } },
    startTls: false,
    settings: { perSecond, arriveMs: aroundMs + deadMs + aroundMs, blowAtMs: aroundMs, endsAtMs: aroundMs + deadMs, drainMs: DRAIN_MS * 2 },
  };
  const { people, marks, tellings, rows, capacity, blowAt, endedAt, seconds } = await (await prepare(cluster, scene, "both-dead")).play();
  return {
    kind: "both-dead",
    settings,
    tally: tally(people, marks, tellings, rows),
    outage: tallyOutage(people, marks, capacity, blowAt, endedAt),
    seconds,
  };
}
