/** Are root keys kept safely, rotated gently and handed out by purpose only? */
import assert from "node:assert/strict";
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { seededDice } from "#kit/dice.ts";
import { mintSealed, mintSigned, openSealed, openSigned } from "#kit/seal.ts";
import { DAY_MS } from "#kit/time.ts";
import { APP_PURPOSES, DOOR_PURPOSES, keysFor, openKeyRing, readKeyRing, rotateKeyRing, type KeyRing } from "./key-ring.ts";

function folder(t: TestContext): string {
  const made = mkdtempSync(join(tmpdir(), "hf-keys-"));
  t.after(() => rmSync(made, { recursive: true, force: true }));
  return made;
}

function ringOf(outcome: ReturnType<typeof openKeyRing>): KeyRing {
  assert.ok(outcome.ok, JSON.stringify(outcome));
  return outcome.value;
}

test("only the operator's own user can read the keys, also after somebody opened the folder", (t) => {
  const dataDir = folder(t);
  ringOf(openKeyRing(dataDir, seededDice("a")));
  chmodSync(join(dataDir, "keys"), 0o777);
  chmodSync(join(dataDir, "keys", "root-1.key"), 0o644);
  ringOf(openKeyRing(dataDir, seededDice("a")));
  assert.equal(statSync(join(dataDir, "keys")).mode & 0o777, 0o700);
  assert.equal(statSync(join(dataDir, "keys", "root-1.key")).mode & 0o777, 0o600);
});

test("keys whose folder can't be looked into are never taken for none, and so never replaced", (t) => {
  const dataDir = folder(t);
  writeFileSync(join(dataDir, "keys"), "no folder");
  const whyNot = () => {
    const read = readKeyRing(dataDir);
    return read.ok ? "" : read.failure.sentence;
  };
  assert.match(whyNot(), /keys can't be read \(ENOTDIR\)/);
  rmSync(join(dataDir, "keys"));
  assert.match(whyNot(), /no keys in/);
  ringOf(openKeyRing(dataDir, seededDice("a")));
  rmSync(join(dataDir, "keys", "root-1.key"));
  mkdirSync(join(dataDir, "keys", "root-1.key"));
  assert.match(whyNot(), /root-1\.key can't be read \(EISDIR\)/);
});

test("the same keys are there after a restart", (t) => {
  const dataDir = folder(t);
  assert.deepEqual(ringOf(openKeyRing(dataDir, seededDice("a"))), ringOf(openKeyRing(dataDir, seededDice("b"))));
});

test("what was made before a rotation is still accepted, and gone after two", (t) => {
  const dataDir = folder(t);
  const dice = seededDice("rotation");
  const token = mintSigned(keysFor(ringOf(openKeyRing(dataDir, dice)), ["place"]).place, Buffer.from("x"));
  const once = ringOf(rotateKeyRing(dataDir, dice, Date.now()));
  assert.equal(openSigned(keysFor(once, ["place"]).place, token)?.toString(), "x");
  const twice = ringOf(rotateKeyRing(dataDir, dice, Date.now() + 2 * DAY_MS));
  assert.equal(openSigned(keysFor(twice, ["place"]).place, token), undefined);
  assert.deepEqual(readdirSync(join(dataDir, "keys")).toSorted(), ["root-2.key", "root-3.key"]);
});

test("a second rotation on the same day is refused with a sentence, because it would end running registrations", (t) => {
  const dataDir = folder(t);
  const dice = seededDice("soon");
  ringOf(rotateKeyRing(dataDir, dice, Date.now()));
  const soon = rotateKeyRing(dataDir, dice, Date.now() + 3_600_000);
  assert.ok(!soon.ok);
  assert.match(soon.failure.sentence, /rotated 1 h ago.*--force/);
  assert.equal(ringOf(rotateKeyRing(dataDir, dice, Date.now(), true)).current.id, 3);
});

test("a door that is taken over can't make an envelope", (t) => {
  const ring = ringOf(openKeyRing(folder(t), seededDice("door")));
  const door = keysFor(ring, DOOR_PURPOSES);
  const app = keysFor(ring, APP_PURPOSES);
  assert.deepEqual(Object.keys(door).toSorted(), ["bucket", "challenge", "device", "pass", "place"]);
  for (const keys of Object.values(door)) {
    const forged = mintSealed({ ...keys, purpose: "envelope" }, 1, Buffer.from("x"));
    assert.equal(openSealed(app.envelope, forged), undefined);
  }
});

test("a key that was cut short is told by name", (t) => {
  const dataDir = folder(t);
  ringOf(openKeyRing(dataDir, seededDice("a")));
  writeFileSync(join(dataDir, "keys", "root-1.key"), "short");
  const opened = openKeyRing(dataDir, seededDice("a"));
  assert.ok(!opened.ok);
  assert.match(opened.failure.sentence, /root-1\.key has 5 bytes.*backup/);
});
