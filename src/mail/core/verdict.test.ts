import assert from "node:assert/strict";
import { test } from "node:test";
import { judge, maySwitch, retryDelayMs, type AttemptEnd, type Verdict } from "./verdict.ts";

const recipient = (reply: number, enhanced?: string): AttemptEnd => ({
  tag: "replied",
  stage: "envelope",
  command: "recipient",
  reply,
  ...(enhanced === undefined ? {} : { enhanced }),
});
const replied = (command: "connect" | "sender" | "data", reply: number): AttemptEnd => ({
  tag: "replied",
  stage: command === "connect" ? "connecting" : "envelope",
  command,
  reply,
});
const silent = (
  stage: "connecting" | "envelope" | "content",
  reason: "unreachable" | "sign-in" | "tls" | "cut-off" = "cut-off",
): AttemptEnd => ({
  tag: "no-reply",
  stage,
  reason,
});

const CASES: [what: string, end: AttemptEnd, verdict: Verdict][] = [
  ["the relay took it", { tag: "taken" }, { tag: "success" }],
  ["no such mailbox", recipient(550, "5.1.1"), { tag: "final", word: "recipient-refused" }],
  ["no such mailbox, without an enhanced code", recipient(550), { tag: "final", word: "recipient-refused" }],
  ["a full mailbox for good", recipient(552, "5.2.2"), { tag: "final", word: "recipient-refused" }],
  ["relaying denied", recipient(554, "5.7.1"), { tag: "final", word: "letter-refused" }],
  ["sign in first, at the recipient", recipient(530), { tag: "final", word: "letter-refused" }],
  ["greylisting", recipient(451, "4.7.1"), { tag: "again", word: "asked-to-wait" }],
  ["too many connections, at the recipient", recipient(421), { tag: "again", word: "asked-to-wait" }],
  ["a session out of step", recipient(503), { tag: "again", word: "asked-to-wait" }],
  ["the content is refused", replied("data", 554), { tag: "final", word: "letter-refused" }],
  ["not now, after the content", replied("data", 451), { tag: "again", word: "asked-to-wait" }],
  ["our sender is refused", replied("sender", 553), { tag: "trouble", word: "sender-refused" }],
  ["our sender must wait", replied("sender", 451), { tag: "trouble", word: "relay-busy" }],
  ["service not available, at the greeting", replied("connect", 421), { tag: "trouble", word: "relay-busy" }],
  ["no service for us, at the greeting", replied("connect", 554), { tag: "trouble", word: "relay-busy" }],
  ["wrong password", replied("connect", 535), { tag: "trouble", word: "relay-sign-in" }],
  ["no password given", silent("connecting", "sign-in"), { tag: "trouble", word: "relay-sign-in" }],
  ["nobody answers", silent("connecting", "unreachable"), { tag: "trouble", word: "relay-unreachable" }],
  ["closed before the greeting", silent("connecting"), { tag: "trouble", word: "relay-unreachable" }],
  ["a certificate that is not theirs", silent("connecting", "tls"), { tag: "trouble", word: "relay-tls" }],
  ["silence at the recipient, which a stranger's server can cause", silent("envelope"), { tag: "again", word: "dropped" }],
  ["silence after the content", silent("content"), { tag: "again", word: "cut-off" }],
];

for (const [what, end, verdict] of CASES) {
  test(`when the relay's answer is "${what}", it is ${verdict.tag}`, () => assert.deepEqual(judge(end), verdict));
}

test("a letter that a greylisting server puts off is tried again after one minute and after five, within its ten", () => {
  const at = [0];
  for (let attempt = 1; attempt <= 7; attempt++) at.push((at.at(-1) ?? 0) + retryDelayMs("asked-to-wait", attempt, 0) / 1_000);
  assert.ok(
    at.some((seconds) => seconds > 60 && seconds < 70),
    `tries at ${at.join(", ")} s`,
  );
  assert.ok(
    at.some((seconds) => seconds > 300 && seconds < 330),
    `tries at ${at.join(", ")} s`,
  );
  assert.ok((at[7] ?? 0) < 600);
});

test("a broken connection is tried again within seconds, and never more often than each 15 s in the long run", () => {
  assert.equal(retryDelayMs("dropped", 1, 0), 2_000);
  assert.equal(retryDelayMs("cut-off", 50, 0), 15_000);
  assert.ok(retryDelayMs("cut-off", 50, 0.999) < 16_500);
});

test("another relay may have what this one did not get, and never what it may have", () => {
  const may = (end: AttemptEnd, begun = false) => maySwitch({ end, verdict: judge(end), begun });
  const replied = (
    command: "sender" | "recipient" | "data",
    reply: number,
    enhanced?: string,
    stage: "envelope" | "content" = "envelope",
  ) => ({ tag: "replied", stage, command, reply, ...(enhanced === undefined ? {} : { enhanced }) }) as const;
  assert.equal(may({ tag: "no-reply", stage: "connecting", reason: "unreachable" }), true);
  assert.equal(may({ tag: "no-reply", stage: "envelope", reason: "cut-off" }), true, "silent before the letter itself");
  assert.equal(may({ tag: "no-reply", stage: "content", reason: "cut-off" }, true), false, "it may have it");
  assert.equal(may(replied("sender", 550)), true);
  assert.equal(may(replied("recipient", 554, "5.7.1")), true, "it will not pass it on");
  assert.equal(may(replied("recipient", 550, "5.1.1")), false, "there is no such mailbox anywhere");
  assert.equal(may(replied("recipient", 450, "4.7.1")), false, "greylisting waits for the same relay");
  assert.equal(may(replied("data", 451)), true, "the command itself was put off");
  assert.equal(may(replied("data", 451, "4.7.1", "content"), true), false, "greylisting may come after the letter too");
  assert.equal(may(replied("data", 554, "5.7.1", "content"), true), true, "it said that it has not taken it");
  assert.equal(may({ tag: "taken" }, true), false);
});
