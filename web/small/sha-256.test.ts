/** Does the small pages' own SHA-256 agree with node:crypto, and does a search find what the door will count? */
import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { test } from "node:test";
import fc from "fast-check";
import { digest, search } from "./sha-256.ts";

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");

test("the examples of FIPS 180-4 come out", () => {
  for (const [text, expected] of [
    ["", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"],
    ["abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"],
    ["abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"],
  ] as const) {
    assert.equal(hex(digest(Buffer.from(text))), expected);
  }
});

test("any bytes have the digest that node:crypto gives them, at every length around a block's end", () => {
  for (let length = 0; length <= 200; length += 1) {
    const bytes = randomBytes(length);
    assert.equal(hex(digest(bytes)), createHash("sha256").update(bytes).digest("hex"), `${length} bytes`);
  }
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 600 }), (bytes) => hex(digest(bytes)) === createHash("sha256").update(bytes).digest("hex")),
  );
});

test("the best nonce of a search has as many zero bits as it says, and those side by side try different ones", () => {
  for (const [high, challenge] of [
    [0, "a challenge"],
    [1, "A".repeat(95)],
    [0x7fff_ffff, "€"],
    [-1, ""],
  ] as const) {
    const found = search(challenge, high);
    assert.equal(found.run(5_000, 40), 5_000);
    const seed = createHash("sha256").update(`holdfast-effort:${challenge}`).digest();
    const first = createHash("sha256").update(seed).update(found.best.nonce).digest().readUInt32BE(0);
    assert.equal(found.best.bits, Math.clz32(first));
    assert.ok(found.best.bits >= 8, `${found.best.bits} bits in 5,000 tries`);
    assert.equal(Buffer.from(found.best.nonce).readInt32BE(0), high);
  }
});

test("a search ends as soon as enough is found, and goes on where it was", () => {
  const found = search("a challenge", 0);
  let tries = 0;
  while (found.best.bits < 10) tries += found.run(100, 10);
  const whole = search("a challenge", 0);
  assert.equal(whole.run(1_000_000, 10), tries);
  assert.deepEqual(whole.best, found.best);
});
