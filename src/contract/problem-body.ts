/**
 * How does a problem code become the body that a client reads? One place for the door and the app, so that both
 * say the same sentence. Pure; status, headers and the choice of language are the caller's.
 */
import { LIMITS } from "./schemas.ts";
import { PROBLEMS, type Problem, type ProblemCode, type ProblemExtras } from "./problems.ts";
import type { Language } from "./wire.ts";
import { say, type Values } from "./words/words.ts";
import { problemsEn } from "./words/en/problems.ts";
import { problemsEs } from "./words/es/problems.ts";

const CATALOGUES = { en: problemsEn, es: problemsEs };
type Key = keyof typeof problemsEn;

/** The body of a refusal (RFC 9457), in the reader's language. */
export function problemBody(language: Language, code: ProblemCode, extras: ProblemExtras = {}, requestId?: string): Problem {
  return {
    type: `/manual/users/problems#${code}`,
    code,
    status: PROBLEMS[code],
    title: words(language, `${code}.title`),
    detail: detailOf(language, code, extras),
    ...(requestId === undefined ? {} : { requestId }),
    ...extras,
  };
}

/** What is wrong with a field: the key of its sentence (`password-short` → words `field.password-short`), and what was probably meant. */
export type FieldFault = { field: string; key: string; suggestion?: string };

/** The sentence beside a wrong field. */
export function fieldSentence(language: Language, key: string, suggestion?: string): string {
  const known = `field.${key}` in problemsEn ? (`field.${key}` as Key) : "field.wrong";
  const sentence = words(language, known, FIELD_VALUES[known] ?? {});
  return suggestion === undefined ? sentence : `${sentence} ${words(language, "did-you-mean", { suggestion })}`;
}

const FIELD_VALUES: { readonly [key in Key]?: Values } = {
  "field.password-short": { minimum: LIMITS.passwordMinChars },
  "field.password-long": { maximum: LIMITS.passwordMaxChars },
  "field.letters-per-minute": { maximum: LIMITS.lettersPerMinute },
  "field.message-long": { maximum: LIMITS.messageChars },
  "field.title-long": { maximum: LIMITS.titleChars },
};

function detailOf(language: Language, code: ProblemCode, extras: ProblemExtras): string {
  if (code === "wrong-code" && extras.triesLeft === 0) return words(language, "wrong-code.last");
  if (code === "sign-up-closed" && extras.signUp?.mode === "invited") return words(language, "sign-up-closed.invited");
  const detail = words(language, `${code}.detail`, { count: extras.triesLeft ?? 0 });
  if (extras.retryAfterSeconds === undefined) return detail;
  return `${detail} ${words(language, "retry.in", { wait: durationWords(language, extras.retryAfterSeconds) })}`;
}

/** "45 seconds", "12 minutes", "2 hours"; never zero. */
export function durationWords(language: Language, seconds: number): string {
  const whole = Math.max(1, Math.ceil(seconds));
  const [count, unit] =
    whole < 90 ? [whole, "second"] : whole < 90 * 60 ? [Math.ceil(whole / 60), "minute"] : [Math.ceil(whole / 3_600), "hour"];
  return new Intl.NumberFormat(language, { style: "unit", unit, unitDisplay: "long" }).format(count);
}

function words(language: Language, key: Key, values: Values = {}): string {
  return say(CATALOGUES[language], language, key, values);
}
