/**
 * What do all small pages say about registration? One calm line of facts while newcomers wait, while the line stands still, or
 * while the operator set it otherwise than open; nothing in peace. It comes with the page, so that nothing moves later.
 */
import { AT_ONCE_SECONDS } from "#contract/words/interval.ts";
import { html, type Markup } from "./html.ts";
import { sayIn, waitSentences } from "./page-words.ts";
import type { PageContext } from "./views.ts";

export function registrationNotice(context: PageContext): Markup | false {
  const sentence = sentenceOf(context);
  return sentence !== undefined && html`<p class="busy">${sentence}</p>`;
}

function sentenceOf({ language, registration: { signUp, standsStill, waiting, wait } }: PageContext): string | undefined {
  const words = sayIn(language);
  if (signUp.mode === "closed" || signUp.mode === "invited") return words(`busy.${signUp.mode}`);
  const sentences: string[] = [];
  if (signUp.lettersPerMinute !== null) sentences.push(words("busy.slow", { count: signUp.lettersPerMinute }));
  if (standsStill) sentences.push(words("busy.standing"));
  else if (wait !== null && wait.highSeconds > AT_ONCE_SECONDS) {
    sentences.push(words("busy.wait", { wait: waitSentences(language, wait).interval }));
  } else if (wait === null && waiting > 0) sentences.push(words("busy.unknown"));
  return sentences.length === 0 ? undefined : sentences.join(" ");
}
