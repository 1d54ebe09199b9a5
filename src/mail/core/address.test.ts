import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { checkAddress } from "./address.ts";

const GOOD: [typed: string, address: string, key: string][] = [
  ["ana@example.org", "ana@example.org", "ana@example.org"],
  ["Ana.Gil+news@Example.ORG", "Ana.Gil+news@example.org", "ana.gil+news@example.org"],
  ["o'brien@example.ie", "o'brien@example.ie", "o'brien@example.ie"],
  ["x@mail.example.co.uk", "x@mail.example.co.uk", "x@mail.example.co.uk"],
  ["1_a-b=c&d@a-b.museum", "1_a-b=c&d@a-b.museum", "1_a-b=c&d@a-b.museum"],
  ["ana@bücher.example", "ana@xn--bcher-kva.example", "ana@xn--bcher-kva.example"],
  ["ana@BÜCHER.example", "ana@xn--bcher-kva.example", "ana@xn--bcher-kva.example"],
  ["ana@xn--bcher-kva.example", "ana@xn--bcher-kva.example", "ana@xn--bcher-kva.example"],
  ["ana@例え.テスト", "ana@xn--r8jz45g.xn--zckzah", "ana@xn--r8jz45g.xn--zckzah"],
  [`${"a".repeat(64)}@example.org`, `${"a".repeat(64)}@example.org`, `${"a".repeat(64)}@example.org`],
];

const BAD: [what: string, typed: string][] = [
  ["nothing", ""],
  ["no at sign", "ana.example.org"],
  ["no name", "@example.org"],
  ["no domain", "ana@"],
  ["two addresses", "ana@example.org,eve@evil.test"],
  ["two addresses with a semicolon", "ana@example.org;eve@evil.test"],
  ["two at signs", "ana@example.org@evil.test"],
  ["a header after CRLF", "ana@example.org\r\nBcc: eve@evil.test"],
  ["a header after CRLF in the name", "ana\r\nBcc: eve@evil.test\r\n@example.org"],
  ["a command after LF", "ana@example.org>\nRCPT TO:<eve@evil.test"],
  ["a bare CR", "ana\r@example.org"],
  ["NUL", "ana\0@example.org"],
  ["NUL at the end", "ana@example.org\0"],
  ["a tab", "ana\t@example.org"],
  ["a space inside", "an a@example.org"],
  ["a space at the end", "ana@example.org "],
  ["DEL", "ana\x7f@example.org"],
  ["a display name", "Ana <ana@example.org>"],
  ["angle brackets", "<ana@example.org>"],
  ["a closing bracket and a parameter", "ana@example.org> NOTIFY=SUCCESS"],
  ["a quoted name", '"ana gil"@example.org'],
  ["a quoted at sign", '"eve@evil.test"@example.org'],
  ["a comment", "ana(eve@evil.test)@example.org"],
  ["a group", "friends:ana@example.org,eve@evil.test;"],
  ["a source route", "@evil.test:ana@example.org"],
  ["a percent route", "ana%evil.test@example.org"],
  ["a bang path", "evil!ana@example.org"],
  ["a pipe", "|sh@example.org"],
  ["a path", "/etc/passwd@example.org"],
  ["something like an option", "-oQ/tmp@example.org"],
  ["a backslash", "an\\a@example.org"],
  ["a dot first", ".ana@example.org"],
  ["a dot last", "ana.@example.org"],
  ["two dots", "an..a@example.org"],
  ["a domain of one label", "root@localhost"],
  ["a dot at the end of the domain", "ana@example.org."],
  ["an empty label", "ana@example..org"],
  ["a hyphen first in a label", "ana@-example.org"],
  ["a hyphen last in a label", "ana@example-.org"],
  ["an underscore in the domain", "ana@exa_mple.org"],
  ["an IP address", "ana@192.0.2.1"],
  ["an IP address in other clothes", "ana@0xc0.0.2.1"],
  ["a short IP address", "ana@127.1"],
  ["an address literal", "ana@[192.0.2.1]"],
  ["an IPv6 literal", "ana@[IPv6:2001:db8::1]"],
  ["percent encoding in the domain", "ana@ex%61mple.org"],
  ["a port", "ana@example.org:25"],
  ["a path in the domain", "ana@example.org/x"],
  ["a broken punycode label", "ana@xn--999999999.org"],
  ["a full-width at sign", "ana＠example.org"],
  ["full-width letters in the domain", "ana@ｅxample.org"],
  ["a full-width dot", "ana@example．org"],
  ["an ideographic dot", "ana@example。org"],
  ["a ligature in the domain", "ana@oﬃce.example"],
  ["a mathematical letter in the domain", "ana@𝐞xample.org"],
  ["a zero-width space", "ana@exa\u200bmple.org"],
  ["a soft hyphen", "ana@exa\u00admple.org"],
  ["a right-to-left override", "ana@\u202egro.elpmaxe"],
  ["a byte order mark", "\ufeffana@example.org"],
  ["a line separator", "ana@example.org\u2028eve@evil.test"],
  ["a next-line sign", "ana@example.org\u0085Bcc:eve@evil.test"],
  ["a letter that lower-cases to ASCII (Kelvin sign)", "ana@\u212aelvin.example"],
  ["a Kelvin sign among letters that are not ASCII", "ana@ü\u212aelvin.example"],
  ["a letter that ends as CR in Latin-1", "ana\u010d\u010abcc@example.org"],
  ["letters of another script in the name", "ána@example.org"],
  ["a lone surrogate", "ana@exa\ud800mple.org"],
  ["a name of 65 characters", `${"a".repeat(65)}@example.org`],
  ["a label of 64 characters", `ana@${"a".repeat(64)}.org`],
  ["255 characters", `${"a".repeat(60)}@${"b".repeat(62)}.${"c".repeat(62)}.${"d".repeat(62)}.example`],
];

for (const [typed, address, key] of GOOD) {
  test(`a person with the address ${typed.slice(0, 40)} can get a letter`, () => {
    assert.deepEqual(checkAddress(typed), { ok: true, value: { address, key } });
  });
}

for (const [what, typed] of BAD) {
  test(`an address with ${what} is refused`, () => {
    assert.deepEqual(checkAddress(typed), { ok: false, failure: { tag: "bad-address" } });
  });
}

test("whatever is typed, an accepted address is plain ASCII with one at sign and within the limits", () => {
  const piece = fc.oneof(
    fc.string({ unit: "binary", maxLength: 12 }),
    fc.constantFrom("@", ".", "ana", "example", "org", "\r\n", ",", "<", "ü"),
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
      const checked = checkAddress(pieces.join(""));
      if (!checked.ok) return;
      assert.match(checked.value.address, /^[!-~]{1,64}@[a-z0-9.-]{3,253}$/);
      assert.doesNotMatch(checked.value.address, /[\s,;:<>()[\]"\\|`!%/]/);
      assert.equal(checked.value.address.split("@").length, 2);
      assert.ok(checked.value.address.length <= 254);
      assert.deepEqual(checkAddress(checked.value.address), checked);
    }),
    { numRuns: 5_000 },
  );
});
