/**
 * How does a newcomer sign up without loading a page? Place, turn and letter are asked for here; the step that is shown
 * follows. Where somebody is outlasts a reload; passwords are kept nowhere.
 */
import type { Problem } from "#contract/problems.ts";
import type { ChallengeAnswer, LetterAnswer, PlaceAnswer, Wait } from "#contract/wire.ts";
import { intervalWords, percentWords } from "#contract/words/interval.ts";
import { ask, pause, wakeUp, type Reply } from "./ask.ts";
import { enhanceFields } from "./fields.ts";
import { enhanceForm, onSubmit, showNotice, showProblem } from "./forms.ts";
import { announce, find, language, say } from "./page.ts";

type Coding = { address: string; envelope: string; sentAt: number; code?: string };
type Kept = { address: string; place: string } | Coding;
const KEY = "holdfast-sign-up";
const LATE_MS = 60_000;
/** The challenge in the page lives for two minutes. */
const PAGE_FRESH_MS = 100_000;
/** After these the person has to change something; all else is tried again by itself. */
const LASTING: readonly string[] = ["invalid-field", "letter-limit", "foreign-origin", "already-signed-in", "bad-request"];

const title = document.title;
/** The step with the address, when the page began with it: what was typed there comes back with it. */
let addressStep: HTMLElement | null = null;
let round = 0;
let countdown: ReturnType<typeof setInterval> | undefined;

export function startSignUp(): void {
  const step = find("#step");
  const form = find<HTMLFormElement>("[data-sign-up]");
  if (step === null) return;
  if (step.dataset["step"] === "waiting") {
    const answer = { place: step.dataset["place"] ?? "", turn: false, retryAfterSeconds: Number(step.dataset["retrySeconds"]) };
    wireRestart(step);
    void goThrough(find("[data-address]", step)?.textContent ?? "", answer, (round += 1), false);
  } else if (step.dataset["step"] === "code") wireCode(step, find<HTMLInputElement>("[name=address]", step)?.value ?? "");
  else if (form !== null) {
    addressStep = step;
    onSubmit(form, () => order(String(new FormData(form).get("address")).trim()));
    const kept = recall();
    if (kept === undefined) return;
    if ("envelope" in kept) showCode(kept);
    else void goThrough(kept.address, { place: kept.place, turn: false, retryAfterSeconds: 0 }, (round += 1));
  }
}

/** Takes a place and goes through the line with it; ends when the letter is ordered, or nothing more can be done. */
async function order(address: string): Promise<void> {
  const mine = (round += 1);
  const { value, problem } = await takePlace();
  if (value !== undefined) await goThrough(address, value, mine);
  else refused(address, problem);
}

async function takePlace(): Promise<Reply<PlaceAnswer>> {
  const fromPage = find<HTMLInputElement>("[name=challenge]")?.value;
  if (fromPage !== undefined && performance.now() < PAGE_FRESH_MS) {
    const reply = await ask<PlaceAnswer>("/sign-up/place", { challenge: fromPage });
    if (reply.value !== undefined) return reply;
  }
  const fresh = await ask<ChallengeAnswer>("/sign-up/challenge", {});
  if (fresh.value === undefined) return { ...(fresh.problem !== undefined && { problem: fresh.problem }) };
  return ask<PlaceAnswer>("/sign-up/place", { challenge: fresh.value.challenge });
}

async function goThrough(address: string, first: PlaceAnswer, mine: number, show = true): Promise<void> {
  let answer = first;
  if (!answer.turn && show) showWaiting(address, answer.wait);
  for (;;) {
    keep({ address, place: answer.place });
    if (!answer.turn) await pause(answer.retryAfterSeconds);
    if (mine !== round) return;
    const reply = await ask<PlaceAnswer & LetterAnswer>(
      answer.turn ? "/sign-up/letter" : "/sign-up/turn",
      answer.turn ? { place: answer.place, address, language } : { place: answer.place },
    );
    if (mine !== round) return;
    const { value, problem } = reply;
    if (value?.envelope !== undefined) return showCode({ address, envelope: value.envelope, sentAt: Date.now() });
    if (value !== undefined) {
      answer = value;
      if (!answer.turn) showWaiting(address, answer.wait);
      continue;
    }
    if (problem !== undefined && LASTING.includes(problem.code)) return refused(address, problem);
    // a place that is no longer good is replaced; everything else is asked again in a while
    const lost = problem?.code === "place-expired" || problem?.code === "place-spent";
    const fresh = lost ? (await takePlace()).value : undefined;
    const later = { ...answer, turn: false, retryAfterSeconds: problem?.retryAfterSeconds ?? 3 };
    answer = fresh ?? later;
    if (answer.turn) continue;
    showWaiting(address, answer.wait);
    if (!lost && problem?.code !== "not-your-turn") showNotice(problem?.title ?? "", problem?.detail ?? say("script.offline"));
  }
}

function refused(address: string, problem: Problem | undefined): void {
  if (find("#step")?.dataset["step"] === "waiting" && addressStep !== null) {
    showStep(addressStep);
    forget();
  }
  const form = find<HTMLFormElement>("#step form");
  const input = find<HTMLInputElement>("#address");
  if (input !== null && address !== "") input.value = address;
  if (form !== null) showProblem(problem, form);
}

// ---- the steps -----------------------------------------------------------------------------------------------

function showStep(step: HTMLElement): void {
  clearInterval(countdown);
  find("#step")?.replaceWith(step);
}

function fromTemplate(id: string, address: string): HTMLElement | null {
  const step = find<HTMLTemplateElement>(`#${id}`)?.content.firstElementChild?.cloneNode(true);
  if (!(step instanceof HTMLElement)) return null;
  for (const element of step.querySelectorAll("[data-address]")) element.textContent = address;
  wireRestart(step);
  return step;
}

function showWaiting(address: string, wait: Wait | undefined): void {
  if (find("#step")?.dataset["step"] !== "waiting") {
    const step = fromTemplate("waiting", address);
    if (step === null) return;
    showStep(step);
    document.title = say("wait.title");
    find("h1", step)?.focus();
  }
  showNotice("", "");
  const from = Date.now();
  const told = () => {
    const gone = (Date.now() - from) / 1_000;
    if (wait === undefined) return say("wait.unknown");
    return intervalWords(language, wait.lowSeconds - gone, wait.highSeconds - gone, say("wait.between"), say("wait.now"));
  };
  const tick = () => {
    const interval = find("[data-interval]");
    if (interval !== null && interval.textContent !== told()) interval.textContent = told();
  };
  const confidence = find("[data-confidence]");
  const sure = wait === undefined ? say("wait.standing") : say("wait.confidence", { percent: percentWords(language, wait.confidence) });
  if (confidence !== null) confidence.textContent = sure;
  find("[data-until]")?.toggleAttribute("hidden", wait === undefined);
  tick();
  clearInterval(countdown);
  countdown = setInterval(tick, 1_000);
}

function showCode(coding: Coding): void {
  const step = fromTemplate("code-entry", coding.address);
  if (step === null) return location.assign("/sign-up/wait");
  keep(coding);
  const envelope = find<HTMLInputElement>("[name=envelope]", step);
  if (envelope !== null) envelope.value = coding.envelope;
  for (const input of step.querySelectorAll<HTMLInputElement>("[name=address]")) input.value = coding.address;
  showStep(step);
  document.title = say("code.title");
  wireCode(step, coding.address, coding);
  announce(say("code.sent"));
  find("#code", step)?.focus();
}

function wireCode(step: HTMLElement, address: string, coding?: Coding): void {
  const form = find<HTMLFormElement>("[data-json]", step);
  const again = find<HTMLFormElement>("[data-again]", step);
  if (form !== null) enhanceForm(form, forget);
  if (again !== null) onSubmit(again, () => order(address));
  wireRestart(step);
  if (coding === undefined) return;
  enhanceFields(step);
  const code = find<HTMLInputElement>("#code", step);
  if (code !== null) {
    code.value = coding.code ?? "";
    code.addEventListener("input", () => keep({ ...coding, code: code.value }));
  }
  setTimeout(() => sayLate(step, address), Math.max(0, coding.sentAt + LATE_MS - Date.now()));
}

function sayLate(step: HTMLElement, address: string): void {
  const lead = find("[data-lead]", step);
  if (lead !== null) lead.textContent = say("code.late", { address });
  find("details", step)?.setAttribute("open", "");
}

function wireRestart(step: HTMLElement): void {
  find("[data-look]", step)?.addEventListener("click", (event) => {
    event.preventDefault();
    wakeUp();
  });
  find("[data-restart]", step)?.addEventListener("click", (event) => {
    round += 1;
    forget();
    if (addressStep === null) return;
    event.preventDefault();
    showStep(addressStep);
    document.title = title;
    find("#address")?.focus();
  });
}

// ---- what outlasts a reload ----------------------------------------------------------------------------------

function keep(kept: Kept): void {
  try {
    sessionStorage.setItem(KEY, JSON.stringify(kept));
  } catch {
    // a browser that keeps nothing loses its place on a reload, and nothing else
  }
}

function forget(): void {
  try {
    sessionStorage.removeItem(KEY);
  } catch {
    // nothing was kept
  }
}

function recall(): Kept | undefined {
  try {
    return (JSON.parse(sessionStorage.getItem(KEY) ?? "null") as Kept | null) ?? undefined;
  } catch {
    return undefined;
  }
}
