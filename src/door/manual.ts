/**
 * How is the manual shown inside Holdfast? The Markdown under docs/users and docs/operate, rendered once at start,
 * so that a newcomer can read it under flood and the guide's links lead somewhere. The text is ours; raw HTML in it
 * is escaped all the same.
 */
import { readdirSync, readFileSync } from "node:fs";
import { Marked, type Tokens } from "marked";
import { headingAnchor } from "#kit/anchor.ts";

const FOLDERS = ["users", "operate"] as const;

export type ManualPage = { path: string; title: string; html: string };

/** Reads and renders the manual below `docsFolder` (an absolute path ending in "/"). Keys are paths such as "/manual/users/chat". */
export function readManual(docsFolder: string): ReadonlyMap<string, ManualPage> {
  const pages = FOLDERS.flatMap((folder) =>
    readdirSync(docsFolder + folder)
      .filter((name) => name.endsWith(".md"))
      .toSorted()
      .map((name) => renderManualPage(folder, name, readFileSync(`${docsFolder}${folder}/${name}`, "utf8"))),
  );
  return new Map(pages.map((page) => [page.path, page]));
}

/** Renders one page. Relative links to other pages of the manual lead into Holdfast; links elsewhere open apart. */
export function renderManualPage(folder: string, fileName: string, markdown: string): ManualPage {
  let title = fileName.replace(/\.md$/, "");
  const marked = new Marked({
    gfm: true,
    renderer: {
      heading({ tokens, depth, text }: Tokens.Heading) {
        if (depth === 1) title = text;
        return `<h${depth} id="${headingAnchor(text)}">${this.parser.parseInline(tokens)}</h${depth}>\n`;
      },
      html({ text }: Tokens.HTML | Tokens.Tag) {
        return escapeHtml(text);
      },
      image({ text }: Tokens.Image) {
        return escapeHtml(text);
      },
      link({ href, tokens }: Tokens.Link) {
        const words = this.parser.parseInline(tokens);
        const target = manualLink(folder, href);
        return target === undefined
          ? words
          : `<a href="${escapeHtml(target)}"${target.startsWith("http") ? ' rel="noopener noreferrer"' : ""}>${words}</a>`;
      },
    },
  });
  const html = marked.parse(markdown, { async: false });
  return { path: `/manual/${folder}/${fileName.replace(/\.md$/, "")}`, title, html };
}

/** Where a link of the manual leads inside Holdfast; `undefined` for a file that is not part of the manual. */
function manualLink(folder: string, href: string): string | undefined {
  if (/^https?:\/\//.test(href) || href.startsWith("#") || href.startsWith("/")) return href;
  const resolved = new URL(href, `file:///${folder}/`);
  const page = /^\/(users|operate)\/([a-z0-9-]+)\.md$/.exec(resolved.pathname);
  return page === null ? undefined : `/manual/${page[1]}/${page[2]}${resolved.hash}`;
}

function escapeHtml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}
