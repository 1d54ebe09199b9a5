/**
 * How does the code come back? Code and password in one form, the pending registration in its hidden field. Another
 * letter is a form of its own.
 */
import type { Problem } from "#contract/problems.ts";
import { GOES_WELL } from "#contract/words/trace.ts";
import type { LetterStep, Way } from "#contract/wire.ts";
import { codeField, newPasswordField, notice } from "./form-parts.ts";
import { frame } from "./frame.ts";
import { html, withGap, type Markup } from "./html.ts";
import { sayIn, traceSentences, type Say } from "./page-words.ts";
import { FORM_WORDS, METER_WORDS } from "./script-words.ts";
import type { SmallAssets } from "./small-assets.ts";
import type { CodeView, PageContext } from "./views.ts";

export function codePage(assets: SmallAssets, context: PageContext, view: CodeView): string {
  const words = sayIn(context.language);
  const body = codeStep(words, context, view.way, view);
  return frame(assets, context, { title: words(`${view.way}.code`), body, width: "card", scriptWords: [...FORM_WORDS, ...METER_WORDS] });
}

/** The step itself; without a view it is empty, for the script to fill. */
export function codeStep(words: Say, context: PageContext, way: Way, view?: CodeView): Markup {
  const address = html`<b data-address>${view?.address}</b>`;
  const said = view?.trace === undefined ? [] : traceSentences(context.language, view.trace).map(withTime);
  const news = view?.trace === undefined || GOES_WELL.includes(view.trace.state) ? undefined : said.pop();
  const again = needsAnother(view?.problem) || news !== undefined;
  return html`<div id="step" data-step="code">
<p class="step">${words("step.of", { step: 2, steps: 2 })}</p>
<h1 tabindex="-1">${words(`${way}.code`)}</h1>
<p class="lead${news !== undefined && " news"}" data-lead>${news ?? withGap(words("code.lead"), "address", address)}</p>
<ol class="trace" aria-label="${words("trace.title")}" data-trace${said.length === 0 && html` hidden`}>${said.map((line) => html`<li>${line}</li>`)}</ol>
${
  view?.trace?.retryAfterSeconds != null &&
  html`<noscript
    ><p class="ways"><a class="button quiet" href="/${way}/wait">${words("wait.look")}</a></p></noscript
  >`
}
${context.mailbox && html`<p class="hint">${words("code.mailbox")}</p>`}
${notice(view?.problem, signInLink(words, view?.problem))}
<form method="post" action="/sign-up/confirm" data-json="envelope code password">
<input type="hidden" name="envelope" value="${view?.envelope}">
<input name="address" type="email" autocomplete="username" value="${view?.address}" hidden>
${codeField(words, view?.code ?? "", view?.problem)}
${newPasswordField(words, view?.problem)}
<button class="button">${words(`${way}.finish`)}</button>
</form>
<details${again && html` open`}><summary>${words("code.none")}</summary>
<p>${words("code.again.text")} ${words("code.minutes")}</p>
<form method="post" action="/${way}" data-again><input type="hidden" name="address" value="${view?.address}"><input type="hidden" name="as-typed" value="yes"><button class="button quiet">${words("code.again")}</button></form>
</details>
<p class="aside"><a href="/${way}" data-restart>${words("wait.change")}</a> · <a href="/sign-in">${words("sign-in.title")}</a></p>
</div>`;
}

/** In the one time that the door knows; a browser with script says it in its own. */
function withTime({ sentence, at }: LetterStep): Markup {
  if (at === null) return html`${sentence}`;
  const time = new Date(at).toISOString();
  return withGap(sentence, "time", html`<time datetime="${time}">${time.slice(11, 19)} UTC</time>`);
}

/** After these only another letter helps. */
function needsAnother(problem: Problem | undefined): boolean {
  return problem?.code === "envelope-expired" || problem?.code === "code-exhausted" || problem?.triesLeft === 0;
}

function signInLink(words: Say, problem: Problem | undefined): Markup | undefined {
  return problem?.code === "already-confirmed" ? html`<a href="/sign-in">${words("sign-in.title")}</a>` : undefined;
}
