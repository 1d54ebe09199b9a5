import assert from "node:assert/strict";
import { test } from "node:test";
import { linkTarget, wordsNameHost } from "./links.ts";

const ORIGIN = "https://holdfast.example";

test("a script link, a data link and a file link lead nowhere", () => {
  for (const href of [
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    " javascript:alert(1)",
    "java\nscript:alert(1)",
    "data:text/html,x",
    "file:///etc/passwd",
    "vbscript:x",
    "blob:https://x/y",
  ])
    assert.equal(linkTarget(href, ORIGIN).kind, "inert", href);
});

test("a link into Holdfast stays inside", () => {
  assert.deepEqual(linkTarget("/manual/users/chat#stop", ORIGIN), { kind: "own", href: "/manual/users/chat#stop" });
  assert.deepEqual(linkTarget("https://holdfast.example/chat", ORIGIN), { kind: "own", href: "/chat" });
});

test("a foreign link names the host that it really leads to", () => {
  assert.deepEqual(linkTarget("https://holdfast.example@evil.test/x", ORIGIN), {
    kind: "foreign",
    href: "https://evil.test/x",
    host: "evil.test",
  });
  assert.deepEqual(linkTarget("//evil.test/x", ORIGIN), { kind: "foreign", href: "https://evil.test/x", host: "evil.test" });
  assert.equal(
    linkTarget("https://раypal.com/", ORIGIN).kind === "foreign" &&
      (linkTarget("https://раypal.com/", ORIGIN) as { host: string }).host.startsWith("xn--"),
    true,
  );
});

test("words that look like one host and lead to another do not count as naming it", () => {
  assert.equal(wordsNameHost("https://example.org/a", "example.org"), true);
  assert.equal(wordsNameHost("example.org.evil.test", "example.org"), false);
  assert.equal(wordsNameHost("my bank", "evil.test"), false);
});
