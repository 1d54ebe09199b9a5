/** How is the manual read here? A list of its pages, and each page as it was rendered at start. */
import type { ManualPage } from "../manual.ts";
import { frame } from "./frame.ts";
import { html, trusted } from "./html.ts";
import { sayIn } from "./page-words.ts";
import type { SmallAssets } from "./small-assets.ts";
import type { PageContext } from "./views.ts";

export function manualIndexPage(assets: SmallAssets, context: PageContext, pages: readonly ManualPage[]): string {
  const words = sayIn(context.language);
  const section = (folder: "users" | "operate") => {
    const own = pages.filter((page) => page.path.startsWith(`/manual/${folder}/`));
    return (
      own.length > 0 &&
      html`<h2>${words(`manual.${folder}`)}</h2>
        <ul lang="en">
          ${own.map((page) => html`<li><a href="${page.path}">${page.title}</a></li>`)}
        </ul>`
    );
  };
  const body = html`<h1>${words("manual.title")}</h1>
    ${context.language !== "en" && html`<p class="lead">${words("manual.language")}</p>`}
    <div class="shelf">${section("users")}${section("operate")}</div>`;
  return frame(assets, context, { title: words("manual.title"), body, width: "text" });
}

export function manualPage(assets: SmallAssets, context: PageContext, page: ManualPage): string {
  const words = sayIn(context.language);
  const body = html`<p class="step"><a href="/manual">${words("manual.title")}</a></p>
    <article lang="en">${trusted(page.html)}</article>`;
  return frame(assets, context, { title: page.title, body, width: "text" });
}
