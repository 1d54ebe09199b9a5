/** How is a refusal shown to a person? What happened, what to do, and when the page tries again by itself. */
import type { Problem } from "#contract/problems.ts";
import { frame } from "./frame.ts";
import { html } from "./html.ts";
import { sayIn } from "./page-words.ts";
import type { SmallAssets } from "./small-assets.ts";
import type { PageContext } from "./views.ts";

export function problemPage(assets: SmallAssets, context: PageContext, problem: Problem, keepsPlace = false): string {
  const words = sayIn(context.language);
  const retry = problem.retryAfterSeconds;
  const soon = retry !== undefined && html`data-after-seconds="${retry}"`;
  const ways = [
    (retry !== undefined || problem.status >= 500) && html`<a class="button" href="${context.path}" ${soon}>${words("problem.again")}</a>`,
    problem.code === "not-signed-in" && html`<a class="button" href="/sign-in">${words("sign-in.title")}</a>`,
    html`<a class="button quiet" href="/">${words("problem.home")}</a>`,
  ];
  const body = html`<div id="step">
    <p class="step">${problem.status}</p>
    <h1>${problem.title}</h1>
    <p class="lead">${problem.detail}</p>
    ${keepsPlace && html`<p>${words("problem.place")}</p>`} ${retry !== undefined && html`<p class="hint">${words("problem.retry")}</p>`}
    ${problem.requestId !== undefined && html`<p class="hint">${words("problem.number", { id: problem.requestId })}</p>`}
    <p class="ways">${ways}</p>
  </div>`;
  return frame(assets, context, {
    title: problem.title,
    body,
    width: "card",
    ...(retry === undefined ? {} : { scriptWords: [], refreshSeconds: retry, refreshPath: context.path }),
  });
}
