/**
 * How does an honest newcomer do the work that a challenge asks for? In small slices, as a browser does it in the background,
 * and for no more processor time than a slow phone would give it: the members are measured on the same core.
 */
import { hash } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";

const SLICE_MS = 4;
const MOST_MS = 150;

/** The best nonce within the time; fewer bits than `wanted` count for less. */
export async function workOut(challenge: string, wanted: number): Promise<string> {
  const seed = hash("sha256", `holdfast-effort:${challenge}`, "buffer");
  const block = Buffer.concat([seed, Buffer.alloc(8)]);
  let best = { bits: -1, nonce: "" };
  let count = 0;
  for (let spentMs = 0; spentMs < MOST_MS && best.bits < wanted; spentMs += SLICE_MS) {
    for (const until = performance.now() + SLICE_MS; performance.now() < until && best.bits < wanted;) {
      block.writeUInt32BE((count += 1), seed.length);
      const bits = leadingZeros(hash("sha256", block, "buffer"));
      if (bits > best.bits) best = { bits, nonce: block.toString("base64url", seed.length) };
    }
    await pause(SLICE_MS);
  }
  return best.nonce;
}

/** Up to 32. */
function leadingZeros(digest: Buffer): number {
  return Math.clz32(digest.readUInt32BE());
}
