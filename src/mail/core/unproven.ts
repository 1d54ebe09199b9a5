/**
 * May one more letter go out that nobody may have wanted? Letters whose code was never entered are counted, in all, per network
 * and per receiving domain. Each has an allowance, which every entered code raises, so a crowd that finishes is never held up and
 * a cannon soon is. The allowance is never zero and comes back with time: nobody shuts others out by never finishing. Known
 * devices are never concerned. Constant memory; cells are 24 bits of keyed hashes. Pure.
 */
import { HOUR_MS, MINUTE_MS, SECOND_MS } from "#kit/time.ts";

/** One letter, as it is counted. `source`: null where the network is not known. `limit`: how its domain is looked at. */
export type Sent = { source: number | null; domain: number; kind: DomainKind };
/** `large`: a provider of very many people, whom only the budget of all concerns · `throw-away`: all of these are one domain. */
export type DomainKind = "large" | "own" | "throw-away";
export type Brake = { tag: "braked"; by: "all" | "network" | "domain"; retryAfterMs: number };

/** Letters an hour whose code was not entered (yet): a class that signs up together, a company on its first day. */
const NETWORK_ALLOWANCE = 40;
const DOMAIN_ALLOWANCE = 100;
const THROW_AWAY_ALLOWANCE = 30;
/** A network that has caused fewer than this is not held up by what others did to a domain. */
const FLOOR_OF_NETWORK = 2;
/** Of one entered code: the letter itself no longer counts, and half of another one is allowed. */
const CREDIT = 0.5;
/** Fading counts are no whole numbers: the letter that fills the allowance may be a little short of it. */
const HALF = 0.5;
/** From here on networks are allowed less, down to their floor where the last quarter begins. */
const SCARCE_FROM = 0.5;
/** The last quarter of the budget goes out slowly, so that it is never all gone. */
const SLOW_FROM = 0.75;
const SLOW_FOR_S = 30 * 60;
/** A code is usually entered within two minutes. */
const RIPE_MINUTES = 3;
const ALARM_LETTERS = 50;
const ALARM_SHARE = 0.35;

const MINUTES = 60;
const ROWS = 2;
/** With a budget of 6,000 a bystander falls together with two of others in one case of 5,000. */
const CELLS = 32_768;
const THROW_AWAY_CELL = -1;
const RETRY_MS = { all: 10 * SECOND_MS, network: MINUTE_MS, domain: MINUTE_MS };

export type Unproven = {
  /** By the minute in which the letter was sent; the ring's next step is `minute`. */
  sent: Float64Array;
  entered: Float64Array;
  minute: number;
  /** Orders that were held up, by why. */
  held: Record<Brake["by"], Float64Array>;
  /** Fading by half in 42 minutes, which amounts to an hour. */
  open: { sources: Float32Array; domains: Float32Array };
  done: { sources: Float32Array; domains: Float32Array };
  fadedAt: number;
};

/** `now` is ms since 1970 everywhere. 1 MB. */
export function newUnproven(now: number): Unproven {
  const cells = () => new Float32Array(ROWS * CELLS);
  const ring = () => new Float64Array(MINUTES);
  return {
    sent: ring(),
    entered: ring(),
    minute: minuteOf(now),
    held: { all: ring(), network: ring(), domain: ring() },
    open: { sources: cells(), domains: cells() },
    done: { sources: cells(), domains: cells() },
    fadedAt: now,
  };
}

/** `budgetPerHour`: letters an hour whose code is not entered, in all. `undefined`: it may go. */
export function brakeOf(unproven: Unproven, letter: Sent, budgetPerHour: number, now: number): Brake | undefined {
  pass(unproven, now);
  if (openInAll(unproven) + 1 > allowanceInAll(unproven, budgetPerHour)) return braked("all");
  const { source } = letter;
  const bySource = source === null ? 0 : countOf(unproven.open.sources, source);
  if (source !== null && bySource + HALF > ofNetwork(unproven, budgetPerHour) + CREDIT * countOf(unproven.done.sources, source))
    return braked("network");
  if (letter.kind === "large" || (source !== null && bySource < FLOOR_OF_NETWORK)) return undefined;
  const domain = domainCellOf(letter);
  const most = letter.kind === "throw-away" ? THROW_AWAY_ALLOWANCE : DOMAIN_ALLOWANCE;
  return countOf(unproven.open.domains, domain) + HALF > most + CREDIT * countOf(unproven.done.domains, domain)
    ? braked("domain")
    : undefined;
}

/** An order was held up. */
export function noteHeld(unproven: Unproven, by: Brake["by"], now: number): void {
  pass(unproven, now);
  put(unproven.held[by], unproven, now, 1);
}

/** `count` letters that were sent at `at`. */
export function noteSent(unproven: Unproven, letter: Sent, now: number, at = now, count = 1): void {
  pass(unproven, now);
  put(unproven.sent, unproven, at, count);
  const weight = count * faded(now - at);
  if (letter.source !== null) add(unproven.open.sources, letter.source, weight);
  add(unproven.open.domains, domainCellOf(letter), weight);
}

/** The letter that was counted at `at` was not ordered after all. */
export function noteNotSent(unproven: Unproven, letter: Sent, now: number, at: number): void {
  noteSent(unproven, letter, now, at, -1);
}

/** The codes of `count` letters that were sent at `at` were entered. */
export function noteEntered(unproven: Unproven, letter: Sent, now: number, at: number, count = 1): void {
  pass(unproven, now);
  put(unproven.entered, unproven, at, count);
  const weight = count * faded(now - at);
  if (letter.source !== null) {
    add(unproven.open.sources, letter.source, -weight);
    add(unproven.done.sources, letter.source, weight);
  }
  add(unproven.open.domains, domainCellOf(letter), -weight);
  add(unproven.done.domains, domainCellOf(letter), weight);
}

/** Letters a second that the budget of all allows now. Infinite as long as most of it is left. */
export function paceOf(unproven: Unproven, budgetPerHour: number, now: number): number {
  pass(unproven, now);
  const allowance = allowanceInAll(unproven, budgetPerHour);
  const left = Math.max(0, allowance - openInAll(unproven));
  return left > (1 - SLOW_FROM) * allowance ? Number.POSITIVE_INFINITY : left / SLOW_FOR_S;
}

/** What an operator sees: letters of the last hour, codes entered, whether so few are that something is wrong, orders held up. */
export function unprovenView(unproven: Unproven, budgetPerHour: number, now: number) {
  pass(unproven, now);
  const ripe = (ring: Float64Array) => sum(ring) - sumOfLast(ring, unproven, RIPE_MINUTES);
  const [sent, entered] = [ripe(unproven.sent), ripe(unproven.entered)];
  return {
    sent: sum(unproven.sent),
    entered: sum(unproven.entered),
    budget: Math.floor(allowanceInAll(unproven, budgetPerHour)),
    alarm: sent >= ALARM_LETTERS && entered < ALARM_SHARE * sent,
    held: { all: sum(unproven.held.all), network: sum(unproven.held.network), domain: sum(unproven.held.domain) },
  };
}

/** While the budget runs out, what is left is for networks that have used little of it. */
function ofNetwork(unproven: Unproven, budgetPerHour: number): number {
  const used = openInAll(unproven) / allowanceInAll(unproven, budgetPerHour);
  const scarce = Math.min(Math.max((used - SCARCE_FROM) / (SLOW_FROM - SCARCE_FROM), 0), 1);
  return NETWORK_ALLOWANCE - scarce * (NETWORK_ALLOWANCE - FLOOR_OF_NETWORK);
}

function braked(by: Brake["by"]): Brake {
  return { tag: "braked", by, retryAfterMs: RETRY_MS[by] };
}

function openInAll({ sent, entered }: Unproven): number {
  return sum(sent) - sum(entered);
}

function allowanceInAll({ entered }: Unproven, budgetPerHour: number): number {
  return budgetPerHour + CREDIT * sum(entered);
}

function pass(unproven: Unproven, now: number): void {
  const minute = minuteOf(now);
  for (let gone = Math.min(minute - unproven.minute, MINUTES); gone > 0; gone -= 1) {
    const at = (minute - gone + 1) % MINUTES;
    for (const ring of [unproven.sent, unproven.entered, ...Object.values(unproven.held)]) ring[at] = 0;
  }
  unproven.minute = Math.max(minute, unproven.minute);
  if (now - unproven.fadedAt < MINUTE_MS) return;
  const factor = faded(now - unproven.fadedAt);
  for (const { sources, domains } of [unproven.open, unproven.done]) for (const cells of [sources, domains]) fade(cells, factor);
  unproven.fadedAt = now;
}

function put(ring: Float64Array, { minute }: Unproven, at: number, count: number): void {
  const then = minuteOf(at);
  if (then > minute || then <= minute - MINUTES) return;
  ring[then % MINUTES] = (ring[then % MINUTES] ?? 0) + count;
}

function sumOfLast(ring: Float64Array, { minute }: Unproven, minutes: number): number {
  let total = 0;
  for (let back = 0; back < minutes; back += 1) total += ring[(minute - back) % MINUTES] ?? 0;
  return total;
}

function sum(ring: Float64Array): number {
  return ring.reduce((total, count) => total + count, 0);
}

function fade(cells: Float32Array, factor: number): void {
  for (let at = 0; at < cells.length; at += 1) cells[at] = (cells[at] ?? 0) * factor;
}

function faded(ageMs: number): number {
  return Math.exp(-Math.max(0, ageMs) / HOUR_MS);
}

function minuteOf(at: number): number {
  return Math.floor(at / MINUTE_MS);
}

function domainCellOf({ domain, kind }: Sent): number {
  return kind === "throw-away" ? THROW_AWAY_CELL : domain;
}

/** The least of both rows: a bystander must fall together with others in both. */
function countOf(cells: Float32Array, cell: number): number {
  return Math.min(cells[rowOf(cell, 0)] ?? 0, cells[rowOf(cell, 1)] ?? 0);
}

function add(cells: Float32Array, cell: number, weight: number): void {
  for (let row = 0; row < ROWS; row += 1) cells[rowOf(cell, row)] = Math.max(0, (cells[rowOf(cell, row)] ?? 0) + weight);
}

function rowOf(cell: number, row: number): number {
  const mixed = Math.imul((cell ^ (row * 0x9e3779b9)) + 0x7f4a7c15, 0x85ebca6b);
  return row * CELLS + (((mixed >>> 15) ^ mixed) & (CELLS - 1));
}
