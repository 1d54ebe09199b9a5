/** What did a request to the door's own routes bring along? JSON objects and forms, in well-formed UTF-8; nothing else. */
import { fail, succeed, type Outcome } from "#kit/outcome.ts";

export type BodyFault = { tag: "bad-request" } | { tag: "unsupported-media" };

/** `undefined` when there is no body. */
export function parseBody(bytes: Uint8Array, contentType: string | undefined): Outcome<Record<string, unknown> | undefined, BodyFault> {
  if (bytes.length === 0) return succeed(undefined);
  const form = /^application\/x-www-form-urlencoded\s*(?:;|$)/i.test(contentType ?? "");
  if (!form && !/^application\/json\s*(?:;|$)/i.test(contentType ?? "")) return fail({ tag: "unsupported-media" });
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    return form ? parseForm(text) : parseJson(text);
  } catch {
    return fail({ tag: "bad-request" });
  }
}

function parseJson(text: string): Outcome<Record<string, unknown>, BodyFault> {
  const value: unknown = JSON.parse(text);
  if (typeof value !== "object" || value === null || Array.isArray(value)) return fail({ tag: "bad-request" });
  return succeed(value as Record<string, unknown>);
}

/** A field that comes twice counts once, the last time. Percent-encoded bytes that are no UTF-8 are refused. */
function parseForm(text: string): Outcome<Record<string, unknown>, BodyFault> {
  const fields: [string, string][] = [];
  for (const pair of text.split("&")) {
    if (pair === "") continue;
    const [name = "", ...value] = pair.replaceAll("+", " ").split("=");
    fields.push([decodeURIComponent(name), decodeURIComponent(value.join("="))]);
  }
  return succeed(Object.fromEntries(fields));
}
