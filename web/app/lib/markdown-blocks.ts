/**
 * Which parts of a streaming Markdown answer are finished for good? Finished blocks are handed on once and never
 * looked at again; only the tail is read anew, so the work grows with the answer and not with its square.
 * The blocks do not depend on how the stream was cut. Pure but for its own memory; lexing is markdown-lex.ts.
 */

export type FlowBlock = { kind: "flow"; source: string };
export type CodeBlock = { kind: "code"; language: string; code: string };
export type Block = FlowBlock | CodeBlock;

/** What `[name]: address` lines define, by lower-cased name. */
export type Definitions = Readonly<Record<string, { href: string; title: string | undefined }>>;

export type BlockSplitter = {
  /** Takes the next piece of the answer. */
  push(text: string): void;
  /** Finished blocks. The same array, longer each time; a block in it never changes. */
  blocks(): readonly Block[];
  /** What is still being written; `undefined` when nothing is. An open fence is code already. */
  tail(): Block | undefined;
  /** A new object only when a definition was added. */
  definitions(): Definitions;
};

type Fence = { mark: string; length: number };

const BLANK = /^\s*$/;
const HEADING = /^ {0,3}#{1,6}(?:\s|$)/;
const FENCE = /^(`{3,}|~{3,})\s*([^`]*)$/;
const LIST_ITEM = /^ {0,3}(?:[-*+]|\d{1,9}[.)])(?:\s|$)/;
const LIST_MARKS = /^(?:\s*(?:[-*+]|\d{1,9}[.)])\s+)*\s*/;
/** What may begin a list right below a paragraph: a bullet, or number one. */
const LIST_BELOW_TEXT = /^ {0,3}(?:[-*+]|1[.)])\s+\S/;
const DEFINITION = /^ {0,3}\[([^\]]{1,200})\]:\s+<?([^\s>]+)>?(?:\s+["'(](.*)["')])?\s*$/;

export function createBlockSplitter(): BlockSplitter {
  const finished: Block[] = [];
  let definitions: Record<string, { href: string; title: string | undefined }> = {};
  let rest = "";
  let kind: "none" | "flow" | "list" | "indented" | "code" = "none";
  let current = "";
  let blankBefore = false;
  let fence: Fence | undefined;
  let fenceIndent = 0;
  let language = "";

  function finish(): void {
    if (kind === "code") finished.push({ kind: "code", language, code: current.replace(/\n$/, "") });
    else if (!BLANK.test(current)) finished.push({ kind: "flow", source: current });
    kind = "none";
    current = "";
    blankBefore = false;
    fence = undefined;
  }

  function takeLine(line: string): void {
    if (kind === "code" && fence !== undefined) {
      if (closes(line, fence)) finish();
      else current += dedent(line, fenceIndent) + "\n";
      return;
    }
    const indent = indentOf(line);
    const blank = BLANK.test(line);
    if (kind === "list" && fence !== undefined) {
      if (blank || indent >= 2) {
        if (closes(line, fence)) fence = undefined;
        current += line + "\n";
        return;
      }
      fence = undefined;
    }
    if (blank) {
      if (kind !== "none") {
        blankBefore = true;
        current += "\n";
      }
      return;
    }
    const inList = kind === "list" && indent >= 2;
    const opening = indent <= 3 && !inList ? openingFence(line.trimStart()) : undefined;
    if (opening !== undefined) {
      finish();
      kind = "code";
      ({ fence, language } = opening);
      fenceIndent = indent;
      return;
    }
    if (!inList && HEADING.test(line)) {
      finish();
      kind = "flow";
      current = line + "\n";
      finish();
      return;
    }
    if (beginsAnew(line, indent)) finish();
    if (kind === "none") kind = LIST_ITEM.test(line) ? "list" : indent >= 4 ? "indented" : "flow";
    blankBefore = false;
    current += line + "\n";
    if (kind === "list") fence = openingFence(line.replace(LIST_MARKS, ""))?.fence;
    const definition = DEFINITION.exec(line);
    if (definition !== null) {
      const [, name = "", href = "", title] = definition;
      const key = name.toLowerCase().replace(/\s+/g, " ");
      if (!Object.hasOwn(definitions, key)) definitions = { ...definitions, [key]: { href, title } };
    }
  }

  function beginsAnew(line: string, indent: number): boolean {
    if (kind === "flow" && !blankBefore) return LIST_BELOW_TEXT.test(line);
    if (!blankBefore) return false;
    if (kind === "list") return indent < 2 && !LIST_ITEM.test(line);
    if (kind === "indented") return indent < 4;
    return true;
  }

  return {
    push(text) {
      const clean = text.replaceAll("\r", "");
      if (!clean.includes("\n")) {
        rest += clean;
        return;
      }
      const lines = (rest + clean).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) takeLine(line);
    },
    blocks: () => finished,
    tail() {
      if (kind === "code" && fence !== undefined) {
        const ending = mayClose(rest, fence) ? "" : dedent(rest, fenceIndent);
        return { kind: "code", language, code: ending === "" ? current.replace(/\n$/, "") : current + ending };
      }
      const source = current + rest;
      return BLANK.test(source) ? undefined : { kind: "flow", source };
    },
    definitions: () => definitions,
  };
}

/** All blocks of a finished answer, the last one too. */
export function splitBlocks(text: string): { blocks: readonly Block[]; definitions: Definitions } {
  const splitter = createBlockSplitter();
  splitter.push(text.endsWith("\n") ? text : text + "\n");
  const tail = splitter.tail();
  return { blocks: tail === undefined ? splitter.blocks() : [...splitter.blocks(), tail], definitions: splitter.definitions() };
}

function openingFence(line: string): { fence: Fence; language: string } | undefined {
  const found = FENCE.exec(line);
  if (found === null) return undefined;
  const marks = found[1] ?? "";
  return { fence: { mark: marks.charAt(0), length: marks.length }, language: (found[2] ?? "").trim().split(/[\s{]/)[0] ?? "" };
}

function closes(line: string, fence: Fence): boolean {
  const marks = line.trim();
  return marks.length >= fence.length && marks === fence.mark.repeat(marks.length);
}

/** A last line that is only marks so far: it may become the closing fence, so it is not shown as code. */
function mayClose(line: string, fence: Fence): boolean {
  const marks = line.trim();
  return marks !== "" && marks === fence.mark.repeat(marks.length);
}

function indentOf(line: string): number {
  let width = 0;
  for (const sign of line) {
    if (sign === " ") width += 1;
    else if (sign === "\t") width += 4 - (width % 4);
    else break;
  }
  return width;
}

function dedent(line: string, indent: number): string {
  let cut = 0;
  while (cut < indent && line.charAt(cut) === " ") cut += 1;
  return line.slice(cut);
}
