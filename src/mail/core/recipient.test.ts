/** Are letters to one mailbox counted together, however it is spelled, and those to two mailboxes apart? */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { checkAddress } from "./address.ts";
import { recipientKey } from "./recipient.ts";

test("spellings that reach the same mailbox are counted as one", () => {
  const spellings = {
    "ana@example.org": "ana@example.org Ana@Example.org ANA+a@example.org ana+b+c@example.org ana+@example.org",
    "ana.b@example.org": "ana.b@example.org Ana.B+x@example.org",
    "anab@gmail.com": "anab@gmail.com a.n.a.b@gmail.com Ana.B+shop@googlemail.com anab@googlemail.com",
    "anab@proton.me": "anab@proton.me ana.b@protonmail.com a-n_a.b+x@pm.me Anab@protonmail.ch",
    "ana-b@yandex.ru": "ana-b@yandex.ru ana.b@ya.ru ana.b+x@yandex.com ANA-B@yandex.kz",
    "ana@icloud.com": "ana@icloud.com ana+x@me.com ana@mac.com",
    "ana@fastmail.com": "ana@fastmail.com ana+x@fastmail.com shop@ana.fastmail.com anything+x@Ana.fastmail.com",
  };
  for (const [key, addresses] of Object.entries(spellings)) {
    for (const address of addresses.split(" ")) assert.equal(recipientKey(address), key, address);
  }
});

test("two mailboxes are never counted as one", () => {
  const apart = [
    ["ana@hotmail.com", "ana@outlook.com", "ana@live.com"],
    ["ana.b@outlook.com", "anab@outlook.com"],
    ["ana.b@example.org", "anab@example.org", "ana-b@example.org"],
    ["ana@gmx.de", "ana@gmx.net"],
    ["ana@fastmail.com", "ana@fastmail.fm"],
    ["ana.b@icloud.com", "anab@icloud.com"],
  ];
  for (const group of apart) assert.equal(new Set(group.map(recipientKey)).size, group.length, group.join(" "));
});

const sign = fc.constantFrom(..."ab0_-.+'&=~#$*?^{}Z");
const domain = fc.constantFrom(
  "gmail.com",
  "googlemail.com",
  "pm.me",
  "proton.me",
  "ya.ru",
  "yandex.com",
  "mac.com",
  "fastmail.com",
  "x.fastmail.com",
  "x.y.fastmail.com",
  "Example.org",
);
const anyAddress = fc.tuple(fc.string({ unit: sign, minLength: 1, maxLength: 12 }), domain).map(([local, at]) => `${local}@${at}`);

test("the key of a key is itself, something always stands before its @, and case never counts", () => {
  fc.assert(
    fc.property(anyAddress, (address) => {
      const key = recipientKey(address);
      assert.equal(recipientKey(key), key);
      assert.match(key, /^[^@]+@[^@]+$/);
      assert.equal(recipientKey(address.toUpperCase()), key);
    }),
    { numRuns: 3_000 },
  );
});

test("a tag behind an address that is taken changes nothing", () => {
  fc.assert(
    fc.property(anyAddress, fc.stringMatching(/^[a-z]{0,6}$/), (address, tag) => {
      const checked = checkAddress(address);
      fc.pre(checked.ok && !address.includes("+"));
      assert.equal(recipientKey(address.replace("@", `+${tag}@`)), recipientKey(address));
    }),
    { numRuns: 1_000 },
  );
});
