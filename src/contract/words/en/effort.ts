/** What does a person read while their device does a sum to get ahead in the line? Loaded by the small pages only then. */
import type { Catalogue } from "../words.ts";

export const effortEn = {
  "effort.title": "A small sum first",
  "effort.lead": "Your device is doing a small sum so that you get ahead in the line.",
  "effort.moment": "One moment…",
  "effort.about": "About {wait}",
  "effort.longer": "A little longer",
  "effort.progress": "Progress of the sum",
  "effort.wait": "Rather wait",
  "effort.done": "The sum is done.",
  "effort.none": "The sum did not work out on this device. You keep your place, and your turn comes without it.",
  "effort.ahead": "Get ahead in the line",
  "effort.why": "What is it good for?",
  "effort.because":
    "When many ask for letters at once, a little work tells people and programs apart a little: it costs you seconds, and a program that asks a thousand times a thousand times as much. It needs some luck, so it can take longer than expected; after a minute and a half at most, what was done by then counts. Without it your turn comes too, only later.",
} as const satisfies Catalogue;
