/**
 * What is each model of the catalogue good for, in a sentence? Keys are `note.<id>` of src/assistant/catalogue.ts.
 */
import type { Catalogue } from "../words.ts";

export const modelsEn = {
  "note.qwen3-0.6b": "The smallest: for trying things out and for machines with little memory. Knows little and is often wrong.",
  "note.qwen2.5-1.5b-instruct":
    "Answers at once, without thinking first; the quickest useful choice on an ordinary processor. 29 languages.",
  "note.qwen3-1.7b": "Thinks before it answers: slower, and better at sums and logic. More than 100 languages.",
  "note.smollm3-3b": "Thinks before it answers. English, Spanish, French, German, Italian, Portuguese. Made from published data.",
  "note.granite-4.0-micro": "Answers at once. Good at following instructions and at summaries. Twelve languages, Spanish among them.",
  "note.qwen3-4b": "The most capable here. Thinks before it answers; wants a quick processor and patience.",
} as const satisfies Catalogue;
