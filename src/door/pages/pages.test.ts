/** Are the small pages whole, light, in both languages, and deaf to what strangers write into them? */
import assert from "node:assert/strict";
import { test } from "node:test";
import { LANGUAGES } from "#contract/wire.ts";
import { builtAssets, everyPage, PEACE, unbuiltAssets } from "#support/small-pages.ts";

const LIMIT_BYTES = 20_480;
const HOSTILE = `"><script>alert(1)</script><img src=x onerror=alert(1)>' {low} &amp; \${x}`;
const VOID = new Set(["meta", "link", "input", "br", "hr", "img", "!doctype"]);
const assets = { built: builtAssets(), unbuilt: unbuiltAssets() };

test("a stranger's words stay words, wherever they are shown", () => {
  for (const language of LANGUAGES) {
    for (const [name, page] of everyPage(assets.built, language, HOSTILE)) {
      assert.doesNotMatch(page.replaceAll(/="[^"]*"|='[^']*'/g, ""), /<script>|<img|<[^>]*\sonerror/, name);
      assertWellFormed(page, name);
    }
  }
});

test("no page has a script or a style of its own, nor anything from elsewhere", () => {
  for (const [name, page] of everyPage(assets.built, "en")) {
    assert.doesNotMatch(page, /<style|\sstyle=|\son[a-z]+=|javascript:/i, name);
    assert.doesNotMatch(page, /<script(?![^>]*\ssrc="\/small\/)/, name);
    for (const [, target = ""] of page.matchAll(/\s(?:href|src|action)="([^"]*)"/g)) assert.match(target, /^[/#]/, `${name}: ${target}`);
  }
});

test("every field has its label, every id is there once, every described-by leads somewhere", () => {
  for (const [name, page] of everyPage(assets.unbuilt, "es")) {
    const ids = [...page.matchAll(/\sid="([^"]+)"/g)].map((match) => match[1] ?? "");
    assert.equal(new Set(ids).size, ids.length, `${name}: ${ids.join(" ")}`);
    for (const [tag, id = ""] of page.matchAll(/<input id="([^"]+)"[^>]*>/g)) {
      assert.ok(page.includes(`<label for="${id}">`), `${name}: ${id} has a label`);
      for (const hint of /aria-describedby="([^"]+)"/.exec(tag)?.[1]?.split(" ") ?? []) assert.ok(ids.includes(hint), `${name}: ${hint}`);
    }
  }
});

test("no page weighs more than 20 KB with its styles and its script, in either language", (t) => {
  for (const language of LANGUAGES) {
    for (const [name, page] of everyPage(assets.built, language)) {
      const bytes = weightOf(page);
      t.diagnostic(`${language} ${name}: ${bytes} bytes`);
      assert.ok(bytes <= LIMIT_BYTES, `${name} weighs ${bytes} bytes`);
    }
  }
});

test("while people wait, every page tells it to whoever has no account, in one line and within its 20 KB; the wait's own page tells it itself", () => {
  const busy = { ...PEACE, waiting: 900, wait: { lowSeconds: 120, highSeconds: 300, confidence: 0.8 } };
  for (const [language, words] of [
    ["en", "Registration may be busy: about 2 to 5 minutes."],
    ["es", "El registro puede ir lento: aproximadamente 2 a 5 minutos."],
  ] as const) {
    for (const [name, page] of everyPage(assets.built, language, undefined, busy)) {
      const told = page.split(`<p class="busy">${words}</p>`).length - 1;
      const isMembers = ["home of a member", "sign-in, wrong, signed in", "recover, signed in"].includes(name);
      const tellsItself = name.startsWith("waiting") || ["closed", "invited only"].includes(name);
      assert.equal(told, isMembers || tellsItself ? 0 : 1, `${language} ${name}`);
      assert.ok(weightOf(page) <= LIMIT_BYTES, `${name} weighs ${weightOf(page)} bytes`);
    }
  }
});

test("every page says which language it is in, is said whole, and differs from the other language", () => {
  const [english, spanish] = [everyPage(assets.unbuilt, "en"), everyPage(assets.unbuilt, "es")];
  for (const [name, page] of english) {
    assert.match(page, /<html lang="en">/);
    assert.match(spanish.get(name) ?? "", /<html lang="es">/);
    assert.notEqual(titleOf(page), "", name);
    for (const text of [page, spanish.get(name) ?? ""]) assert.doesNotMatch(text, /\{[a-z]+\}|undefined|NaN/, `${name} has a gap`);
    // the text of the manual is in English
    if (name !== "manual page") assert.notEqual(mainOf(page), mainOf(spanish.get(name) ?? ""), `${name} is translated`);
  }
});

test("somebody who waits is led on without script, and by the script where there is one", () => {
  const waiting = everyPage(assets.unbuilt, "en").get("waiting") ?? "";
  assert.match(waiting, /<head>[\s\S]*<meta http-equiv="refresh" content="300; url=\/sign-up\/wait" ?\/?>[\s\S]*<\/head>/);
  assert.doesNotMatch(waiting, /<noscript>/, "nothing else would lead on where script runs but is not built");
  if (assets.built.script !== undefined) {
    assert.match(everyPage(assets.built, "en").get("waiting") ?? "", /<noscript>\s*<meta http-equiv="refresh"[^>]*>\s*<\/noscript>/);
  }
});

test("without a built script a page is the same form, and asks for no script", () => {
  for (const [name, page] of everyPage(assets.unbuilt, "en")) assert.doesNotMatch(page, /<script|<template|data-words/, name);
});

function assertWellFormed(page: string, name: string): void {
  const open: string[] = [];
  for (const [, slash, tag = ""] of page.matchAll(/<(\/?)([a-z0-9!]+)\b(?:[^>"']|"[^"]*"|'[^']*')*>/g)) {
    if (VOID.has(tag)) continue;
    if (slash === "") open.push(tag);
    else assert.equal(open.pop(), tag, `${name}: </${tag}> closes what is open`);
  }
  assert.deepEqual(open, [], `${name} leaves nothing open`);
}

function weightOf(page: string): number {
  const loaded = [...page.matchAll(/(?:href|src)="\/small\/([^"]+)"/g)].map((match) => assets.built.files.get(match[1] ?? ""));
  return loaded.reduce((sum, file) => sum + (file?.body.length ?? Number.NaN), Buffer.byteLength(page));
}

function titleOf(page: string): string {
  return /<title>([^<]*)<\/title>/.exec(page)?.[1] ?? "";
}

function mainOf(page: string): string {
  return /<main[\s\S]*<\/main>/.exec(page)?.[0] ?? "";
}
