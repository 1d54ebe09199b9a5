/**
 * How do the tokens look that one process mints and another reads? The member pass and the device cookie.
 * The pass buys a lane in the door and never authorises anything; the app checks the session on every request.
 */
import { hkdfSync } from "node:crypto";
import { pack, unpack, unpackNumber } from "#kit/pack.ts";
import { mintSigned, openSigned, openSignedWith, type PurposeKey, type PurposeKeys } from "#kit/seal.ts";
import { DAY_MS } from "#kit/time.ts";
import type { Role } from "./wire.ts";

/** `cohort` is the day of registration (days since 1970); `expiresAt` in ms since 1970. */
export type Pass = { accountId: string; role: Role; cohort: number; sessionEpoch: number; expiresAt: number };
/** `sessionEpoch`: the account's when it signed in there; a higher one makes the device unknown. */
export type DeviceToken = { accountId: string; deviceId: string; sessionEpoch: number; issuedAt: number };

export const PASS_LIFETIME_MS = DAY_MS;
export const DEVICE_LIFETIME_MS = 365 * DAY_MS;
const LIMIT_BYTES = 512;

/** Mints a pass under the key of the day of `now`. */
export function mintPass(keys: PurposeKeys, now: number, pass: Pass): string {
  const day = dayOf(now);
  return mintSigned(ofDay(keys, day), pack([day, pass.accountId, pass.role, pass.cohort, pass.sessionEpoch, pass.expiresAt]));
}

/** Reads a pass of today or of yesterday that has not expired; `undefined` otherwise. One HMAC, whatever was sent. */
export function openPass(keys: PurposeKeys, now: number, token: string): Pass | undefined {
  const today = dayOf(now);
  let fields: Buffer[] | undefined;
  const keysOfClaim = (claim: Buffer) => {
    fields = unpack(claim, 6);
    const day = unpackNumber(fields?.[0]);
    return day === today || day === today - 1 ? ofDay(keys, day) : undefined;
  };
  if (openSignedWith(keysOfClaim, token, LIMIT_BYTES) === undefined) return undefined;
  if (fields === undefined) return undefined;
  const [cohort, sessionEpoch, expiresAt] = [unpackNumber(fields[3]), unpackNumber(fields[4]), unpackNumber(fields[5])];
  if (cohort === undefined || sessionEpoch === undefined || expiresAt === undefined || expiresAt <= now) return undefined;
  const role = fields[2]?.toString("utf8") === "operator" ? "operator" : "member";
  return { accountId: fields[1]?.toString("utf8") ?? "", role, cohort, sessionEpoch, expiresAt };
}

export function mintDevice(keys: PurposeKeys, token: DeviceToken): string {
  return mintSigned(keys, pack([token.accountId, token.deviceId, token.sessionEpoch, token.issuedAt]));
}

/** Reads a device cookie that is younger than a year; `undefined` otherwise. */
export function openDevice(keys: PurposeKeys, now: number, token: string): DeviceToken | undefined {
  const body = openSigned(keys, token, LIMIT_BYTES);
  const fields = body === undefined ? undefined : unpack(body, 4);
  const [sessionEpoch, issuedAt] = [unpackNumber(fields?.[2]), unpackNumber(fields?.[3])];
  if (fields === undefined || sessionEpoch === undefined || issuedAt === undefined) return undefined;
  if (issuedAt + DEVICE_LIFETIME_MS <= now) return undefined;
  return { accountId: fields[0]?.toString("utf8") ?? "", deviceId: fields[1]?.toString("utf8") ?? "", sessionEpoch, issuedAt };
}

function dayOf(time: number): number {
  return Math.floor(time / DAY_MS);
}

/** Derived once per day: two days are in use at a time, and deriving costs as much as the HMAC itself. */
const derived = new WeakMap<PurposeKeys, { day: number; keys: PurposeKeys }[]>();

function ofDay(keys: PurposeKeys, day: number): PurposeKeys {
  const kept = derived.get(keys) ?? [];
  const known = kept.find((one) => one.day === day);
  if (known !== undefined) return known.keys;
  const derive = (key: PurposeKey): PurposeKey => ({
    id: key.id,
    key: new Uint8Array(hkdfSync("sha256", key.key, "holdfast", `day:${day}`, 32)),
  });
  const fresh = {
    purpose: keys.purpose,
    current: derive(keys.current),
    ...(keys.previous === undefined ? {} : { previous: derive(keys.previous) }),
  };
  derived.set(keys, [{ day, keys: fresh }, ...kept].slice(0, 2));
  return fresh;
}
