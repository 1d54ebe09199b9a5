/**
 * What is the answer to an envelope, a code and a password? Decided in the order that costs a stranger nothing and tells
 * nothing: first whether the envelope is this browser's and alive, then the fields (which cost no try), then the try.
 */
import type { FieldFault } from "#contract/problem-body.ts";
import type { Envelope } from "./envelope.ts";
import type { PasswordFault } from "./password.ts";

export type BeforeTry =
  | { tag: "envelope-expired" }
  | { tag: "invalid-field"; fields: FieldFault[] }
  | { tag: "try"; envelope: Envelope; code: string };

/** `code` is the normalised one, or undefined when what was typed can't be a code. */
export function beforeTry(asked: {
  envelope: Envelope | undefined;
  isSameBrowser: (hash: Uint8Array) => boolean;
  now: number;
  code: string | undefined;
  judge: (address: string) => PasswordFault | undefined;
}): BeforeTry {
  const { envelope } = asked;
  if (envelope === undefined || !asked.isSameBrowser(envelope.browserHash) || envelope.expiresAt <= asked.now) {
    return { tag: "envelope-expired" };
  }
  const fault = asked.judge(envelope.address);
  const fields: FieldFault[] = [];
  if (asked.code === undefined) fields.push({ field: "code", key: "code" });
  if (fault !== undefined) fields.push({ field: "password", key: fault });
  if (asked.code === undefined || fields.length > 0) return { tag: "invalid-field", fields };
  return { tag: "try", envelope, code: asked.code };
}

/** What counting the try on the outbox row said. */
export type Counted = { tag: "counted"; triesLeft: number } | { tag: "confirmed" } | { tag: "exhausted" } | { tag: "unknown" };

export type AfterTry =
  | { tag: "right" }
  | { tag: "wrong-code"; triesLeft: number }
  | { tag: "code-exhausted" }
  | { tag: "already-confirmed" }
  | { tag: "envelope-expired" };

export function afterTry(counted: Counted, matches: boolean): AfterTry {
  switch (counted.tag) {
    case "counted":
      return matches ? { tag: "right" } : { tag: "wrong-code", triesLeft: counted.triesLeft };
    case "confirmed":
      return { tag: "already-confirmed" };
    case "exhausted":
      return { tag: "code-exhausted" };
    case "unknown":
      return { tag: "envelope-expired" };
  }
}
