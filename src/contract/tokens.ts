/**
 * How do the tokens look that one process mints and another reads? The member pass and the device cookie.
 * The pass buys a lane in the door and never authorises anything; the app checks the session on every request.
 */
import { hkdfSync } from "node:crypto";
import { pack, unpack, unpackNumber } from "#kit/pack.ts";
import { mintSigned, openSigned, type PurposeKey, type PurposeKeys } from "#kit/seal.ts";
import { DAY_MS } from "#kit/time.ts";

/** `cohort` is the day of registration (days since 1970); `expiresAt` in ms since 1970. */
export type Pass = { accountId: string; cohort: number; sessionEpoch: number; expiresAt: number };
export type DeviceToken = { accountId: string; deviceId: string; issuedAt: number };

export const PASS_LIFETIME_MS = DAY_MS;
export const DEVICE_LIFETIME_MS = 365 * DAY_MS;

/** Mints a pass under the key of the day of `now`. */
export function mintPass(keys: PurposeKeys, now: number, pass: Pass): string {
  const body = pack([pass.accountId, pass.cohort, pass.sessionEpoch, pass.expiresAt]);
  return mintSigned(ofDay(keys, now), body);
}

/** Reads a pass of today or of yesterday that has not expired; `undefined` otherwise. */
export function openPass(keys: PurposeKeys, now: number, token: string): Pass | undefined {
  const body = openSigned(ofDay(keys, now), token, 512) ?? openSigned(ofDay(keys, now - DAY_MS), token, 512);
  const fields = body === undefined ? undefined : unpack(body, 4);
  if (fields === undefined) return undefined;
  const [accountId, cohort, sessionEpoch, expiresAt] = [
    fields[0]?.toString("utf8") ?? "",
    unpackNumber(fields[1]),
    unpackNumber(fields[2]),
    unpackNumber(fields[3]),
  ];
  if (cohort === undefined || sessionEpoch === undefined || expiresAt === undefined || expiresAt <= now) return undefined;
  return { accountId, cohort, sessionEpoch, expiresAt };
}

export function mintDevice(keys: PurposeKeys, token: DeviceToken): string {
  return mintSigned(keys, pack([token.accountId, token.deviceId, token.issuedAt]));
}

/** Reads a device cookie that is younger than a year; `undefined` otherwise. */
export function openDevice(keys: PurposeKeys, now: number, token: string): DeviceToken | undefined {
  const body = openSigned(keys, token, 512);
  const fields = body === undefined ? undefined : unpack(body, 3);
  const issuedAt = unpackNumber(fields?.[2]);
  if (fields === undefined || issuedAt === undefined || issuedAt + DEVICE_LIFETIME_MS <= now) return undefined;
  return { accountId: fields[0]?.toString("utf8") ?? "", deviceId: fields[1]?.toString("utf8") ?? "", issuedAt };
}

function ofDay(keys: PurposeKeys, now: number): PurposeKeys {
  const day = Math.floor(now / DAY_MS);
  const derive = (key: PurposeKey): PurposeKey => ({
    id: key.id,
    key: new Uint8Array(hkdfSync("sha256", key.key, "holdfast", `day:${day}`, 32)),
  });
  return keys.previous === undefined
    ? { purpose: keys.purpose, current: derive(keys.current) }
    : { purpose: keys.purpose, current: derive(keys.current), previous: derive(keys.previous) };
}
