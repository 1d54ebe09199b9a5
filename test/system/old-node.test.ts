/** Does a plain terminal with an old Node get the project's own, and a sentence where that is missing? */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { temporaryFolder } from "#support/holdfast.ts";

const BIN = fileURLToPath(new URL("../../bin", import.meta.url));
const OLD = ["/usr/local/bin/node", "/usr/bin/node"].find(
  (path) => existsSync(path) && Number.parseInt(spawnSync(path, ["-p", "process.versions.node"], { encoding: "utf8" }).stdout) < 26,
);
const withOldNode = { skip: OLD === undefined ? "this machine has no Node older than 26 beside ours" : false };

test("started by the system's Node, the command goes on with the Node that npm brought along", withOldNode, () => {
  const ran = spawnSync(OLD ?? "", [join(BIN, "holdfast.js"), "version"], { encoding: "utf8" });
  assert.equal(ran.status, 0, ran.stderr);
  assert.match(ran.stdout, /Node 26\./);
  assert.equal(spawnSync(OLD ?? "", [join(BIN, "holdfast.js"), "nonsense"], { encoding: "utf8" }).status, 1, "its exit code is passed on");
});

test("where npm ci has not run yet, or left our Node out, the person reads what to do", withOldNode, (t) => {
  const folder = temporaryFolder(t);
  cpSync(BIN, join(folder, "bin"), { recursive: true });
  const run = () => spawnSync(OLD ?? "", [join(folder, "bin", "holdfast.js"), "start"], { encoding: "utf8" });
  assert.equal(run().status, 1);
  assert.match(run().stderr, /needs Node 26[\s\S]*Run npm ci first/);
  mkdirSync(join(folder, "node_modules", "postgres"), { recursive: true });
  assert.match(run().stderr, /Run npm ci again without leaving optional packages out/);
});
