/** Does the fuzzer find what it is there for? Parsers with a mistake in them, each of the kind that it must catch. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { fuzz, mutatorOf } from "./fuzzing.ts";

const SEEDS = ["a=1; b=2", "text/html, application/json"];
const INPUTS = 20_000;

test("a parser that throws at a byte that hardly anybody sends is found, and the input is told", () => {
  const feed = (input: string) => {
    if (input.includes("%") && input.includes("\0")) throw new RangeError("a bug");
  };
  assert.throws(() => fuzz({ name: "throws", seeds: SEEDS, feed }, INPUTS), /throws, seed \d+, input \d+ of \d+ characters: ".*%/);
});

test("a parser that is quadratic in one repeated sign is found", () => {
  const feed = (input: string) => void /(?:,\s*)+x$/.test(input);
  assert.throws(() => fuzz({ name: "is slow", seeds: SEEDS, feed }, INPUTS), /^Error: \d+ ms for is slow/);
});

test("the same seed makes the same inputs, another one others, and short and long ones are among them", () => {
  const of = (seed: number) => Array.from({ length: 5_000 }, mutatorOf(SEEDS, seed));
  assert.deepEqual(of(1), of(1));
  assert.notDeepEqual(of(1), of(2));
  const inputs = of(3);
  assert.ok(new Set(inputs).size > 4_000, `${new Set(inputs).size} different ones`);
  assert.ok(inputs.includes("") && inputs.some(({ length }) => length > 10_000));
});
