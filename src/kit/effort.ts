/**
 * How much work did somebody put into a challenge? SHA-256 over a digest of the challenge and a nonce of their choice: the
 * leading zero bits say how many tries it took, 2^bits on average. Counting them costs two hashes of one short block each,
 * whatever was sent. Who works it out in a browser: web/small/sha-256.ts.
 */
import { hash } from "node:crypto";

/** A nonce on the wire: 8 bytes as base64url, the only way to spell them. */
const NONCE = /^[A-Za-z0-9_-]{10}[AEIMQUYcgkosw048]$/;
/** What is worked on is a digest of the challenge, so that each try is one block, and no work for it counts elsewhere. */
const PURPOSE = "holdfast-effort:";

/** The leading zero bits of `nonce` under `challenge`; 0 for what is no nonce. */
export function effortOf(challenge: string, nonce: string): number {
  if (!NONCE.test(nonce)) return 0;
  const seed = hash("sha256", PURPOSE + challenge, "buffer");
  return leadingZeroBits(hash("sha256", Buffer.concat([seed, Buffer.from(nonce, "base64url")]), "buffer"));
}

function leadingZeroBits(bytes: Uint8Array): number {
  const first = bytes.findIndex((byte) => byte !== 0);
  return first < 0 ? 8 * bytes.length : 8 * first + Math.clz32(bytes[first] ?? 0) - 24;
}
