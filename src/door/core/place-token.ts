/**
 * How do challenge and place look as tokens? Signed, short-lived, bound to what they were given for; the browser keeps them
 * and the door keeps nothing. A challenge is signed under a seed that changes every minute.
 */
import { createHash, hkdfSync } from "node:crypto";
import { pack, unpack, unpackNumber } from "#kit/pack.ts";
import { mintSigned, openSigned, sameBytes, type PurposeKey, type PurposeKeys } from "#kit/seal.ts";
import { HOUR_MS, MINUTE_MS } from "#kit/time.ts";
import { LIMITS } from "#contract/schemas.ts";
import type { Standing } from "#line/line.ts";

export const CHALLENGE_LIFETIME_MS = 2 * MINUTE_MS;
/** Since the last heartbeat. */
const PLACE_LIFETIME_MS = HOUR_MS;
export const PLACE_ID_BYTES = 16;
const BINDING_BYTES = 16;
const NO_TAG = -1;

/** `prefix` is the network that took the place. */
export type Place = { id: Uint8Array; standing: Standing; prefix: string };

export function mintChallenge(keys: PurposeKeys, now: number, nonce: Uint8Array): string {
  return mintSigned(ofMinute(keys, Math.floor(now / MINUTE_MS)), pack([now, nonce]));
}

export function isChallenge(keys: PurposeKeys, now: number, token: string): boolean {
  const minute = Math.floor(now / MINUTE_MS);
  for (const back of [0, 1, 2]) {
    const body = openSigned(ofMinute(keys, minute - back), token, LIMITS.challengeBytes);
    if (body === undefined) continue;
    const issuedAt = unpackNumber(unpack(body, 2)?.[0]);
    return issuedAt !== undefined && now - issuedAt < CHALLENGE_LIFETIME_MS;
  }
  return false;
}

export function mintPlace(keys: PurposeKeys, now: number, browserSecret: string, { id, standing, prefix }: Place): string {
  const { life, tag } = standing;
  return mintSigned(keys, pack([id, bindingOf(browserSecret), life, tag?.round ?? NO_TAG, tag?.ordinal ?? NO_TAG, prefix, now]));
}

/** The place, or `undefined` when it was altered, is older than an hour, or belongs to another browser. */
export function openPlace(keys: PurposeKeys, now: number, browserSecret: string, token: string): Place | undefined {
  const body = openSigned(keys, token, LIMITS.placeBytes);
  const fields = body === undefined ? undefined : unpack(body, 7);
  if (fields === undefined) return undefined;
  const [id, binding, , , , prefix] = fields;
  const [life, round, ordinal, issuedAt] = [2, 3, 4, 6].map((at) => unpackNumber(fields[at]));
  if (id?.length !== PLACE_ID_BYTES || binding === undefined || prefix === undefined) return undefined;
  if (life === undefined || round === undefined || ordinal === undefined || issuedAt === undefined) return undefined;
  // a clock that was put back makes places look young, by at most as much as they may live
  if (Math.abs(now - issuedAt) >= PLACE_LIFETIME_MS || !sameBytes(binding, bindingOf(browserSecret))) return undefined;
  return { id, standing: { life, tag: round === NO_TAG ? null : { round, ordinal } }, prefix: prefix.toString("utf8") };
}

function bindingOf(browserSecret: string): Buffer {
  return createHash("sha256").update("place\0").update(browserSecret).digest().subarray(0, BINDING_BYTES);
}

function ofMinute(keys: PurposeKeys, minute: number): PurposeKeys {
  const derive = ({ id, key }: PurposeKey): PurposeKey => ({
    id,
    key: new Uint8Array(hkdfSync("sha256", key, "holdfast", `minute:${minute}`, 32)),
  });
  return keys.previous === undefined
    ? { purpose: keys.purpose, current: derive(keys.current) }
    : { purpose: keys.purpose, current: derive(keys.current), previous: derive(keys.previous) };
}
