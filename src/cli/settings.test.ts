/** Does the manual's page of settings say what the table says? */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { PROJECT_DIR } from "#src/main.ts";
import { SETTING_NAMES } from "#src/settings.ts";
import { settingsPage } from "./core/settings-page.ts";

test("docs/operate/settings.md is what `npx holdfast settings --write` makes of src/settings.ts now", () => {
  assert.equal(readFileSync(join(PROJECT_DIR, "docs", "operate", "settings.md"), "utf8"), settingsPage());
});

test("every setting is on the page", () => {
  for (const name of SETTING_NAMES) assert.match(settingsPage(), new RegExp(`^### ${name}$`, "m"));
});
