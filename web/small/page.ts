/**
 * What does the script know of the page that it stands on? Its language, the sentences that came with it, where a step is,
 * and a quiet voice for screen readers.
 */
import type { Language } from "#contract/wire.ts";

export const language: Language = document.documentElement.lang === "es" ? "es" : "en";

/** The path whose steps are walked here: to an account, or to a new password. */
export const way = location.pathname.startsWith("/recover") ? "/recover" : "/sign-up";

const words = JSON.parse(document.querySelector("main")?.dataset["words"] ?? "{}") as Record<string, string>;

/** A sentence that came with the page, with its gaps filled. */
export function say(key: string, values: Record<string, string | number> = {}): string {
  return (words[key] ?? "").replace(/\{(\w+)\}/g, (gap, name: string) => String(values[name] ?? gap));
}

export function find<Found extends Element = HTMLElement>(selector: string, within: ParentNode = document): Found | null {
  return within.querySelector<Found>(selector);
}

export function addButton(within: Element, text: string, className: string, press: (button: HTMLButtonElement) => void): void {
  const button = document.createElement("button");
  button.type = "button";
  button.className = className;
  button.textContent = text;
  button.addEventListener("click", () => press(button));
  within.append(button);
}

const voice = document.createElement("p");
voice.setAttribute("role", "status");
voice.className = "voice";
document.body.append(voice);

/** Says something to a screen reader when it has finished what it is reading. */
export function announce(text: string): void {
  voice.textContent = text;
}

export function seconds(count: number): string {
  return new Intl.NumberFormat(language, { style: "unit", unit: "second", unitDisplay: "long" }).format(Math.ceil(count));
}

/** For the meter, a piece of its own that imports nothing of the script. */
export const tools = { announce, find, language, say };
export type Tools = typeof tools;
