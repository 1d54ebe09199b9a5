/**
 * What comes out when a parser is fed what nobody would type? Inputs by mutation of good ones, from a seed that is said, so that
 * a find can be made again: HOLDFAST_FUZZ_SEED=…. How many in all: HOLDFAST_FUZZ_INPUTS.
 * A parser fails when it throws, when it breaks its own promise, or when one input takes it long, several times over.
 */
import { performance } from "node:perf_hooks";

/** `feed` gets text of one byte per character, sometimes wider; it throws when a promise is broken. */
export type FuzzTarget = { name: string; seeds: readonly string[]; feed(input: string): void };
export type Fuzzed = { inputs: number; seconds: number; slowestMs: number };

export const FUZZ_INPUTS = Number(process.env["HOLDFAST_FUZZ_INPUTS"] ?? 100_000);
export const FUZZ_SEED = Number(process.env["HOLDFAST_FUZZ_SEED"] ?? 1);

/** Of one input of at most 16 KB; what is slower is fed again, because a busy machine is slow too. */
const WITHIN_MS = 20;
const AGAIN = 10;
const MOST_CHARS = 16 * 1024;

/** What has a meaning somewhere: separators, numbers at the edge, names that objects have, other spellings of the same. */
const TOKENS = [
  ..."\0\t\n\r \"%&'()+,-./:;<=>?@[\\]^_`{|}~\x7f\x80\xff",
  ...[
    "\r\n",
    "\r\n ",
    "\r\n\r\n",
    "..",
    "%2e",
    "%2F",
    "%00",
    "%",
    "%u0041",
    "+",
    "//",
    "/../",
    "\u2028",
    "\ud800",
    "é",
    "K",
    "0x",
    "-0",
    "1e999",
  ],
  ...[
    "9007199254740993",
    "NaN",
    "Infinity",
    "null",
    "true",
    "[",
    "[[[[[[[[",
    '{"a":',
    "}",
    '"__proto__":',
    "constructor",
    "toString",
    "q=0.00001",
  ],
  ...[
    "__Host-holdfast-pass=",
    "__Host-holdfast-place=",
    "text/html",
    "application/json",
    "chunked",
    "en;q=",
    "es",
    "AAAA",
    "____",
    "----",
    "==",
  ],
  ...["127.0.0.1", "::ffff:1.2.3.4", "[::1]", "fe80::1%eth0", "1.2.3.4, ", ",", ",,,,,,,,", "0", "255", "65536", "@", "xn--", "ﬀ"],
];

/** Random numbers, fast and the same for the same seed (xorshift32). */
function numbersFrom(seed: number): (below: number) => number {
  let state = (seed * 0x9e3779b9) | 0 || 1;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

/** Changes one of `seeds` in one to six places. */
export function mutatorOf(seeds: readonly string[], seed: number): () => string {
  const below = numbersFrom(seed);
  const pick = <Item>(items: readonly Item[]): Item => items[below(items.length)] as Item;
  const range = (text: string): [number, number] => {
    const from = below(text.length + 1);
    return [from, Math.min(text.length, from + below(1 + pick([1, 4, 64, text.length + 1])))];
  };
  const changes: ((text: string) => string)[] = [
    (text) => splice(text, range(text), ""),
    (text) => splice(text, [below(text.length + 1), 0], pick(TOKENS)),
    (text) => splice(text, range(text), pick(TOKENS)),
    (text) => splice(text, [below(text.length + 1), 1], String.fromCharCode(below(256))),
    (text) => splice(text, [below(text.length + 1), 0], String.fromCharCode(below(0x1_0000))),
    (text) => splice(text, [below(text.length + 1), 0], text.slice(...range(text))),
    (text) => splice(text, range(text), pick(seeds).slice(...range(pick(seeds)))),
    (text) => text.slice(0, below(text.length + 1)),
    (text) =>
      splice(text, [below(text.length + 1), 1], String.fromCharCode((text.charCodeAt(below(text.length || 1)) || 0) ^ (1 << below(8)))),
    (text) => (below(2) === 0 ? text.toUpperCase() : text.toLowerCase()),
    // rare, because long: one thing over and over, which is what quadratic readers stumble on
    (text) => (below(30) > 0 ? text : splice(text, [below(text.length + 1), 0], pick(TOKENS).repeat(1 + below(MOST_CHARS)))),
    (text) => (below(30) > 0 ? text : (text + pick(TOKENS)).repeat(1 + below(1 + MOST_CHARS / (text.length + 1)))),
  ];
  return () => {
    let text = below(100) === 0 ? "" : pick(seeds);
    for (let left = 1 + below(6); left > 0; left -= 1) text = pick(changes)(text).slice(0, MOST_CHARS);
    return text;
  };
}

function splice(text: string, [from, to]: readonly [number, number], inserted: string): string {
  return text.slice(0, from) + inserted + text.slice(Math.max(from, to));
}

export function fuzz({ name, seeds, feed }: FuzzTarget, inputs: number): Fuzzed {
  const next = mutatorOf(seeds, FUZZ_SEED + [...name].reduce((sum, character) => 31 * sum + character.charCodeAt(0), 7));
  const startedAt = performance.now();
  let slowestMs = 0;
  for (let number = 0; number < inputs; number += 1) {
    const input = next();
    const told = () => `${name}, seed ${FUZZ_SEED}, input ${number} of ${input.length} characters: ${JSON.stringify(input.slice(0, 300))}`;
    const once = () => {
      const from = performance.now();
      try {
        feed(input);
      } catch (cause) {
        throw new Error(told(), { cause });
      }
      return performance.now() - from;
    };
    let tookMs = once();
    for (let again = 0; tookMs > WITHIN_MS && again < AGAIN; again += 1) tookMs = Math.min(tookMs, once());
    if (tookMs > WITHIN_MS) throw new Error(`${Math.round(tookMs)} ms for ${told()}`);
    slowestMs = Math.max(slowestMs, tookMs);
  }
  return { inputs, seconds: (performance.now() - startedAt) / 1_000, slowestMs };
}
