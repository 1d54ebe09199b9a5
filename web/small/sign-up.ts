/**
 * How does a newcomer sign up, or somebody choose a new password, without loading a page? Place, turn and letter are asked for here; the step that is shown
 * follows. Where somebody is outlasts a reload; passwords are kept nowhere.
 */
import { suggestAddress } from "#contract/mail-providers.ts";
import type { Problem } from "#contract/problems.ts";
import type { ChallengeAnswer, LetterAnswer, PlaceAnswer } from "#contract/wire.ts";
import { intervalWords, percentWords } from "#contract/words/interval.ts";
import { offerAhead, prepareOffer, stopWork, workFirst } from "./ahead.ts";
import { ask, pause, wakeUp, type PlaceBody, type Reply } from "./ask.ts";
import { enhanceFields } from "./fields.ts";
import { askPatiently, enhanceForm, onSubmit, PASSING, showNotice, showProblem } from "./forms.ts";
import { forget, keep, recall, type Coding } from "./kept.ts";
import { followLetter } from "./trace.ts";
import { announce, find, language, say, way } from "./page.ts";

const LATE_MS = 60_000;
const LOST: readonly string[] = ["place-expired", "place-spent"];
/** The person has nothing to change: asked again in a while. */
const GOES_ON: readonly string[] = [...LOST, ...PASSING, "not-your-turn"];

const title = document.title;
/** The step with the address, when the page began with it: what was typed there comes back with it. */
let addressStep: HTMLElement | null = null;
/** What the waiting step says while the wait is not known. */
let unknown: string[] = [];
/** A place that is good for another address: whoever corrects it keeps it. */
let held: string | undefined;
let round = 0;
let countdown: ReturnType<typeof setInterval> | undefined;

/** Takes over the form with the address, or goes on where this tab was before a reload. */
export function startSignUp(form: HTMLFormElement): void {
  addressStep = find("#step");
  let chosen = "";
  form.addEventListener("submit", (event) => {
    const address = find<HTMLInputElement>("#address", form)?.value.trim() ?? "";
    const [suggestion, pressed] = [suggestAddress(address), event.submitter?.getAttribute("name")];
    const isMeant = pressed === "use" && event.submitter?.getAttribute("value") === suggestion;
    chosen = (isMeant && suggestion) || address;
    // a slip is asked about by a page, as without script
    if (suggestion !== undefined && !isMeant && pressed !== "as-typed") event.stopImmediatePropagation();
  });
  onSubmit(form, () => order(chosen));
  const kept = recall();
  if (kept === undefined) return;
  if ("envelope" in kept) showCode(kept);
  else void goThrough(kept.address, { ...kept, turn: false, retryAfterSeconds: 0 }, (round += 1));
}

/** Takes a place and goes through the line with it; ends when the letter is ordered, or nothing more can be done. */
async function order(address: string): Promise<void> {
  const mine = (round += 1);
  const { value, problem } = await takePlace(held === undefined ? showWork : undefined);
  if (value !== undefined) await goThrough(address, value, mine);
  else refused(address, problem);
}

/** With `show`, works for it first where the door asks for that. */
async function takePlace(show?: (step: HTMLElement) => void): Promise<Reply<PlaceAnswer>> {
  const { value, problem } = await askPatiently<ChallengeAnswer>(`${way}/challenge`, {});
  if (value === undefined) return problem === undefined ? {} : { problem };
  const nonce = show && (await workFirst(value, show));
  const placed = await askPatiently<PlaceAnswer>(`${way}/place`, { challenge: value.challenge, nonce, place: held } satisfies PlaceBody);
  // a device that slept over its sum waits
  return nonce !== undefined && placed.problem?.code === "challenge-expired" ? takePlace() : placed;
}

async function goThrough(address: string, first: PlaceAnswer, mine: number): Promise<void> {
  let answer = first;
  held = undefined;
  const wait = async () => {
    await prepareOffer(answer);
    if (mine === round) showWaiting(address, answer);
  };
  if (!answer.turn) await wait();
  for (;;) {
    const { place, turn, effort } = answer;
    keep({ address, place, effort });
    if (turn) stopWork();
    else await pause(answer.retryAfterSeconds);
    if (mine !== round) return;
    const { value, problem } = await (turn
      ? ask<LetterAnswer>(`${way}/letter`, { place, address, language })
      : ask<PlaceAnswer>(`${way}/turn`, { place }));
    if (mine !== round) return;
    if (value !== undefined) {
      if ("envelope" in value) return showCode({ address, envelope: value.envelope, sentAt: Date.now() });
      answer = value;
      if (!answer.turn) await wait();
      continue;
    }
    const lost = LOST.includes(problem?.code ?? "");
    // the person has to change something; everything else is tried again by itself
    if (problem !== undefined && problem.status < 500 && !GOES_ON.includes(problem.code)) {
      held = place;
      return refused(address, problem);
    }
    // a place that is no longer good is replaced; everything else is asked again in a while
    const fresh = lost ? (await takePlace()).value : undefined;
    answer = fresh ?? { place, effort, turn: false, retryAfterSeconds: problem?.retryAfterSeconds ?? 3 };
    if (answer.turn) continue;
    await wait();
    if (fresh === undefined) showNotice(problem?.title ?? "", problem?.detail ?? say("script.offline"));
  }
}

/** Back at the step with the form, what was typed still in it, and why. */
function refused(address: string, problem: Problem | undefined): void {
  if (["waiting", "effort"].includes(find("#step")?.dataset["step"] ?? "") && addressStep !== null) {
    showStep(addressStep);
    forget();
  }
  const input = find<HTMLInputElement>("#address");
  if (input !== null) input.value = address;
  const form = find<HTMLFormElement>("#step form:not(.ways)");
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

/** Where the door asks for work before there is a place. */
function showWork(step: HTMLElement): void {
  showStep(step);
  nameAfterHeading(step);
}

function nameAfterHeading(step: HTMLElement): void {
  const heading = find("h1", step);
  document.title = heading?.textContent ?? "";
  heading?.focus();
}

function showWaiting(address: string, answer: PlaceAnswer): void {
  const { wait } = answer;
  const entered = find("#step")?.dataset["step"] !== "waiting";
  if (entered) {
    const step = fromTemplate("waiting", address);
    if (step === null) return;
    showStep(step);
    nameAfterHeading(step);
    // as it comes from the template it says that nobody can tell how long it takes
    unknown = [textOf("interval"), textOf("confidence")];
  }
  showNotice("", "");
  const shown = find("#step");
  if (shown !== null)
    offerAhead(shown, answer, (better) => {
      round += 1;
      wakeUp();
      void goThrough(address, better, round);
    });
  clearInterval(countdown);
  find("[data-until]")?.toggleAttribute("hidden", wait === undefined);
  const from = Date.now();
  const tick = () => {
    const gone = (Date.now() - from) / 1_000;
    const told = wait && intervalWords(language, wait.lowSeconds - gone, wait.highSeconds - gone, say("wait.between"), say("wait.now"));
    setText("interval", told ?? unknown[0] ?? "");
  };
  tick();
  const sure = wait && say("wait.confidence", { percent: percentWords(language, wait.confidence) });
  setText("confidence", sure ?? unknown[1] ?? "");
  if (entered) announce(find(".wait")?.textContent ?? "");
  if (wait !== undefined) countdown = setInterval(tick, 1_000);
}

function textOf(name: string): string {
  return find(`[data-${name}]`)?.textContent ?? "";
}

function setText(name: string, text: string): void {
  const element = find(`[data-${name}]`);
  if (element !== null && element.textContent !== text) element.textContent = text;
}

function showCode(coding: Coding): void {
  const step = fromTemplate("code-entry", coding.address);
  if (step === null) return location.assign(`${way}/wait`);
  keep(coding);
  const envelope = find<HTMLInputElement>("[name=envelope]", step);
  if (envelope !== null) envelope.value = coding.envelope;
  for (const input of step.querySelectorAll<HTMLInputElement>("[name=address]")) input.value = coding.address;
  showStep(step);
  document.title = find("h1", step)?.textContent ?? "";
  void followLetter(step, coding.envelope);
  const form = find<HTMLFormElement>("[data-json]", step);
  const again = find<HTMLFormElement>("[data-again]", step);
  if (form !== null) enhanceForm(form, forget);
  if (again !== null) onSubmit(again, () => order(coding.address));
  enhanceFields(step);
  announce(say("code.sent"));
  const code = find<HTMLInputElement>("#code", step);
  if (code !== null) {
    code.value = coding.code ?? "";
    code.addEventListener("input", () => keep({ ...coding, code: code.value }));
  }
  code?.focus();
  setTimeout(
    () => {
      const lead = find("[data-lead]", step);
      if (lead !== null && ["accepted", undefined].includes(step.dataset["way"])) lead.textContent = say("code.late", coding);
      find("details", step)?.setAttribute("open", "");
    },
    coding.sentAt + LATE_MS - Date.now(),
  );
}

function wireRestart(step: HTMLElement): void {
  find("[data-look]", step)?.addEventListener("click", (event) => {
    event.preventDefault();
    wakeUp();
  });
  find("[data-restart]", step)?.addEventListener("click", (event) => {
    round += 1;
    stopWork();
    const kept = recall();
    held = kept !== undefined && "place" in kept ? kept.place : undefined;
    forget();
    if (addressStep === null) return;
    event.preventDefault();
    showStep(addressStep);
    document.title = title;
    find("#address")?.focus();
  });
}
