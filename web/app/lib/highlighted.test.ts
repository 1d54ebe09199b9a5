import assert from "node:assert/strict";
import { test } from "node:test";
import hljs from "highlight.js/lib/core";
import javascript from "highlight.js/lib/languages/javascript";
import xml from "highlight.js/lib/languages/xml";
import { plainText, readHighlighted } from "./highlighted.ts";

hljs.registerLanguage("javascript", javascript);
hljs.registerLanguage("xml", xml);

test("colours change no sign of the code", () => {
  const samples = [
    "const a = `<b>${1 + \"&amp;\"}</b>`; // 'x' < y && z",
    "<span class=\"x\">&lt;</span><script>alert('1')</script>",
    "if (a<b) { /* </span> */ }",
  ];
  for (const code of samples) {
    for (const language of ["javascript", "xml"]) assert.equal(plainText(readHighlighted(hljs.highlight(code, { language }).value)), code);
  }
});

test("a keyword gets its class", () => {
  assert.deepEqual(readHighlighted(hljs.highlight("let", { language: "javascript" }).value), [
    { className: "hljs-keyword", pieces: ["let"] },
  ]);
});

test("a tag that is not a plain span is text", () => {
  assert.equal(plainText(readHighlighted('<img src=x onerror="alert(1)">')), '<img src=x onerror="alert(1)">');
});
