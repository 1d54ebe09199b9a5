/**
 * How often does what people were told hold? Some of the quotes are kept in a table of fixed size until the turn comes; what
 * came of the last ones is counted, and how far they were off says how wide the next intervals are, so that four in five hold.
 * A place that nobody asks about again frees its row soon, so that a flood of places hides nobody's quote for long.
 */
import type { Wait } from "#contract/wire.ts";
import type { Tag } from "./order.ts";

export const CONFIDENCE = 0.8;
/** A little less than a tenth: learning what changes costs the rest. */
const EACH_SIDE = 0.09;
/**
 * By the seconds that are told (below 4, 16, 64, 256, and more), and whether others of the same source stand in front. Each
 * class has rows of its own, and is as wide as its own quotes ask for.
 */
const LENGTHS = 5;
const CLASSES = 2 * LENGTHS;
const ROWS_EACH = 128;
/** How far the last quotes of a class were off, at most one a second: those of a moment are all off the same way. */
const ERRORS_EACH = 48;
const ERROR_EVERY_MS = 500;
/** Until a class has seen enough, intervals are as wide as the deviation lets expect: that counts as so many quotes. */
const EXPECTED = { errors: 10, deviations: 1.28 } as const;
/** How much is cut off on each side: a tenth of the errors at first, then whatever makes the share hold. */
const CUT_STEP = 0.02;
const CUT = { least: 0.005, most: 0.45 } as const;
const MISSES_FADE = 32;
const OUTCOMES = 1_024;
/** Whoever asks as told is never away for longer. */
const AWAY_MS = 35_000;
/** Whoever was never seen again after taking the place loses the row after this and a third of the least that was told. */
const UNSEEN_MS = 5_000;
/** A change of capacity by more than a fifth is news, against which no older quote could hold. */
const NEWS = { factor: 1.2, wider: 0.3, fadeMs: 20_000 } as const;

const OUTCOME = { held: 0, early: 1, late: 2, toldAgain: 3 } as const;

/** What is told, and what it is made of: the expected seconds and their deviation. */
export type Quote = { wait: Wait; seconds: number; deviation: number; deep: boolean };

export type Quotes = {
  /** Per row: whose quote it is (no tick: nobody's), when it was given, between when and when it holds, and who asked last. */
  readonly tick: Float64Array;
  readonly ordinal: Float64Array;
  readonly at: Float64Array;
  readonly low: Float64Array;
  readonly high: Float64Array;
  readonly expected: Float64Array;
  readonly deviation: Float64Array;
  readonly seen: Float64Array;
  /** Per row: while it still held, an interval was told whose middle lies behind it. */
  readonly toldAgain: Uint8Array;
  readonly classes: readonly QuoteClass[];
  /** What came of the last quotes, and how many were decided in all. */
  readonly outcomes: Uint8Array;
  decided: number;
  /** The capacity that quotes are made with, and since when. */
  rate: number;
  rateSince: number;
};

type QuoteClass = {
  /** In deviations. */
  readonly errors: Float64Array;
  seen: number;
  seenAt: number;
  readonly cut: { low: number; high: number };
  /** The shares that were early and late lately. */
  readonly missed: { low: number; high: number };
  /** The interval, in deviations from what is expected. */
  readonly width: { low: number; high: number };
};

export type QuoteQuality = {
  /** The share that held of the quotes that were decided last; `null` before the first. */
  share: number | null;
  decided: number;
  held: number;
  early: number;
  /** Later than told; and of those, how many were told a later time before the first was over. */
  late: number;
  toldAgain: number;
};

export function newQuotes(): Quotes {
  const numbers = () => new Float64Array(CLASSES * ROWS_EACH);
  return {
    tick: numbers().fill(Number.NaN),
    ordinal: numbers(),
    at: numbers(),
    low: numbers(),
    high: numbers(),
    expected: numbers(),
    deviation: numbers(),
    seen: numbers(),
    toldAgain: new Uint8Array(CLASSES * ROWS_EACH),
    classes: Array.from({ length: CLASSES }, () => ({
      errors: new Float64Array(ERRORS_EACH),
      seen: 0,
      seenAt: Number.NEGATIVE_INFINITY,
      cut: { low: EACH_SIDE, high: EACH_SIDE },
      missed: { low: EACH_SIDE, high: EACH_SIDE },
      width: { low: -EXPECTED.deviations, high: EXPECTED.deviations },
    })),
    outcomes: new Uint8Array(OUTCOMES),
    decided: 0,
    rate: 0,
    rateSince: 0,
  };
}

export function noteRate(quotes: Quotes, now: number, rate: number): void {
  const factor = quotes.rate > 0 ? rate / quotes.rate : Number.POSITIVE_INFINITY;
  if (factor < NEWS.factor && factor > 1 / NEWS.factor) return;
  quotes.rate = rate;
  quotes.rateSince = now;
}

/** The interval around so many seconds, in deviations from them; wider for a while after the capacity changed. */
export function widthAt(quotes: Quotes, now: number, seconds: number, deep: boolean): { low: number; high: number } {
  const { low, high } = quotes.classes[classOf(seconds, deep)]?.width ?? { low: -EXPECTED.deviations, high: EXPECTED.deviations };
  const unsure = NEWS.wider * Math.exp((quotes.rateSince - now) / NEWS.fadeMs);
  return { low: low - unsure, high: high + unsure };
}

/** Somebody took a place and was told this. */
export function noteQuote(quotes: Quotes, now: number, tag: Tag, { wait, seconds, deviation, deep }: Quote): void {
  const row = classOf(seconds, deep) * ROWS_EACH + slotOf(tag);
  if (!isFree(quotes, row, now)) return;
  // who left, but not before it was later than told
  if (!Number.isNaN(quotes.tick[row]) && (quotes.seen[row] ?? 0) > (quotes.high[row] ?? 0)) count(quotes, row, OUTCOME.late);
  quotes.tick[row] = tag.tick;
  quotes.ordinal[row] = tag.ordinal;
  quotes.at[row] = now;
  quotes.low[row] = now + wait.lowSeconds * 1_000;
  quotes.high[row] = now + wait.highSeconds * 1_000;
  quotes.expected[row] = seconds;
  quotes.deviation[row] = deviation;
  quotes.seen[row] = now;
  quotes.toldAgain[row] = 0;
}

/** Somebody asked: the turn came, or `wait` is told now. */
export function noteLook(quotes: Quotes, now: number, tag: Tag, turn: boolean, wait: Wait | undefined): void {
  const row = rowOf(quotes, tag);
  if (row === undefined) return;
  const [low, high, seen] = [quotes.low[row] ?? 0, quotes.high[row] ?? 0, quotes.seen[row] ?? 0];
  quotes.seen[row] = now;
  if (now - seen > AWAY_MS) quotes.tick[row] = Number.NaN;
  else if (turn) {
    count(quotes, row, now < low ? OUTCOME.early : now <= high ? OUTCOME.held : OUTCOME.late);
    learn(quotes, row, now, now < low, now > high);
    quotes.tick[row] = Number.NaN;
  } else if (wait !== undefined && now <= high && now + (wait.lowSeconds + wait.highSeconds) * 500 > high) quotes.toldAgain[row] = 1;
}

export function qualityOf({ decided, outcomes }: Quotes): QuoteQuality {
  const counts = [0, 0, 0, 0];
  const last = Math.min(OUTCOMES, decided);
  for (const outcome of outcomes.subarray(0, last)) counts[outcome] = (counts[outcome] ?? 0) + 1;
  const [held = 0, early = 0, late = 0, toldAgain = 0] = counts;
  return { share: last === 0 ? null : held / last, decided: last, held, early, late: late + toldAgain, toldAgain };
}

function count(quotes: Quotes, row: number, outcome: number): void {
  const told = outcome === OUTCOME.late && quotes.toldAgain[row] === 1;
  quotes.outcomes[quotes.decided % OUTCOMES] = told ? OUTCOME.toldAgain : outcome;
  quotes.decided += 1;
}

/** Nothing is to be learnt from what was told before the capacity changed. */
function learn(quotes: Quotes, row: number, now: number, early: boolean, late: boolean): void {
  const of = quotes.classes[Math.floor(row / ROWS_EACH)];
  const at = quotes.at[row] ?? 0;
  if (of === undefined || at < quotes.rateSince || now - of.seenAt < ERROR_EVERY_MS) return;
  of.errors[of.seen % ERRORS_EACH] = ((now - at) / 1_000 - (quotes.expected[row] ?? 0)) / (quotes.deviation[row] ?? 1);
  of.seen += 1;
  of.seenAt = now;
  of.missed.low += ((early ? 1 : 0) - of.missed.low) / MISSES_FADE;
  of.missed.high += ((late ? 1 : 0) - of.missed.high) / MISSES_FADE;
  of.cut.low = cutAfter(of.cut.low, early, of.missed.high);
  of.cut.high = cutAfter(of.cut.high, late, of.missed.low);
  const sorted = of.errors.slice(0, Math.min(ERRORS_EACH, of.seen)).toSorted();
  const known = sorted.length / (sorted.length + EXPECTED.errors);
  of.width.low = known * quantile(sorted, of.cut.low) - (1 - known) * EXPECTED.deviations;
  of.width.high = known * quantile(sorted, 1 - of.cut.high) + (1 - known) * EXPECTED.deviations;
}

/** A side may miss a tenth, and what the other one leaves of its own: nobody's turn comes before the next time of asking. */
function cutAfter(cut: number, missed: boolean, other: number): number {
  const wanted = EACH_SIDE + Math.max(0, EACH_SIDE - other);
  return Math.min(CUT.most, Math.max(CUT.least, cut + CUT_STEP * (wanted - (missed ? 1 : 0))));
}

function quantile(sorted: Float64Array, share: number): number {
  const place = share * sorted.length - 0.5;
  const below = Math.max(0, Math.min(sorted.length - 1, Math.floor(place)));
  const above = Math.min(sorted.length - 1, below + 1);
  const part = Math.min(1, Math.max(0, place - below));
  return (sorted[below] ?? 0) * (1 - part) + (sorted[above] ?? 0) * part;
}

function isFree(quotes: Quotes, row: number, now: number): boolean {
  if (Number.isNaN(quotes.tick[row])) return true;
  const [at, low, seen] = [quotes.at[row] ?? 0, quotes.low[row] ?? 0, quotes.seen[row] ?? 0];
  return now - seen > (seen === at ? UNSEEN_MS + Math.min(AWAY_MS, (low - at) / 3) : AWAY_MS);
}

function classOf(seconds: number, deep: boolean): number {
  return Math.min(LENGTHS - 1, Math.floor(Math.log2(Math.max(1, seconds)) / 2)) + (deep ? LENGTHS : 0);
}

function slotOf(tag: Tag): number {
  return (tag.tick * 31 + tag.ordinal) % ROWS_EACH;
}

function rowOf(quotes: Quotes, tag: Tag): number | undefined {
  for (let row = slotOf(tag); row < quotes.tick.length; row += ROWS_EACH) {
    if (quotes.tick[row] === tag.tick && quotes.ordinal[row] === tag.ordinal) return row;
  }
  return undefined;
}
