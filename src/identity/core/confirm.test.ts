/** What does somebody with an envelope and a code get, and what does a try cost? */
import assert from "node:assert/strict";
import { test } from "node:test";
import { afterTry, beforeTry } from "./confirm.ts";
import type { Envelope } from "./envelope.ts";

const envelope: Envelope = {
  id: "0f8fad5b-d9cb-469f-a165-70867728950e",
  browserHash: new Uint8Array(32).fill(1),
  address: "newcomer@example.org",
  codeMac: new Uint8Array(32),
  language: "en",
  way: "sign-up",
  issuedAt: 0,
  expiresAt: 600_000,
};
const asked = { envelope, isSameBrowser: () => true, now: 1, code: "ABCD2345", judge: () => undefined };

test("envelope, browser, code and password that are in order lead to a try", () => {
  assert.deepEqual(beforeTry(asked), { tag: "try", envelope, code: "ABCD2345" });
});

test("an envelope that was altered, is another browser's or too old is told as one and the same, whatever else is wrong", () => {
  const judge = () => "password-short" as const;
  for (const wrong of [{ envelope: undefined }, { isSameBrowser: () => false }, { now: 600_000 }]) {
    assert.deepEqual(beforeTry({ ...asked, ...wrong, judge, code: undefined }), { tag: "envelope-expired" });
  }
});

test("a weak password and a code that can't be one are told together and cost no try", () => {
  assert.deepEqual(beforeTry({ ...asked, code: undefined, judge: () => "password-common" }), {
    tag: "invalid-field",
    fields: [
      { field: "code", key: "code" },
      { field: "password", key: "password-common" },
    ],
  });
});

test("the password is judged against the address in the envelope", () => {
  let seen = "";
  beforeTry({ ...asked, judge: (address) => ((seen = address), undefined) });
  assert.equal(seen, "newcomer@example.org");
});

test("only a counted try with the right code is right", () => {
  assert.deepEqual(afterTry({ tag: "counted", triesLeft: 9 }, true), { tag: "right" });
  assert.deepEqual(afterTry({ tag: "counted", triesLeft: 0 }, true), { tag: "right" });
  assert.deepEqual(afterTry({ tag: "counted", triesLeft: 9 }, false), { tag: "wrong-code", triesLeft: 9 });
  for (const matches of [true, false]) {
    assert.deepEqual(afterTry({ tag: "exhausted" }, matches), { tag: "code-exhausted" });
    assert.deepEqual(afterTry({ tag: "confirmed" }, matches), { tag: "already-confirmed" });
    assert.deepEqual(afterTry({ tag: "unknown" }, matches), { tag: "envelope-expired" });
  }
});
