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
import { indexTokens, questionTerms } from "./core/guide-terms.ts";
import { pageLink, sectionsOf, type ManualFile, type Section } from "./core/manual-sections.ts";
import type { GenerationRequest, ModelProvider, StreamPart } from "./provider.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const PIECES = 120;
const PIECE_DELAY_MS = 8;
/** A passage must hold this share of the question's words. */
const SHARE_OF_TERMS = 0.5;

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
    searchOptions: {
      boost: { heading: 4, page: 2 },
      prefix: (term) => term.length >= 4,
      fuzzy: (term) => (term.length >= 7 ? 0.2 : false),
    },
  });
  index.addAll(sections.map((section, id) => ({ ...section, id })));

  function lookUp(question: string): { found: Section[]; empty: boolean } {
    const terms = questionTerms(question);
    if (terms.length === 0) return { found: [], empty: true };
    const wanted = new Set(terms.flatMap(indexTokens)).size;
    const found = index
      .search(terms.join(" "))
      .filter(({ queryTerms }) => new Set(queryTerms).size >= wanted * SHARE_OF_TERMS)
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

function readManualFiles(): ManualFile[] {
  const folders = ["docs/users", "docs/operate"].flatMap((folder) =>
    readdirSync(ROOT + folder)
      .filter((name) => name.endsWith(".md"))
      .toSorted()
      .map((name) => `${folder}/${name}`),
  );
  return [...folders, "README.md"].map((path) => ({ path, markdown: readFileSync(ROOT + path, "utf8") }));
}
