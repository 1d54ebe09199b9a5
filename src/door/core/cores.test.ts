/** Are networks told apart, tokens refused when they should be, and spent places remembered long enough, in fixed memory? */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { derivePurposeKey, type Purpose, type PurposeKeys } from "#kit/seal.ts";
import { HOUR_MS, MINUTE_MS } from "#kit/time.ts";
import { clientPrefix } from "./client-address.ts";
import { minuteKeys, mintChallenge, mintPlace, openChallenge, openPlace } from "./place-token.ts";
import { findRoute } from "./route-match.ts";
import { emptySpent, isSpent, markSpent } from "./spent.ts";

const secret = randomBytes(32);
const keysOf = (purpose: Purpose): PurposeKeys => ({ purpose, current: derivePurposeKey({ id: 1, secret }, purpose) });

test("neighbours share a prefix: IPv4 by 24 bits, IPv6 by 56, and IPv4 inside of IPv6 as what it is", () => {
  for (const [address, prefix] of [
    ["192.0.2.77", "192.0.2.0/24"],
    ["::ffff:192.0.2.77", "192.0.2.0/24"],
    ["::ffff:c000:24d", "192.0.2.0/24"],
    ["2001:db8:1:23ff:aaaa::1", "2001:db8:1:2300::/56"],
    ["2001:db8:1:2301::9", "2001:db8:1:2300::/56"],
    ["2001:DB8::1", "2001:db8:0:0::/56"],
    ["fe80::1%eth0", "fe80:0:0:0::/56"],
    ["::1", "0:0:0:0::/56"],
    ["", "unknown"],
    ["nonsense", "unknown"],
    ["192.0.2.77:443", "unknown"],
    ["1.2.3", "unknown"],
  ] as const) {
    assert.equal(clientPrefix(address, undefined, 0), prefix, address);
  }
});

test("behind n proxies only what the outermost of them saw counts, whatever the client wrote itself", () => {
  const forged = "203.0.113.1, 198.51.100.2, 192.0.2.3";
  assert.equal(clientPrefix("127.0.0.1", forged, 0), "127.0.0.0/24", "without a proxy the header is only words");
  assert.equal(clientPrefix("127.0.0.1", forged, 1), "192.0.2.0/24");
  assert.equal(clientPrefix("127.0.0.1", forged, 2), "198.51.100.0/24");
  assert.equal(clientPrefix("127.0.0.1", forged, 4), "unknown", "a chain that is shorter than configured is not believed");
  assert.equal(clientPrefix("127.0.0.1", undefined, 1), "unknown");
  assert.equal(clientPrefix("127.0.0.1", `${"x, ".repeat(5_000)}[2001:db8::5]`, 1), "2001:db8:0:0::/56");
});

test("a challenge is good for two minutes", () => {
  const keys = keysOf("challenge");
  const now = 1_800_000_000_000 + 59_999;
  const seeds = minuteKeys();
  const challenge = { id: randomBytes(16), issuedAt: now, effort: 17 };
  const token = mintChallenge(seeds, keys, challenge);
  assert.ok(token.length < 120, `${token.length} characters`);
  for (const later of [0, 1, MINUTE_MS, 2 * MINUTE_MS - 1])
    assert.deepEqual(openChallenge(seeds, keys, now + later, token), challenge, `${later} ms later`);
  for (const later of [2 * MINUTE_MS, 3 * MINUTE_MS, HOUR_MS, -MINUTE_MS])
    assert.equal(openChallenge(seeds, keys, now + later, token), undefined, `${later} ms later`);
  assert.equal(openChallenge(seeds, keysOf("place"), now, token), undefined);
  const place = mintPlace(keysOf("place"), now, "mine", {
    id: randomBytes(16),
    standing: { life: 1, tag: null },
    prefix: "",
    effort: 0,
    renewed: false,
  });
  for (const junk of ["", "A", "A".repeat(600), place, `${token}A`]) assert.equal(openChallenge(seeds, keys, now, junk), undefined);
});

test("a challenge is minted and checked with one HMAC: the seed of its minute is derived once", () => {
  const keys = keysOf("challenge");
  const seeds = minuteKeys();
  const now = 1_800_000_000_000;
  const derived = seeds(keys, Math.floor(now / MINUTE_MS));
  mintChallenge(seeds, keys, { id: randomBytes(16), issuedAt: now, effort: 0 });
  assert.equal(seeds(keys, Math.floor(now / MINUTE_MS)), derived);
  const rotated = keysOf("challenge");
  assert.notEqual(seeds(rotated, Math.floor(now / MINUTE_MS)), derived, "new keys have seeds of their own");
});

test("the wanted effort can't be talked down: it is signed with the challenge", () => {
  const keys = keysOf("challenge");
  const seeds = minuteKeys();
  const token = mintChallenge(seeds, keys, { id: randomBytes(16), issuedAt: 1_800_000_000_000, effort: 20 });
  const raw = Buffer.from(token, "base64url");
  for (let at = 0; at < raw.length; at += 1) {
    const altered = Buffer.from(raw);
    altered[at] = (altered[at] ?? 0) ^ 1;
    assert.equal(openChallenge(seeds, keys, 1_800_000_000_000, altered.toString("base64url")), undefined, `byte ${at}`);
  }
});

test("a place is good for an hour after the last time it was asked about, in its own browser only", () => {
  const keys = keysOf("place");
  const now = 1_800_000_000_000;
  for (const tag of [null, { tick: 7, ordinal: 3 }]) {
    const place = {
      id: randomBytes(16),
      standing: { life: 0.25, tag },
      prefix: "2001:db8:ffff:ff00::/56",
      effort: 19,
      renewed: tag === null,
    };
    const token = mintPlace(keys, now, "mine", place);
    assert.ok(token.length < 300, `${token.length} characters`);
    assert.deepEqual(openPlace(keys, now + HOUR_MS - 1, "mine", token), place);
    assert.equal(openPlace(keys, now + HOUR_MS, "mine", token), undefined);
    assert.equal(openPlace(keys, now, "another", token), undefined);
    assert.equal(openPlace(keysOf("challenge"), now, "mine", token), undefined);
  }
});

test("a spent place is known for at least an hour, an unspent one is not taken for it, and the memory is fixed", () => {
  const spent = emptySpent(0);
  const ids = Array.from({ length: 5_000 }, () => randomBytes(16));
  for (const [at, id] of ids.entries()) {
    assert.equal(isSpent(spent, at, id), false);
    markSpent(spent, at, id);
  }
  for (const now of [5_000, HOUR_MS - 1, HOUR_MS + 5_000])
    assert.ok(
      ids.every((id) => isSpent(spent, now, id)),
      `${now} ms`,
    );
  assert.ok(!ids.some((id) => isSpent(spent, 2 * HOUR_MS + 10_000, id)), "and forgotten after two hours");
  assert.equal(spent.current.length + spent.previous.length, 2 ** 21);
});

test("a place that is taken back is unspent, and the others stay spent", () => {
  const spent = emptySpent(0);
  const [kept, given] = [randomBytes(16), randomBytes(16)];
  markSpent(spent, 0, kept);
  const takeBack = markSpent(spent, 0, given);
  takeBack();
  assert.deepEqual([isSpent(spent, 0, kept), isSpent(spent, 0, given)], [true, false]);
});

test("the door's routes come before the app's, and a path is read as it stands on the wire", () => {
  const route = (method: string, path: string) => {
    const found = findRoute(method, path);
    return found !== undefined && "route" in found ? `${found.route.at} ${found.route.path}` : found;
  };
  assert.equal(route("POST", "/sign-up/letter"), "door /sign-up/letter");
  assert.equal(route("GET", "/chat/a%2Fb"), "app /chat/:id");
  for (const path of ["/chat/", "/chat//", "//chat", "/Chat", "/chat/%zz", "/ch%61t", "/sign-up/", ""])
    assert.equal(route("GET", path), undefined, path);
  assert.deepEqual(findRoute("DELETE", "/sign-in"), { allow: ["GET", "POST"] });
});
