/** Is a process kept running: told what holds now at each start, started again with growing pauses, asked to stop and ended? */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { systemClock } from "#kit/time.ts";
import type { ToChild } from "#contract/processes.ts";
import { isAlive } from "#store/embedded-postgres.ts";
import { temporaryFolder } from "#support/holdfast.ts";
import { createPart } from "./part.ts";

/** A process that says what it was told, and does with it what `script` says. */
function partOf(t: TestContext, script: string, stopWithinMs = 500) {
  const file = join(temporaryFolder(t), "child-process.mjs");
  writeFileSync(file, `process.on("disconnect", () => process.exit(0));\nprocess.on("message", (message) => {\n${script}\n});`);
  const said: string[] = [];
  const troubles: string[] = [];
  let boots = 0;
  const part = createPart({
    name: "clerk",
    file,
    boot: () => ({ kind: "boot", process: "hasher", socket: `boot ${++boots}` }),
    environment: {},
    clock: systemClock,
    onLine: (line) => said.push(line),
    onTrouble: (sentence) => troubles.push(sentence),
    onChange: () => {},
    stopWithinMs,
  });
  t.after(() => part.kill());
  return { part, said, troubles };
}

async function until(holds: () => boolean): Promise<void> {
  for (let waited = 0; !holds(); waited += 10) {
    assert.ok(waited < 10_000, "waited for 10 s");
    await systemClock.sleep(10);
  }
}

const READY = `if (message.kind === "boot") { console.error(message.socket); process.send({ kind: "ready" }); }`;
const STOPS = `if (message.kind === "stop") process.exit(0);`;

test("it hears its boot message only when it is its turn", async (t) => {
  const { part, said } = partOf(t, READY + STOPS);
  let turn = () => {};
  const started = part.start(new Promise<void>((resolve) => (turn = resolve)));
  await systemClock.sleep(200);
  assert.ok(part.pid() !== undefined, "it is there already");
  assert.deepEqual(said, []);
  turn();
  assert.deepEqual(await started, { ok: true, value: { kind: "ready" } });
  await until(() => said.length === 1);
  await part.stop();
});

test("one that is killed again and again is started again after growing pauses, told afresh each time", async (t) => {
  const { part, said, troubles } = partOf(t, READY + STOPS);
  assert.ok((await part.start()).ok);
  const backAfterMs: number[] = [];
  for (let kills = 1; kills <= 3; kills += 1) {
    await until(() => said.length === kills);
    const pid = part.pid() ?? 0;
    process.kill(pid, "SIGKILL");
    const killedAt = performance.now();
    await until(() => said.length === kills + 1);
    backAfterMs.push(performance.now() - killedAt);
  }
  assert.deepEqual(said, ["boot 1", "boot 2", "boot 3", "boot 4"]);
  assert.ok(
    (backAfterMs[2] ?? 0) > (backAfterMs[0] ?? 0) + 200,
    `100, 200, 400 ms and the start: ${backAfterMs.map(Math.round).join(", ")}`,
  );
  assert.match(troubles.join("\n"), /The clerk ended by SIGKILL and is started again/);
  assert.match(troubles.join("\n"), /The clerk is back after \d\.\d s/);
  await part.stop();
  const before = said.length;
  await systemClock.sleep(600);
  assert.equal(said.length, before, "after stop nothing is started again");
});

test("one that can't start says why, with what it wrote last", async (t) => {
  const crashing = partOf(t, `console.error("out of ink"); process.exit(3);`);
  const crashed = await crashing.part.start();
  assert.ok(!crashed.ok);
  assert.match(crashed.failure.sentence, /The clerk ended with code 3 before it was ready. It said last:\n.*out of ink/);
  const refusing = partOf(t, `process.send({ kind: "unusable", sentence: "No ink. Buy some." });`);
  assert.deepEqual(await refusing.part.start(), { ok: false, failure: { tag: "not-started", sentence: "No ink. Buy some." } });
  assert.equal(refusing.part.pid(), undefined, "it was ended");
});

test("one that does not want to stop is ended", async (t) => {
  const { part } = partOf(t, READY);
  assert.ok((await part.start()).ok);
  const pid = part.pid() ?? 0;
  const from = performance.now();
  await part.stop();
  assert.ok(performance.now() - from < 3_000);
  assert.equal(isAlive(pid), false);
});

test("what it is told while it is not there is not kept: it gets what holds when it comes back", async (t) => {
  const { part } = partOf(t, READY + STOPS);
  part.tell({ kind: "stop" } satisfies ToChild);
  assert.ok((await part.start()).ok);
  await part.stop();
});
