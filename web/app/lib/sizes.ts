/** How are sizes and spans of time said to a person? In the reader's language, with as many digits as mean something. Pure. */
import type { Language } from "#contract/wire.ts";

const UNITS = ["byte", "kilobyte", "megabyte", "gigabyte", "terabyte"] as const;

/** "639 MB", "1.12 GB": decimal units, three digits. */
export function sizeText(language: Language, bytes: number): string {
  const step = bytes < 1_000 ? 0 : Math.min(UNITS.length - 1, Math.floor(Math.log10(bytes) / 3));
  const value = bytes / 1_000 ** step;
  const format = { style: "unit", unit: UNITS[step], unitDisplay: step === 0 ? "long" : "short", maximumSignificantDigits: 3 } as const;
  return new Intl.NumberFormat(language, format).format(value);
}

/** "120 ms", "1.4 sec", "45 sec", "3.5 min": what was measured, two digits of it. */
export function tookText(language: Language, ms: number): string {
  const [value, unit] = ms < 995 ? [ms, "millisecond"] : ms < 90_000 ? [ms / 1_000, "second"] : [ms / 60_000, "minute"];
  return new Intl.NumberFormat(language, { style: "unit", unit, unitDisplay: "short", maximumSignificantDigits: 2 }).format(value);
}

/** "99.9%": a share, rounded down, so that all is said only of all. */
export function shareText(language: Language, part: number, whole: number): string {
  const share = whole === 0 ? 0 : Math.floor((1_000 * part) / whole) / 1_000;
  return new Intl.NumberFormat(language, { style: "percent", maximumFractionDigits: 1 }).format(share);
}

/** "40 seconds", "3 minutes", "2 hours", rounded up. */
export function spanText(language: Language, seconds: number): string {
  const [value, unit] =
    seconds < 90
      ? [Math.max(1, Math.ceil(seconds)), "second"]
      : seconds < 5_400
        ? [Math.ceil(seconds / 60), "minute"]
        : [Math.ceil(seconds / 3_600), "hour"];
  return new Intl.NumberFormat(language, { style: "unit", unit, unitDisplay: "long" }).format(value);
}
