/**
 * What do all small pages say about registration? One calm line of facts while newcomers wait, while the line stands still, or
 * while the operator set it otherwise than open; nothing in peace. It comes with the page, so that nothing moves later.
 */
import type { Language, Wait } from "#contract/wire.ts";
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
  const { lettersPerMinute } = signUp;
  const isSlow = lettersPerMinute !== null;
  const sentences = isSlow ? [words("busy.slow", { count: lettersPerMinute })] : [];
  if (standsStill) sentences.push(words("busy.standing"));
  else if (wait === null) sentences.push(...(waiting > 0 ? [words(isSlow ? "busy.slow-unknown" : "busy.unknown")] : []));
  else if (wait.highSeconds > AT_ONCE_SECONDS) {
    sentences.push(words(isSlow ? "busy.slow-wait" : "busy.wait", { wait: aboutWords(language, wait) }));
  }
  return sentences.length === 0 ? undefined : sentences.join(" ");
}

/** "about 2 to 5 minutes"; "up to 20 seconds" for what may be over at once. */
function aboutWords(language: Language, wait: Wait): string {
  const words = sayIn(language);
  if (wait.lowSeconds >= 1) return words("busy.about", { wait: waitSentences(language, wait).interval });
  return words("busy.up-to", { wait: waitSentences(language, { ...wait, lowSeconds: wait.highSeconds }).interval });
}
