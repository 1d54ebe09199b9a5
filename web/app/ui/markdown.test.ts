/** What does a reader get to see of an answer? The component as React draws it, compiled by Vite. */
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { createElement, type ComponentType } from "react";
import { renderToStaticMarkup } from "react-dom/server";
import { createServer } from "vite";
import type { MarkdownProps } from "./markdown.tsx";

const web = fileURLToPath(new URL("../..", import.meta.url));
Object.assign(globalThis, { location: { origin: "https://holdfast.example" } });
const vite = await createServer({
  root: web,
  configFile: false,
  appType: "custom",
  logLevel: "error",
  server: { middlewareMode: true, hmr: false, watch: null, ws: false },
  optimizeDeps: { noDiscovery: true },
  resolve: { alias: [{ find: /^#contract\//, replacement: fileURLToPath(new URL("../../../src/contract/", import.meta.url)) }] },
});
after(() => vite.close());
const { Markdown } = (await vite.ssrLoadModule("/app/ui/markdown.tsx")) as { Markdown: ComponentType<MarkdownProps> };

const draw = (text: string, streaming = false) => renderToStaticMarkup(createElement(Markdown, { text, streaming }));
/** Without classes and pictures, so that what is left is structure and words. */
const plain = (text: string, streaming = false) =>
  draw(text, streaming)
    .replaceAll(/<svg.*?<\/svg>/g, "")
    .replaceAll(/ (class|style|title|data-depth|tabindex|role|aria-label)="[^"]*"/g, "")
    .replaceAll(/^<div>|<\/div>$/g, "");

test("paragraphs, marks, headings and lists come out as such", () => {
  assert.equal(
    plain("One *two* **three** ~~four~~ `five`."),
    "<p>One <em>two</em> <strong>three</strong> <del>four</del> <code>five</code>.</p>",
  );
  assert.equal(plain("# Title\ntext"), "<h3>Title</h3><p>text</p>");
  assert.equal(plain("3. x\n   - y\n4. z"), '<ol start="3"><li>x<ul><li>y</li></ul></li><li>z</li></ol>');
  assert.equal(plain("> a\n> - b"), "<blockquote><p>a</p><ul><li>b</li></ul></blockquote>");
});

test("a table keeps its columns' sides and can be moved with the keyboard", () => {
  const html = draw("| a | b |\n| :- | -: |\n| `1` | 2 |");
  assert.match(html, /<th scope="col" class="text-end">b<\/th>/);
  assert.match(html, /<td class="text-start"><code>1<\/code><\/td>/);
  assert.match(html, /role="group" aria-label="Table" tabindex="0"/);
});

test("a task says whether it is done", () => {
  const html = draw("- [x] eat\n- [ ] sleep");
  assert.match(html, /aria-label="done"[^>]*><\/span>eat/);
  assert.match(html, /aria-label="to do"[^>]*><\/span>sleep/);
});

test("HTML in an answer is text", () => {
  assert.equal(
    plain("<script>alert(1)</script>\n\nx <img src=x onerror=alert(1)> y"),
    "<p>&lt;script&gt;alert(1)&lt;/script&gt;</p><p>x &lt;img src=x onerror=alert(1)&gt; y</p>",
  );
  assert.equal(
    plain("<details open ontoggle=alert(1)>\nx\n</details>"),
    "<p>&lt;details open ontoggle=alert(1)&gt;\nx\n&lt;/details&gt;</p>",
  );
});

test("an entity in words is the sign it stands for, in code it stays as it is", () => {
  assert.equal(plain("a &amp; b &lt;i&gt; &#8364; &#x41; &unknown; &#0;"), "<p>a &amp; b &lt;i&gt; € A &amp;unknown; \ufffd</p>");
  assert.equal(plain("`&amp;`"), "<p><code>&amp;amp;</code></p>");
});

test("a picture is a link that names its host, and nothing is loaded", () => {
  const html = draw('![a "cat"](https://pics.example/cat.png?who=you) ![](data:image/png;base64,AAAA) ![own](/assets/x.png)');
  assert.doesNotMatch(html, /<img|src=/);
  assert.match(
    html,
    /<a href="https:\/\/pics\.example\/cat\.png\?who=you"[^>]*rel="noopener noreferrer nofollow"[^>]*>Picture: a &quot;cat&quot;<span[^>]*> \(pics\.example\)<\/span>/,
  );
});

test("a link to somebody else names the host unless its words do", () => {
  assert.match(draw("[my bank](https://evil.test/x)"), />my bank<span[^>]*> \(evil\.test\)<\/span>/);
  assert.doesNotMatch(draw("https://example.org/a"), /<span[^>]*> \(/);
  assert.match(draw("[example.org](https://evil.test)"), /\(evil\.test\)/);
  assert.match(draw("[x](https://a.example)"), /target="_blank" rel="noopener noreferrer nofollow"/);
});

test("a link that would run something or open a file is words", () => {
  for (const href of ["javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "vbscript:x"]) {
    assert.doesNotMatch(draw(`[press](${href})`), /<a /, href);
  }
  assert.equal(plain("[call](tel:123)"), "<p>call <span>(tel:123)</span></p>");
});

test("a mail link that hides its address says it", () => {
  assert.equal(plain("[us](mailto:a@b.example)"), '<p><a href="mailto:a@b.example">us</a><span> (a@b.example)</span></p>');
  assert.equal(plain("a@b.example"), '<p><a href="mailto:a@b.example">a@b.example</a></p>');
});

test("code says its language and can be copied once it is finished", () => {
  assert.match(
    draw("```ts\nlet a = 1 < 2;\n```"),
    /<figcaption[^]*>ts<[^]*Copy[^]*aria-label="Code in ts"><code>let a = 1 &lt; 2;<\/code>/,
  );
  assert.doesNotMatch(draw("```ts\nlet a", true), /Copy/);
});

test("while it streams, marks that are still open do not show", () => {
  assert.equal(plain("This is **bo", true), "<p>This is <strong>bo</strong></p>");
  assert.equal(plain("This is **bo"), "<p>This is **bo</p>");
});
