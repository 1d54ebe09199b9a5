import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { createBlockSplitter, splitBlocks, type Block } from "./markdown-blocks.ts";

const sources = (text: string) =>
  splitBlocks(text).blocks.map((block) => (block.kind === "code" ? `<${block.language}>${block.code}` : block.source.trim()));

const ANSWER = `# Title
Intro with **bold** text
on two lines.

- one

  more of one
- two
  \`\`\`js
  let a = 1;

  let b = 2;
  \`\`\`
- three

1. first
2. second

\`\`\`python
def f():

    return "\`\`\`"
\`\`\`

| a | b |
| - | - |
| 1 | 2 |

> quoted
> still

See [the site][1].

[1]: https://example.org/x "Title"

~~~
open to the end
`;

test("paragraphs, lists, code and tables are blocks of their own", () => {
  assert.deepEqual(sources("One.\n\nTwo.\n## Head\nThree.\n```js\ncode\n```\nFour."), [
    "One.",
    "Two.",
    "## Head",
    "Three.",
    "<js>code",
    "Four.",
  ]);
});

test("a list stays one list over blank lines, indented paragraphs and fences inside it", () => {
  const list = "- one\n\n  more\n- two\n  ```js\n  a\n\n  b\n  ```\n\n- three";
  assert.deepEqual(sources(`${list}\n\nAfter.`), [list, "After."]);
});

test("a fence at the margin ends a list and is code", () => {
  assert.deepEqual(sources("1. Do:\n```sh\nls\n```\n2. Next"), ["1. Do:", "<sh>ls", "2. Next"]);
});

test("a list right below a sentence is a list", () => {
  assert.deepEqual(sources("Things:\n- a\n- b\n\n- c"), ["Things:", "- a\n- b\n\n- c"]);
  assert.deepEqual(sources("In the year\n1984. it was"), ["In the year\n1984. it was"]);
});

test("a blank line in code does not end it, and only the right fence does", () => {
  assert.deepEqual(sources("````md\n```\n\ninside\n```\n````\nout"), ["<md>```\n\ninside\n```", "out"]);
});

test("code that is still being written is shown as code, without the fence that is just arriving", () => {
  const splitter = createBlockSplitter();
  splitter.push("```ts\nconst a = 1;\n``");
  assert.deepEqual(splitter.tail(), { kind: "code", language: "ts", code: "const a = 1;" });
  splitter.push("`\n");
  assert.equal(splitter.tail(), undefined);
  assert.deepEqual(splitter.blocks(), [{ kind: "code", language: "ts", code: "const a = 1;" }]);
});

test("where a reference leads is known to the whole answer", () => {
  assert.deepEqual(splitBlocks(ANSWER).definitions, { "1": { href: "https://example.org/x", title: "Title" } });
});

test("however the stream was cut, the blocks are the same", () => {
  const whole = splitBlocks(ANSWER).blocks;
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: ANSWER.length - 1 }), { maxLength: 40 }), (cuts) => {
      const splitter = createBlockSplitter();
      const places = [...new Set([0, ...cuts, ANSWER.length])].toSorted((a, b) => a - b);
      for (const [index, end] of places.slice(1).entries()) {
        splitter.push(ANSWER.slice(places[index], end));
        splitter.tail();
      }
      const tail = splitter.tail();
      assert.deepEqual([...splitter.blocks(), ...(tail === undefined ? [] : [tail])], whole);
    }),
  );
});

test("a finished block is the same object for ever, so nothing of it is drawn again", () => {
  const splitter = createBlockSplitter();
  splitter.push("One.\n\nTwo.\n\nThr");
  const first: Block | undefined = splitter.blocks()[0];
  splitter.push("ee.\n\nFour.\n\n");
  assert.ok(first !== undefined);
  assert.equal(splitter.blocks()[0], first);
});

test("reading a long answer token by token costs work in proportion to its length", () => {
  const paragraph = "Some words that a model wrote, and some more of them, until the line is full.\n\n";
  const tailWork = (paragraphs: number): number => {
    const text = paragraph.repeat(paragraphs);
    const splitter = createBlockSplitter();
    let work = 0;
    for (let at = 0; at < text.length; at += 4) {
      splitter.push(text.slice(at, at + 4));
      const tail = splitter.tail();
      work += tail === undefined || tail.kind === "code" ? 0 : tail.source.length;
    }
    return work / text.length;
  };
  const [short, long] = [tailWork(10), tailWork(1_000)];
  assert.ok(long < short * 1.2, `${long} per character in a long answer, ${short} in a short one`);
});
