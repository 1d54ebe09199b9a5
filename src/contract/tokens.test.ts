/** Who is taken for a member by the door, and for how long? */
import assert from "node:assert/strict";
import { test } from "node:test";
import { derivePurposeKey, type PurposeKeys } from "#kit/seal.ts";
import { DAY_MS, HOUR_MS } from "#kit/time.ts";
import { DEVICE_LIFETIME_MS, mintDevice, mintPass, openDevice, openPass, PASS_LIFETIME_MS, type Pass } from "./tokens.ts";

const root = { id: 7, secret: new Uint8Array(32).fill(7) };
const newer = { id: 8, secret: new Uint8Array(32).fill(8) };
const passKeys: PurposeKeys = { purpose: "pass", current: derivePurposeKey(root, "pass") };
const deviceKeys: PurposeKeys = { purpose: "device", current: derivePurposeKey(root, "device") };
const NOW = Date.UTC(2026, 10, 24, 23, 30);
const pass: Pass = {
  accountId: "11111111-1111-4111-8111-111111111111",
  role: "member",
  cohort: 20_780,
  sessionEpoch: 3,
  expiresAt: NOW + PASS_LIFETIME_MS,
};

test("a pass opens to what was put in until it expires, over midnight too", () => {
  const token = mintPass(passKeys, NOW, pass);
  assert.deepEqual(openPass(passKeys, NOW, token), pass);
  assert.deepEqual(openPass(passKeys, NOW + HOUR_MS, token), pass);
  assert.deepEqual(openPass(passKeys, NOW + PASS_LIFETIME_MS - 1, token), pass);
  assert.equal(openPass(passKeys, NOW + PASS_LIFETIME_MS, token), undefined);
});

test("an operator's pass says so, and nothing else that stands there does", () => {
  assert.equal(openPass(passKeys, NOW, mintPass(passKeys, NOW, { ...pass, role: "operator" }))?.role, "operator");
  assert.equal(openPass(passKeys, NOW, mintPass(passKeys, NOW, { ...pass, role: "Operator" as Pass["role"] }))?.role, "member");
});

test("a pass whose maker wrote a far expiry dies with its day's key", () => {
  const token = mintPass(passKeys, NOW, { ...pass, expiresAt: NOW + 30 * DAY_MS });
  assert.ok(openPass(passKeys, NOW + DAY_MS, token));
  assert.equal(openPass(passKeys, NOW + 2 * DAY_MS, token), undefined);
});

test("a pass and a device cookie outlive one rotation of the keys and not two", () => {
  const rotated = (purpose: "pass" | "device"): PurposeKeys => ({
    purpose,
    current: derivePurposeKey(newer, purpose),
    previous: derivePurposeKey(root, purpose),
  });
  const gone = (purpose: "pass" | "device"): PurposeKeys => ({ purpose, current: derivePurposeKey(newer, purpose) });
  const device = { accountId: pass.accountId, deviceId: "22222222-2222-4222-8222-222222222222", sessionEpoch: 3, issuedAt: NOW };
  const [passToken, deviceToken] = [mintPass(passKeys, NOW, pass), mintDevice(deviceKeys, device)];
  assert.deepEqual(openPass(rotated("pass"), NOW, passToken), pass);
  assert.deepEqual(openDevice(rotated("device"), NOW, deviceToken), device);
  assert.equal(openPass(gone("pass"), NOW, passToken), undefined);
  assert.equal(openDevice(gone("device"), NOW, deviceToken), undefined);
});

test("a device cookie lives a year and is no pass", () => {
  const device = { accountId: pass.accountId, deviceId: "22222222-2222-4222-8222-222222222222", sessionEpoch: 3, issuedAt: NOW };
  const token = mintDevice(deviceKeys, device);
  assert.deepEqual(openDevice(deviceKeys, NOW + DEVICE_LIFETIME_MS - 1, token), device);
  assert.equal(openDevice(deviceKeys, NOW + DEVICE_LIFETIME_MS, token), undefined);
  assert.equal(openPass({ ...deviceKeys, purpose: "pass" }, NOW, token), undefined);
  assert.equal(openDevice(deviceKeys, NOW, mintPass(passKeys, NOW, pass)), undefined);
});

test("junk in the cookie is nobody", () => {
  for (const junk of ["", "x", "null", "A".repeat(400), "A".repeat(4_000)]) {
    assert.equal(openPass(passKeys, NOW, junk), undefined);
    assert.equal(openDevice(deviceKeys, NOW, junk), undefined);
  }
});
