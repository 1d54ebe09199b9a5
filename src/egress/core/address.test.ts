/** Is each address taken for the kind of place it is, whatever it is written as? */
import assert from "node:assert/strict";
import { test } from "node:test";
import { addressKind, type AddressKind } from "./address.ts";

const CASES: readonly [string, AddressKind][] = [
  ["127.0.0.1", "loopback"],
  ["127.255.0.3", "loopback"],
  ["::1", "loopback"],
  ["0:0:0:0:0:0:0:1", "loopback"],
  ["::ffff:127.0.0.1", "loopback"],
  ["::ffff:7f00:1", "loopback"],
  ["10.1.2.3", "private"],
  ["172.16.0.1", "private"],
  ["172.31.255.255", "private"],
  ["172.32.0.1", "public"],
  ["192.168.1.1", "private"],
  ["100.64.0.1", "private"],
  ["::ffff:10.0.0.1", "private"],
  ["fd00::1", "private"],
  ["fc00::1", "private"],
  ["1.1.1.1", "public"],
  ["2606:4700::1111", "public"],
  ["::ffff:1.1.1.1", "public"],
  ["64:ff9b::1.1.1.1", "public"],
  ["64:ff9b::127.0.0.1", "forbidden"],
  ["64:ff9b::a9fe:a9fe", "forbidden"],
  ["64:ff9b::10.0.0.1", "private"],
  // a network's own translation (RFC 8215): its addresses of the inside are not where those of the well-known prefix are
  ["64:ff9b:1::a00:1", "private"],
  ["64:ff9b:1:a00:0:100::", "private"],
  ["64:ff9b:1:0:7f:0:101:101", "private"],
  ["64:ff9b:2::1.1.1.1", "forbidden"],
  ["64:ff9b:0:0:0:1:101:101", "forbidden"],
  // Teredo: the address inside is another one than it seems
  ["2001:0:4136:e378:8000:63bf:3fff:fdd2", "forbidden"],
  ["2002:7f00:1::", "forbidden"],
  ["2002:a00:1::1", "private"],
  ["2002:101:101::1", "public"],
  ["0.0.0.0", "forbidden"],
  ["169.254.169.254", "forbidden"],
  ["::ffff:169.254.169.254", "forbidden"],
  ["224.0.0.1", "forbidden"],
  ["255.255.255.255", "forbidden"],
  ["192.0.2.1", "forbidden"],
  ["::", "forbidden"],
  ["fe80::1", "forbidden"],
  ["fe80::1%eth0", "forbidden"],
  ["ff02::1", "forbidden"],
  ["2001:db8::1", "forbidden"],
  ["::127.0.0.1", "forbidden"],
  ["localhost", "forbidden"],
  ["2130706433", "forbidden"],
  ["", "forbidden"],
];

for (const [ip, kind] of CASES) {
  test(`${ip === "" ? "an empty address" : ip} is ${kind}`, () => assert.equal(addressKind(ip), kind));
}
