/** Can anybody make us throw, hang, or believe something, with an envelope, an address, a code, a password, a browser's name? Mutations of good ones. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { CODE_ALPHABET, LIMITS } from "#contract/schemas.ts";
import { pack } from "#kit/pack.ts";
import { derivePurposeKey, mintSealed, openSealed, type PurposeKeys } from "#kit/seal.ts";
import { HOUR_MS } from "#kit/time.ts";
import { checkAddress } from "#mail/mail.ts";
import { fuzz, FUZZ_INPUTS, type FuzzTarget } from "#support/fuzzing.ts";
import { normaliseCode } from "./core/code.ts";
import { deviceLabel } from "./core/device-label.ts";
import { packEnvelope, unpackEnvelope, type Envelope } from "./core/envelope.ts";
import { judgePassword } from "./core/password.ts";

const NOW = 1_800_000_000_000;
const HOUR = Math.floor(NOW / HOUR_MS);
const keys: PurposeKeys = { purpose: "envelope", current: derivePurposeKey({ id: 1, secret: new Uint8Array(32).fill(1) }, "envelope") };
const envelope: Envelope = {
  id: "11111111-1111-4111-8111-111111111111",
  browserHash: new Uint8Array(32).fill(1),
  address: "ada@example.org",
  codeMac: new Uint8Array(32).fill(2),
  language: "en",
  way: "recover",
  issuedAt: NOW,
  expiresAt: NOW + 600_000,
};
const packed = packEnvelope(envelope) ?? assert.fail("the address fits");
const sealed = mintSealed(keys, HOUR, packed);
const latin1 = (bytes: Uint8Array) => Buffer.from(bytes).toString("latin1");
const bytesOf = (text: string) => Buffer.from(text, "latin1");

const targets: FuzzTarget[] = [
  {
    name: "sealed envelope",
    seeds: [sealed, mintSealed(keys, HOUR, new Uint8Array()), mintSealed(keys, 0, packed)],
    feed(input) {
      const opened = openSealed(keys, input, LIMITS.envelopeBytes);
      assert.ok(opened === undefined || opened.length === 0 || opened.equals(packed), "an envelope that nobody sealed was opened");
    },
  },
  {
    name: "bytes of an envelope",
    seeds: [latin1(packed), latin1(pack(["", "", "", "", "", "", 0, 0])), ""],
    feed(input) {
      const read = unpackEnvelope(bytesOf(input));
      if (read === undefined) return;
      assert.match(read.id, /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/);
      assert.ok(Number.isFinite(read.issuedAt) && Number.isFinite(read.expiresAt) && ["en", "es"].includes(read.language));
    },
  },
  {
    name: "address",
    seeds: [
      "ada@example.org",
      "a.b+c@sub.example.org",
      "ada@exämple.org",
      "a@xn--exmple-cua.org",
      '"a b"@x.org',
      "a@1.2.3.4",
      "a@[::1]",
      "@",
      "a@b@c.org",
    ],
    feed(input) {
      const checked = checkAddress(input);
      if (!checked.ok) return;
      assert.match(checked.value.address, /^[!-~]{1,64}@[a-z0-9.-]{3,253}$/, "one address in plain letters, whoever reads it");
      assert.doesNotMatch(checked.value.address, /[\s,;<>"'(){}|\\]{2,}|[\r\n\0,;<>"()|\\]/);
      const again = checkAddress(checked.value.address);
      assert.ok(again.ok && again.value.key === checked.value.key, "it means the same when it is read again");
    },
  },
  {
    name: "code",
    seeds: ["ABCD-EFGH", "abcd efgh", "２３４５-ABCD", "2".repeat(8)],
    feed(input) {
      const code = normaliseCode(input.slice(0, 64));
      assert.ok(code === undefined || (code.length === LIMITS.codeSymbols && [...code].every((symbol) => CODE_ALPHABET.includes(symbol))));
    },
  },
  {
    name: "password",
    seeds: ["plover-marigold-27-lantern", "P4$$w0rd!!!!", "abababababab", "ada@example.org1", "qwertyuiopasdf"],
    feed: (input) =>
      void judgePassword(
        input.slice(0, LIMITS.passwordMaxChars),
        `${input.slice(0, 40)}@${input.slice(40, 90)}`,
        (word) => word === "password",
      ),
  },
  {
    name: "browser's name",
    seeds: ["Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "curl/8", "Mozilla/5.0 (iPhone) CriOS/1 Safari/1"],
    feed: (input) => assert.ok(deviceLabel(input).length < 40),
  },
];

for (const target of targets) {
  test(`nothing of what may come as ${target.name} is thrown at, hung upon, or believed`, { timeout: 60 * 60_000 }, (t) => {
    const { inputs, seconds, slowestMs } = fuzz(target, Math.ceil(FUZZ_INPUTS / targets.length));
    t.diagnostic(`${inputs} inputs in ${seconds.toFixed(1)} s, the slowest ${slowestMs.toFixed(2)} ms`);
  });
}
