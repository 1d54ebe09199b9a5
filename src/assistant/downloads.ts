/**
 * Which models are being downloaded? One at a time, a bounded line behind it, each at most once. What Holdfast was downloading
 * when it stopped goes on when it starts again; what failed keeps its bytes until somebody tries again or cancels it.
 * `holdfast model pull` downloads with the same code (pullModel), without the app.
 */
import type { Logger } from "pino";
import type { Dice } from "#kit/dice.ts";
import { fail, succeed, type Outcome } from "#kit/outcome.ts";
import type { Clock } from "#kit/time.ts";
import type { Download } from "#contract/wire.ts";
import type { Egress } from "#egress/egress.ts";
import { CATALOGUE, type CatalogueEntry } from "./catalogue.ts";
import { hubAddress } from "./core/download-reply.ts";
import { downloadFile, hasRoom, HUB, type DownloadFailure, type DownloadParts, type DownloadProgress } from "./download-file.ts";
import { partFile, sizeOf } from "./download-part.ts";

export type StartRefusal = { tag: "not-found" | "download-no-room" | "too-busy" };

export type Downloads = {
  list(): Download[];
  /** Puts it into the line; the same model twice is one download. */
  start(modelId: string): Promise<Outcome<Download, StartRefusal>>;
  /** Ends it and throws away what came. False: no such download. */
  cancel(id: string): Promise<boolean>;
  /** Which models of the catalogue are on the disk, whole. */
  present(): Promise<Set<string>>;
  /** Takes up what a former process left. */
  resume(): Promise<void>;
  /** Stops what runs; it goes on at the next start. */
  stop(): Promise<void>;
};

type Job = { entry: CatalogueEntry; download: Download; abort: AbortController; cancelled: boolean };

const LINE_LIMIT = 8;
const RUNNING = new Set<Download["state"]>(["waiting", "running", "checking"]);

export function createDownloads(options: DownloadParts & { dice: Dice; catalogue?: readonly CatalogueEntry[] }): Downloads {
  const { clock, dice, log, modelsDir } = options;
  const catalogue = options.catalogue ?? CATALOGUE;
  // at most one job per model of the catalogue
  const jobs = new Map<string, Job>();
  const line: Job[] = [];
  let working: Promise<void> | undefined;
  let stopped = false;

  const isPresent = async (entry: CatalogueEntry) => (await sizeOf(partFile(modelsDir, entry, clock).finalPath)) === entry.sizeBytes;

  function newJob(entry: CatalogueEntry, state: Download["state"], receivedBytes: number, problemCode: string | null = null): Job {
    const download: Download = {
      id: dice.uuid(),
      modelId: entry.id,
      state,
      receivedBytes,
      totalBytes: entry.sizeBytes,
      bytesPerSecond: null,
      problemCode,
    };
    const job = { entry, download, abort: new AbortController(), cancelled: false };
    jobs.set(entry.id, job);
    return job;
  }

  /** Joins the line at once; that it is wanted is noted before its turn, so that it is not forgotten when Holdfast stops. */
  async function queue(entry: CatalogueEntry, receivedBytes: number): Promise<Job> {
    const job = newJob(entry, "waiting", receivedBytes);
    line.push(job);
    await partFile(modelsDir, entry, clock).claim({ wanted: true, problemCode: null });
    working ??= work().finally(() => (working = undefined));
    return job;
  }

  async function work(): Promise<void> {
    for (let job = line.shift(); job !== undefined && !stopped; job = line.shift()) {
      await one(job).catch((error: unknown) => {
        log.error({ err: error, model: job?.entry.id }, "a download failed in a way that nobody expected");
        if (job !== undefined) Object.assign(job.download, { state: "failed", bytesPerSecond: null, problemCode: "unexpected" });
      });
    }
  }

  async function one(job: Job): Promise<void> {
    const { entry, download } = job;
    const part = partFile(modelsDir, entry, clock);
    // one that was cancelled a moment ago has thrown the note away
    await part.claim({ wanted: true, problemCode: null });
    const done = await downloadFile(options, entry, job.abort.signal, (progress: DownloadProgress) => {
      if (!job.cancelled) Object.assign(download, progress);
    });
    if (done.ok) {
      log.info({ model: entry.id, bytes: entry.sizeBytes }, "a model was downloaded");
      Object.assign(download, { state: "done", receivedBytes: entry.sizeBytes, bytesPerSecond: null });
      return;
    }
    download.bytesPerSecond = null;
    if (job.cancelled) {
      await part.discard();
      return;
    }
    // Holdfast stops: what was noted as wanted goes on at the next start
    if (done.failure.tag === "aborted") return;
    download.receivedBytes = await part.size();
    Object.assign(download, { state: "failed", problemCode: done.failure.tag });
    if (download.receivedBytes > 0) await part.writeNote({ wanted: false, problemCode: done.failure.tag });
    else await part.discard();
  }

  return {
    list: () => [...jobs.values()].map(({ download }) => ({ ...download })),
    async start(modelId) {
      const entry = catalogue.find(({ id }) => id === modelId);
      if (entry === undefined) return fail({ tag: "not-found" });
      const before = jobs.get(modelId);
      if (before !== undefined && RUNNING.has(before.download.state)) return succeed({ ...before.download });
      if (await isPresent(entry)) return succeed({ ...newJob(entry, "done", entry.sizeBytes).download });
      const ahead = [...jobs.values()].filter(({ download }) => RUNNING.has(download.state));
      if (ahead.length >= LINE_LIMIT || stopped) return fail({ tag: "too-busy" });
      const othersBytes = ahead.reduce((sum, { download }) => sum + download.totalBytes - download.receivedBytes, 0);
      if (!(await hasRoom(options, entry, othersBytes))) return fail({ tag: "download-no-room" });
      const receivedBytes = await partFile(modelsDir, entry, clock).size();
      // two clicks may have come this far together
      const meanwhile = jobs.get(modelId);
      if (meanwhile !== undefined && RUNNING.has(meanwhile.download.state)) return succeed({ ...meanwhile.download });
      return succeed({ ...(await queue(entry, receivedBytes)).download });
    },
    async cancel(id) {
      const job = [...jobs.values()].find(({ download }) => download.id === id);
      if (job === undefined) return false;
      if (job.download.state === "done") return true;
      const at = line.indexOf(job);
      const runs = RUNNING.has(job.download.state) && at < 0;
      if (at >= 0) line.splice(at, 1);
      job.cancelled = true;
      Object.assign(job.download, { state: "cancelled", receivedBytes: 0, bytesPerSecond: null, problemCode: null });
      job.abort.abort(new Error("cancelled"));
      // what runs throws its bytes away itself, when its last write is over
      if (!runs) await partFile(modelsDir, job.entry, clock).discard();
      return true;
    },
    async present() {
      const there = await Promise.all(catalogue.map(isPresent));
      return new Set(catalogue.filter((_, index) => there[index]).map(({ id }) => id));
    },
    async resume() {
      for (const entry of catalogue) {
        const part = partFile(modelsDir, entry, clock);
        const note = await part.note();
        if (note === undefined || jobs.has(entry.id)) continue;
        const receivedBytes = await part.size();
        if (note.wanted) await queue(entry, receivedBytes);
        else newJob(entry, "failed", receivedBytes, note.problemCode);
      }
    },
    async stop() {
      stopped = true;
      line.length = 0;
      for (const { abort } of jobs.values()) abort.abort(new Error("Holdfast stops"));
      await working;
    },
  };
}

/** Makes the hub a destination of egress; to be done before anything is downloaded. */
export function connectHub(egress: Pick<Egress, "connect">, hubUrl: string): void {
  const address = hubAddress(hubUrl);
  if (address === undefined) throw new Error("MODEL_HUB_URL passed the settings' check but is no web address");
  egress.connect({ name: HUB, ...address, redirects: "download" });
}

/**
 * Downloads one model of the catalogue without the app: for `holdfast model pull`. Needs the ledger's database and nothing else;
 * `egress` must not be started (start() closes entries that a running app still has open).
 */
export async function pullModel(
  parts: {
    modelId: string;
    modelsDir: string;
    hubUrl: string;
    egress: Pick<Egress, "send" | "connect">;
    clock: Clock;
    log: Logger;
    signal?: AbortSignal;
    catalogue?: readonly CatalogueEntry[];
    reserveBytes?: number;
  },
  onProgress: (progress: DownloadProgress & { totalBytes: number }) => void,
): Promise<Outcome<{ path: string; wasThere: boolean }, DownloadFailure | { tag: "not-found" }>> {
  const entry = (parts.catalogue ?? CATALOGUE).find(({ id }) => id === parts.modelId);
  if (entry === undefined) return fail({ tag: "not-found" });
  const part = partFile(parts.modelsDir, entry, parts.clock);
  if ((await sizeOf(part.finalPath)) === entry.sizeBytes) return succeed({ path: part.finalPath, wasThere: true });
  connectHub(parts.egress, parts.hubUrl);
  const signal = parts.signal ?? new AbortController().signal;
  const done = await downloadFile(parts, entry, signal, (progress) => onProgress({ ...progress, totalBytes: entry.sizeBytes }));
  return done.ok ? succeed({ ...done.value, wasThere: false }) : done;
}
