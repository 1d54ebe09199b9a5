/**
 * How are days and times said to a person? In the language that was chosen, written as this browser's own region writes it:
 * who reads English with a British browser gets day, month, year and no a.m. Pure but for the browser's own languages.
 */
import type { Language, TimeMs } from "#contract/wire.ts";

/** "25 Nov 2026, 02:25" */
export function momentText(language: Language, at: TimeMs): string {
  return new Intl.DateTimeFormat(regionOf(language), { dateStyle: "medium", timeStyle: "short" }).format(at);
}

/** "02:25:07" */
export function clockText(language: Language, at: TimeMs): string {
  return new Intl.DateTimeFormat(regionOf(language), { timeStyle: "medium" }).format(at);
}

/** "November 2026" */
export function monthText(language: Language, at: TimeMs): string {
  return new Intl.DateTimeFormat(regionOf(language), { month: "long", year: "numeric" }).format(at);
}

/** The first of the browser's own languages that is a variety of the chosen one ("en-GB" for "en"), else the chosen one itself. */
export function regionOf(language: Language, browserLanguages: readonly string[] = globalThis.navigator?.languages ?? []): string {
  return browserLanguages.find((tag) => tag.split("-")[0]?.toLowerCase() === language && isKnown(tag)) ?? language;
}

/** Some browsers name languages that no format knows, such as "en-US@posix". */
function isKnown(tag: string): boolean {
  try {
    return Intl.DateTimeFormat.supportedLocalesOf(tag).length > 0;
  } catch {
    return false;
  }
}
