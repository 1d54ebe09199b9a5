/** Is the short hash HalfSipHash-2-4 with 64 bits, and does its key decide where something falls? */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { shortHash, shortKey } from "./short-hash.ts";

/** Of the reference implementation: key 00…07, input 00, 01, … of 0 to 18 bytes. */
const VECTORS = [
  "218d1f59b9b83cc8",
  "be552412f8387315",
  "064f39ef7c50eb57",
  "ce0f1a45f7060679",
  "d5e78a175be52ea1",
  "cb9d7c3f2f3db580",
  "ce3e91358aa2bc25",
  "ff202728b07bc684",
  "edfee820bce4858c",
  "5b51cccc13888307",
  "95b0469f06a6f2ee",
  "ae26333994ddcd48",
  "7bc71f9faef5c799",
  "5a2352d75a0c3744",
  "3bb1a870eae8e658",
  "217d0bcb4e81c902",
  "7336aad25f7bf3b5",
  "37adc0641c4c4f6a",
  "c9b2db2b9a3e42f9",
];

test("the reference vectors come out", () => {
  const key = shortKey(Uint8Array.of(0, 1, 2, 3, 4, 5, 6, 7));
  for (const [length, expected] of VECTORS.entries()) {
    const text = String.fromCharCode(...Array.from({ length }, (_, at) => at));
    assert.equal(Buffer.from(shortHash(key, text)).toString("hex"), expected, `${length} bytes`);
  }
});

test("under another key everything falls elsewhere", () => {
  const [one, other] = [shortKey(randomBytes(32)), shortKey(randomBytes(32))];
  const networks = Array.from({ length: 1_000 }, (_, at) => `192.0.${at}.0/24`);
  const same = networks.filter((network) => Buffer.compare(shortHash(one, network), shortHash(other, network)) === 0);
  assert.deepEqual(same, []);
  assert.equal(new Set(networks.map((network) => Buffer.from(shortHash(one, network)).toString("hex"))).size, networks.length);
});
