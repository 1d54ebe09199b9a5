/** What is a conversation called? At first by its first words; later by what a model proposes, if that is a title at all. Pure. */
import type { ChatTurn } from "../provider.ts";

const FIRST_WORDS_CHARS = 60;
const PROPOSED_CHARS = 80;
/** Also all that is looked at for a title: a link's end is looked for from each of its beginnings, so the work grows with the square. */
const EXCERPT_CHARS = 1_000;

/** A title out of a person's first message: its first line with words, without Markdown, cut between words. */
export function titleFromText(text: string): string {
  const beginning = text.slice(0, EXCERPT_CHARS);
  const line = beginning
    .split("\n")
    .map((candidate) => plain(candidate.replace(/^\s*(?:[#>*+-]+\s+|\d+[.)]\s+)*/, "")))
    .find((candidate) => /[\p{L}\p{N}]/u.test(candidate));
  return shorten(line ?? plain(beginning), FIRST_WORDS_CHARS);
}

/** The turns that ask a model for a title. */
export function titleTurns(question: string, answer: string): ChatTurn[] {
  const ask = "Write a title of at most six words for the conversation below, in the language of the question. Reply with the title only.";
  const text = `${ask}\n\nQuestion:\n${excerpt(question)}\n\nAnswer:\n${excerpt(answer)}`;
  return [{ role: "user", text }];
}

/** The title in a model's reply; `undefined` when the reply is not one. */
export function titleFromReply(reply: string): string | undefined {
  const lines = reply
    .slice(0, EXCERPT_CHARS)
    .split("\n")
    .map((candidate) => plain(candidate.replace(/^[\s*_#]*(?:title|título)[\s*_]*:/i, "")))
    .filter((candidate) => candidate !== "");
  // "Here is a title:" leads to one in the next line
  const line = lines[0]?.endsWith(":") === true ? (lines[1] ?? lines[0]) : lines[0];
  if (line === undefined) return undefined;
  const title = line.replace(/^["'“”‘’«»\s]+|["'“”‘’«».,:;\s]+$/gu, "");
  if (!/[\p{L}\p{N}]/u.test(title) || title.length > 2 * PROPOSED_CHARS) return undefined;
  return shorten(title, PROPOSED_CHARS);
}

function plain(text: string): string {
  return text
    .replaceAll(/!?\[([^\]]*)\]\([^)]*\)/g, "$1")
    .replaceAll(/[*_`~#]+/g, "")
    .replaceAll(/[\s\p{Cc}]+/gu, " ")
    .trim();
}

function shorten(text: string, limitChars: number): string {
  if (text.length <= limitChars) return text.toWellFormed();
  const cut = text.slice(0, limitChars - 1);
  const space = cut.lastIndexOf(" ");
  const kept = space > limitChars / 2 ? cut.slice(0, space) : wholeCharacters(cut);
  return `${kept.replace(/[\s,;:.–-]+$/u, "")}…`.toWellFormed();
}

function excerpt(text: string): string {
  return text.length <= EXCERPT_CHARS ? text : `${wholeCharacters(text.slice(0, EXCERPT_CHARS))}…`;
}

/** Without half a surrogate pair at the end. */
function wholeCharacters(text: string): string {
  return /[\uD800-\uDBFF]$/.test(text) ? text.slice(0, -1) : text;
}
