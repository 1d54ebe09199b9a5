/** Can people read our colours? Contrast by WCAG 2.2, in both schemes; and both ways into the dark give the same. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

const css = readFileSync(new URL("./tokens.css", import.meta.url), "utf8");
const blocks = [...css.matchAll(/(:root[^{]*)\{([^}]*)\}/g)].map((match) => ({
  selector: (match[1] ?? "").trim(),
  colours: coloursOf(match[2] ?? ""),
}));
const light = blocks.find(({ selector }) => selector === ":root")?.colours ?? {};
const darkBlocks = blocks.filter(({ selector }) => selector !== ":root").map(({ colours }) => colours);

test("the dark scheme is the same, whether the system or the person asked for it", () => {
  assert.equal(darkBlocks.length, 2);
  assert.deepEqual(darkBlocks[0], darkBlocks[1]);
  assert.ok(Object.keys(darkBlocks[0] ?? {}).length >= 15);
});

test("words and the edges of fields stand out enough in both schemes", () => {
  for (const [name, scheme] of Object.entries({ light, dark: { ...light, ...darkBlocks[0] } })) {
    const pairs: [string, string, number][] = [
      ["ink", "ground", 7],
      ["ink", "surface", 7],
      ["ink", "raised", 7],
      ["ink-soft", "ground", 4.5],
      ["ink-soft", "surface", 4.5],
      ["ink-soft", "raised", 4.5],
      ["accent", "ground", 4.5],
      ["accent", "surface", 4.5],
      ["accent", "accent-soft", 4.5],
      ["ink", "accent-soft", 4.5],
      ["on-accent", "accent", 4.5],
      ["on-accent", "accent-strong", 4.5],
      ["danger", "surface", 4.5],
      ["danger", "danger-soft", 4.5],
      ["ink", "danger-soft", 4.5],
      ["warn", "surface", 4.5],
      ["warn", "warn-soft", 4.5],
      ["ink", "warn-soft", 4.5],
      ["field-line", "surface", 3],
      ["field-line", "ground", 3],
    ];
    for (const [front, back, least] of pairs) {
      const reached = contrast(scheme[front] ?? "", scheme[back] ?? "");
      assert.ok(reached >= least, `${name}: ${front} on ${back} reaches ${reached.toFixed(2)}, needs ${least}`);
    }
  }
});

function coloursOf(body: string): Record<string, string> {
  return Object.fromEntries([...body.matchAll(/--hf-([a-z-]+): (#[0-9a-f]{3,8}|0 [^;]+);/g)].map((match) => [match[1], match[2]]));
}

function contrast(a: string, b: string): number {
  const [light = 0, dark = 0] = [luminance(a), luminance(b)].toSorted((x, y) => y - x);
  return (light + 0.05) / (dark + 0.05);
}

function luminance(colour: string): number {
  const hex = colour.length === 4 ? colour.replaceAll(/[0-9a-f]/g, "$&$&") : colour;
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return part <= 0.040_45 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
