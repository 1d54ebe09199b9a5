/**
 * How is a sentence said in the reader's language? One catalogue: a folder per language, a file per surface.
 * English is the source; TypeScript and a test refuse another language that lacks a key.
 */
import type { Language } from "../wire.ts";

/** A sentence with `{name}` gaps, or its plural forms chosen by the gap `count` (Intl.PluralRules). */
export type Phrase = string | { readonly one: string; readonly other: string };
export type Catalogue = { readonly [key: string]: Phrase };
/** The same keys in another language. */
export type Translated<Source extends Catalogue> = { readonly [Key in keyof Source]: Phrase };
export type Values = { readonly [name: string]: string | number };

// made once: making one takes longer than a page
const NUMBERS: Readonly<Record<Language, Intl.NumberFormat>> = { en: new Intl.NumberFormat("en"), es: new Intl.NumberFormat("es") };
const PLURALS: Readonly<Record<Language, Intl.PluralRules>> = { en: new Intl.PluralRules("en"), es: new Intl.PluralRules("es") };

/** Says `key`, with its gaps filled. Numbers are written the way the language writes them. */
export function say<Source extends Catalogue>(
  catalogue: Translated<Source>,
  language: Language,
  key: keyof Source & string,
  values: Values = {},
): string {
  const phrase = catalogue[key];
  const form = typeof phrase === "string" ? phrase : pluralForm(phrase, language, values["count"]);
  if (!form.includes("{")) return form;
  return form.replaceAll(/\{(\w+)\}/g, (gap, name: string) => {
    const value = values[name];
    if (value === undefined) return gap;
    return typeof value === "number" ? NUMBERS[language].format(value) : value;
  });
}

/** The language that the reader asked for by cookie, else by Accept-Language, else English. */
export function chooseLanguage(chosen: string | undefined, acceptLanguage: string | undefined): Language {
  if (chosen === "en" || chosen === "es") return chosen;
  if (acceptLanguage === undefined) return "en";
  const wanted = acceptLanguage
    .slice(0, 256)
    .split(",")
    .map((part) => {
      const [tag = "", ...rest] = part.trim().toLowerCase().split(";");
      const weight = rest.map((piece) => /^\s*q=([\d.]+)$/.exec(piece)?.[1]).find((found) => found !== undefined);
      return { tag: tag.split("-")[0], weight: weight === undefined ? 1 : Number(weight) };
    })
    .filter((entry) => entry.tag === "en" || entry.tag === "es")
    .toSorted((a, b) => b.weight - a.weight)[0];
  return wanted?.tag === "es" ? "es" : "en";
}

function pluralForm(phrase: Phrase | undefined, language: Language, count: string | number | undefined): string {
  if (phrase === undefined) return "";
  if (typeof phrase === "string") return phrase;
  return PLURALS[language].select(Number(count ?? 0)) === "one" ? phrase.one : phrase.other;
}
