/** How does the guide answer? It quotes the best passage whole, names more, says what it is and how to connect a model. Pure. */
import type { Language } from "#contract/wire.ts";
import { say, type Values } from "#contract/words/words.ts";
import { guideEn } from "#contract/words/en/guide.ts";
import { guideEs } from "#contract/words/es/guide.ts";
import type { Section } from "./manual-sections.ts";

export type PageLink = { page: string; link: string };
export type GuideQuestion = {
  language: Language;
  /** The first answer of a conversation introduces the guide at length, and says how to connect a model. */
  first: boolean;
  /** No word to look up: a greeting. */
  empty: boolean;
  /** Best passage first. */
  found: readonly Section[];
  pages: readonly PageLink[];
};

const QUOTE_CHARS = 2_500;
const MORE_PASSAGES = 3;
const MODELS_LINK = "/manual/operate/models";
const CATALOGUES = { en: guideEn, es: guideEs };

export function guideAnswer(question: GuideQuestion): string {
  const words = (key: keyof typeof guideEn, values: Values = {}) => say(CATALOGUES[question.language], question.language, key, values);
  const who = words(question.first ? "who" : "who-again");
  const connect = words("connect", { link: MODELS_LINK });
  const [best, ...others] = question.found;
  if (best === undefined) {
    const links = question.pages.map(({ page, link }) => `[${page}](${link})`).join(" · ");
    return [who, words(question.empty ? "hello" : "nothing", { links }), connect].join("\n\n");
  }
  const { quote, whole } = quoted(best.markdown);
  const more = others
    .slice(0, MORE_PASSAGES)
    .filter(({ link }) => link !== null)
    .map(({ page, heading, link }) => `[${heading === "" ? page : `${page} › ${heading}`}](${link})`);
  return [
    who,
    caption(best, words),
    quote,
    ...(whole ? [] : [words("continues")]),
    ...(more.length === 0 ? [] : [words("also", { links: more.join(" · ") })]),
    ...(question.first ? [connect] : []),
  ].join("\n\n");
}

/** The answer in pieces of a few words, so that it streams; at most `count` pieces. */
export function inPieces(answer: string, count: number): string[] {
  const words = answer.match(/\S+\s*/g) ?? [];
  const size = Math.max(1, Math.ceil(words.length / count));
  return Array.from({ length: Math.ceil(words.length / size) }, (_, index) => words.slice(index * size, (index + 1) * size).join(""));
}

function caption({ page, heading, link }: Section, words: (key: keyof typeof guideEn, values: Values) => string): string {
  if (link === null) return heading === "" ? `**${page}**` : words("quoted-unlinked", { page, heading });
  return heading === "" ? words("quoted-page", { page, link }) : words("quoted", { page, heading, link });
}

function quoted(markdown: string): { quote: string; whole: boolean } {
  const whole = markdown.length <= QUOTE_CHARS;
  const paragraphs = markdown.split(/\n{2,}/);
  let kept = markdown;
  if (!whole) {
    kept = paragraphs[0] ?? "";
    for (const paragraph of paragraphs.slice(1)) {
      if (kept.length + paragraph.length > QUOTE_CHARS) break;
      kept += `\n\n${paragraph}`;
    }
    // a cut inside a code block would swallow what follows
    if ((kept.match(/^\s*```/gm)?.length ?? 0) % 2 === 1) kept += "\n```";
  }
  return {
    quote: kept
      .split("\n")
      .map((line) => (line === "" ? ">" : `> ${line}`))
      .join("\n"),
    whole,
  };
}
