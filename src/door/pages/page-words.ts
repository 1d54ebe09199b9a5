/** How do the small pages say a sentence in the reader's language? */
import type { Language, AddressedTrace, LetterStep, Wait } from "#contract/wire.ts";
import { intervalWords, percentWords } from "#contract/words/interval.ts";
import { traceSteps } from "#contract/words/trace.ts";
import { say, type Values } from "#contract/words/words.ts";
import { pagesEn } from "#contract/words/en/pages.ts";
import { pagesEs } from "#contract/words/es/pages.ts";

const CATALOGUES = { en: pagesEn, es: pagesEs };
export type PageKey = keyof typeof pagesEn;
export type Say = (key: PageKey, values?: Values) => string;

/** Says sentences of the small pages; gaps without a value stay open, for markup or for the script. */
export function sayIn(language: Language): Say {
  return (key, values = {}) => say(CATALOGUES[language], language, key, values);
}

/** The way of a letter, step by step; the time in each sentence is left to whoever shows it. */
export function traceSentences(language: Language, trace: AddressedTrace): LetterStep[] {
  return traceSteps(trace, sayIn(language));
}

/** "20 to 40 seconds" and how sure that is. */
export function waitSentences(language: Language, wait: Wait): { interval: string; confidence: string } {
  const words = sayIn(language);
  return {
    interval: intervalWords(language, wait.lowSeconds, wait.highSeconds, words("wait.between"), words("wait.now")),
    confidence: words("wait.confidence", { percent: percentWords(language, wait.confidence) }),
  };
}
