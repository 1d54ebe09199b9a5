/**
 * Whom does a person talk to on a machine without a model? The guide: it looks the question up in the manual that came
 * with this version and quotes it. It calls nobody, so its words never leave the machine, and it says that it is no model.
 */
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import MiniSearch from "minisearch";
import type { Clock } from "#kit/time.ts";
import { guideEn } from "#contract/words/en/guide.ts";
import { guideAnswer, inPieces, type PageLink } from "./core/guide-answer.ts";
import { indexTokens, questionTerms, stem } from "./core/guide-terms.ts";
import { pageLink, sectionsOf, type ManualFile, type Section } from "./core/manual-sections.ts";
import type { GenerationRequest, ModelProvider, StreamPart } from "./provider.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const PIECES = 120;
const PIECE_DELAY_MS = 8;
/** A passage must hold more than this share of the question's words, or just as many and one of them in its heading. */
const SHARE_OF_TERMS = 0.5;
/** One line about each refusal: what the guide quotes only when it is asked about by name. */
const REFUSALS_PAGE = "/manual/users/problems";

/** The guide over `files`; without them, over the manual beside this source. */
export function createGuide(parts: { clock: Clock; files?: readonly ManualFile[] }): ModelProvider {
  const { clock } = parts;
  const files = parts.files ?? readManualFiles();
  const sections = files.flatMap(sectionsOf);
  const pages = files.flatMap((file): PageLink[] => {
    const link = pageLink(file.path);
    return link === null ? [] : [{ page: sectionsOf(file)[0]?.page ?? file.path, link }];
  });
  const index = new MiniSearch<Section & { id: number }>({
    fields: ["heading", "page", "markdown"],
    tokenize: indexTokens,
    processTerm: stem,
    searchOptions: {
      boost: { heading: 4, page: 2 },
      fuzzy: (term) => (term.length >= 6 ? 0.2 : false),
    },
  });
  // what stands before the first heading goes by the name of the page
  index.addAll(sections.map((section, id) => ({ ...section, heading: section.heading === "" ? section.page : section.heading, id })));

  function lookUp(question: string): { found: Section[]; empty: boolean } {
    const terms = questionTerms(question);
    if (terms.length === 0) return { found: [], empty: true };
    const wanted = new Set(terms.flatMap(indexTokens).map(stem)).size;
    const found = index
      .search(terms.join(" "), { boostDocument: (id) => weightOf(sections[id as number], terms) })
      .filter(({ queryTerms, match }) => {
        const share = new Set(queryTerms).size / wanted;
        return share > SHARE_OF_TERMS || (share === SHARE_OF_TERMS && Object.values(match).flat().includes("heading"));
      })
      .flatMap(({ id }) => sections[id as number] ?? []);
    return { found, empty: false };
  }

  return {
    id: "guide",
    models: async () => [{ id: "guide/manual", name: guideEn.name, provider: "guide", where: "here", host: null, contextTokens: null }],
    async *stream(request: GenerationRequest, signal: AbortSignal): AsyncGenerator<StreamPart> {
      const question = request.turns.findLast(({ role }) => role === "user")?.text ?? "";
      const first = !request.turns.some(({ role }) => role === "assistant");
      const answer = guideAnswer({ language: request.language, first, pages, ...lookUp(question) });
      for (const text of inPieces(answer, PIECES)) {
        if (signal.aborted) return;
        yield { kind: "text", text };
        await clock.sleep(PIECE_DELAY_MS, signal).catch(() => {});
      }
      if (!signal.aborted) yield { kind: "finish", reason: "stop" };
    },
  };
}

function weightOf(section: Section | undefined, terms: readonly string[]): number {
  if (section?.link === null) return 0.5;
  return section?.link?.startsWith(REFUSALS_PAGE) === true && !terms.includes(section.heading) ? 0.2 : 1;
}

function readManualFiles(): ManualFile[] {
  const folders = ["docs/users", "docs/operate"].flatMap((folder) =>
    readdirSync(ROOT + folder)
      .filter((name) => name.endsWith(".md"))
      .toSorted()
      .map((name) => `${folder}/${name}`),
  );
  return [...folders, "README.md"].map((path) => ({ path, markdown: readFileSync(ROOT + path, "utf8") }));
}
