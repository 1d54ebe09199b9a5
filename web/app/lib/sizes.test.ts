import assert from "node:assert/strict";
import { test } from "node:test";
import { sizeText, spanText } from "./sizes.ts";

test("a size is said in the unit that a person expects, in the reader's language", () => {
  assert.equal(sizeText("en", 639_446_688), "639 MB");
  assert.equal(sizeText("en", 1_117_320_736), "1.12 GB");
  assert.equal(sizeText("es", 1_117_320_736), "1,12 GB");
  assert.equal(sizeText("en", 999), "999 bytes");
  assert.equal(sizeText("en", 0), "0 bytes");
});

test("how long it still takes is never said as nothing", () => {
  assert.equal(spanText("en", 0.2), "1 second");
  assert.equal(spanText("en", 95), "2 minutes");
  assert.equal(spanText("es", 7_300), "3 horas");
});
