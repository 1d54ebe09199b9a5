/** Do the codes, the sentences and the manual say the same? And are sentences filled in the way each language does it? */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { headingAnchor } from "#kit/anchor.ts";
import { fieldSentence, problemBody } from "#contract/problem-body.ts";
import { PROBLEMS, type ProblemCode } from "#contract/problems.ts";
import { LANGUAGES } from "#contract/wire.ts";
import { chooseLanguage, say, type Catalogue, type Phrase } from "./words.ts";
import { problemsEn } from "./en/problems.ts";

const CODES = Object.keys(PROBLEMS) as ProblemCode[];
const here = (path: string) => new URL(path, import.meta.url);

test("every problem code has a title and a detail, and no sentence is left over", () => {
  const told = Object.keys(problemsEn).filter((key) => /\.(title|detail)$/.test(key));
  assert.deepEqual(told.toSorted(), CODES.flatMap((code) => [`${code}.detail`, `${code}.title`]).toSorted());
});

test("the manual's page on problems lists each code with its status, and no other", () => {
  const page = readFileSync(here("../../../docs/users/problems.md"), "utf8");
  const listed = [...page.matchAll(/^## (.+)\n\n(\d{3}) · /gm)].map((match) => [match[1] ?? "", Number(match[2])] as const);
  assert.equal(listed.length, [...page.matchAll(/^## /gm)].length, "each heading is followed by its status");
  assert.deepEqual(new Map(listed), new Map(Object.entries(PROBLEMS)));
  for (const code of CODES) assert.equal(headingAnchor(code), code, "the link in `type` finds its heading");
});

test("every message key of the request schemas has a sentence", () => {
  const source = readFileSync(here("../schemas.ts"), "utf8");
  const keys = [...source.matchAll(/error: "([a-z-]+)"/g)].map((match) => match[1] ?? "");
  assert.ok(keys.length > 10, "the schemas' message keys were found");
  for (const key of [...keys, "unknown"]) {
    assert.notEqual(fieldSentence("en", key), fieldSentence("en", "wrong"), `field.${key} is missing`);
  }
});

test("each language has the same surfaces, keys and gaps as English", async () => {
  const surfaces = readdirSync(here("./en/")).toSorted();
  assert.ok(surfaces.includes("problems.ts"));
  for (const language of LANGUAGES) {
    assert.deepEqual(readdirSync(here(`./${language}/`)).toSorted(), surfaces, `the files of ${language}`);
    for (const surface of surfaces) {
      const [english, other] = await Promise.all([catalogueOf("en", surface), catalogueOf(language, surface)]);
      assert.deepEqual(Object.keys(other).toSorted(), Object.keys(english).toSorted(), `the keys of ${language}/${surface}`);
      for (const [key, phrase] of Object.entries(english)) {
        const translated = other[key];
        assert.ok(
          translated !== undefined && formsOf(translated).every((form) => form.trim() !== ""),
          `${language}: ${key} says something`,
        );
        assert.deepEqual(gapsOf(translated), gapsOf(phrase), `${language}: the gaps of ${key}`);
      }
    }
  }
});

test("somebody who waits is told how long, in words", () => {
  assert.match(problemBody("en", "too-busy", { retryAfterSeconds: 1 }).detail, /Try again in about 1 second\.$/);
  assert.match(problemBody("en", "letter-limit", { retryAfterSeconds: 1_860 }).detail, /31 minutes\.$/);
  assert.match(problemBody("es", "letter-limit", { retryAfterSeconds: 1_860 }).detail, /31 minutos\.$/);
  assert.doesNotMatch(problemBody("en", "too-busy").detail, /about/);
});

test("somebody who mistyped the code is told how many tries are left", () => {
  assert.match(problemBody("en", "wrong-code", { triesLeft: 9 }).detail, /9 more tries/);
  assert.match(problemBody("en", "wrong-code", { triesLeft: 1 }).detail, /one more try/);
  assert.match(problemBody("es", "wrong-code", { triesLeft: 1 }).detail, /un intento/);
  assert.match(problemBody("en", "wrong-code", { triesLeft: 0 }).detail, /last try/);
});

test("somebody who mistyped the address is told what was probably meant", () => {
  assert.match(fieldSentence("en", "address-no-domain", "ana@gmail.com"), /^There is no domain .* Did you mean ana@gmail\.com\?$/);
  assert.match(fieldSentence("es", "address-no-mail", "ana@gmail.com"), /correo\. .* ¿Querías decir ana@gmail\.com\?$/);
  assert.doesNotMatch(fieldSentence("en", "address-disposable"), /Did you mean/);
});

test("no sentence is shown with a gap left open", () => {
  for (const language of LANGUAGES) {
    for (const code of CODES) {
      const problem = problemBody(language, code, { triesLeft: 3, retryAfterSeconds: 70 });
      assert.doesNotMatch(problem.title + problem.detail, /[{}]/, `${language} ${code}`);
    }
    for (const key of Object.keys(problemsEn).filter((name) => name.startsWith("field."))) {
      assert.doesNotMatch(fieldSentence(language, key.slice(6)), /[{}]/, `${language} ${key}`);
    }
  }
});

test("numbers are written the way the language writes them", () => {
  const catalogue = { long: "{maximum}" } as const;
  assert.equal(say(catalogue, "en", "long", { maximum: 100_000 }), "100,000");
  assert.equal(say(catalogue, "es", "long", { maximum: 100_000 }), "100.000");
});

test("a reader gets the chosen language, else the browser's, else English", () => {
  assert.equal(chooseLanguage("es", "en"), "es");
  assert.equal(chooseLanguage(undefined, "de-DE,es;q=0.8,en;q=0.7"), "es");
  assert.equal(chooseLanguage(undefined, "en;q=0.5, es-MX"), "es");
  assert.equal(chooseLanguage("xx", "zh"), "en");
  assert.equal(chooseLanguage(undefined, undefined), "en");
});

async function catalogueOf(language: string, surface: string): Promise<Catalogue> {
  const module = (await import(here(`./${language}/${surface}`).href)) as Record<string, Catalogue>;
  const catalogues = Object.values(module);
  assert.equal(catalogues.length, 1, `${language}/${surface} exports one catalogue`);
  return catalogues[0] ?? {};
}

function formsOf(phrase: Phrase): string[] {
  return typeof phrase === "string" ? [phrase] : [phrase.one, phrase.other];
}

function gapsOf(phrase: Phrase): string[] {
  const forms = formsOf(phrase);
  return [...new Set(forms.flatMap((form) => [...form.matchAll(/\{(\w+)\}/g)].map((match) => match[1] ?? "")))].toSorted();
}
