/**
 * What does one Markdown block consist of? marked's lexer, one block at a time, plus the mending of a tail whose
 * closing marks have not come yet. No HTML is made here or anywhere: tokens become React elements in ui/markdown.tsx.
 */
import { Lexer, type Token } from "marked";
import type { Definitions } from "./markdown-blocks.ts";

export type { Token, Tokens } from "marked";

/** The tokens of one block. `definitions` are those of the whole answer. */
export function lexBlock(source: string, definitions: Definitions): Token[] {
  const lexer = new Lexer({ gfm: true });
  Object.assign(lexer.tokens.links, definitions);
  return lexer.lex(source);
}

/**
 * Closes what is open in a tail, so that marks do not show and then vanish: bold, struck-through, code, a half link;
 * and leaves out a last line that is nothing but marks, which could still become anything.
 */
export function mendTail(source: string): string {
  const start = source.lastIndexOf("\n") + 1;
  const lastLine = source.slice(start);
  if (/^\s*(?:[-=*+#>|~`_]+|\d{1,9}[.)]?)\s*$/.test(lastLine) && (start > 0 || !/^\s*\d/.test(lastLine))) return source.slice(0, start);
  const paragraphStart = Math.max(source.lastIndexOf("\n\n") + 2, 1) - 1;
  const before = source.slice(0, paragraphStart);
  let text = source.slice(paragraphStart);
  if (text.trimStart().startsWith("|")) return source;
  text = text.replace(/!?\[([^\]\n]*)\]\([^)\n]*$/, "$1").replace(/!\[[^\]\n]*$/, "");
  const outsideCode = text.replace(/(`+)[^`]+\1(?!`)/g, "");
  if (outsideCode.includes("`"))
    return before + (text.endsWith("`") ? text.replace(/`+$/, "") : text + (/(`+)[^`]*$/.exec(outsideCode)?.[1] ?? ""));
  return before + closeMark(closeMark(closeMark(text, outsideCode, "**"), outsideCode, "~~"), outsideCode, "__");
}

function closeMark(text: string, outsideCode: string, mark: string): string {
  if ((outsideCode.split(mark).length - 1) % 2 === 0) return text;
  if (text.endsWith(mark)) return text.slice(0, -mark.length);
  const trimmed = text.trimEnd();
  return trimmed.endsWith(mark.charAt(0)) && mark !== "__" ? trimmed + mark.charAt(0) : trimmed + mark;
}
