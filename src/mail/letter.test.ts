/** Can the letter be read everywhere, and does it do nothing but say the code? */
import assert from "node:assert/strict";
import { test } from "node:test";
import { simpleParser } from "mailparser";
import { MINUTE_MS } from "#kit/time.ts";
import { codeIn } from "#support/people.ts";
import { readSender, toMessage, writeLetter, type CodeLetter } from "./letter.ts";

const letter: CodeLetter = {
  id: "7d3f0c9a-1111-4222-8333-444455556666",
  address: "ana@example.org",
  code: "QRST-6789",
  language: "en",
  way: "sign-up",
  createdAt: Date.UTC(2026, 10, 24, 12),
  expiresAt: Date.UTC(2026, 10, 24, 12, 10),
  hasAccount: false,
  recipientLink: "AbCdEf",
};
const sender = readSender("Holdfast <codes@chat.example.org>");
const URL_ = "https://chat.example.org";

for (const language of ["en", "es"] as const) {
  test(`a letter in ${language} has the code in subject, text and HTML, in one piece, and where programs look for it`, async () => {
    const raw = (await toMessage({ ...letter, language }, writeLetter({ ...letter, language }, URL_), sender)).toString("utf8");
    assert.equal(codeIn(raw), letter.code);
    assert.ok(
      raw.split("\r\n").every((line) => line.length <= 998),
      "no line that a relay would break",
    );
    const mail = await simpleParser(raw);
    assert.match(mail.subject ?? "", new RegExp(`^${letter.code} `));
    const lines = (mail.text ?? "").trimEnd().split("\n");
    assert.ok(lines.includes(letter.code), "alone on its line");
    assert.equal(lines.at(-1), `@chat.example.org #${letter.code}`);
    const html = mail.html || "";
    assert.ok(html.includes(`\n${letter.code}\n`));
    assert.ok(html.includes(`<html lang="${language}">`));
    assert.match(mail.text ?? "", /10 min/);
    assert.doesNotMatch(`${mail.subject}${mail.text}${html}`, /\{\w+\}/, "no gap is left open");
  });
}

test("a letter loads nothing, links only to where its reader can stop more of them, and says no word that a stranger typed", () => {
  const { html, text } = writeLetter(letter, URL_);
  const stop = "https://chat.example.org/not-me?t=AbCdEf";
  assert.ok(text.includes(`${stop}\n`));
  assert.ok(html.includes(`<a href="${stop}">${stop}</a>`));
  assert.doesNotMatch(html.replace(`<a href="${stop}">${stop}</a>`, ""), /<img|<link|<script|<iframe|src=|url\(|href=|https?:/i);
  assert.doesNotMatch(html + text, /ana@example\.org/);
});

for (const language of ["en", "es"] as const) {
  test(`in ${language} somebody who has an account reads that signing in is enough, and what the code does; whoever came`, async () => {
    const known = { ...letter, language, hasAccount: true };
    const { text, html } = writeLetter(known, URL_);
    assert.deepEqual(writeLetter({ ...known, way: "recover" }, URL_), { ...writeLetter(known, URL_) }, "the same, whichever way they came");
    assert.match(text, /https:\/\/chat\.example\.org\/sign-in\n/);
    assert.match(html, /<a href="https:\/\/chat\.example\.org\/sign-in">/);
    assert.match(text, language === "en" ? /all your other devices are signed out/ : /la sesión en todos tus demás dispositivos/);
    assert.match(text, language === "en" ? /Do nothing: without this code nobody gets in/ : /No hagas nada: sin este código nadie entra/);
    assert.doesNotMatch(text, language === "en" ? /register/ : /registrarse/);
  });
}

test("somebody who forgot a password that there is not reads that this address has no account", () => {
  const { text } = writeLetter({ ...letter, way: "recover" }, URL_);
  assert.match(text, /There is no account with this address[\s\S]*While registration is open, the code makes an account/);
  assert.match(text, /Ignore this letter/);
  assert.doesNotMatch(writeLetter(letter, URL_).text, /no account/, "who signs up reads nothing of it");
});

test("a letter has no colours that vanish on a dark or a light ground", () => {
  const { html } = writeLetter(letter, URL_);
  assert.match(html, /<meta name="color-scheme" content="light dark">/);
  assert.doesNotMatch(html, /[;" ]color:\s*#|background/i);
});

test("machines know the letter for one of a machine, and the same letter twice for one", async () => {
  const [first, second] = await Promise.all([1, 2].map(() => toMessage(letter, writeLetter(letter, URL_), sender)));
  assert.ok(first && second?.equals(first));
  const mail = await simpleParser(first);
  assert.equal(mail.headers.get("auto-submitted"), "auto-generated");
  assert.equal(mail.messageId, `<${letter.id.replaceAll("-", "")}@chat.example.org>`);
  assert.equal(mail.date?.getTime(), letter.createdAt);
  assert.deepEqual([mail.from?.text, [mail.to].flat()[0]?.text], ['"Holdfast" <codes@chat.example.org>', "ana@example.org"]);
});

test("on this machine's own address the letter names host and port, and binds the code to the host", () => {
  const { subject, text } = writeLetter({ ...letter, expiresAt: letter.createdAt + MINUTE_MS }, "http://localhost:8480");
  assert.equal(subject, "QRST-6789 is your code for localhost:8480");
  assert.match(text, /It works for 1 minute,[\s\S]*@localhost #QRST-6789\n$/);
});

test("a sender is read with and without a name, its domain in ASCII", () => {
  assert.deepEqual(readSender("Holdfast <codes@bücher.example>"), { name: "Holdfast", address: "codes@xn--bcher-kva.example" });
  assert.deepEqual(readSender("codes@example.org"), { name: "", address: "codes@example.org" });
});
