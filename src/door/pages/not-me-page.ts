/**
 * How does somebody say that a letter was not for them? By a button on a page, because programs follow links in letters too; and
 * by another one they take it back.
 */
import { notice } from "./form-parts.ts";
import { frame } from "./frame.ts";
import { html } from "./html.ts";
import { sayIn } from "./page-words.ts";
import { FORM_WORDS } from "./script-words.ts";
import type { SmallAssets } from "./small-assets.ts";
import type { NotMeView, PageContext } from "./views.ts";

export function notMePage(assets: SmallAssets, context: PageContext, { token, state, problem }: NotMeView): string {
  const words = sayIn(context.language);
  const stopped = state === "stopped";
  const body = html`<div id="step">
    <h1>${words(`not-me.${state}.title`)}</h1>
    <p class="lead">${words(`not-me.${state}`)}</p>
    ${notice(problem)}
    <form method="post" action="/not-me">
      <input type="hidden" name="token" value="${token}" />
      <input type="hidden" name="stop" value="${stopped ? "no" : "yes"}" />
      <button class="button${stopped && " quiet"}">${words(stopped ? "not-me.allow" : "not-me.stop")}</button>
    </form>
  </div>`;
  return frame(assets, context, { title: words(`not-me.${state}.title`), body, width: "card", scriptWords: FORM_WORDS });
}
