/**
 * How is Holdfast right now? Each part in a word and a sentence, as measured when the page was asked for.
 * The app not having been heard of means unknown for all that only it knows.
 */
import type { Language } from "#contract/wire.ts";
import { durationWords } from "#contract/problem-body.ts";
import { AT_ONCE_SECONDS, intervalWords, percentWords } from "#contract/words/interval.ts";
import { say, type Values } from "#contract/words/words.ts";
import { statusEn } from "#contract/words/en/status.ts";
import { statusEs } from "#contract/words/es/status.ts";
import { momentWords } from "./closed-page.ts";
import { frame } from "./frame.ts";
import { html, type Markup } from "./html.ts";
import type { SmallAssets } from "./small-assets.ts";
import type { PageContext, StatusView } from "./views.ts";

const CATALOGUES = { en: statusEn, es: statusEs };
type Key = keyof typeof statusEn;
type Tone = "good" | "bad" | "unknown";
/** Of the waits that were told, before their share is. */
const FEWEST_QUOTES = 20;
type Row = { name: string; tone: Tone; state: string; text: string };

export function statusPage(assets: SmallAssets, context: PageContext, view: StatusView): string {
  const words = (key: Key, values: Values = {}) => say(CATALOGUES[context.language], context.language, key, values);
  const rows = rowsOf(context.language, view, words);
  const tone: Tone = rows.some((row) => row.tone === "bad") ? "bad" : rows.some((row) => row.tone === "unknown") ? "unknown" : "good";
  const all = words({ good: "all.working", bad: "all.failing", unknown: "all.unknown" }[tone] as Key);
  const time = new Date(view.now).toISOString().slice(11, 19);
  const body = html`<h1>${words("title")}</h1>
    <p class="lead tone ${tone}">${all}</p>
    <dl class="parts">${rows.map(rowMarkup)}</dl>
    <form method="get" action="/status">
      <p class="hint">${words("measured", { time })} ${words("unseen")}</p>
      <button class="button quiet">${words("look")}</button>
    </form>`;
  return frame(assets, context, { title: words("title"), body, width: "text" });
}

function rowMarkup({ name, tone, state, text }: Row): Markup {
  return html`<div>
    <dt>${name}</dt>
    <dd>
      <span class="tone ${tone}">${state}</span>
      <p>${text}</p>
    </dd>
  </div>`;
}

type Words = (key: Key, values?: Values) => string;

function rowsOf(language: Language, view: StatusView, words: Words): Row[] {
  const { health } = view;
  const part = (part: "door" | "app" | "mail" | "database" | "model", state: string, tone: Tone, more = ""): Row => ({
    name: words(`${part}.name`),
    tone,
    state: words(`${part}.${state}.state` as Key),
    text: `${words(`${part}.${state}.text` as Key)}${more}`,
  });
  const tone = (state: string): Tone => (state === "failing" ? "bad" : ["unknown", "unheard"].includes(state) ? "unknown" : "good");
  const { mail, database, model } = health ?? { mail: "unheard", database: "unknown", model: "unknown" };
  const waiting = health === null || health.lettersWaiting === 0 ? "" : ` ${lettersWaiting(language, health, words)}`;
  return [
    part("door", "open", "good"),
    health === null ? part("app", "unknown", "unknown") : part("app", "working", "good"),
    part("mail", mail, tone(mail), waiting),
    signUpRow(language, view.signUp, words),
    ...(view.signUp.mode === "open" || view.signUp.mode === "slow" ? [lineRow(language, view.line, words)] : []),
    part("database", database, tone(database)),
    part("model", model, tone(model)),
  ];
}

function lettersWaiting(language: Language, health: NonNullable<StatusView["health"]>, words: Words): string {
  return words("outbox.waiting", { count: health.lettersWaiting, age: durationWords(language, health.oldestLetterSeconds) });
}

/** What the operator chose is no failure. */
function signUpRow(language: Language, { mode, lettersPerMinute, since }: StatusView["signUp"], words: Words): Row {
  const text = words(`sign-up.${mode}.text`, { count: lettersPerMinute ?? 0 });
  const when = mode === "open" || since === null ? "" : ` ${words("sign-up.since", { time: momentWords(language, since) })}`;
  return { name: words("sign-up.name"), tone: "good", state: words(`sign-up.${mode}.state`), text: `${text}${when}` };
}

function lineRow(language: Language, line: StatusView["line"], words: Words): Row {
  const name = words("line.name");
  if (line.standsStill) {
    const tone: Tone = line.lettersPerSecond === null ? "unknown" : "bad";
    return { name, tone, state: words("line.standing.state"), text: words("line.standing.text") };
  }
  const state = line.waiting === 0 ? words("line.empty.state") : words("line.waiting.state", { count: line.waiting });
  const held = quotesHeld(language, line.quotes, words);
  if (line.wait !== null && line.wait.highSeconds <= AT_ONCE_SECONDS)
    return { name, tone: "good", state, text: `${words("line.empty.text")}${held}` };
  if (line.wait === null) return { name, tone: "unknown", state, text: words("line.waiting-unknown.text") };
  const { lowSeconds, highSeconds, confidence } = line.wait;
  const wait = intervalWords(language, lowSeconds, highSeconds, words("between"), words("soon"));
  const text = words("line.waiting.text", { wait, percent: percentWords(language, confidence) });
  return { name, tone: "good", state, text: `${text}${held}` };
}

/** Too few say nothing. */
function quotesHeld(language: Language, { decided, share }: StatusView["line"]["quotes"], words: Words): string {
  if (share === null || decided < FEWEST_QUOTES) return "";
  return ` ${words("line.quotes", { count: decided, percent: percentWords(language, share) })}`;
}
