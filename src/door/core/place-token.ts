/**
 * How do challenge and place look as tokens? Signed, short-lived, bound to what they were given for; the browser keeps them
 * and the door keeps nothing. A challenge is signed under a seed that changes every minute, with one HMAC, and says how much
 * effort it wants; a place says how much was paid.
 */
import { createHash, hkdfSync } from "node:crypto";
import { pack, unpack, unpackNumber } from "#kit/pack.ts";
import { claimOf, mintSigned, openSigned, sameBytes, type PurposeKey, type PurposeKeys } from "#kit/seal.ts";
import { HOUR_MS, MINUTE_MS } from "#kit/time.ts";
import { LIMITS } from "#contract/schemas.ts";
import type { Standing } from "#line/line.ts";

export const CHALLENGE_LIFETIME_MS = 2 * MINUTE_MS;
/** Since the last heartbeat. */
const PLACE_LIFETIME_MS = HOUR_MS;
export const PLACE_ID_BYTES = 16;
export const CHALLENGE_ID_BYTES = 16;
const BINDING_BYTES = 16;
const NO_TAG = -1;

/** `effort`: the leading zero bits that it asks for; 0 in peace. */
export type Challenge = { id: Uint8Array; issuedAt: number; effort: number };
/**
 * `prefix` is the network that took the place. `effort`: the bits that were paid for it. `renewed`: it was given instead of
 * one that was used up, or was taken for it, so its effort has stayed paid once already.
 */
export type Place = { id: Uint8Array; standing: Standing; prefix: string; effort: number; renewed: boolean };

/** The keys of a minute (since 1970). */
export type MinuteKeys = (keys: PurposeKeys, minute: number) => PurposeKeys;

/** Derives the seed of a minute once; the three minutes whose challenges may be used at a time are kept. */
export function minuteKeys(): MinuteKeys {
  const kept: { keys: PurposeKeys; minute: number; derived: PurposeKeys }[] = [];
  return (keys, minute) => {
    const slot = kept[minute % MINUTES];
    if (slot?.minute === minute && slot.keys === keys) return slot.derived;
    const derived = ofMinute(keys, minute);
    kept[minute % MINUTES] = { keys, minute, derived };
    return derived;
  };
}
const MINUTES = 1 + CHALLENGE_LIFETIME_MS / MINUTE_MS;

export function mintChallenge(seeds: MinuteKeys, keys: PurposeKeys, { id, issuedAt, effort }: Challenge): string {
  return mintSigned(seeds(keys, minuteOf(issuedAt)), pack([issuedAt, effort, id]));
}

/** The challenge, or `undefined` when it was altered or is older than two minutes. One HMAC, whatever was sent. */
export function openChallenge(seeds: MinuteKeys, keys: PurposeKeys, now: number, token: string): Challenge | undefined {
  const claimed = unpackNumber(unpack(claimOf(token, LIMITS.challengeBytes) ?? new Uint8Array(), 3)?.[0]);
  // only a minute that may still be used is worth its seed
  if (claimed === undefined || now - claimed >= CHALLENGE_LIFETIME_MS || minuteOf(claimed) > minuteOf(now)) return undefined;
  const body = openSigned(seeds(keys, minuteOf(claimed)), token, LIMITS.challengeBytes);
  const fields = body === undefined ? undefined : unpack(body, 3);
  const [issuedAt, effort, id] = [unpackNumber(fields?.[0]), unpackNumber(fields?.[1]), fields?.[2]];
  if (issuedAt === undefined || effort === undefined || id?.length !== CHALLENGE_ID_BYTES) return undefined;
  return { id, issuedAt, effort };
}

/** The minute (since 1970) of a time. */
export function minuteOf(time: number): number {
  return Math.floor(time / MINUTE_MS);
}

export function mintPlace(keys: PurposeKeys, now: number, browserSecret: string, place: Place): string {
  const { life, tag } = place.standing;
  const stands = [life, tag?.tick ?? NO_TAG, tag?.ordinal ?? NO_TAG];
  return mintSigned(keys, pack([place.id, bindingOf(browserSecret), ...stands, place.prefix, now, place.effort, place.renewed ? 1 : 0]));
}

/** The place, or `undefined` when it was altered, is older than an hour, or belongs to another browser. */
export function openPlace(keys: PurposeKeys, now: number, browserSecret: string, token: string): Place | undefined {
  const body = openSigned(keys, token, LIMITS.placeBytes);
  const fields = body === undefined ? undefined : unpack(body, 9);
  if (fields === undefined) return undefined;
  const [id, binding, , , , prefix] = fields;
  const [life, tick, ordinal, issuedAt, effort, renewed] = [2, 3, 4, 6, 7, 8].map((at) => unpackNumber(fields[at]));
  if (id?.length !== PLACE_ID_BYTES || binding === undefined || prefix === undefined) return undefined;
  if (life === undefined || tick === undefined || ordinal === undefined || issuedAt === undefined) return undefined;
  if (effort === undefined || renewed === undefined) return undefined;
  // a clock that was put back makes places look young, by at most as much as they may live
  if (Math.abs(now - issuedAt) >= PLACE_LIFETIME_MS || !sameBytes(binding, bindingOf(browserSecret))) return undefined;
  const standing = { life, tag: tick === NO_TAG ? null : { tick, ordinal } };
  return { id, standing, prefix: prefix.toString("utf8"), effort, renewed: renewed === 1 };
}

/**
 * The id of the place that is given instead of a used one and keeps its effort: always the same one, so that whoever shows
 * the used place a thousand times holds one place a thousand times.
 */
export function renewedId(id: Uint8Array): Uint8Array {
  return createHash("sha256").update("place again\0").update(id).digest().subarray(0, PLACE_ID_BYTES);
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
