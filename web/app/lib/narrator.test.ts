import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { narrate, narrateEnd, NARRATION_START, type Said } from "./narrator.ts";

function listen(chunks: string[]): string[] {
  let state = NARRATION_START;
  const said: Said[] = [];
  for (const chunk of chunks) {
    const step = narrate(state, chunk);
    state = step.state;
    said.push(...step.said);
  }
  said.push(...narrateEnd(state));
  return said.map((piece) => (piece.kind === "words" ? piece.text : `<${piece.language} ${piece.lines}>`));
}

test("a listener hears whole sentences and no tokens", () => {
  assert.deepEqual(listen(["Holdfast keeps ", "the door op", "en. It does so for ", "every newcomer."]), [
    "Holdfast keeps the door open.",
    "It does so for every newcomer.",
  ]);
});

test("marks are not read out", () => {
  assert.deepEqual(listen(["## A **bold** title here\n- see [the manual](https://example.org/x) for more\n"]), [
    "A bold title here",
    "see the manual for more",
  ]);
});

test("of code a listener hears the language and the length", () => {
  assert.deepEqual(listen(["Run this command now:\n```sh\nls\ncd", " x\n```\nThat is all there is to do."]), [
    "Run this command now:",
    "<sh 2>",
    "That is all there is to do.",
  ]);
});

test("short scraps are said together with what follows", () => {
  assert.deepEqual(listen(["Yes. ", "No. ", "It depends on the line."]), ["Yes. No. It depends on the line."]);
});

test("nothing is said twice or lost, however the stream is cut", () => {
  const text = "One sentence that is long enough. Another sentence follows it here!\nA line without an end";
  const whole = listen([text]).join(" ");
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: text.length - 1 }), { maxLength: 20 }), (cuts) => {
      const places = [...new Set([0, ...cuts, text.length])].toSorted((a, b) => a - b);
      assert.equal(listen(places.slice(1).map((end, index) => text.slice(places[index], end))).join(" "), whole);
    }),
  );
});
