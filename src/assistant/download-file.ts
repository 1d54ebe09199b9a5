/**
 * How does one model file get from the hub to this disk? Through egress, piece by piece into a .part file; a cut is gone on
 * from, a hub that can't is read from the start. It becomes a model file only after its whole checksum was right, and never
 * at the price of the room that the database needs.
 */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { open, truncate, type FileHandle } from "node:fs/promises";
import type { Logger } from "pino";
import { fail, succeed, type Outcome } from "#kit/outcome.ts";
import { SECOND_MS, type Clock } from "#kit/time.ts";
import type { Egress, EgressReply } from "#egress/egress.ts";
import type { CatalogueEntry } from "./catalogue.ts";
import { meaningOfReply, strongEtag, type Meaning } from "./core/download-reply.ts";
import { freeBytes, partFile, type PartFile } from "./download-part.ts";

/** `too-busy`: another process downloads the same file. `aborted`: somebody no longer wants it, or Holdfast stops. */
export type DownloadFailure = {
  tag: "hub-refused" | "hub-down" | "download-damaged" | "download-no-room" | "ledger-unavailable" | "too-busy" | "aborted";
};
export type DownloadProgress = { state: "running" | "checking"; receivedBytes: number; bytesPerSecond: number | null };

export type DownloadParts = {
  egress: Pick<Egress, "send">;
  clock: Clock;
  log: Logger;
  modelsDir: string;
  /** Room that stays free on the disk, whatever is downloaded. */
  reserveBytes?: number;
};

/** The name under which the hub stands in the ledger. */
export const HUB = "Model hub";
const RESERVE_BYTES = 1024 ** 3;
const TRIES_WITHOUT_PROGRESS = 5;
const FIRST_WAIT_MS = SECOND_MS;
const MOST_WAIT_MS = 30 * SECOND_MS;
const TELL_EVERY_MS = 500;
const CHECK_DISK_EVERY_MS = 5 * SECOND_MS;
const READ_CHUNK_BYTES = 1024 * 1024;

type Ended = Outcome<true, DownloadFailure>;

/** Downloads one file; returns its path. What came before a failure stays, unless it is damaged. */
export async function downloadFile(
  parts: DownloadParts,
  entry: CatalogueEntry,
  signal: AbortSignal,
  onProgress: (progress: DownloadProgress) => void,
): Promise<Outcome<{ path: string }, DownloadFailure>> {
  const part = partFile(parts.modelsDir, entry, parts.clock);
  try {
    if (!(await part.lock())) return fail({ tag: "too-busy" });
  } catch (error) {
    if (isFull(error)) return fail({ tag: "download-no-room" });
    throw error;
  }
  try {
    await part.claim({ problemCode: null });
    const fetched = await fetchAll(parts, entry, part, signal, onProgress);
    if (!fetched.ok) {
      if (fetched.failure.tag === "download-damaged") await part.discard();
      return fetched;
    }
    onProgress({ state: "checking", receivedBytes: entry.sizeBytes, bytesPerSecond: null });
    const sha256 = await checksum(part, signal);
    if (signal.aborted) return fail({ tag: "aborted" });
    if (sha256 !== entry.sha256) {
      parts.log.warn({ model: entry.id, expected: entry.sha256, found: sha256 }, "a downloaded file is not what it should be");
      await part.discard();
      return fail({ tag: "download-damaged" });
    }
    await part.becomeModel();
    return succeed({ path: part.finalPath });
  } catch (error) {
    if (isFull(error)) return fail({ tag: "download-no-room" });
    throw error;
  } finally {
    await part.unlock();
  }
}

/** Whether what is missing of a file fits beside the reserve and what others still need. */
export async function hasRoom(parts: DownloadParts, entry: CatalogueEntry, othersBytes = 0): Promise<boolean> {
  const missing = entry.sizeBytes - (await partFile(parts.modelsDir, entry, parts.clock).size());
  return (await freeBytes(parts.modelsDir)) - missing - othersBytes >= (parts.reserveBytes ?? RESERVE_BYTES);
}

async function fetchAll(
  parts: DownloadParts,
  entry: CatalogueEntry,
  part: PartFile,
  signal: AbortSignal,
  onProgress: (progress: DownloadProgress) => void,
): Promise<Ended> {
  let failures = 0;
  while (!signal.aborted) {
    const before = await part.size();
    if (before === entry.sizeBytes) return succeed(true);
    if (before > entry.sizeBytes) await truncate(part.path, 0);
    if (!(await hasRoom(parts, entry))) return fail({ tag: "download-no-room" });
    onProgress({ state: "running", receivedBytes: await part.size(), bytesPerSecond: null });
    const round = await fetchOnce(parts, entry, part, signal, onProgress);
    if (!round.ok) return round;
    if (signal.aborted) break;
    const after = await part.size();
    if (after === entry.sizeBytes) return succeed(true);
    failures = after > before ? 0 : failures + 1;
    if (failures >= TRIES_WITHOUT_PROGRESS) return fail({ tag: "hub-down" });
    const waitMs = round.value.afterMs ?? FIRST_WAIT_MS * 2 ** Math.max(0, failures - 1);
    if (waitMs > MOST_WAIT_MS) return fail({ tag: "hub-down" });
    await part.keepLock();
    await parts.clock.sleep(waitMs, signal).catch(() => {});
  }
  return fail({ tag: "aborted" });
}

/** One request. Success means only that it may be asked again; how far it got, the file says. */
async function fetchOnce(
  parts: DownloadParts,
  entry: CatalogueEntry,
  part: PartFile,
  signal: AbortSignal,
  onProgress: (progress: DownloadProgress) => void,
): Promise<Outcome<{ afterMs: number | null }, DownloadFailure>> {
  const from = await part.size();
  const etag = (await part.note())?.etag ?? null;
  const sent = await parts.egress.send({
    destination: HUB,
    method: "GET",
    path: `/${entry.repository}/resolve/${entry.revision}/${entry.fileName}`,
    headers: {
      accept: "application/octet-stream, */*;q=0.5",
      ...(from > 0 ? { range: `bytes=${from}-` } : {}),
      ...(from > 0 && etag !== null ? { "if-range": etag } : {}),
    },
    purpose: "download",
    accountId: null,
    conversationId: null,
    messageId: null,
    signal,
  });
  if (!sent.ok) {
    if (sent.failure.tag === "ledger-unavailable") return fail({ tag: "ledger-unavailable" });
    if (sent.failure.tag === "not-a-destination") throw new Error("the model hub is not connected");
    return succeed({ afterMs: null });
  }
  const reply = sent.value;
  const header = (name: string) => reply.headers.get(name);
  const meaning: Meaning = meaningOfReply(
    {
      status: reply.status,
      contentRange: header("content-range"),
      contentLength: header("content-length"),
      retryAfter: header("retry-after"),
    },
    { from, totalBytes: entry.sizeBytes },
  );
  if (meaning.kind !== "bytes") {
    await reply.body.cancel().catch(() => {});
    parts.log.info({ model: entry.id, status: reply.status, meaning: meaning.kind }, "the hub did not send the file");
  }
  switch (meaning.kind) {
    case "refused":
      return fail({ tag: "hub-refused" });
    case "damaged":
      return fail({ tag: "download-damaged" });
    case "again":
      return succeed({ afterMs: meaning.afterMs });
    case "start-over":
      await truncate(part.path, 0);
      return succeed({ afterMs: null });
    case "bytes":
      await part.writeNote({ etag: strongEtag(header("etag")) });
      return receive(parts, entry, part, reply, meaning.from, onProgress);
  }
}

async function receive(
  parts: DownloadParts,
  entry: CatalogueEntry,
  part: PartFile,
  reply: EgressReply,
  from: number,
  onProgress: (progress: DownloadProgress) => void,
): Promise<Outcome<{ afterMs: number | null }, DownloadFailure>> {
  const { clock } = parts;
  const file: FileHandle = await open(part.path, from === 0 ? "w" : "r+");
  const reader = reply.body.getReader();
  let position = from;
  let told = { at: clock.monotonic(), position };
  let lookedAt = clock.monotonic();
  let bytesPerSecond: number | null = null;
  try {
    for (;;) {
      const piece = await reader.read().catch(() => undefined);
      if (piece === undefined || piece.done) break;
      if (position + piece.value.length > entry.sizeBytes) return fail({ tag: "download-damaged" });
      await writeWhole(file, piece.value, position);
      position += piece.value.length;
      const now = clock.monotonic();
      if (now - told.at >= TELL_EVERY_MS) {
        const rate = ((position - told.position) * SECOND_MS) / (now - told.at);
        bytesPerSecond = Math.round(bytesPerSecond === null ? rate : 0.7 * bytesPerSecond + 0.3 * rate);
        told = { at: now, position };
        onProgress({ state: "running", receivedBytes: position, bytesPerSecond });
      }
      if (now - lookedAt >= CHECK_DISK_EVERY_MS) {
        lookedAt = now;
        await part.keepLock();
        // somebody else may have filled the disk meanwhile
        if ((await freeBytes(parts.modelsDir)) < (parts.reserveBytes ?? RESERVE_BYTES)) return fail({ tag: "download-no-room" });
      }
    }
    return succeed({ afterMs: null });
  } finally {
    await reader.cancel().catch(() => {});
    await file.sync().catch(() => {});
    await file.close();
  }
}

async function writeWhole(file: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let written = 0; written < bytes.length;) {
    written += (await file.write(bytes, written, bytes.length - written, position + written)).bytesWritten;
  }
}

/** Of the bytes as they lie on the disk, not as they came. */
async function checksum(part: PartFile, signal: AbortSignal): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(part.path, { highWaterMark: READ_CHUNK_BYTES })) {
    if (signal.aborted) return "";
    hash.update(chunk as Buffer);
  }
  return hash.digest("hex");
}

function isFull(error: unknown): boolean {
  return ["ENOSPC", "EDQUOT", "EFBIG"].includes((error as NodeJS.ErrnoException | null)?.code ?? "");
}
