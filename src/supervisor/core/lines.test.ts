/** Are the terminal's lines aligned, whole and unbroken where it matters? */
import assert from "node:assert/strict";
import { test } from "node:test";
import { barText, bytesText, linkLines, liveLine, secondsText, stepLine, stepLines, wrapped } from "./lines.ts";

test("steps stand in one column, with their seconds only when there are any to speak of", () => {
  assert.equal(stepLine({ mark: "✓", name: "App", text: "" }), "  ✓ App");
  assert.equal(stepLine({ mark: "✓", name: "Database", text: "PostgreSQL 18", seconds: 0.4 }), "  ✓ Database        PostgreSQL 18");
  assert.equal(stepLine({ mark: "✓", name: "Web app", text: "built", seconds: 75 }), "  ✓ Web app         built  1 min 15 s");
});

test("a step with more to say than fits goes on below itself, in its column", () => {
  assert.deepEqual(
    stepLines({ mark: "✓", name: "Mail", text: "the built-in mailbox page (set SMTP_URL when people from outside sign up)" }, 60),
    ["  ✓ Mail            the built-in mailbox page (set SMTP_URL", "                    when people from outside sign up)"],
  );
  assert.equal(stepLines({ mark: "✓", name: "Qwen2.5 1.5B Instruct", text: "downloaded" }, 60)[0], "  ✓ Qwen2.5 1.5B Instruct  downloaded");
});

test("a list with a column of names is continued below its second column", () => {
  assert.deepEqual(wrapped("qwen3-0.6b  the smallest, for trying things out", 32, "  "), [
    "  qwen3-0.6b  the smallest, for",
    "              trying things out",
  ]);
  assert.deepEqual(wrapped("    expected  a whole number, not this one", 30), [
    "    expected  a whole number,",
    "              not this one",
  ]);
});

test("a line that is drawn over is never wider than the terminal", () => {
  for (const columns of [20, 40, 80]) assert.ok(liveLine({ mark: "⠋", name: "Backup", text: "x".repeat(200) }, columns).length < columns);
});

test("a link is never cut: beside its name where it fits, else on a line of its own", () => {
  const links = [
    { name: "Open it", url: "http://localhost:8480" },
    { name: "First operator", url: `http://localhost:8480/first-operator?token=${"A".repeat(43)}` },
  ];
  assert.equal(linkLines(links, 120).length, 2);
  const narrow = linkLines(links, 80);
  for (const { url } of links) assert.ok(narrow.some((line) => line.trim() === url));
});

test("sentences are broken at spaces, examples that are laid out stay as they are", () => {
  const lines = wrapped(`${"word ".repeat(40).trim()}\n  chat.example.org\n  reverse_proxy 127.0.0.1:8480`, 60, "  ");
  assert.ok(lines.every((line) => line.length <= 60));
  assert.deepEqual(lines.slice(-2), ["    chat.example.org", "    reverse_proxy 127.0.0.1:8480"]);
});

test("sizes and times read as people write them", () => {
  assert.deepEqual([0, 999, 1_000, 9_940, 639_446_688, 2e12].map(bytesText), [
    "0 bytes",
    "999 bytes",
    "1.0 kB",
    "9.9 kB",
    "639 MB",
    "2.0 TB",
  ]);
  assert.deepEqual([0.04, 59.9, 60, 3_601].map(secondsText), ["0.0 s", "59.9 s", "1 min 0 s", "60 min 1 s"]);
  assert.equal(barText(50, 200, 10_000_000), "█████░░░░░░░░░░░░░░░  25 %  50 bytes of 200 bytes  10 MB/s");
  assert.match(barText(5, 0), / 0 %/);
});
