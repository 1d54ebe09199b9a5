/**
 * Who may finish a sign-up ahead of strangers? Whoever a letter was ordered for: the door then gives the browser this instead
 * of the place that it used up. Buys a lane for a quarter of an hour, longer than a code lives, and nothing else.
 */
import { createHash } from "node:crypto";
import { pack, unpack, unpackNumber } from "#kit/pack.ts";
import { claimOf, mintSigned, openSigned, sameBytes, type PurposeKeys } from "#kit/seal.ts";
import { MINUTE_MS } from "#kit/time.ts";
import { LIMITS } from "#contract/limits.ts";

export const FINISH_WITHIN_MS = 15 * MINUTE_MS;
const BINDING_BYTES = 16;

/** Under the key of places: a place has other fields, so that neither is taken for the other. */
export function mintFinishing(keys: PurposeKeys, now: number, browserSecret: string, placeId: Uint8Array): string {
  return mintSigned(keys, pack([placeId, bindingOf(browserSecret), now]));
}

/** The id of the place, or `undefined` when it was altered, is too old, or belongs to another browser. */
export function openFinishing(keys: PurposeKeys, now: number, browserSecret: string, token: string): Uint8Array | undefined {
  // a place, most often: told apart before anything is worked out
  if (unpack(claimOf(token, LIMITS.placeBytes) ?? new Uint8Array(), 3) === undefined) return undefined;
  const body = openSigned(keys, token, LIMITS.placeBytes);
  const fields = body === undefined ? undefined : unpack(body, 3);
  const issuedAt = unpackNumber(fields?.[2]);
  if (fields?.[0] === undefined || fields[1] === undefined || issuedAt === undefined) return undefined;
  if (Math.abs(now - issuedAt) >= FINISH_WITHIN_MS || !sameBytes(fields[1], bindingOf(browserSecret))) return undefined;
  return fields[0];
}

function bindingOf(browserSecret: string): Buffer {
  return createHash("sha256").update("finishing\0").update(browserSecret).digest().subarray(0, BINDING_BYTES);
}
