/**
 * What can an operator do about a model of the catalogue, and what stands in the way? Pure: what the server said goes in,
 * what the card shows comes out.
 */
import type { Download } from "#contract/wire.ts";

export type CardState =
  | { kind: "present" }
  | { kind: "offer"; fits: boolean }
  | { kind: "cancelled"; fits: boolean }
  | { kind: "waiting" | "checking"; download: Download }
  | { kind: "running"; download: Download; secondsLeft: number | null }
  | { kind: "failed"; download: Download; resumable: boolean };

export function cardState(
  model: { id: string; present: boolean; sizeBytes: number },
  downloads: readonly Download[],
  freeBytes: number,
): CardState {
  const download = downloads.findLast(({ modelId }) => modelId === model.id);
  if (model.present || download?.state === "done") return { kind: "present" };
  const fits = model.sizeBytes - (download?.receivedBytes ?? 0) <= freeBytes;
  if (download === undefined) return { kind: "offer", fits };
  switch (download.state) {
    case "waiting":
    case "checking":
      return { kind: download.state, download };
    case "running":
      return { kind: "running", download, secondsLeft: secondsLeft(download) };
    case "failed":
      return { kind: "failed", download, resumable: download.receivedBytes > 0 };
    case "cancelled":
      return { kind: "cancelled", fits };
  }
}

/** True while the page should look again soon. */
export function isMoving(downloads: readonly Download[]): boolean {
  return downloads.some(({ state }) => state === "waiting" || state === "running" || state === "checking");
}

function secondsLeft({ bytesPerSecond, totalBytes, receivedBytes }: Download): number | null {
  return bytesPerSecond === null || bytesPerSecond <= 0 ? null : (totalBytes - receivedBytes) / bytesPerSecond;
}
