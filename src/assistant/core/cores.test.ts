/** Branches, prompt windows, titles, pieces and thoughts: does each small decision come out as a person would expect? */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { addWords, appendPiece, NO_WORDS, partEvents, storable, unstoredPieces, wholePieces, type Piece } from "./pieces.ts";
import { endThinking, splitThinking, THINK_START } from "./think.ts";
import { titleFromReply, titleFromText, titleTurns } from "./title.ts";
import { branchTo } from "./tree.ts";
import { makeCursor, readCursor, readId } from "./ids.ts";
import { estimateTokens, fewerTurns, promptTurns, type Spoken } from "./window.ts";

const node = (id: string, parentId: string | null) => ({ id, parentId });

test("a branch is what leads to its last message, without its siblings", () => {
  const tree = [node("q1", null), node("a1", "q1"), node("a1b", "q1"), node("q2", "a1"), node("q2b", "a1b")];
  assert.deepEqual(
    branchTo(tree, "q2").map(({ id }) => id),
    ["q1", "a1", "q2"],
  );
  assert.deepEqual(
    branchTo(tree, "q2b").map(({ id }) => id),
    ["q1", "a1b", "q2b"],
  );
  assert.deepEqual(branchTo(tree, "unknown"), []);
  assert.deepEqual(branchTo(tree, null), []);
});

test("a circle of parents, which can't be, still ends", () => {
  assert.ok(branchTo([node("a", "b"), node("b", "a")], "a").length <= 3);
});

const user = (text: string): Spoken => ({ role: "user", text });
const model = (text: string): Spoken => ({ role: "assistant", text });

test("a short conversation is sent whole and word for word", () => {
  const branch = [user("hi"), model("hello"), user("why?")];
  assert.deepEqual(promptTurns(branch, 4_096), branch);
});

test("a long conversation loses its beginning, and starts with a person's turn", () => {
  const branch = Array.from({ length: 41 }, (_, index) => (index % 2 === 0 ? user("q".repeat(300)) : model("a".repeat(300))));
  const turns = promptTurns(branch, 2_048);
  assert.ok(turns.length < branch.length && turns.length > 3);
  assert.equal(turns[0]?.role, "user");
  assert.deepEqual(turns.at(-1), branch.at(-1));
  const tokens = turns.reduce((sum, turn) => sum + estimateTokens(turn.text), 0);
  assert.ok(tokens <= 2_048 - 512, `${tokens} tokens leave room for the answer`);
});

test("a question that alone is too long is sent as it was typed", () => {
  const long = "x".repeat(50_000);
  assert.deepEqual(promptTurns([user("hi"), model("hello"), user(long)], 2_048), [user(long)]);
});

test("an empty answer is left out, and the two questions around it become one turn", () => {
  assert.deepEqual(promptTurns([user("one"), model(""), user("two")], null), [user("one\n\ntwo")]);
});

test("a chat that the model refuses as too long is made shorter, and the question is never what goes", () => {
  const branch = Array.from({ length: 21 }, (_, index) => (index % 2 === 0 ? user("q".repeat(300)) : model("a".repeat(300))));
  const turns = promptTurns(branch, null);
  assert.equal(turns.length, 21);
  for (const said of [1_024, 32_768, undefined]) {
    const fewer = fewerTurns(branch, turns, said);
    assert.ok(fewer !== undefined && fewer.length < turns.length);
    assert.deepEqual(fewer.at(-1), branch.at(-1));
  }
  assert.equal(fewerTurns([user("q".repeat(300))], promptTurns([user("q".repeat(300))], null), 64), undefined);
});

test("an id is read whatever its case, a cursor is read back, and nothing else is", () => {
  const id = "0190f5a6-3c1b-7a44-8f00-b2d1c3e4f5a6";
  assert.equal(readId(id.toUpperCase()), id);
  for (const text of ["", "x", `${id}0`, `{${id}}`, id.replaceAll("-", ""), "\0"]) assert.equal(readId(text), undefined);
  assert.deepEqual(readCursor(makeCursor({ updatedAt: 1_790_000_000_123, id })), { updatedAt: 1_790_000_000_123, id });
  for (const text of [
    "",
    "?",
    "AAAA",
    Buffer.from(`-1.${id}`).toString("base64url"),
    Buffer.from(`999999999999999.${id}`).toString("base64url"),
    Buffer.from(`1.${id}x`).toString("base64url"),
  ]) {
    assert.equal(readCursor(text), undefined);
  }
});

test("a title is the first words of the first message, cut between words", () => {
  assert.equal(titleFromText("How do I bake bread?"), "How do I bake bread?");
  assert.equal(titleFromText("\n\n# **Plan** for `Monday`\nrest"), "Plan for Monday");
  assert.equal(titleFromText("> - [link](https://x.example) here"), "link here");
  const long = titleFromText("Explain the difference between optimistic and pessimistic concurrency control in databases");
  assert.equal(long, "Explain the difference between optimistic and pessimistic…");
  assert.equal(titleFromText("???"), "???");
  assert.ok(titleFromText("👩‍💻".repeat(60)).isWellFormed());
  assert.ok(titleFromText("a".repeat(500)).length <= 60);
});

test("a model's proposal is taken when it is a title, and cleaned", () => {
  assert.equal(titleFromReply('"Baking Bread at Home."\n'), "Baking Bread at Home");
  assert.equal(titleFromReply("Title: **Baking bread**"), "Baking bread");
  assert.equal(titleFromReply("Título: «Pan casero»"), "Pan casero");
  assert.equal(titleFromReply("**Title:** Baking bread"), "Baking bread");
  assert.equal(titleFromReply("Baking bread at home:"), "Baking bread at home");
  assert.equal(titleFromReply("**Baking bread at home:**\n"), "Baking bread at home");
  assert.equal(titleFromReply("Here is a title:\n\n«Baking bread»"), "Baking bread");
  assert.equal(titleFromReply("What is bread?"), "What is bread?");
  assert.equal(titleFromReply("Bread: a history"), "Bread: a history");
  assert.equal(titleFromReply("\n\n"), undefined);
  assert.equal(titleFromReply("..."), undefined);
  assert.equal(titleFromReply(`I think that ${"the conversation is about ".repeat(10)}`), undefined);
});

test("a long message of brackets holds nobody else up while it gets its title", () => {
  const from = performance.now();
  for (const text of ["[".repeat(100_000), "[](".repeat(33_000), `a${" [".repeat(50_000)}`]) {
    assert.ok(titleFromText(text).length <= 60);
    titleFromReply(text);
  }
  assert.ok(performance.now() - from < 500, `${performance.now() - from} ms`);
});

test("a title has no character that a database can't keep, whatever the model says", () => {
  assert.equal(titleFromReply("Baking\0bread\u0007 at home"), "Baking bread at home");
});

test("asking for a title hands over excerpts only", () => {
  const [turn] = titleTurns("q".repeat(5_000), "a".repeat(5_000));
  assert.ok((turn?.text.length ?? 0) < 2_300);
});

test("pieces of one channel are joined, and each event says what came before it", () => {
  let pieces: Piece[] = [];
  for (const [channel, text] of [
    ["reasoning", "hm"],
    ["reasoning", "m"],
    ["text", "a"],
    ["text", ""],
    ["text", "bc"],
    ["reasoning", "!"],
  ] as const) {
    pieces = appendPiece(pieces, { channel, text });
  }
  assert.deepEqual(pieces, [
    { channel: "reasoning", text: "hmm" },
    { channel: "text", text: "abc" },
    { channel: "reasoning", text: "!" },
  ]);
  const events = partEvents("c", "m", { text: "xx", reasoning: "" }, pieces);
  assert.deepEqual(
    events.map((event) => (event.kind === "part" ? [event.channel, event.at, event.text] : [])),
    [
      ["reasoning", 0, "hmm"],
      ["text", 2, "abc"],
      ["reasoning", 3, "!"],
    ],
  );
});

test("a character is never torn, wherever the model's server cuts", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme", maxLength: 60 }), fc.array(fc.nat(120), { maxLength: 8 }), (text, cuts) => {
      const sorted = [...cuts.map((cut) => cut % (text.length + 1)), text.length].toSorted((a, b) => a - b);
      let waiting: Piece[] = [];
      let words = NO_WORDS;
      let from = 0;
      for (const to of sorted) {
        waiting = appendPiece(waiting, { channel: "text", text: text.slice(from, to) });
        from = Math.max(from, to);
        const { ready, rest } = wholePieces(waiting, false);
        for (const piece of ready) assert.ok(piece.text.isWellFormed());
        words = addWords(words, ready);
        waiting = rest;
      }
      words = addWords(words, wholePieces(waiting, true).ready);
      assert.equal(words.text, text.toWellFormed());
    }),
  );
});

test("what the log has already is not appended a second time", () => {
  const before = { text: "ab", reasoning: "r" };
  const pieces: Piece[] = [
    { channel: "text", text: "cd" },
    { channel: "reasoning", text: "st" },
    { channel: "text", text: "ef" },
  ];
  assert.deepEqual(unstoredPieces(before, pieces, before), pieces);
  assert.deepEqual(unstoredPieces(before, pieces, { text: "abcde", reasoning: "r" }), [
    { channel: "reasoning", text: "st" },
    { channel: "text", text: "f" },
  ]);
  assert.deepEqual(unstoredPieces(before, pieces, addWords(before, pieces)), []);
});

test("a NUL in a model's words is replaced, since no database takes it", () => {
  assert.equal(storable("a\0b"), "a\uFFFDb");
  assert.equal(storable("ab"), "ab");
});

/** Feeds `text` cut at `cuts` and returns the words of both channels. */
function think(text: string, cuts: readonly number[]): { text: string; reasoning: string } {
  let state = THINK_START;
  let words = NO_WORDS;
  let from = 0;
  for (const to of [...cuts, text.length].toSorted((a, b) => a - b)) {
    const step = splitThinking(state, text.slice(from, to));
    ({ state } = step);
    words = addWords(words, step.pieces);
    from = Math.max(from, to);
  }
  return addWords(words, endThinking(state));
}

test("thoughts at the beginning are reasoning, wherever the pieces are cut", () => {
  const said = "<think>\nOkay, 1 < 2 </thin hm\n</think>\n\nThe answer: <b>2</b>";
  for (let first = 0; first <= said.length; first += 1) {
    for (let second = first; second <= said.length; second += 3) {
      assert.deepEqual(think(said, [first, second]), { reasoning: "Okay, 1 < 2 </thin hm", text: "The answer: <b>2</b>" });
    }
  }
});

test("an answer without thoughts is left alone, also when it speaks of the tag", () => {
  for (const said of ["Plain.", "  indented", "<thinking is hard>", "Use <think>…</think> for thoughts", "<", ""]) {
    for (let cut = 0; cut <= said.length; cut += 1) assert.deepEqual(think(said, [cut]), { text: said, reasoning: "" });
  }
});

test("thoughts that never end are kept as reasoning", () => {
  assert.deepEqual(think("<think>on and on </th", [9]), { reasoning: "on and on </th", text: "" });
  assert.deepEqual(think("<think></think>\n\nHi", []), { reasoning: "", text: "Hi" });
});
