import assert from "node:assert/strict";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { readManual, renderManualPage } from "./manual.ts";

test("a reader of the manual follows links inside Holdfast and sees no raw HTML", () => {
  const page = renderManualPage(
    "users",
    "chat.md",
    "# Chatting\n\nSee [mail](../operate/mail.md#built-in-mailbox), [us](https://example.org), [code](../../src/main.ts).\n\n<script>alert(1)</script>\n\n![x](https://evil.test/x.png)\n\n## Stop an answer\n",
  );
  assert.equal(page.path, "/manual/users/chat");
  assert.equal(page.title, "Chatting");
  assert.match(page.html, /href="\/manual\/operate\/mail#built-in-mailbox"/);
  assert.match(page.html, /href="https:\/\/example.org" rel="noopener noreferrer"/);
  assert.doesNotMatch(page.html, /main\.ts"|<script|<img/);
  assert.match(page.html, /<h2 id="stop-an-answer">/);
});

test("every link between pages of the manual leads to a page and a heading that exist", () => {
  const manual = readManual(fileURLToPath(new URL("../../docs/", import.meta.url)));
  for (const page of manual.values()) {
    for (const [, path = "", anchor] of page.html.matchAll(/href="(\/manual\/[^"#]+)(?:#([^"]+))?"/g)) {
      const target = manual.get(path);
      assert.ok(target !== undefined, `${page.path} links to ${path}, which is not there`);
      if (anchor !== undefined)
        assert.ok(target.html.includes(`id="${anchor}"`), `${page.path} links to ${path}#${anchor}, which is not there`);
    }
  }
});
