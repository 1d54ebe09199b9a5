/**
 * Who is next for something scarce, and how long will it take? One fair line, of fixed size: a place's standing travels with
 * whoever waits, nothing is kept per place. Changed in place, by arithmetic only: the same calls give the same line.
 * What a source is, who may ask and what a turn is good for belong to the caller.
 */
import type { Wait } from "#contract/wire.ts";
import * as core from "./core/calls.ts";
import { newInflow, noteEntry, passInflow, type Inflow } from "./core/inflow.ts";
import {
  adopt,
  base,
  callNext,
  emptyOrder,
  enter,
  FRESH_TICKS,
  isCalled,
  isHeldUp,
  type Order,
  type Source,
  type Tag,
} from "./core/order.ts";
import { newQuotes, noteLook, noteQuote, noteRate, qualityOf, type QuoteQuality, type Quotes } from "./core/quotes.ts";
import { orderFromBytes, orderToBytes } from "./core/snapshot.ts";
import { quoteOf } from "./core/wait.ts";

export { SOURCE_BYTES, type Source, type Tag } from "./core/order.ts";
export type { QuoteQuality } from "./core/quotes.ts";
export { weigh } from "./core/weight.ts";

export type Line = {
  /** Tells this line from one that began anew: standings of another life get a new place. It also salts the draw. */
  readonly life: number;
  readonly order: Order;
  readonly calls: core.Calls;
  readonly inflow: Inflow;
  readonly quotes: Quotes;
  /** Grows with each change that a snapshot should hold. */
  revision: number;
};

/** What somebody who waits carries along. `tag` is null while the source fills every round of the line: it is let in later. */
export type Standing = { life: number; tag: Tag | null };
/** Where somebody stands now. Keep the newest `standing`. `wait` is absent when it can't be told. */
export type Look = { standing: Standing; turn: boolean; wait: Wait | undefined };

/** In peace everybody weighs one. */
const PEACE = 1;

/** A new line without capacity. `now` is monotonic ms everywhere; `life` any number that no earlier line had. */
export function newLine(life: number, now: number): Line {
  return lineOf(life, emptyOrder(life), now, Number.POSITIVE_INFINITY);
}

/** Turns per second; null while it is unknown: then nobody is called, no turn is given and nobody loses one. */
export function setCapacity(line: Line, now: number, rate: number | null): void {
  advance(line, now);
  core.setRate(line.calls, rate);
  if (rate !== null && rate > 0) noteRate(line.quotes, now, rate);
  advance(line, now);
}

/** Takes a place for `source`. `weight` (1/2 to 64, see `weigh`): a heavier place never stands behind a lighter one of its equals. */
export function join(line: Line, now: number, source: Source, weight = PEACE): Look {
  advance(line, now);
  const standing = stand(line, source, weight);
  advance(line, now);
  return lookAt(line, now, standing, true);
}

/**
 * Has the turn come? A standing of another life, or of somebody who was called and stayed away for two minutes, gets a new
 * place of `weight`. `moved`: `source` is not the one that took the place; then the later of both counts.
 */
export function look(line: Line, now: number, standing: Standing, source: Source, moved: boolean, weight = PEACE): Look {
  advance(line, now);
  const kept = settle(line, standing, source, moved, weight);
  advance(line, now);
  return lookAt(line, now, kept, kept !== standing);
}

/** Uses a turn up when it has come (`turn` is true then). */
export function take(line: Line, now: number, standing: Standing, source: Source, moved: boolean, weight = PEACE): Look {
  const seen = look(line, now, standing, source, moved, weight);
  if (seen.turn) core.useTurn(line.calls);
  return seen;
}

/** A turn that was taken and led to nothing goes to somebody else. */
export function giveBack(line: Line): void {
  core.returnTurn(line.calls);
}

/** What somebody from a source without any place would be told now, and how many wait. */
export function view(line: Line, now: number): { waiting: number; moves: boolean; wait: Wait | undefined } {
  advance(line, now);
  const quote = quoteOf(line, { tick: base(line.order) + FRESH_TICKS, ordinal: 0 });
  return { waiting: line.order.waiting, moves: core.moves(line.calls), wait: quote?.wait };
}

/** How often the waits that people were told lately have held, by a sample of those who came for their turn. */
export function quoteQuality(line: Line): QuoteQuality {
  return qualityOf(line.quotes);
}

export function toBytes(line: Line): Uint8Array {
  return orderToBytes(line.order, line.life);
}

/** The line as it was, without capacity and without any turn saved up; `undefined` when the bytes are no snapshot. */
export function fromBytes(bytes: Uint8Array, now: number): Line | undefined {
  const read = orderFromBytes(bytes);
  return read === undefined ? undefined : lineOf(read.life, read.order, now, 0);
}

function lineOf(life: number, order: Order, now: number, tokens: number): Line {
  return { life, order, calls: core.newCalls(now, tokens), inflow: newInflow(now), quotes: newQuotes(), revision: 0 };
}

/** Lets time pass and calls whoever may be called. */
function advance(line: Line, now: number): void {
  core.pass(line.calls, now, line.order.waiting > 0);
  passInflow(line.inflow, now, core.callPace(line.calls));
  while (core.mayCall(line.calls) && callNext(line.order)) {
    core.noteCall(line.calls);
    line.revision += 1;
  }
  core.mark(line.calls, base(line.order));
}

function stand(line: Line, source: Source, weight: number): Standing {
  const tag = enter(line.order, source, weight);
  line.revision += 1;
  if (tag !== undefined) noteEntry(line.inflow, tag.tick - base(line.order));
  return { life: line.life, tag: tag ?? null };
}

function settle(line: Line, standing: Standing, source: Source, moved: boolean, weight: number): Standing {
  const { tag } = standing;
  if (tag === null || standing.life !== line.life || !adopt(line.order, tag)) return stand(line, source, weight);
  if (tag.tick < core.lapsedBefore(line.calls)) return stand(line, source, weight);
  // a source without a backlog holds nobody up: whoever comes from it keeps the place
  if (moved && isHeldUp(line.order, source, weight, tag)) return stand(line, source, weight);
  return standing;
}

function lookAt(line: Line, now: number, standing: Standing, fresh: boolean): Look {
  const { tag } = standing;
  if (tag === null) return { standing, turn: false, wait: undefined };
  const called = isCalled(line.order, tag);
  const turn = called && core.hasTurn(line.calls);
  if (called && !turn) core.notePress(line.calls);
  const quote = turn ? undefined : quoteOf(line, tag);
  if (!fresh) noteLook(line.quotes, now, tag, turn, quote?.wait);
  else if (quote !== undefined) noteQuote(line.quotes, now, tag, quote);
  return { standing, turn, wait: turn ? { lowSeconds: 0, highSeconds: 0, confidence: 1 } : quote?.wait };
}
