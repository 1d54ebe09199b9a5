/**
 * What does somebody in the line see? How long it takes, how sure that is, and that the place is kept; or that nobody can
 * tell, and why. The page looks again by itself.
 */
import type { Way } from "#contract/wire.ts";
import { notice } from "./form-parts.ts";
import { frame } from "./frame.ts";
import { html, withGap } from "./html.ts";
import { sayIn, waitSentences, type Say } from "./page-words.ts";
import type { SmallAssets } from "./small-assets.ts";
import type { PageContext, WaitingView } from "./views.ts";

export function waitingPage(assets: SmallAssets, context: PageContext, view: WaitingView): string {
  const words = sayIn(context.language);
  const body = waitingStep(words, context, view.way, view);
  return frame(assets, context, {
    title: words("wait.title"),
    body,
    width: "card",
    scriptWords: [],
    refreshSeconds: view.retryAfterSeconds,
    refreshPath: `/${view.way}/wait`,
    saysRegistration: true,
  });
}

/** The step itself; without a view it is empty, for the script to fill. */
export function waitingStep(words: Say, context: PageContext, way: Way, view?: WaitingView) {
  const wait = view?.wait ?? null;
  const told =
    wait === null ? { interval: words("wait.unknown"), confidence: standing(words, view) } : waitSentences(context.language, wait);
  const address = html`<b data-address>${view?.address}</b>`;
  const soon = view !== undefined && html`data-after-seconds="${view.retryAfterSeconds}"`;
  return html`<div id="step" data-step="waiting">
    <p class="step">${words("step.of", { step: 1, steps: 2 })}</p>
    <h1 tabindex="-1">${words("wait.title")}</h1>
    <p class="lead">${withGap(words("wait.lead"), "address", address)}</p>
    ${notice(view?.problem)}
    <div class="wait">
      <p><strong data-interval>${told.interval}</strong> <span data-until${wait === null && html` hidden`}>${words("wait.until")}</span></p>
      <p class="hint" data-confidence>${told.confidence}</p>
    </div>
    <p class="hint">${words("wait.leave")}</p>
    <p class="ways"><a class="button quiet" href="/${way}/wait" data-look ${soon}>${words("wait.look")}</a></p>
    <details>
      <summary>${words("wait.why")}</summary>
      <p>${words("wait.because")}</p>
    </details>
    <p class="aside"><a href="/${way}" data-restart>${words("wait.change")}</a></p>
  </div>`;
}

function standing(words: Say, view: WaitingView | undefined): string {
  return words(view?.mail === "failing" ? "wait.mail-down" : "wait.standing");
}
