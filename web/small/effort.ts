/**
 * How does somebody get ahead in the line by work? Their device tries nonces in workers beside the page, which says how long
 * that takes about, how far it is, and that they may wait instead. Loaded only where the door asks for effort; it imports
 * nothing of the script.
 */
import { effortEn } from "#contract/words/en/effort.ts";
import { effortEs } from "#contract/words/es/effort.ts";
import type { ChallengeAnswer, Language } from "#contract/wire.ts";
import type { Task, Told } from "./effort-worker.ts";

type Key = keyof typeof effortEn;
export type Sum = {
  /** What is shown while it is worked out. */
  element: HTMLElement;
  /** The nonce; undefined when somebody rather waits, or it did not work out here. */
  done: Promise<string | undefined>;
  stop(): void;
};
export type EffortTools = { announce(text: string): void; language: Language };

const MOST_WORKERS = 4;
/** A challenge is good for two minutes; what was found by then is sent. */
const LONGEST_MS = 80_000;
/** For so long it is seen how fast the device is, before a time is named. */
const CALIBRATION_MS = 400;
/** In so many times the average four of five sums are done. */
const FOUR_OF_FIVE = 1.6;

export function createEffort({ announce, language }: EffortTools) {
  const words: Record<Key, string> = language === "es" ? effortEs : effortEn;
  const say = (key: Key, wait = "") => words[key].replace("{wait}", wait);

  /** Begins at once; the challenge may come later. */
  function startSum(challenge: Promise<ChallengeAnswer | undefined>): Sum {
    const bar = make("progress", { max: "1", value: "0", "aria-label": say("effort.progress") });
    const time = make("b", {}, say("effort.moment"));
    const lead = make("p", { class: "hint" }, say("effort.lead"));
    const cancel = make("button", { class: "button quiet", type: "button" }, say("effort.wait"));
    const element = make("div", {}, make("div", { class: "wait" }, make("p", {}, time), bar, lead), make("p", { class: "ways" }, cancel));
    const ended = Promise.withResolvers<string | undefined>();
    const workers: Worker[] = [];
    let deadline: ReturnType<typeof setTimeout> | undefined;
    let over = false;
    const end = (nonce?: string, told?: Key) => {
      if (over) return;
      over = true;
      bar.value = 1;
      time.textContent = say("effort.moment");
      clearTimeout(deadline);
      for (const worker of workers) worker.terminate();
      if (told !== undefined) announce(say(told));
      ended.resolve(nonce);
    };
    cancel.addEventListener("click", () => end());

    function work({ challenge: text, effort: wanted }: ChallengeAnswer): void {
      const from = Date.now();
      let best: Told = { tries: 0, bits: 0, nonce: new Uint8Array() };
      let tries = 0;
      let expectedMs = 0;
      const late = () => end(best.bits > 0 ? encode(best.nonce) : undefined, best.bits > 0 ? "effort.done" : "effort.none");
      const hear = (told: Told) => {
        const passedMs = Date.now() - from;
        tries += told.tries;
        if (told.bits > best.bits) best = told;
        // the timer is late in a tab that nobody sees
        if (best.bits >= wanted || passedMs >= LONGEST_MS) return late();
        bar.value = Math.max(bar.value, 1 - Math.exp(-tries / 2 ** wanted), passedMs / LONGEST_MS);
        if (expectedMs === 0 && passedMs >= CALIBRATION_MS) {
          expectedMs = Math.min(LONGEST_MS, ((FOUR_OF_FIVE * 2 ** wanted) / tries) * passedMs);
          time.textContent = say("effort.about", timeWords(expectedMs));
          announce(`${say("effort.lead")} ${time.textContent}.`);
        } else if (expectedMs > 0 && passedMs > expectedMs && time.dataset["late"] === undefined) {
          time.dataset["late"] = "";
          time.textContent = say("effort.longer");
          announce(time.textContent);
        }
      };
      deadline = setTimeout(late, LONGEST_MS);
      const start = crypto.getRandomValues(new Int32Array(1))[0] ?? 0;
      const count = Math.max(1, Math.min(MOST_WORKERS, navigator.hardwareConcurrency - 1));
      for (let at = 0; at < count; at += 1) {
        const worker = new Worker(new URL("./effort-worker.ts", import.meta.url), { type: "module" });
        worker.addEventListener("message", ({ data }: MessageEvent<Told>) => hear(data));
        worker.addEventListener("error", () => end(undefined, "effort.none"));
        worker.postMessage({ challenge: text, wanted, high: start + at } satisfies Task);
        workers.push(worker);
      }
    }

    challenge
      .then((given) => (over ? undefined : given === undefined || given.effort === 0 ? end() : work(given)))
      .catch(() => end(undefined, "effort.none"));
    return { element, done: ended.promise, stop: () => end() };
  }

  /** "0.3 seconds" is no help to anybody: whole seconds, from ten on in fives. */
  function timeWords(ms: number): string {
    const seconds = Math.max(1, Math.ceil(ms / 1_000));
    const said = seconds > 10 ? 5 * Math.ceil(seconds / 5) : seconds;
    return new Intl.NumberFormat(language, { style: "unit", unit: "second", unitDisplay: "long" }).format(said);
  }

  return {
    startSum,
    /** The sum as a step of its own, before there is a place; `line` says which step it belongs to. */
    stepOf(sum: Sum, line: Node | undefined): HTMLElement {
      const heading = make("h1", { tabindex: "-1" }, say("effort.title"));
      const reason = make("details", {}, make("summary", {}, say("effort.why")), make("p", {}, say("effort.because")));
      return make(
        "div",
        { id: "step", "data-step": "effort" },
        line ?? "",
        heading,
        make("div", { class: "notice", role: "alert" }),
        sum.element,
        reason,
      );
    },
    /** Offers a sum to somebody who waits. */
    offer(press: () => void): HTMLElement {
      const button = make("button", { class: "button quiet", type: "button", "data-ahead": "" }, say("effort.ahead"));
      button.addEventListener("click", press);
      return button;
    },
  };
}
export type Effort = ReturnType<typeof createEffort>;

function make<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  attributes: Record<string, string>,
  ...children: (Node | string)[]
): HTMLElementTagNameMap[Tag] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

function encode(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");
}
