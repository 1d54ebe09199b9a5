/** Does the operator's page ask for what was chosen, and offer the way back? */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { SignUpChange } from "#contract/wire.ts";
import { before, isSame, wantedOf } from "./sign-up-lever.ts";

const change = (id: number, mode: SignUpChange["mode"], lettersPerMinute: number | null = null): SignUpChange => ({
  id,
  mode,
  lettersPerMinute,
  at: id,
  by: "olga@example.org",
});
const answer = (changes: SignUpChange[]) => ({ setting: { mode: "open", lettersPerMinute: null, since: null } as const, changes });

test("a slow registration needs a pace; nothing else has one", () => {
  assert.deepEqual(wantedOf("slow", " 12 ", 6_000), { mode: "slow", lettersPerMinute: 12 });
  for (const pace of ["", "0", "-3", "1.5", "6001", "many", "1e3"]) assert.equal(wantedOf("slow", pace, 6_000), undefined, pace);
  assert.deepEqual(wantedOf("closed", "12", 6_000), { mode: "closed", lettersPerMinute: null });
});

test("the way back leads to how it was before the newest change, from the first one to open", () => {
  assert.equal(before(answer([])), undefined);
  assert.deepEqual(before(answer([change(1, "closed")])), { mode: "open", lettersPerMinute: null });
  assert.deepEqual(before(answer([change(2, "closed"), change(1, "slow", 6)])), { mode: "slow", lettersPerMinute: 6 });
});

test("another pace is another setting", () => {
  assert.ok(isSame({ mode: "slow", lettersPerMinute: 6 }, { mode: "slow", lettersPerMinute: 6 }));
  assert.ok(!isSame({ mode: "slow", lettersPerMinute: 6 }, { mode: "slow", lettersPerMinute: 7 }));
});
