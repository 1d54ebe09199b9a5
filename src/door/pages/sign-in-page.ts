/** How does somebody who has an account get in? With address and password; a session that is there is shown, not replaced. */
import { addressField, notice, passwordField, signedInNotice } from "./form-parts.ts";
import { frame } from "./frame.ts";
import { html } from "./html.ts";
import { sayIn } from "./page-words.ts";
import { FORM_WORDS } from "./script-words.ts";
import type { SmallAssets } from "./small-assets.ts";
import type { PageContext, SignInView } from "./views.ts";

export function signInPage(assets: SmallAssets, context: PageContext, view: SignInView): string {
  const words = sayIn(context.language);
  const forgot = html`<a href="/recover">${words("recover.title")}</a>`;
  const body = html`<div id="step">
    <h1>${words("sign-in.title")}</h1>
    ${context.signedIn && signedInNotice(words)} ${notice(view.problem, view.problem?.code === "wrong-credentials" ? forgot : undefined)}
    <form method="post" action="/sign-in" data-json="address password">
      ${addressField(words, view.address, view.problem)} ${passwordField(words, view.problem)}
      <button class="button">${words("sign-in.title")}</button>
    </form>
    <p class="aside">${forgot}<br />${words("sign-in.none")} <a href="/sign-up">${words("home.create")}</a></p>
  </div>`;
  return frame(assets, context, { title: words("sign-in.title"), body, width: "card", scriptWords: FORM_WORDS });
}
