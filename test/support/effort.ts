/** How does a program that is no browser do the work for a challenge? It tries nonces until the bits are there. */
import { createHash } from "node:crypto";

/** A nonce with at least `bits` leading zero bits, or with fewer than `below` when that is given. */
export function workOut(challenge: string, bits: number, below = Number.POSITIVE_INFINITY): string {
  const seed = createHash("sha256").update(`holdfast-effort:${challenge}`).digest();
  const nonce = Buffer.alloc(8);
  for (let tried = 0; ; tried += 1) {
    nonce.writeUInt32BE(tried, 4);
    const first = createHash("sha256").update(seed).update(nonce).digest().readUInt32BE(0);
    if (Math.clz32(first) >= bits && Math.clz32(first) < below) return nonce.toString("base64url");
  }
}
