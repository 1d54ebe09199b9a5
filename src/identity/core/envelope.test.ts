/** Does a pending registration survive its journey, and does its size tell anything? */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { LIMITS } from "#contract/schemas.ts";
import { derivePurposeKey, mintSealed } from "#kit/seal.ts";
import { packEnvelope, unpackEnvelope, type Envelope } from "./envelope.ts";

const envelope: Envelope = {
  id: "0f8fad5b-d9cb-469f-a165-70867728950e",
  browserHash: new Uint8Array(32).fill(1),
  address: "newcomer@example.org",
  codeMac: new Uint8Array(32).fill(2),
  language: "es",
  way: "recover",
  issuedAt: 1_795_000_000_000,
  expiresAt: 1_795_000_600_000,
};

test("an envelope comes out as it went in", () => {
  fc.assert(
    fc.property(fc.emailAddress(), fc.uuid(), fc.constantFrom("en" as const, "es" as const), (address, id, language) => {
      fc.pre(address.length <= 254);
      const out = unpackEnvelope(packEnvelope({ ...envelope, address, id, language }) ?? new Uint8Array());
      assert.equal(out?.address, address);
      assert.equal(out?.id, id);
      assert.equal(out?.language, language);
      assert.equal(out?.expiresAt, envelope.expiresAt);
      assert.deepEqual(new Uint8Array(out?.codeMac ?? []), envelope.codeMac);
      assert.deepEqual(new Uint8Array(out?.browserHash ?? []), envelope.browserHash);
    }),
  );
});

test("every envelope has the same size, at most 1,024 bytes when sealed", () => {
  const sizes = ["a@b.co", "newcomer@example.org", `${"n".repeat(64)}@${"d".repeat(185)}.org`].map((address) => {
    const packed = packEnvelope({ ...envelope, address });
    assert.ok(packed);
    const sealed = mintSealed(
      { purpose: "envelope", current: derivePurposeKey({ id: 1, secret: new Uint8Array(32) }, "envelope") },
      1,
      packed,
    );
    return sealed.length;
  });
  assert.equal(new Set(sizes).size, 1);
  assert.ok((sizes[0] ?? Infinity) <= LIMITS.envelopeBytes);
});

test("an address that does not fit makes no envelope", () => {
  assert.equal(packEnvelope({ ...envelope, address: "" }), undefined);
  assert.equal(packEnvelope({ ...envelope, address: `${"n".repeat(250)}@b.co` }), undefined);
});

test("bytes that are no envelope are refused", () => {
  const packed = packEnvelope(envelope) ?? Buffer.alloc(0);
  assert.equal(unpackEnvelope(new Uint8Array()), undefined);
  assert.equal(unpackEnvelope(packed.subarray(1)), undefined);
  assert.equal(unpackEnvelope(Buffer.concat([packed, packed])), undefined);
  assert.equal(unpackEnvelope(packEnvelope({ ...envelope, language: "xx" as "en" }) ?? packed), undefined);
});
