/** Is a slip told, and is nobody asked who typed what they meant? */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { suggestAddress } from "./mail-providers.ts";

const domainFor = (domain: string) => suggestAddress(`ana@${domain}`)?.slice("ana@".length);

test("slips at a large provider's name are told with what was probably meant", () => {
  const slips = {
    "gmail.com": "gmial.com gmai.com gmal.com gmil.com gamil.com gnail.com gmaill.com gmail.con gmail.cmo gmail.co gmail.cm gmail.om",
    "hotmail.com": "hotmal.com hotmial.com homail.com hormail.com hotmail.con hotmail.co hotmaill.com hotnail.cmo",
    "outlook.com": "outlok.com outloook.com outlook.con outlook.co",
    "outlook.es": "outlok.es outllok.es",
    "hotmail.es": "hotmal.es hotnail.es",
    "yahoo.com": "yaho.com yahooo.com yhaoo.com yahoo.con yahoo.cm",
    "yahoo.com.mx": "yaho.com.mx",
    "icloud.com": "iclod.com icluod.com icloud.co",
    "protonmail.com": "protonmial.com protonmal.com protnmail.con portonmail.com protomail.com",
    "live.com": "live.con live.cmo",
    "aol.com": "aol.con",
    "rediffmail.com": "redifmail.com",
  };
  for (const [meant, typed] of Object.entries(slips)) {
    for (const domain of typed.split(" ")) assert.equal(domainFor(domain), meant, domain);
  }
});

test("a country's Gmail, a missing dot and a comma are told too", () => {
  for (const typed of ["gmail.es", "gmail.com.ar", "gmial.es", "gmailcom", "gmail,com", "GMAIL..COM", "gmail.com."]) {
    assert.equal(domainFor(typed), "gmail.com", typed);
  }
});

test("whoever is at a real domain is not asked, however near it is to a large one", () => {
  const real =
    "gmail.com googlemail.com Gmail.com mail.com email.com ymail.com gmx.de gmx.net gmx.com gmx.at web.de live.com me.com mac.com max.com we.com " +
    "aol.com aon.com msn.com proton.me photon.me pm.me protonmail.com tuta.com hotmail.co.uk hotmail.de hotmail.be outlook.es outlook.pt " +
    "yahoo.co.jp yahoo.com.sg cloud.com grail.com orange.fr orange.es naver.com never.com libero.it libera.it terra.es terra.com yandex.ru " +
    "yandex.kz mail.ru gmail.ru acme.com acme.co example.org localhost company.con x.io google.com fastly.com hot.com out.com";
  for (const domain of real.split(" ")) assert.equal(domainFor(domain), undefined, domain);
});

test("what stands before the @ stays as it was typed, and what is no address is left alone", () => {
  assert.equal(suggestAddress("Ana.María+x@b@GMIAL.com"), "Ana.María+x@b@gmail.com");
  for (const text of ["", "@", "ana", "@gmial.com", "ana@", "ana@.", `ana@${"a".repeat(10_000)}.com`]) {
    assert.equal(suggestAddress(text), undefined, text.slice(0, 20));
  }
});

test("a suggestion is never doubted itself", () => {
  const names = fc.constantFrom("gmail", "hotmail", "outlook", "yahoo", "icloud", "protonmail", "live", "gmx", "fastmail");
  const letter = fc.constantFrom(..."abcdefghijklmnopqrstuvwxyz.-,");
  const slipped = fc.tuple(names, fc.constantFrom("com", "es", "con", "co", "de"), fc.nat(20), letter, fc.boolean());
  fc.assert(
    fc.property(slipped, ([name, ending, where, sign, replaces]) => {
      const domain = `${name}.${ending}`;
      const at = where % domain.length;
      const typed = domain.slice(0, at) + sign + domain.slice(at + (replaces ? 1 : 0));
      const told = suggestAddress(`ana@${typed}`);
      if (told === undefined) return;
      assert.equal(suggestAddress(told), undefined);
      assert.notEqual(told, `ana@${typed}`);
    }),
    { numRuns: 2_000 },
  );
});
