/** Is this body what its schema says? The door and the app ask here, so that both name the same fields in the same way. */
import type { z } from "zod";
import { fail, succeed, type Outcome } from "#kit/outcome.ts";

export type WrongFields = { tag: "invalid-field"; fields: { field: string; key: string }[] };

/** Enough for every form of ours; whoever sends thousands of unknown fields is not answered at length. */
const MOST_FIELDS = 20;

/** The failure lists each wrong field once with its message key (words: `field.<key>`), unknown ones last. */
export function checkBody<Schema extends z.ZodType>(schema: Schema, body: unknown): Outcome<z.output<Schema>, WrongFields> {
  const result = schema.safeParse(body ?? {});
  if (result.success) return succeed(result.data);
  const seen = new Map<string, string>();
  for (const issue of result.error.issues) {
    const field = issue.path.map(String).join(".") || "body";
    const key = /^[a-z-]+$/.test(issue.message) ? issue.message : "wrong";
    if (issue.code !== "unrecognized_keys" && !seen.has(field)) seen.set(field, key);
  }
  for (const issue of result.error.issues) {
    if (issue.code !== "unrecognized_keys") continue;
    for (const extra of issue.keys.slice(0, MOST_FIELDS)) seen.set(extra.slice(0, 64), "unknown");
  }
  return fail({ tag: "invalid-field", fields: [...seen].slice(0, MOST_FIELDS).map(([field, key]) => ({ field, key })) });
}
