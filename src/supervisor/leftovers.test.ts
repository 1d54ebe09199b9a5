/** Is what a killed supervisor left ended, and only that? With real processes. */
import assert from "node:assert/strict";
import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { systemClock } from "#kit/time.ts";
import { temporaryFolder } from "#support/holdfast.ts";
import { clearLeftovers } from "./leftovers.ts";
import { markOf, type Running } from "./running-file.ts";

/** A process that hangs, named like one of our own. */
async function hanging(t: TestContext): Promise<ChildProcess & { pid: number }> {
  const file = join(temporaryFolder(t), "door-process.ts");
  writeFileSync(file, "process.send?.('up'); setInterval(() => {}, 1_000); process.on('disconnect', () => {});");
  const child = fork(file, { stdio: ["ignore", "ignore", "ignore", "ipc"] });
  t.after(() => child.kill("SIGKILL"));
  await once(child, "message");
  return child as ChildProcess & { pid: number };
}

const leaving = (change: Pick<Running, "children"> & Partial<Running>): Running => ({
  pid: 1,
  mark: "gone",
  host: hostname(),
  since: "",
  url: "",
  runDir: "",
  socketDir: null,
  keyGeneration: 0,
  ...change,
});
/** Three seconds of grace pass at once. */
const hasty = () => {
  let at = 0;
  return { ...systemClock, monotonic: () => at, sleep: async (delayMs: number) => void (at += delayMs) };
};

test("a part that hangs after its supervisor was killed is ended by the next start", async (t) => {
  const child = await hanging(t);
  const ended = once(child, "exit");
  const left = leaving({ children: { door: child.pid }, marks: { door: markOf(child.pid) } });
  assert.deepEqual(await clearLeftovers(left, hasty()), ["door"]);
  assert.deepEqual(await ended, [null, "SIGKILL"]);
});

test("another Holdfast on this machine that was given the same process number is left alone", async (t) => {
  const child = await hanging(t);
  const before = markOf(child.pid).replace(/\d+$/, "1");
  for (const marks of [{ door: before }, { door: "gone" }, {}, undefined]) {
    const left = leaving({ children: { door: child.pid }, ...(marks === undefined ? {} : { marks }) });
    assert.deepEqual(await clearLeftovers(left, hasty()), []);
  }
  assert.equal(child.exitCode, null);
  assert.equal(child.signalCode, null);
});
