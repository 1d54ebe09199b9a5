/** Are throw-away mailboxes told from others? */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { suggestAddress } from "#contract/mail-providers.ts";
import { isDisposable } from "./disposable.ts";

test("throw-away domains are known, and what lies below them", () => {
  for (const domain of ["mailinator.com", "yopmail.com", "guerrillamail.com", "Mailinator.com", "a.mailinator.com", "a.b.c.yopmail.com"]) {
    assert.ok(isDisposable(domain), domain);
  }
});

test("providers, forwarding services and everybody's own domains are not", () => {
  const others =
    "gmail.com outlook.com hotmail.com yahoo.es proton.me icloud.com gmx.de mail.com posteo.de mailbox.org tuta.com qq.com mail.ru yandex.ru " +
    "duck.com mozmail.com simplelogin.com anonaddy.me passmail.net privaterelay.appleid.com fastmail.com example.org example.com com co.uk " +
    "zzmailinator.com mailinator.com.example.org ilinator.com";
  for (const domain of others.split(" ")) assert.ok(!isDisposable(domain), domain);
});

test("the list is the one that is meant: some thousand domains in ASCII, none of them large", () => {
  const path = fileURLToPath(import.meta.resolve("disposable-email-domains-js/dist/dict/disposable_email_blocklist.json"));
  const domains = JSON.parse(readFileSync(path, "utf8")) as string[];
  assert.ok(domains.length > 5_000 && domains.length < 50_000, `${domains.length} domains`);
  assert.ok(domains.every((domain) => /^[a-z0-9-]+(\.[a-z0-9-]+)+$/.test(domain)));
  const doubted = domains.filter((domain) => suggestAddress(`ana@${domain}`) !== undefined);
  // typing errors that somebody registered: the list and the suggestion agree that nobody is at home there
  assert.ok(doubted.length < 40, doubted.join(" "));
});
