/**
 * In which language does the web app speak, and how does a part of it get at its sentences? The one that the server
 * says with the account, once it is known; until then the one used last in this browser, else the browser's own.
 */
import { useSyncExternalStore } from "react";
import { LANGUAGES, type Language } from "#contract/wire.ts";
import { chooseLanguage, say, type Catalogue, type Translated, type Values } from "#contract/words/words.ts";
import { problemsEn } from "#contract/words/en/problems.ts";
import { webEn } from "#contract/words/en/web.ts";
import { problemsEs } from "#contract/words/es/problems.ts";
import { webEs } from "#contract/words/es/web.ts";
import { readStored, writeStored } from "./stored.ts";

export type Say<Source extends Catalogue> = (key: keyof Source & string, values?: Values) => string;
export type Catalogues<Source extends Catalogue> = { readonly [language in Language]: Translated<Source> };

const KEY = "holdfast.language";
const listeners = new Set<() => void>();
let current: Language = firstLanguage();

export function useLanguage(): Language {
  return useSyncExternalStore(subscribe, currentLanguage, currentLanguage);
}

function currentLanguage(): Language {
  return current;
}

/** Switches what is shown; telling the server is the caller's. */
export function setLanguage(language: Language): void {
  if (typeof document !== "undefined") document.documentElement.lang = language;
  if (language === current) return;
  current = language;
  writeStored(KEY, language);
  for (const listener of listeners) listener();
}

/** The sentences of a surface: `const say = useWordsOf({ en: modelsEn, es: modelsEs }); say("title")`. */
export function useWordsOf<Source extends Catalogue>(catalogues: Catalogues<Source>): Say<Source> {
  const language = useLanguage();
  return (key, values) => say<Source>(catalogues[language], language, key, values);
}

/** The sentences of the chat and of what is around it. */
export function useWords(): Say<typeof webEn> {
  return useWordsOf<typeof webEn>(WEB);
}

/** Title and detail of a problem, by its code: for what comes without sentences, such as a failed answer. */
export function useProblemWords(): (code: string | null) => { title: string; detail: string } {
  const language = useLanguage();
  return (code) => {
    const known = code !== null && `${code}.title` in problemsEn ? code : "unexpected";
    const word = (key: string) => say<typeof problemsEn>(PROBLEMS[language], language, key as keyof typeof problemsEn);
    return { title: word(`${known}.title`), detail: word(`${known}.detail`) };
  };
}

/** Outside of React: a sentence in the language of this moment. */
export function sayNow(key: Parameters<Say<typeof webEn>>[0], values?: Values): string {
  return say<typeof webEn>(WEB[current], current, key, values);
}

const WEB: Catalogues<typeof webEn> = { en: webEn, es: webEs };
const PROBLEMS: Catalogues<typeof problemsEn> = { en: problemsEn, es: problemsEs };

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function firstLanguage(): Language {
  const stored = readStored(KEY);
  const known = LANGUAGES.find((language) => language === stored);
  return known ?? chooseLanguage(undefined, typeof navigator === "undefined" ? undefined : navigator.languages.join(","));
}
