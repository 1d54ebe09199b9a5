/**
 * How is a waiting time said? As an interval in whole units that contains the measured one: low is rounded down, high up.
 * Pure and without a catalogue, so that the small pages' script says it in the same words as the door.
 */
import type { Language } from "../wire.ts";

/** Nobody calls so short a time a wait. */
export const AT_ONCE_SECONDS = 2;

const UNITS = [
  { unit: "second", seconds: 1, below: 90 },
  { unit: "minute", seconds: 60, below: 90 * 60 },
  { unit: "hour", seconds: 3_600, below: Number.POSITIVE_INFINITY },
] as const;

/** "20 to 40 seconds", "50 seconds to 2 minutes", "1 minute"; `now` when it ends within a second. `between` has gaps {low} and {high}. */
export function intervalWords(language: Language, lowSeconds: number, highSeconds: number, between: string, now: string): string {
  const high = inUnits(Math.max(0, highSeconds), Math.ceil);
  if (high.count <= 1 && high.unit === "second") return now;
  const low = inUnits(Math.max(0, Math.min(lowSeconds, highSeconds)), Math.floor);
  if (low.unit === high.unit && low.count === high.count) return written(language, high);
  const start = low.unit === high.unit || low.count === 0 ? number(language, low.count) : written(language, low);
  return between.replace("{low}", start).replace("{high}", written(language, high));
}

/** "90 %" of a share between 0 and 1, the way the language writes it. */
export function percentWords(language: Language, share: number): string {
  return new Intl.NumberFormat(language, { style: "percent", maximumFractionDigits: 0 }).format(share);
}

type Amount = { count: number; unit: "second" | "minute" | "hour" };

function inUnits(seconds: number, round: (value: number) => number): Amount {
  const { unit, seconds: size } = UNITS.find(({ below }) => seconds < below) ?? UNITS[2];
  return { unit, count: round(seconds / size) };
}

function written(language: Language, { count, unit }: Amount): string {
  return new Intl.NumberFormat(language, { style: "unit", unit, unitDisplay: "long" }).format(count);
}

function number(language: Language, count: number): string {
  return new Intl.NumberFormat(language).format(count);
}
