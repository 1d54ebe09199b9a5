/**
 * How did an attempt end, going by the error that the mail library gave? Only statuses are taken over: the relay's own
 * words could name a recipient, a host or a password and go nowhere.
 */
import type { AttemptEnd, Stage } from "./verdict.ts";

/** What is read of the library's error. `code` is its own word, `originalCode` the system's or OpenSSL's. */
export type SmtpError = {
  code?: string | undefined;
  originalCode?: string | undefined;
  timeoutType?: string | undefined;
  command?: string | undefined;
  responseCode?: number | undefined;
  response?: string | undefined;
};

/** Name servers answered that there is none; they may also be silent. */
const NO_NAME_CODES: ReadonlySet<string> = new Set(["ENOTFOUND", "ENODATA"]);
const TLS_CODES = /CERT|SSL|TLS|SIGNATURE|EPROTO/;

/** `error` is undefined when the connection closed without one. */
export function attemptEnd(error: SmtpError | undefined, stage: Stage): AttemptEnd {
  const { code = "", originalCode = "", timeoutType = "", command = "", responseCode = 0, response = "" } = error ?? {};
  if (stage === "connecting") {
    if (code === "ETLS" || timeoutType === "UPGRADE_TIMEOUT" || TLS_CODES.test(originalCode))
      return { tag: "no-reply", stage, reason: "tls" };
    if (responseCode >= 400) return { tag: "replied", stage, command: "connect", reply: responseCode };
    if (code === "EDNS" && NO_NAME_CODES.has(originalCode)) return { tag: "no-reply", stage, reason: "no-name" };
    return { tag: "no-reply", stage, reason: code === "EAUTH" ? "sign-in" : "unreachable" };
  }
  // larger than the relay takes, or a name that it can't carry: it was not even asked
  if (code === "EMESSAGE" && responseCode === 0) return { tag: "replied", stage, command: "data", reply: 552 };
  if (code === "EENVELOPE" && responseCode === 0) return { tag: "replied", stage, command: "data", reply: 554 };
  if (responseCode < 400) return { tag: "no-reply", stage, reason: "cut-off" };
  const enhanced = /^\d{3}[ -]([245]\.\d{1,3}\.\d{1,3})\b/.exec(response)?.[1];
  return {
    tag: "replied",
    stage,
    command: commandOf(command, stage),
    reply: responseCode,
    ...(enhanced === undefined ? {} : { enhanced }),
  };
}

/** A goodbye that answers no command of ours (421 while we wait) is put down to where we were, and never to the sender. */
function commandOf(command: string, stage: Stage): "sender" | "recipient" | "data" {
  if (command === "MAIL FROM") return "sender";
  if (command === "RCPT TO") return "recipient";
  if (command === "DATA") return "data";
  return stage === "content" ? "data" : "recipient";
}
