/** Is a chain of proxies that can't be right noticed, once, and a right one left alone? */
import assert from "node:assert/strict";
import { test } from "node:test";
import { chainLength, isNearAddress, newProxyWatch, noteChain } from "./proxy-chain.ts";

const told = (trustedHops: number, lengths: number[], isNear = true) => {
  const watch = newProxyWatch(trustedHops);
  return lengths.map((length) => noteChain(watch, length, isNear)).filter((sentence) => sentence !== undefined);
};

test("a proxy that names nobody, or too few, is told of once", () => {
  assert.match(told(1, [0, 0, 0, 0, 0, 0, 0, 0, 0, 0]).join("|"), /^Requests come with 0 addresses[^|]*$/);
  assert.match(
    told(
      2,
      Array.from({ length: 20 }, () => 1),
    ).join("|"),
    /^Requests come with 1 addresses[^|]*TRUSTED_PROXY_HOPS is 2[^|]*$/,
  );
});

test("a proxy that nobody trusts is told of once, when it stands near", () => {
  assert.match(told(0, [1, 1, 0, 1, 1, 1, 1, 1]).join("|"), /^Requests come through a proxy[^|]*$/);
  assert.deepEqual(
    told(
      0,
      Array.from({ length: 20 }, () => 1),
      false,
    ),
    [],
    "anybody may write a header",
  );
});

test("as many as are trusted, or more, are right, and a monitor that asks directly is no proof of the opposite", () => {
  assert.deepEqual(told(1, [0, 0, 1, 0, 0, 0, 0, 0, 0, 0]), []);
  assert.deepEqual(told(1, [3, 0, 0, 0, 0, 0, 0]), []);
  assert.deepEqual(told(0, [0, 0, 0, 0, 0, 0, 0]), []);
});

test("addresses are counted as they stand there, and nearness is read from the address", () => {
  for (const [header, length] of [
    [undefined, 0],
    ["", 0],
    [" , ", 0],
    ["192.0.2.1", 1],
    ["a, b,c", 3],
    [["a", "b, c"], 3],
  ] as const) {
    assert.equal(chainLength(header as string | string[] | undefined), length);
  }
  for (const near of ["127.0.0.1", "::ffff:127.0.0.1", "10.1.2.3", "172.16.0.1", "172.31.9.9", "192.168.1.1", "::1", "fd12::1"])
    assert.ok(isNearAddress(near), near);
  for (const far of [undefined, "", "172.32.0.1", "192.0.2.1", "110.1.1.1", "2001:db8::1"]) assert.ok(!isNearAddress(far), String(far));
});
