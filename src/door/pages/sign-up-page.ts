/**
 * Where does a newcomer begin, or somebody who forgot the password? With the address. The two steps after it lie in templates, so that the script can go on
 * without loading anything; without script the form leads to the waiting page.
 */
import { codeStep } from "./code-page.ts";
import { addressField, notice, signedInNotice } from "./form-parts.ts";
import { frame } from "./frame.ts";
import { html, type Markup } from "./html.ts";
import { sayIn, type Say } from "./page-words.ts";
import { SIGN_UP_WORDS } from "./script-words.ts";
import type { SmallAssets } from "./small-assets.ts";
import type { PageContext, SignUpView } from "./views.ts";
import { waitingStep } from "./waiting-page.ts";

export function signUpPage(assets: SmallAssets, context: PageContext, view: SignUpView): string {
  const words = sayIn(context.language);
  const { way } = view;
  const fault = view.cookieMissing === true ? cookieNotice(words) : view.problem;
  const body = html`<div id="step" data-step="address">
      <p class="step">${words("step.of", { step: 1, steps: 2 })}</p>
      <h1>${words(`${way}.title`)}</h1>
      <p class="lead">${words(`${way}.lead`)}</p>
      ${context.signedIn && signedInNotice(words)} ${notice(fault)}
      ${view.suggestion !== undefined && view.problem === undefined && question(words, view.suggestion)}
      <form method="post" action="/${way}" data-sign-up>
        <input type="hidden" name="challenge" value="${view.challenge}" />
        ${addressField(words, view.address, view.problem)}
        ${view.suggestion === undefined ? html`<button class="button">${words("sign-up.send")}</button>` : choice(words, view.suggestion, view.problem === undefined ? "meant" : "address-fault")}
      </form>
      <p class="aside">${words(`${way}.have`)} <a href="/sign-in">${words("sign-in.title")}</a></p>
    </div>
    ${assets.script !== undefined && html`<template id="waiting">${waitingStep(words, context, way)}</template><template id="code-entry">${codeStep(words, context, way)}</template>`}`;
  return frame(assets, context, { title: words(`${way}.title`), body, width: "card", scriptWords: SIGN_UP_WORDS });
}

function question(words: Say, suggestion: string): Markup {
  return html`<p class="notice calm">
    <strong id="meant">${words("sign-up.meant", { suggestion })}</strong> ${words("sign-up.meant.detail")}
  </p>`;
}

/** One press each, and the first is what Enter does: it counts only as long as nobody types something else. */
function choice(words: Say, suggestion: string, askedBy: string): Markup {
  return html`<button class="button" name="use" value="${suggestion}" aria-describedby="${askedBy}">${words("sign-up.meant.yes")}</button>
    <button class="button quiet" name="as-typed" value="yes">${words("sign-up.meant.no")}</button>`;
}

function cookieNotice(words: Say) {
  return { title: words("sign-up.cookie.title"), detail: words("sign-up.cookie.detail") };
}
