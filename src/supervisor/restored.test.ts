/** Is a restore there whole or not at all, wherever it is interrupted? */
import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { temporaryFolder } from "#support/holdfast.ts";
import { finishRestore, keptIn, markWhole, restoringFolder } from "./restored.ts";

function dataFolder(t: TestContext): string {
  const dataDir = temporaryFolder(t);
  for (const folder of [dataDir, restoringFolder(dataDir)]) {
    for (const name of ["keys", "postgres"]) {
      mkdirSync(join(folder, name), { recursive: true });
      writeFileSync(join(folder, name, "who"), folder === dataDir ? "old" : "new");
    }
  }
  return dataDir;
}

const who = (dataDir: string) => ["keys", "postgres"].map((name) => readFileSync(join(dataDir, name, "who"), "utf8"));

test("one that was never whole is thrown away", (t) => {
  const dataDir = dataFolder(t);
  assert.equal(finishRestore(dataDir), undefined);
  assert.deepEqual(who(dataDir), ["old", "old"]);
  assert.equal(existsSync(restoringFolder(dataDir)), false);
});

test("one that is whole takes its place, and what was there is kept", (t) => {
  const dataDir = dataFolder(t);
  assert.deepEqual(keptIn(dataDir), ["keys", "postgres"]);
  markWhole(dataDir, "before");
  assert.equal(finishRestore(dataDir), join(dataDir, "before"));
  assert.deepEqual(
    [who(dataDir), who(join(dataDir, "before"))],
    [
      ["new", "new"],
      ["old", "old"],
    ],
  );
  assert.equal(finishRestore(dataDir), undefined, "once more changes nothing");
  assert.deepEqual(who(dataDir), ["new", "new"]);
});

test("one that was interrupted between two moves is finished by whoever comes next", (t) => {
  for (const step of [1, 2, 3]) {
    const dataDir = dataFolder(t);
    markWhole(dataDir, "before");
    mkdirSync(join(dataDir, "before"));
    renameSync(join(dataDir, "keys"), join(dataDir, "before", "keys"));
    if (step > 1) renameSync(join(restoringFolder(dataDir), "keys"), join(dataDir, "keys"));
    if (step > 2) renameSync(join(dataDir, "postgres"), join(dataDir, "before", "postgres"));
    finishRestore(dataDir);
    assert.deepEqual(
      [who(dataDir), who(join(dataDir, "before"))],
      [
        ["new", "new"],
        ["old", "old"],
      ],
      `after step ${step}`,
    );
  }
});
