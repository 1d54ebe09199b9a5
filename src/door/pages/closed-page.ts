/** What does a newcomer see while the operator takes nobody new? That it is so, since when, and what still works. */
import type { Problem } from "#contract/problems.ts";
import type { Language } from "#contract/wire.ts";
import { frame } from "./frame.ts";
import { html } from "./html.ts";
import { sayIn } from "./page-words.ts";
import type { SmallAssets } from "./small-assets.ts";
import type { PageContext } from "./views.ts";

export function closedPage(assets: SmallAssets, context: PageContext, { mode, since }: NonNullable<Problem["signUp"]>): string {
  const words = sayIn(context.language);
  const title = words(`closed.${mode}.title`);
  const body = html`<div id="step">
    <h1>${title}</h1>
    <p class="lead">${words(`closed.${mode}.text`)}</p>
    ${since !== null && html`<p class="hint">${words("closed.since", { time: momentWords(context.language, since) })}</p>`}
    <p class="hint">${words("closed.code")}</p>
    <p class="ways">
      <a class="button" href="/sign-in">${words("sign-in.title")}</a><a class="button quiet" href="/">${words("problem.home")}</a>
    </p>
  </div>`;
  return frame(assets, context, { title, body, width: "card", saysRegistration: true });
}

/** "January 27, 2026 at 21:33 UTC": where the reader is, the door does not know. */
export function momentWords(language: Language, at: number): string {
  const format = new Intl.DateTimeFormat(language, { dateStyle: "long", timeStyle: "short", hourCycle: "h23", timeZone: "UTC" });
  return `${format.format(at)} UTC`;
}
