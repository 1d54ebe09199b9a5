import assert from "node:assert/strict";
import { test } from "node:test";
import { LANGUAGES } from "#contract/wire.ts";
import { modelsEn } from "#contract/words/en/models.ts";
import { CATALOGUE } from "./catalogue.ts";

test("every model on offer is pinned to one file of one commit with its checksum", () => {
  assert.ok(CATALOGUE.length >= 4);
  for (const model of CATALOGUE) {
    assert.match(model.repository, /^[\w.-]+\/[\w.-]+$/);
    assert.match(model.revision, /^[0-9a-f]{40}$/);
    assert.match(model.sha256, /^[0-9a-f]{64}$/);
    assert.match(model.fileName, /^[\w.-]+\.gguf$/);
    assert.equal(model.licence, "Apache-2.0");
  }
});

test("no two models on offer are taken for one another", () => {
  for (const field of ["id", "name", "fileName", "sha256", "repository"] as const) {
    assert.equal(new Set(CATALOGUE.map((model) => model[field])).size, CATALOGUE.length, field);
  }
});

test("what a model needs in memory is more than its file", () => {
  for (const model of CATALOGUE) {
    assert.ok(model.memoryBytes > model.sizeBytes * 1.2, model.id);
    assert.ok(model.memoryBytes < 6e9, model.id);
  }
});

test("each has a sentence that says what it is good for, and no sentence is left over", () => {
  assert.ok(LANGUAGES.length > 1);
  assert.deepEqual(Object.keys(modelsEn).toSorted(), CATALOGUE.map((model) => `note.${model.id}`).toSorted());
});
