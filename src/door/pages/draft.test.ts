/** Does what a newcomer typed come back whole, and is a broken or foreign cookie taken for none? */
import assert from "node:assert/strict";
import { test } from "node:test";
import { keepDraft, readDraft } from "./draft.ts";

function sentBack(line: string): string {
  return `other=1; ${line.split(";")[0] ?? ""}; more=2`;
}

test("the address with its place, or with its envelope, comes back as it was", () => {
  const waiting = { way: "sign-up" as const, address: "ñandú+x@example.org", place: "p".repeat(512) };
  assert.deepEqual(readDraft(sentBack(keepDraft(waiting))), waiting);
  const coding = {
    way: "recover" as const,
    address: "a".repeat(242) + "@example.org",
    envelope: "e".repeat(1_024),
    expiresAt: 1_800_000_000_000,
  };
  assert.deepEqual(readDraft(sentBack(keepDraft(coding))), coding);
  assert.ok(keepDraft(coding).length < 4_096, "browsers keep a cookie of this size");
});

test("a cookie that is no draft is none", () => {
  const of = (value: string) => `__Host-holdfast-draft=${value}`;
  const encoded = (value: unknown) => of(Buffer.from(JSON.stringify(value)).toString("base64url"));
  for (const header of [undefined, "", of(""), of("%%%"), encoded(null), encoded([]), encoded({ address: 1, place: "p" })]) {
    assert.equal(readDraft(header), undefined, String(header));
  }
  assert.equal(readDraft(encoded({ address: "a@example.org" })), undefined);
  assert.equal(readDraft(encoded({ address: "a".repeat(300), place: "p" })), undefined);
  assert.equal(readDraft(encoded({ address: "a@example.org", place: "p".repeat(5_000) })), undefined);
});
