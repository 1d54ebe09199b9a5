import assert from "node:assert/strict";
import { test } from "node:test";
import { lexBlock, mendTail } from "./markdown-lex.ts";

test("marks that are still open are closed, so that a reader never sees them", () => {
  assert.equal(mendTail("This is **bo"), "This is **bo**");
  assert.equal(mendTail("This is **bold*"), "This is **bold**");
  assert.equal(mendTail("This is **"), "This is ");
  assert.equal(mendTail("Use `npm st"), "Use `npm st`");
  assert.equal(mendTail("Use `a` and `"), "Use `a` and ");
  assert.equal(mendTail("~~old"), "~~old~~");
});

test("what is complete is left alone", () => {
  for (const text of ["**bold** and `code`", "a * b * c", "snake_case_name", "`**` is bold", "| a | **b"])
    assert.equal(mendTail(text), text);
});

test("a half link shows its words only", () => {
  assert.equal(mendTail("See [the manual](https://exam"), "See the manual");
  assert.equal(mendTail("See ![a picture](https://exam"), "See a picture");
});

test("a last line of nothing but marks waits for what it will become", () => {
  assert.equal(mendTail("Title\n-"), "Title\n");
  assert.equal(mendTail("Text\n1."), "Text\n");
  assert.equal(mendTail("- one\n- "), "- one\n");
  assert.equal(mendTail("42"), "42");
});

test("a reference finds its address wherever in the answer it stands", () => {
  const [paragraph] = lexBlock("See [site][1].", { "1": { href: "https://example.org", title: undefined } });
  assert.match(JSON.stringify(paragraph), /"href":"https:\/\/example.org"/);
});
