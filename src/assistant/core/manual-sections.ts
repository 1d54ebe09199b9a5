/** What are the passages of the manual? One per heading, as it stands in the file, with links that lead into Holdfast. Pure. */
import { headingAnchor } from "#kit/anchor.ts";

export type ManualFile = {
  /** From the project's root: "docs/users/chat.md" or "README.md". */
  path: string;
  markdown: string;
};

export type Section = {
  /** Title of the page. */
  page: string;
  /** Empty for what stands before the first heading of the page. */
  heading: string;
  /** Where the passage can be read in Holdfast; `null` when only the repository has it. */
  link: string | null;
  markdown: string;
};

/** The passages of one file that say something. */
export function sectionsOf(file: ManualFile): Section[] {
  const sections: { heading: string; lines: string[] }[] = [{ heading: "", lines: [] }];
  let page = file.path;
  let fenced = false;
  for (const line of withoutHtml(file.markdown).split("\n")) {
    if (/^\s*(```|~~~)/.test(line)) fenced = !fenced;
    const heading = fenced ? null : /^(#{1,3})\s+(.+?)\s*#*$/.exec(line);
    if (heading === null) sections.at(-1)?.lines.push(line);
    else if (heading[1] === "#") page = heading[2] ?? page;
    else sections.push({ heading: heading[2] ?? "", lines: [] });
  }
  return sections
    .map(({ heading, lines }) => ({
      page,
      heading,
      link: linkTo(file.path, heading),
      markdown: withLinks(file.path, lines.join("\n").trim()),
    }))
    .filter(({ markdown }) => markdown !== "");
}

/** A page's own address inside Holdfast. */
export function pageLink(path: string): string | null {
  const page = /^docs\/(users|operate)\/([a-z0-9-]+)\.md$/.exec(path);
  return page === null ? null : `/manual/${page[1]}/${page[2]}`;
}

function linkTo(path: string, heading: string): string | null {
  const link = pageLink(path);
  return link === null || heading === "" ? link : `${link}#${headingAnchor(heading)}`;
}

/** Links to other pages lead into Holdfast; links to files that are no pages become their words. */
function withLinks(path: string, markdown: string): string {
  return markdown.replaceAll(/!?\[([^\]]*)\]\(([^)\s]+)(?:\s[^)]*)?\)/g, (whole: string, words: string, href: string) => {
    if (whole.startsWith("!")) return words;
    if (/^https?:\/\//.test(href)) return whole;
    const target = URL.parse(href, `file:///${path}`);
    const link = target === null ? null : pageLink(target.pathname.slice(1));
    return link === null ? words : `[${words}](${link}${target?.hash ?? ""})`;
  });
}

function withoutHtml(markdown: string): string {
  return markdown.replaceAll(/<picture>[\s\S]*?<\/picture>/g, "").replaceAll(/<!--[\s\S]*?-->/g, "");
}
