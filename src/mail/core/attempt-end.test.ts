import assert from "node:assert/strict";
import { test } from "node:test";
import { attemptEnd, type SmtpError } from "./attempt-end.ts";
import type { AttemptEnd, Stage } from "./verdict.ts";

const replied = (stage: Stage, command: "connect" | "sender" | "recipient" | "data", reply: number, enhanced?: string): AttemptEnd => ({
  tag: "replied",
  stage,
  command,
  reply,
  ...(enhanced === undefined ? {} : { enhanced }),
});
const silent = (stage: Stage, reason: "unreachable" | "no-name" | "sign-in" | "tls" | "cut-off"): AttemptEnd => ({
  tag: "no-reply",
  stage,
  reason,
});

const CASES: [what: string, error: SmtpError | undefined, stage: Stage, end: AttemptEnd][] = [
  ["nobody listens", { code: "ESOCKET", originalCode: "ECONNREFUSED", command: "CONN" }, "connecting", silent("connecting", "unreachable")],
  ["the name is unknown", { code: "EDNS", originalCode: "ENOTFOUND", command: "CONN" }, "connecting", silent("connecting", "no-name")],
  [
    "no name server answers",
    { code: "EDNS", originalCode: "EAI_AGAIN", command: "CONN" },
    "connecting",
    silent("connecting", "unreachable"),
  ],
  [
    "no greeting",
    { code: "ETIMEDOUT", timeoutType: "GREETING_TIMEOUT", command: "CONN" },
    "connecting",
    silent("connecting", "unreachable"),
  ],
  ["closed without a word", undefined, "connecting", silent("connecting", "unreachable")],
  [
    "busy at the greeting",
    { code: "EPROTOCOL", responseCode: 421, response: "421 later", command: "CONN" },
    "connecting",
    replied("connecting", "connect", 421),
  ],
  [
    "an untrusted certificate",
    { code: "ESOCKET", originalCode: "DEPTH_ZERO_SELF_SIGNED_CERT", command: "CONN" },
    "connecting",
    silent("connecting", "tls"),
  ],
  [
    "another host's certificate",
    { code: "ESOCKET", originalCode: "ERR_TLS_CERT_ALTNAME_INVALID" },
    "connecting",
    silent("connecting", "tls"),
  ],
  [
    "no STARTTLS",
    { code: "ETLS", responseCode: 502, response: "502 what", command: "STARTTLS" },
    "connecting",
    silent("connecting", "tls"),
  ],
  ["a handshake without end", { code: "ETIMEDOUT", timeoutType: "UPGRADE_TIMEOUT" }, "connecting", silent("connecting", "tls")],
  [
    "a wrong password",
    { code: "EAUTH", responseCode: 535, response: "535 5.7.8 no", command: "AUTH PLAIN" },
    "connecting",
    replied("connecting", "connect", 535),
  ],
  ["no sign-in offered", { code: "EAUTH" }, "connecting", silent("connecting", "sign-in")],
  [
    "the sender is refused",
    { code: "EENVELOPE", responseCode: 553, response: "553 5.7.1 no", command: "MAIL FROM" },
    "envelope",
    replied("envelope", "sender", 553, "5.7.1"),
  ],
  [
    "the recipient is unknown",
    { code: "EENVELOPE", responseCode: 550, response: "550 5.1.1 no", command: "RCPT TO" },
    "envelope",
    replied("envelope", "recipient", 550, "5.1.1"),
  ],
  [
    "the letter is refused",
    { code: "EMESSAGE", responseCode: 554, response: "554 spam", command: "DATA" },
    "content",
    replied("content", "data", 554),
  ],
  [
    "goodbye while we wait for the recipient",
    { code: "ECONNECTION", responseCode: 421, response: "421 bye", command: "CONN" },
    "envelope",
    replied("envelope", "recipient", 421),
  ],
  [
    "goodbye while we wait after the letter",
    { code: "ECONNECTION", responseCode: 421, response: "421 bye", command: "CONN" },
    "content",
    replied("content", "data", 421),
  ],
  ["a letter larger than it takes", { code: "EMESSAGE", command: "MAIL FROM" }, "envelope", replied("envelope", "data", 552)],
  ["a name that it can't carry", { code: "EENVELOPE", command: "API" }, "envelope", replied("envelope", "data", 554)],
  [
    "silence at the recipient",
    { code: "ETIMEDOUT", timeoutType: "SOCKET_TIMEOUT", command: "CONN" },
    "envelope",
    silent("envelope", "cut-off"),
  ],
  ["a break in the letter", { code: "ESOCKET", originalCode: "ECONNRESET" }, "content", silent("content", "cut-off")],
  [
    "an answer out of step",
    { code: "EPROTOCOL", responseCode: 250, response: "250 what", command: "CONN" },
    "envelope",
    silent("envelope", "cut-off"),
  ],
];

for (const [what, error, stage, end] of CASES) {
  test(`"${what}" is understood, and none of the relay's words are kept`, () => assert.deepEqual(attemptEnd(error, stage), end));
}
