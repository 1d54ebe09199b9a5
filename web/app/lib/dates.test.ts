import assert from "node:assert/strict";
import { test } from "node:test";
import { regionOf } from "./dates.ts";

const AT = Date.UTC(2026, 10, 25, 2, 25);
const written = (locale: string) =>
  new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "short", timeZone: "UTC" }).format(AT);

test("somebody with a British browser reads dates in the British way, an American in theirs", () => {
  assert.equal(written(regionOf("en", ["en-GB", "en-US", "en"])), "25 Nov 2026, 02:25");
  assert.match(written(regionOf("en", ["en-US", "en"])), /^Nov 25, 2026, 2:25\sAM$/);
});

test("who chose another language than the browser's own reads dates in the chosen one", () => {
  assert.equal(regionOf("es", ["en-GB", "es-MX", "es"]), "es-MX");
  assert.equal(regionOf("es", ["en-GB"]), "es");
  assert.equal(regionOf("en", []), "en");
});

test("a language that no format knows is passed over", () => {
  assert.equal(regionOf("en", ["en-US@posix", "en-AU"]), "en-AU");
});
