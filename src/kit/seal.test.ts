/** Can a token be made, altered or used for another purpose by somebody who lacks its key? */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import fc from "fast-check";
import {
  derivePurposeKey,
  keyedMac,
  mintSealed,
  mintSigned,
  openSealed,
  openSigned,
  sameBytes,
  type Purpose,
  type PurposeKeys,
} from "./seal.ts";

const rootOne = { id: 1, secret: randomBytes(32) };
const rootTwo = { id: 2, secret: randomBytes(32) };

function keysOf(purpose: Purpose, current = rootOne, previous?: typeof rootOne): PurposeKeys {
  return {
    purpose,
    current: derivePurposeKey(current, purpose),
    ...(previous === undefined ? {} : { previous: derivePurposeKey(previous, purpose) }),
  };
}

test("a signed token opens to what was put in", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (body) => {
      const keys = keysOf("place");
      assert.deepEqual(openSigned(keys, mintSigned(keys, body)), Buffer.from(body));
    }),
    { numRuns: 200 },
  );
});

test("a sealed token opens to what was put in, hides it, and is never the same twice", () => {
  const keys = keysOf("envelope");
  const body = Buffer.from("newcomer@example.org");
  const token = mintSealed(keys, 490_000, body);
  assert.deepEqual(openSealed(keys, token), body);
  assert.ok(!Buffer.from(token, "base64url").includes(body));
  assert.notEqual(token, mintSealed(keys, 490_000, body));
});

test("a token with any one bit changed does not open", () => {
  for (const [keys, token, open] of [
    [keysOf("place"), mintSigned(keysOf("place"), Buffer.from("body of a place")), openSigned],
    [keysOf("envelope"), mintSealed(keysOf("envelope"), 490_000, Buffer.from("body of an envelope")), openSealed],
  ] as const) {
    const raw = Buffer.from(token, "base64url");
    for (let bit = 0; bit < raw.length * 8; bit += 1) {
      const altered = Buffer.from(raw);
      altered[bit >> 3] = (altered[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      assert.equal(open(keys, altered.toString("base64url")), undefined, `bit ${bit}`);
    }
    assert.ok(open(keys, token));
  }
});

test("a token of one purpose is refused for every other purpose", () => {
  const token = mintSigned(keysOf("place"), Buffer.from("x"));
  for (const purpose of ["challenge", "pass", "device"] as const) assert.equal(openSigned(keysOf(purpose), token), undefined);
  // even where two purposes were given the same key by mistake
  const place = keysOf("place");
  assert.equal(openSigned({ ...place, purpose: "pass" }, mintSigned(place, Buffer.from("x"))), undefined);
  assert.equal(openSealed({ ...place, purpose: "letter" }, mintSealed(place, 1, Buffer.from("x"))), undefined);
});

test("after a rotation the previous key's tokens still open, and those of the one before do not", () => {
  const old = mintSigned(keysOf("device", rootOne), Buffer.from("x"));
  const oldSealed = mintSealed(keysOf("envelope", rootOne), 490_000, Buffer.from("x"));
  assert.ok(openSigned(keysOf("device", rootTwo, rootOne), old));
  assert.ok(openSealed(keysOf("envelope", rootTwo, rootOne), oldSealed));
  const rootThree = { id: 3, secret: randomBytes(32) };
  assert.equal(openSigned(keysOf("device", rootThree, rootTwo), old), undefined);
  assert.equal(openSealed(keysOf("envelope", rootThree, rootTwo), oldSealed), undefined);
});

test("what is no token at all is refused: empty, too long, foreign characters", () => {
  const keys = keysOf("place");
  for (const junk of [
    "",
    "A",
    "....",
    "=====",
    "ü",
    mintSigned(keys, Buffer.from("x")) + "=",
    "A".repeat(2_000),
    mintSigned(keys, new Uint8Array(2_000)),
  ]) {
    assert.equal(openSigned(keys, junk), undefined);
    assert.equal(openSealed(keys, junk), undefined);
  }
});

test("a keyed MAC depends on each field and on where it ends", () => {
  const key = derivePurposeKey(rootOne, "code");
  const mac = keyedMac(key, "code", ["ab", "c"]);
  assert.ok(sameBytes(mac, keyedMac(key, "code", ["ab", "c"])));
  assert.ok(!sameBytes(mac, keyedMac(key, "code", ["a", "bc"])));
  assert.ok(!sameBytes(mac, keyedMac(key, "recipient", ["ab", "c"])));
  assert.ok(!sameBytes(mac, mac.subarray(1)));
});
