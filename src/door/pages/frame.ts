/**
 * What do all small pages have around them? The document, the name on top, the foot with language, status and manual.
 * Without a built script the page is the same, and its forms still work.
 */
import type { Language } from "#contract/wire.ts";
import { html, jsonAttribute, type Markup } from "./html.ts";
import { registrationNotice } from "./registration-notice.ts";
import { sayIn, type PageKey } from "./page-words.ts";
import type { SmallAssets } from "./small-assets.ts";
import type { PageContext } from "./views.ts";

export type Page = {
  title: string;
  body: Markup;
  /** How wide the content is: a form's card, a text, or the whole window. */
  width: "card" | "text" | "wide";
  /** Sentences that the script says; without any, no script is loaded. */
  scriptWords?: readonly PageKey[];
  /** Loads `refreshPath` again after so many seconds; where script runs, the script does it. */
  refreshSeconds?: number;
  refreshPath?: string;
  /** The page says itself how registration is: no second sentence above it. */
  saysRegistration?: boolean;
};

export function frame(assets: SmallAssets, context: PageContext, page: Page): string {
  const words = sayIn(context.language);
  const script = page.scriptWords === undefined ? undefined : assets.script;
  const scriptWords = script !== undefined && Object.fromEntries((page.scriptWords ?? []).map((key) => [key, words(key)]));
  return html`<!doctype html>
    <html lang="${context.language}">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width,initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>${page.title}</title>
        <link rel="stylesheet" href="${assets.stylesheet}" />
        ${page.width !== "card" && html`<link rel="stylesheet" href="${assets.reading}" />`}
        <link rel="icon" href="${assets.icon}" />
        ${script !== undefined && html`<script type="module" src="${script}"></script>`} ${refresh(page, script !== undefined)}
      </head>
      <body class="${page.width}">
        <a class="skip" href="#main">${words("skip")}</a>
        <header>
          <a class="brand" href="/">Holdfast</a>${page.saysRegistration !== true && !context.signedIn && registrationNotice(context)}
        </header>
        <main id="main" tabindex="-1" ${scriptWords !== false && html` ${jsonAttribute("data-words", scriptWords)}`}>${page.body}</main>
        ${foot(context)}
      </body>
    </html> `.markup;
}

/** Where script runs, the script looks again by itself: a refresh in the document would load the page in mid-reading. */
function refresh(page: Page, hasScript: boolean): Markup | false {
  if (page.refreshSeconds === undefined) return false;
  const seconds = Math.max(1, Math.ceil(page.refreshSeconds));
  const meta = html`<meta http-equiv="refresh" content="${seconds}${page.refreshPath !== undefined && `; url=${page.refreshPath}`}" />`;
  return hasScript ? html`<noscript>${meta}</noscript>` : meta;
}

const LANGUAGE_NAMES: readonly [Language, string][] = [
  ["en", "English"],
  ["es", "Español"],
];

function foot(context: PageContext): Markup {
  const words = sayIn(context.language);
  const languages = LANGUAGE_NAMES.map(
    ([language, name]) =>
      html`<button name="language" value="${language}" lang="${language}" ${language === context.language && html` aria-current="true"`}>
        ${name}
      </button>`,
  );
  return html`<footer>
    <form method="post" action="/language" aria-label="${words("foot.language")}">
      <input type="hidden" name="back" value="${context.path}" />${languages}
    </form>
    <nav aria-label="${words("foot.more")}"><a href="/status">${words("foot.status")}</a><a href="/manual">${words("foot.manual")}</a></nav>
    <p>${words("foot.version", { version: context.version })}</p>
  </footer>`;
}
