/** What does somebody see who comes for the first time? What this is, and the two ways in. */
import { frame } from "./frame.ts";
import { html } from "./html.ts";
import { sayIn } from "./page-words.ts";
import type { SmallAssets } from "./small-assets.ts";
import type { PageContext } from "./views.ts";

export function homePage(assets: SmallAssets, context: PageContext): string {
  const words = sayIn(context.language);
  const { mode } = context.registration.signUp;
  const ways = context.signedIn
    ? html`<a class="button" href="/chat">${words("home.chat")}</a>`
    : mode === "closed" || mode === "invited"
      ? html`<a class="button" href="/sign-in">${words("home.sign-in")}</a>`
      : html`<a class="button" href="/sign-up">${words("home.create")}</a
          ><a class="button quiet" href="/sign-in">${words("home.sign-in")}</a>`;
  const facts = (["way-in", "leaves", "truth"] as const).map(
    (fact) =>
      html`<li>
        <h2>${words(`home.${fact}.title`)}</h2>
        <p>${words(`home.${fact}.text`)}</p>
      </li>`,
  );
  const body = html`<div class="hero">
      <div>
        <h1>${words("home.heading")}</h1>
        <p class="lead">${words("home.lead")}</p>
        <p class="ways">${ways}</p>
      </div>
      <div class="arch" aria-hidden="true"></div>
    </div>
    <ul class="facts">
      ${facts}
    </ul>`;
  return frame(assets, context, { title: words("home.title"), body, width: "wide" });
}
