/**
 * What does a screen reader hear of a streaming answer? Whole sentences, once each, without marks; of code only that
 * it is there and how long it is. Pure: state and text in, state and what to say out.
 */

export type Said = { kind: "words"; text: string } | { kind: "code"; language: string; lines: number };

export type Narration = {
  /** What has not been said yet, because the sentence goes on. */
  readonly rest: string;
  readonly code: { readonly language: string; readonly lines: number } | null;
};

export const NARRATION_START: Narration = { rest: "", code: null };

/** What is shorter is said together with what follows: "1." or "Yes." alone are noise. A line of its own may be shorter. */
const SHORTEST_CHARS = { sentence: 20, line: 12 };
const SENTENCE = /^([\s\S]*?(?:[.!?…:]["'”’)\]*_]*(?=\s)|\n))/;

export function narrate(state: Narration, text: string): { state: Narration; said: Said[] } {
  const said: Said[] = [];
  let rest = state.rest + text;
  let code = state.code;
  let held = "";
  for (;;) {
    if (code !== null) {
      const lineEnd = rest.indexOf("\n");
      if (lineEnd < 0) break;
      const line = rest.slice(0, lineEnd);
      rest = rest.slice(lineEnd + 1);
      if (/^\s*(?:```|~~~)/.test(line)) {
        said.push({ kind: "code", ...code });
        code = null;
      } else code = { ...code, lines: code.lines + 1 };
      continue;
    }
    const fence = /^\s*(?:```|~~~)[ \t]*([^\s`]*)[^\n]*\n/.exec(rest);
    if (fence !== null) {
      pushWords(said, held);
      held = "";
      code = { language: fence[1] ?? "", lines: 0 };
      rest = rest.slice(fence[0].length);
      continue;
    }
    if (/^\s*(?:`{1,3}|~{1,3})[^\n`]*$/.test(rest)) break;
    const sentence = SENTENCE.exec(rest)?.[1];
    if (sentence === undefined) break;
    rest = rest.slice(sentence.length);
    held += sentence;
    if (spoken(held).length >= (sentence.endsWith("\n") ? SHORTEST_CHARS.line : SHORTEST_CHARS.sentence)) {
      pushWords(said, held);
      held = "";
    }
  }
  return { state: { rest: held + rest, code }, said };
}

/** The end of the answer: whatever is left is said. */
export function narrateEnd(state: Narration): Said[] {
  if (state.code !== null) return [{ kind: "code", ...state.code }];
  const said: Said[] = [];
  pushWords(said, state.rest);
  return said;
}

function pushWords(said: Said[], text: string): void {
  const words = spoken(text);
  if (words !== "") said.push({ kind: "words", text: words });
}

function spoken(text: string): string {
  return text
    .replace(/!?\[([^\]]*)\]\([^)]*\)/g, "$1")
    .replace(/^[ \t]*(?:[-*+>#]+[ \t]+)+/gm, "")
    .replace(/\*\*|__|~~|`+|(?<!\S)[*_](?=\S)|(?<=\S)[*_](?!\S)/g, "")
    .replace(/[|]|-{3,}/g, " ")
    .replace(/\s+/g, " ")
    .trim();
}
