/** Are settings read rightly, and is every mistake told at once? The cases are in cases/config.json. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import fc from "fast-check";
import { parseConfig, tellMistakes, type Config, type Mistake } from "./config.ts";
import { SETTING_NAMES } from "./settings.ts";

type Case = {
  case: string;
  cores?: number;
  environment: Record<string, string>;
  file?: Record<string, string>;
  config?: Partial<Config>;
  mistakes?: Mistake[];
};
const cases = JSON.parse(readFileSync(new URL("../cases/config.json", import.meta.url), "utf8")) as Case[];

for (const given of cases) {
  test(`settings: ${given.case}`, () => {
    const parsed = parseConfig({ environment: given.environment, file: given.file ?? {}, machine: { cores: given.cores ?? 4 } });
    if (given.mistakes !== undefined) {
      assert.ok(!parsed.ok);
      assert.deepEqual(parsed.failure.mistakes, given.mistakes);
      assert.doesNotMatch(tellMistakes(parsed.failure.mistakes), /hunter2/);
      return;
    }
    assert.ok(parsed.ok, JSON.stringify(parsed));
    const config: Record<string, unknown> = parsed.value;
    for (const [name, value] of Object.entries(given.config ?? {})) assert.deepEqual(config[name], value, name);
  });
}

test("a line of holdfast.env that sets nothing is told by its number, not by what it says", () => {
  const parsed = parseConfig({ environment: {}, file: {}, strayLines: [3], machine: { cores: 4 } });
  assert.ok(!parsed.ok);
  assert.deepEqual(parsed.failure.mistakes, [
    { name: "line 3", given: "a line in holdfast.env without =", expected: "NAME=value, or # before a remark" },
  ]);
});

test("a mistake in another file than holdfast.env names that file", () => {
  const file = { SMTP_URI: "x" };
  const parsed = parseConfig({ environment: {}, file, strayLines: [2], fileName: "/etc/holdfast/settings", machine: { cores: 4 } });
  assert.ok(!parsed.ok);
  assert.deepEqual(
    parsed.failure.mistakes.map(({ given }) => given),
    ["a name in /etc/holdfast/settings that means nothing to Holdfast", "a line in /etc/holdfast/settings without ="],
  );
});

test("whatever is typed into a setting, the parser answers and never throws", () => {
  const settings = fc.dictionary(
    fc.constantFrom<string>(...SETTING_NAMES),
    fc.oneof(fc.string({ unit: "binary" }), fc.webUrl(), fc.integer().map(String)),
  );
  fc.assert(
    fc.property(settings, fc.dictionary(fc.string(), fc.string()), fc.integer({ min: 1, max: 256 }), (environment, file, cores) => {
      const parsed = parseConfig({ environment, file, machine: { cores } });
      if (!parsed.ok) assert.ok(tellMistakes(parsed.failure.mistakes).length > 0);
    }),
  );
});
