/**
 * Who is next for something scarce, and how long will it take? One fair line, of fixed size: a place's standing travels with
 * whoever waits, nothing is kept per place. Changed in place, by arithmetic only: the same calls give the same line.
 * What a source is, who may ask and what a turn is good for belong to the caller.
 */
import type { Wait } from "#contract/wire.ts";
import * as core from "./core/calls.ts";
import {
  adopt,
  ahead,
  callNext,
  emptyOrder,
  enter,
  freshTag,
  frontier,
  isBefore,
  isCalled,
  nextRound,
  type Order,
  type Source,
  type Tag,
} from "./core/order.ts";
import { orderFromBytes, orderToBytes } from "./core/snapshot.ts";
import { waitOf } from "./core/wait.ts";

export { SOURCE_BYTES, type Source, type Tag } from "./core/order.ts";

export type Line = {
  /** Tells this line from one that began anew: standings of another life get a new place. */
  readonly life: number;
  readonly order: Order;
  readonly calls: core.Calls;
  /** Grows with each change that a snapshot should hold. */
  revision: number;
};

/** What somebody who waits carries along. `tag` is null while the source fills every round of the line: it is let in later. */
export type Standing = { life: number; tag: Tag | null };
/** Where somebody stands now. Keep the newest `standing`. `wait` is absent when it can't be told. */
export type Look = { standing: Standing; turn: boolean; wait: Wait | undefined };

/** A new line without capacity. `now` is monotonic ms everywhere; `life` any number that no earlier line had. */
export function newLine(life: number, now: number): Line {
  return { life, order: emptyOrder(), calls: core.newCalls(now, Number.POSITIVE_INFINITY), revision: 0 };
}

/** Turns per second; null while it is unknown: then nobody is called, no turn is given and nobody loses one. */
export function setCapacity(line: Line, now: number, rate: number | null): void {
  advance(line, now);
  core.setRate(line.calls, rate);
  advance(line, now);
}

/** Takes a place for `source`. */
export function join(line: Line, now: number, source: Source): Look {
  advance(line, now);
  const standing = stand(line, source);
  advance(line, now);
  return lookAt(line, standing);
}

/**
 * Has the turn come? A standing of another life, or of somebody who was called and stayed away for two minutes, gets a new
 * place. `moved`: `source` is not the one that took the place; then the later of both counts.
 */
export function look(line: Line, now: number, standing: Standing, source: Source, moved: boolean): Look {
  advance(line, now);
  const kept = settle(line, standing, source, moved);
  advance(line, now);
  return lookAt(line, kept);
}

/** Uses a turn up when it has come (`turn` is true then). */
export function take(line: Line, now: number, standing: Standing, source: Source, moved: boolean): Look {
  const seen = look(line, now, standing, source, moved);
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
  const tag = freshTag(line.order);
  return { waiting: line.order.waiting, moves: core.moves(line.calls), wait: waitOf(line.calls, ahead(line.order, tag), false) };
}

export function toBytes(line: Line): Uint8Array {
  return orderToBytes(line.order, line.life);
}

/** The line as it was, without capacity and without any turn saved up; `undefined` when the bytes are no snapshot. */
export function fromBytes(bytes: Uint8Array, now: number): Line | undefined {
  const read = orderFromBytes(bytes);
  return read === undefined ? undefined : { life: read.life, order: read.order, calls: core.newCalls(now, 0), revision: 0 };
}

/** Lets time pass and calls whoever may be called. */
function advance(line: Line, now: number): void {
  core.pass(line.calls, now);
  while (core.mayCall(line.calls) && callNext(line.order)) {
    core.noteCall(line.calls);
    line.revision += 1;
  }
  core.mark(line.calls, frontier(line.order));
}

function stand(line: Line, source: Source): Standing {
  const tag = enter(line.order, source);
  line.revision += 1;
  if (tag?.round === line.order.virtual) core.noteFrontEntry(line.calls);
  return { life: line.life, tag: tag ?? null };
}

function settle(line: Line, standing: Standing, source: Source, moved: boolean): Standing {
  const { tag } = standing;
  if (tag === null || standing.life !== line.life || !adopt(line.order, tag)) return stand(line, source);
  const lapsed = core.lapsedBefore(line.calls);
  if (lapsed !== undefined && isBefore(tag, lapsed)) return stand(line, source);
  // a source without a backlog holds nobody up: whoever comes from it keeps the place
  if (moved && nextRound(line.order, source) > Math.max(tag.round, line.order.virtual)) return stand(line, source);
  return standing;
}

function lookAt(line: Line, standing: Standing): Look {
  const { tag } = standing;
  if (tag === null) return { standing, turn: false, wait: undefined };
  const called = isCalled(line.order, tag);
  const turn = called && core.hasTurn(line.calls);
  if (called && !turn) core.notePress(line.calls);
  const wait = turn
    ? { lowSeconds: 0, highSeconds: 0, confidence: 1 }
    : waitOf(line.calls, called ? 0 : ahead(line.order, tag), tag.round > line.order.virtual);
  return { standing, turn, wait };
}
