/**
 * Of what are the forms of the small pages made? Fields with their label, hint and fault, the notice above them, a button.
 * What is wrong with a field stands beside it and is read out with it.
 */
import { LIMITS } from "#contract/schemas.ts";
import type { Problem } from "#contract/problems.ts";
import { html, type Markup } from "./html.ts";
import type { Say } from "./page-words.ts";

/** What went wrong, above the form. Always there, so that the script can fill it and it is read out. */
export function notice(problem: Pick<Problem, "title" | "detail"> | undefined, more?: Markup): Markup {
  if (problem === undefined) return html`<div class="notice" role="alert"></div>`;
  return html`<div class="notice" role="alert">
    <strong>${problem.title}</strong> ${problem.detail}${more !== undefined && html` ${more}`}
  </div>`;
}

/** Before anybody begins what they could not end: a session that is there is never replaced. */
export function signedInNotice(words: Say): Markup {
  return html`<div class="notice calm">
    <p>${words("sign-in.already")}</p>
    <form class="ways" method="post" action="/sign-out">
      <a class="button" href="/chat">${words("home.chat")}</a><button class="button quiet">${words("sign-out")}</button>
    </form>
  </div>`;
}

export function addressField(words: Say, address: string, problem?: Problem): Markup {
  const fault = faultOf(problem, "address");
  return html`<div class="field">
    <label for="address">${words("field.address")}</label>
    <input
      id="address"
      name="address"
      type="email"
      autocomplete="username"
      required
      maxlength="${LIMITS.addressChars}"
      value="${address}"
      ${marked("address", fault)}
    />
    ${faultLine("address", fault)}
  </div>`;
}

export function passwordField(words: Say, problem?: Problem): Markup {
  const fault = faultOf(problem, "password");
  return html`<div class="field">
    <label for="password">${words("field.password")}</label>
    <div class="secret">
      <input
        id="password"
        name="password"
        type="password"
        autocomplete="current-password"
        required
        maxlength="${LIMITS.passwordMaxChars}"
        ${marked("password", fault)}
      />
    </div>
    ${faultLine("password", fault)}
  </div>`;
}

/** A password that is chosen: its hint has room for the meter that the script puts there. */
export function newPasswordField(words: Say, problem?: Problem): Markup {
  const fault = faultOf(problem, "password");
  return html`<div class="field">
    <label for="password">${words("field.new-password")}</label>
    <div class="secret">
      <input
        id="password"
        name="password"
        type="password"
        autocomplete="new-password"
        required
        minlength="${LIMITS.passwordMinChars}"
        maxlength="${LIMITS.passwordMaxChars}"
        data-meter${marked("password", fault, "password-hint")}
      />
    </div>
    ${faultLine("password", fault)}
    <p class="hint" id="password-hint">${words("field.new-password.hint", { minimum: LIMITS.passwordMinChars })}</p>
  </div>`;
}

export function codeField(words: Say, code: string, problem?: Problem): Markup {
  const fault = faultOf(problem, "code") ?? (problem?.code === "wrong-code" ? problem.title : undefined);
  return html`<div class="field">
    <label for="code">${words("field.code")}</label>
    <input
      id="code"
      name="code"
      class="code"
      autocomplete="one-time-code"
      autocapitalize="characters"
      autocorrect="off"
      spellcheck="false"
      required
      maxlength="64"
      value="${code}"
      ${marked("code", fault, "code-hint")}
    />
    ${faultLine("code", fault)}
    <p class="hint" id="code-hint">${words("field.code.hint")}</p>
  </div>`;
}

function faultOf(problem: Problem | undefined, field: string): string | undefined {
  return problem?.errors?.find((error) => error.field === field)?.sentence;
}

function marked(field: string, fault: string | undefined, hint?: string): Markup {
  const described = [fault !== undefined && `${field}-fault`, hint].filter(Boolean).join(" ");
  return html`${fault !== undefined && html` aria-invalid="true"`}${described !== "" && html` aria-describedby="${described}"`}`;
}

function faultLine(field: string, fault: string | undefined): Markup | false {
  return fault !== undefined && html`<p class="fault" id="${field}-fault">${fault}</p>`;
}
