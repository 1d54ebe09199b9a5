/** How do the door's own answers to programs look? JSON, or a refusal as problem+json (RFC 9457) in the reader's language. */
import { problemBody } from "#contract/problem-body.ts";
import type { ProblemCode, ProblemExtras } from "#contract/problems.ts";
import type { Language } from "#contract/wire.ts";
import type { DoorAnswer } from "./door-request.ts";

const HEADERS = {
  "cache-control": "no-store",
  "x-content-type-options": "nosniff",
  "referrer-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
} as const;

export function jsonAnswer(body: unknown, status = 200, headers: Record<string, string | string[]> = {}): DoorAnswer {
  return { status, headers: { "content-type": "application/json; charset=utf-8", ...HEADERS, ...headers }, body: JSON.stringify(body) };
}

export function problemAnswer(
  asked: { language: Language; requestId?: string },
  code: ProblemCode,
  extras: ProblemExtras = {},
  headers: Record<string, string> = {},
): DoorAnswer {
  const body = problemBody(asked.language, code, extras, asked.requestId);
  return {
    status: body.status,
    headers: {
      "content-type": "application/problem+json; charset=utf-8",
      "content-language": asked.language,
      ...HEADERS,
      ...(extras.retryAfterSeconds === undefined ? {} : { "retry-after": String(Math.max(1, Math.ceil(extras.retryAfterSeconds))) }),
      ...headers,
    },
    body: JSON.stringify(body),
  };
}
