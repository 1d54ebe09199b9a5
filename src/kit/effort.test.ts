/** Is effort counted bit by bit, for this challenge and no other, and is nonsense worth nothing? */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import fc from "fast-check";
import { effortOf } from "./effort.ts";

const nonceOf = (number: number) => {
  const bytes = Buffer.alloc(8);
  bytes.writeUInt32BE(number, 4);
  return bytes.toString("base64url");
};
const digestOf = (challenge: string, nonce: string) => {
  const seed = createHash("sha256").update(`holdfast-effort:${challenge}`).digest();
  return createHash("sha256").update(seed).update(Buffer.from(nonce, "base64url")).digest();
};
const bytes8 = fc.uint8Array({ minLength: 8, maxLength: 8 }).map((bytes) => Buffer.from(bytes).toString("base64url"));

test("what counts are the zeros at the front of the digest, written out in binary", () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 200 }), bytes8, (challenge, nonce) => {
      const binary = [...digestOf(challenge, nonce)].map((byte) => byte.toString(2).padStart(8, "0")).join("");
      assert.equal(effortOf(challenge, nonce), binary.indexOf("1"));
    }),
    { numRuns: 500 },
  );
});

test("n bits take about 2^n tries, and work for one challenge is worth nothing for another", () => {
  const tries = Array.from({ length: 16_384 }, (_, number) => nonceOf(number));
  const good = tries.filter((nonce) => effortOf("mine", nonce) >= 8);
  assert.ok(good.length > 32 && good.length < 110, `${good.length} of 16,384 have 8 bits, 64 are expected`);
  const elsewhere = good.filter((nonce) => effortOf("theirs", nonce) >= 8);
  assert.ok(elsewhere.length <= 3, `${elsewhere.length} of them count for another challenge too`);
});

test("what is no nonce counts for nothing, and never throws", () => {
  const good = nonceOf(Array.from({ length: 4_096 }, (_, number) => number).find((number) => effortOf("mine", nonceOf(number)) >= 8) ?? 0);
  // the last symbol carries four bits: what differs beyond them would be a second spelling of the same bytes
  const respelled = good.slice(0, -1) + String.fromCharCode(good.charCodeAt(good.length - 1) + 1);
  for (const junk of ["", "A", `${good}=`, `${good}A`, good.slice(1), ` ${good.slice(1)}`, `${good.slice(0, -1)}ü`, respelled]) {
    assert.equal(effortOf("mine", junk), 0, junk);
  }
  fc.assert(
    fc.property(fc.string(), fc.string(), (challenge, nonce) => {
      const bits = effortOf(challenge, nonce);
      return Number.isInteger(bits) && bits >= 0 && bits <= 256;
    }),
  );
});
