/**
 * How is a form sent without loading the page again? What is typed stays, a fault is said beside its field and read out,
 * a second press does nothing, and "very busy" is waited out.
 */
import type { Problem } from "#contract/problems.ts";
import { ask, pause, type Reply } from "./ask.ts";
import { find, say, seconds } from "./page.ts";

/** What passes by itself. */
export const PASSING: readonly string[] = ["too-busy", "app-down", "network-limit", "holder-limit"];
const TRIES = 6;
const LONGEST_SECONDS = 20;

/** Sends the fields that `data-json` names as JSON; `done` when it was taken. */
export function enhanceForm(form: HTMLFormElement, done: () => void): void {
  onSubmit(form, async () => {
    const data = new FormData(form);
    const body = Object.fromEntries((form.dataset["json"] ?? "").split(" ").map((name) => [name, data.get(name)]));
    const reply = await askPatiently<unknown>(form.action, body);
    if (reply.value !== undefined) {
      done();
      location.assign("/chat");
      // stays busy until the chat is there
      await pause(LONGEST_SECONDS);
    } else showProblem(reply.problem, form);
  });
}

/** Runs `work` on submit, never twice at once; the button says that it is at it. */
export function onSubmit(form: HTMLFormElement, work: () => Promise<void>): void {
  const button = find<HTMLButtonElement>("button.button", form);
  let busy = false;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (busy || button === null) return;
    busy = true;
    const text = button.textContent;
    button.ariaDisabled = "true";
    button.textContent = say("script.busy");
    void work().finally(() => {
      busy = false;
      button.ariaDisabled = null;
      button.textContent = text;
    });
  });
}

/** Asks again while nobody answers or the door is busy, and says so; gives up after a while. */
export async function askPatiently<Value>(path: string, body: object): Promise<Reply<Value>> {
  for (let tried = 1; ; tried += 1) {
    const reply = await ask<Value>(path, body);
    const { value, problem } = reply;
    const wait = problem?.retryAfterSeconds ?? tried;
    const passes = problem === undefined || PASSING.includes(problem.code);
    if (value !== undefined || !passes || tried === TRIES || wait > LONGEST_SECONDS) return reply;
    showNotice(problem?.title ?? "", problem === undefined ? say("script.offline") : say("script.retry", { wait: seconds(wait) }));
    await pause(wait);
  }
}

export function showNotice(title: string, detail: string): void {
  const notice = find("#step > [role=alert]");
  const strong = document.createElement("strong");
  strong.textContent = title;
  notice?.replaceChildren(...(title === "" ? [] : [strong, " "]), detail);
}

/** Says what is wrong above the form and beside its fields, and goes to the first of them. No problem: no answer came. */
export function showProblem(problem: Problem | undefined, form: HTMLFormElement): void {
  for (const fault of form.querySelectorAll(".fault")) fault.remove();
  for (const input of form.querySelectorAll("[aria-invalid]")) input.removeAttribute("aria-invalid");
  showNotice(problem?.title ?? say("script.failed"), problem?.detail ?? say("script.offline"));
  const errors = problem?.code === "wrong-code" ? [{ field: "code", sentence: problem.title }] : (problem?.errors ?? []);
  const inputs = errors.flatMap(({ field, sentence }) => {
    const input = form.elements.namedItem(field);
    if (!(input instanceof HTMLInputElement) || input.type === "hidden") return [];
    const line = document.createElement("p");
    line.className = "fault";
    line.id = `${field}-fault`;
    line.textContent = sentence;
    (input.closest(".secret") ?? input).after(line);
    input.setAttribute("aria-invalid", "true");
    input.setAttribute("aria-describedby", `${line.id} ${field}-hint`);
    return [input];
  });
  inputs[0]?.focus();
}
