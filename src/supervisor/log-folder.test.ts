/** Does the log stay bounded, and does a disk that can't be written to cost nothing but lines of the log? */
import assert from "node:assert/strict";
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { temporaryFolder } from "#support/holdfast.ts";
import { openLogFolder } from "./log-folder.ts";

test("however much is written, there are six files at most, none above the limit, the newest lines in the first", (t) => {
  const dataDir = temporaryFolder(t);
  const log = openLogFolder(dataDir, 1_000);
  for (let number = 0; number < 2_000; number += 1) log.write(`line ${number}`);
  log.close();
  const files = readdirSync(join(dataDir, "logs")).toSorted();
  assert.equal(files.length, 6);
  for (const name of files) assert.ok(statSync(join(dataDir, "logs", name)).size <= 1_000);
  assert.match(readFileSync(log.path, "utf8"), /line 1999\n$/);
});

test("a folder that can't be made costs no more than the log", (t) => {
  const dataDir = temporaryFolder(t);
  writeFileSync(join(dataDir, "logs"), "in the way");
  const log = openLogFolder(dataDir);
  log.write("lost");
  log.close();
  assert.equal(readFileSync(join(dataDir, "logs"), "utf8"), "in the way");
});
