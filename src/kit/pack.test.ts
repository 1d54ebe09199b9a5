/** Do two different lists of fields ever give the same bytes? */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { pack, unpack, unpackNumber } from "./pack.ts";

const fields = fc.array(fc.oneof(fc.string({ maxLength: 40 }), fc.uint8Array({ maxLength: 40 }), fc.double({ noNaN: true })), {
  maxLength: 6,
});

test("what was packed comes out again, field by field", () => {
  fc.assert(
    fc.property(fields, (list) => {
      const out = unpack(pack(list), list.length);
      assert.equal(out?.length, list.length);
      assert.deepEqual(pack(out ?? []), pack(list));
    }),
  );
  assert.equal(unpackNumber(unpack(pack([1_790_000_000_000]), 1)?.[0]), 1_790_000_000_000);
});

test("a list with a field cut elsewhere gives other bytes", () => {
  fc.assert(
    fc.property(fc.string({ minLength: 1, maxLength: 20 }), fc.nat(19), fc.nat(19), (text, a, b) => {
      const [one, two] = [a % (text.length + 1), b % (text.length + 1)];
      fc.pre(one !== two);
      assert.notDeepEqual(pack([text.slice(0, one), text.slice(one)]), pack([text.slice(0, two), text.slice(two)]));
    }),
  );
});

test("a cut, padded or foreign byte string is refused", () => {
  const packed = pack(["one", "two", 3]);
  for (let end = 0; end < packed.length; end += 1) assert.equal(unpack(packed.subarray(0, end), 3), undefined);
  assert.equal(unpack(Buffer.concat([packed, Buffer.from([0])]), 3), undefined);
  assert.equal(unpack(packed, 2), undefined);
  assert.equal(unpack(packed, 4), undefined);
});

test("a number field that is no number is refused", () => {
  assert.equal(unpackNumber(undefined), undefined);
  assert.equal(unpackNumber(Buffer.from("1234567")), undefined);
  assert.equal(unpackNumber(unpack(pack([Number.NaN]), 1)?.[0]), undefined);
  assert.equal(unpackNumber(unpack(pack([Number.POSITIVE_INFINITY]), 1)?.[0]), undefined);
});

test("a field that does not fit its length is refused loudly", () => {
  assert.throws(() => pack([new Uint8Array(65_536)]), RangeError);
});
