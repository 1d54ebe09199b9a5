/**
 * What becomes of the letter while its reader waits for it? Asked for as often as the door says, until nothing more will happen by
 * itself, and shown in the door's own words; what went wrong takes the place of the sentence that it is on its way.
 */
import type { TraceAnswer } from "#contract/wire.ts";
import { GOES_WELL } from "#contract/words/trace.ts";
import { ask, pause } from "./ask.ts";
import { announce, find, language } from "./page.ts";

const FIRST_SECONDS = 1;
const AGAIN_SECONDS = 5;

/** Ends when the step is no longer shown. */
export async function followLetter(step: HTMLElement, envelope: string): Promise<void> {
  for (let seconds: number | null = FIRST_SECONDS; seconds !== null;) {
    await pause(seconds);
    if (!step.isConnected) return;
    const { value, problem } = await ask<TraceAnswer>("/sign-up/trace", { envelope });
    if (!step.isConnected) return;
    if (value !== undefined) show(step, value);
    else if (problem?.code === "envelope-expired") return;
    seconds = value === undefined ? (problem?.retryAfterSeconds ?? AGAIN_SECONDS) : value.retryAfterSeconds;
  }
}

function show(step: HTMLElement, { state, steps }: TraceAnswer): void {
  const said = steps.map(({ sentence, at }) => sentence.replace("{time}", at === null ? "" : timeOf(at)));
  const news = GOES_WELL.includes(state) ? undefined : said.pop();
  const list = find("[data-trace]", step);
  list?.replaceChildren(
    ...said.map((sentence) => {
      const line = document.createElement("li");
      line.textContent = sentence;
      return line;
    }),
  );
  list?.removeAttribute("hidden");
  const lead = find("[data-lead]", step);
  if (step.dataset["way"] !== state && (news !== undefined || state === "accepted")) announce(news ?? said.at(-1) ?? "");
  step.dataset["way"] = state;
  if (news === undefined || lead === null) return;
  lead.textContent = news;
  lead.classList.add("news");
  find("details", step)?.setAttribute("open", "");
}

function timeOf(at: number): string {
  return new Intl.DateTimeFormat(language, { timeStyle: "medium" }).format(at);
}
