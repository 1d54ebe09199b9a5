/** How does the first operator come to be? By the link that the terminal printed, once. */
import { addressField, newPasswordField, notice } from "./form-parts.ts";
import { frame } from "./frame.ts";
import { html } from "./html.ts";
import { sayIn } from "./page-words.ts";
import { FORM_WORDS, METER_WORDS } from "./script-words.ts";
import type { SmallAssets } from "./small-assets.ts";
import type { FirstOperatorView, PageContext } from "./views.ts";

export function firstOperatorPage(assets: SmallAssets, context: PageContext, view: FirstOperatorView): string {
  const words = sayIn(context.language);
  const form = html`<p class="lead">${words("first.lead")}</p>
    ${notice(view.problem)}
    <form method="post" action="/first-operator" data-json="token address password">
      <input type="hidden" name="token" value="${view.token}" />
      ${addressField(words, view.address, view.problem)} ${newPasswordField(words, view.problem)}
      <button class="button">${words("first.create")}</button>
    </form>`;
  const body = html`<div id="step">
    <h1>${words("first.title")}</h1>
    ${view.token === "" ? html`<p class="lead">${words("first.no-token")}</p>` : form}
    <p class="aside"><a href="/sign-in">${words("sign-in.title")}</a></p>
  </div>`;
  return frame(assets, context, {
    title: words("first.title"),
    body,
    width: "card",
    scriptWords: [...FORM_WORDS, ...METER_WORDS],
  });
}
