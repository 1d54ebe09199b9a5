/** Is a code read the way a person types it? */
import assert from "node:assert/strict";
import { test } from "node:test";
import { seededDice } from "#kit/dice.ts";
import { CODE_ALPHABET } from "#contract/schemas.ts";
import { CODE_BYTES, makeCode, normaliseCode, showCode } from "./code.ts";

test("codes use every symbol equally often and have no look-alikes", () => {
  const dice = seededDice("codes");
  const counts = new Map<string, number>();
  for (let round = 0; round < 4_000; round += 1) {
    const code = makeCode(dice.bytes(CODE_BYTES));
    assert.match(code, /^[2-9A-HJ-NP-Z]{8}$/);
    for (const symbol of code) counts.set(symbol, (counts.get(symbol) ?? 0) + 1);
  }
  assert.equal(counts.size, CODE_ALPHABET.length);
  for (const [symbol, count] of counts) assert.ok(Math.abs(count - 1_000) < 150, `${symbol} came ${count} times of 1,000`);
});

test("somebody may type the code with or without dash, in small letters, with spaces, or paste it from the letter", () => {
  const code = "ABCD2345";
  assert.equal(showCode(code), "ABCD-2345");
  for (const typed of ["ABCD-2345", "abcd2345", " abcd 2345 ", "A B C D – 2 3 4 5", "ABCD‑2345\n", "ＡＢＣＤ２３４５", "abcd.2345"]) {
    assert.equal(normaliseCode(typed), code, typed);
  }
});

test("what can't be a code is refused without being counted as a try", () => {
  for (const typed of ["", "ABCD-234", "ABCD-23456", "ABCD-234O", "ABCD-2341", "ABCD-234I", "ÄBCD-2345", "ABCD-234💥"]) {
    assert.equal(normaliseCode(typed), undefined, typed);
  }
});
