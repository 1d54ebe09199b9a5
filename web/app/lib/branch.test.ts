import assert from "node:assert/strict";
import { test } from "node:test";
import { branchThrough, growTree, newestEnd, type Node } from "./branch.ts";

const node = (id: string, parentId: string | null, createdAt: number, role: Node["role"] = "user"): Node => ({
  id,
  parentId,
  createdAt,
  role,
});

const TREE = growTree([
  node("question", null, 1),
  node("answer", "question", 2, "assistant"),
  node("again", "question", 5, "assistant"),
  node("follow", "answer", 3),
  node("follow-answer", "follow", 4, "assistant"),
  node("edited", "answer", 6),
]);

test("a person sees the branch that was looked at last", () => {
  assert.deepEqual(
    branchThrough(TREE, "follow-answer").map((step) => step.id),
    ["question", "answer", "follow", "follow-answer"],
  );
});

test("each place says how many alternatives there are and which one this is", () => {
  const steps = branchThrough(TREE, "edited");
  assert.deepEqual(steps.at(-1), { id: "edited", siblings: ["follow", "edited"], place: 1 });
  assert.deepEqual(steps[1], { id: "answer", siblings: ["answer", "again"], place: 0 });
});

test("who switches to another branch arrives at its newest end", () => {
  assert.equal(newestEnd(TREE, "answer"), "edited");
  assert.equal(newestEnd(TREE, "follow"), "follow-answer");
});

test("a leaf that is not known leads to the newest branch", () => {
  assert.deepEqual(
    branchThrough(TREE, "gone").map((step) => step.id),
    ["question", "again"],
  );
  assert.deepEqual(branchThrough(growTree([]), null), []);
});

test("a leaf in the middle of a branch is continued to its end", () => {
  assert.equal(branchThrough(TREE, "follow").at(-1)?.id, "follow-answer");
});

test("a message that names itself as its parent hangs nothing", () => {
  const odd = growTree([node("a", "a", 1)]);
  assert.ok(branchThrough(odd, "a").length <= 1);
});
