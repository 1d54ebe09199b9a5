/** Which sentences does the script need on which page? They travel with the page, so that there is one catalogue. */
import type { PageKey } from "./page-words.ts";

/** What the script says on every page with a form. */
export const FORM_WORDS = [
  "script.busy",
  "script.offline",
  "script.retry",
  "script.failed",
  "field.show",
  "field.hide",
] as const satisfies readonly PageKey[];
export const METER_WORDS = ["meter.short", "meter.0", "meter.1", "meter.2", "meter.3", "meter.4"] as const satisfies readonly PageKey[];
/** What it says while somebody signs up. */
export const SIGN_UP_WORDS = [
  ...FORM_WORDS,
  ...METER_WORDS,
  "wait.between",
  "wait.confidence",
  "wait.now",
  "code.late",
  "code.sent",
] as const satisfies readonly PageKey[];
