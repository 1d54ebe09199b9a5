/**
 * What do all small pages look like? Each in the states that a person can meet, with what the caller wants in the places
 * where strangers' words are shown.
 */
import { problemBody } from "#contract/problem-body.ts";
import { SIGN_UP_UNSET, type AddressedTrace, type Language } from "#contract/wire.ts";
import { createPages, readSmallAssets, type AskedContext, type RegistrationNow, type SmallAssets } from "#door/pages/pages.ts";
import { renderManualPage } from "#door/manual.ts";

const HEALTH = { mail: "working", database: "working", model: "guide", lettersWaiting: 3, oldestLetterSeconds: 4 } as const;
const LINE = {
  standsStill: false,
  waiting: 12,
  lettersPerSecond: 50,
  wait: { lowSeconds: 20, highSeconds: 42, confidence: 0.9 },
  quotes: { decided: 480, share: 0.81 },
};
const MANUAL = renderManualPage("users", "chat.md", "# Chatting\n\nA *page* of the manual.\n\n## Stop an answer\n\n- Press it.\n");

export const PEACE: RegistrationNow = {
  standsStill: false,
  waiting: 0,
  wait: { lowSeconds: 0, highSeconds: 1, confidence: 0.8 },
  signUp: SIGN_UP_UNSET,
};
const SINCE = Date.UTC(2026, 0, 27, 20, 5);

/** Every page by name, with `words` as the address, code, subject and letter that somebody typed or wrote. */
export function everyPage(assets: SmallAssets, language: Language, words = "ada@example.org", registration = PEACE): Map<string, string> {
  const pages = createPages({ assets, registration: () => registration });
  const at = (path: string, signedIn = false): AskedContext => ({ language, mailbox: true, version: "0.1.0", signedIn, path });
  const turnedAway = (mode: "closed" | "invited") => problemBody(language, "sign-up-closed", { signUp: { mode, since: SINCE } });
  const token = "t".repeat(400);
  const now = Date.UTC(2026, 0, 27, 21, 33);
  const letters = [1, 2, 3].map((minutes) => ({
    recipient: words,
    subject: `ABCD-2345: ${words}`,
    text: `Your code is ABCD-2345.\n\n${words}`,
    html: "",
    createdAt: now - minutes * 60_000,
  }));
  const waiting = {
    way: "sign-up" as const,
    place: token,
    address: words,
    wait: LINE.wait,
    retryAfterSeconds: 300,
    mail: "working" as const,
  };
  const trace: AddressedTrace = {
    state: "trying",
    server: "B",
    address: words,
    orderedAt: now,
    triedAt: now + 200,
    acceptedAt: null,
    enteredAt: null,
    nextTryAt: null,
    retryAfterSeconds: 4,
  };
  const coding = { way: "sign-up" as const, envelope: "e".repeat(1_024), address: words, code: "", expiresAt: now };
  const field = problemBody(language, "invalid-field", {
    errors: [
      { field: "address", sentence: words },
      { field: "password", sentence: words },
    ],
  });
  return new Map([
    ["home", pages.home(at("/"))],
    ["home of a member", pages.home(at("/", true))],
    ["sign-up", pages.signUp(at("/sign-up"), { way: "sign-up", challenge: token, address: words })],
    ["sign-up with a question", pages.signUp(at("/sign-up"), { way: "sign-up", challenge: token, address: words, suggestion: words })],
    ["sign-up with a fault", pages.signUp(at("/sign-up"), { way: "sign-up", challenge: token, address: words, problem: field })],
    ["sign-up without cookies", pages.signUp(at("/sign-up"), { way: "sign-up", challenge: token, address: words, cookieMissing: true })],
    ["recover, signed in", pages.signUp(at("/recover", true), { way: "recover", challenge: token, address: words })],
    ["waiting", pages.waiting(at("/sign-up/wait"), waiting)],
    ["waiting, mail down", pages.waiting(at("/sign-up/wait"), { ...waiting, wait: null, mail: "failing" })],
    [
      "waiting, app down",
      pages.waiting(at("/sign-up/wait"), { ...waiting, wait: null, mail: null, problem: problemBody(language, "app-down") }),
    ],
    ["code", pages.code(at("/sign-up/wait"), coding)],
    [
      "code, wrong",
      pages.code(at("/sign-up/wait"), { ...coding, code: words, problem: problemBody(language, "wrong-code", { triesLeft: 9 }) }),
    ],
    [
      "code, letter taken",
      pages.code(at("/sign-up/wait"), { ...coding, trace: { ...trace, state: "accepted", acceptedAt: now, retryAfterSeconds: null } }),
    ],
    [
      "code, letter put off",
      pages.code(at("/sign-up/wait"), { ...coding, trace: { ...trace, state: "put-off", nextTryAt: now + 15_000 } }),
    ],
    [
      "code, no such mailbox",
      pages.code(at("/sign-up/wait"), { ...coding, trace: { ...trace, state: "refused", retryAfterSeconds: null } }),
    ],
    ["code, used up", pages.code(at("/sign-up/wait"), { ...coding, problem: problemBody(language, "code-exhausted") })],
    ["code, registered already", pages.code(at("/sign-up/wait"), { ...coding, problem: problemBody(language, "already-confirmed") })],
    ["waiting for a new password", pages.waiting(at("/recover/wait"), { ...waiting, way: "recover" })],
    ["code for a new password", pages.code(at("/recover/wait"), { ...coding, way: "recover" })],
    ["sign-in", pages.signIn(at("/sign-in"), { address: "" })],
    [
      "sign-in, wrong, signed in",
      pages.signIn(at("/sign-in", true), { address: words, problem: problemBody(language, "wrong-credentials") }),
    ],
    ["first operator", pages.firstOperator(at(`/first-operator?token=${words}`), { token: words, address: words, problem: field })],
    ["first operator without link", pages.firstOperator(at("/first-operator"), { token: "", address: "" })],
    ["letter not for me", pages.notMe(at("/not-me"), { token: words, state: "asked", problem: field })],
    ["no more letters", pages.notMe(at("/not-me"), { token: words, state: "stopped" })],
    ["letters again", pages.notMe(at("/not-me"), { token: words, state: "allowed" })],
    ["mailbox", pages.mailbox(at(`/mailbox?token=${words}`), { letters, token: words })],
    ["mailbox, empty", pages.mailbox(at("/mailbox"), { letters: [], token })],
    ["status", pages.status(at("/status"), { version: "0.1.0", now, upSince: now, line: LINE, health: HEALTH, signUp: SIGN_UP_UNSET })],
    [
      "status, failing",
      pages.status(at("/status"), {
        version: "0.1.0",
        now,
        upSince: now,
        line: { ...LINE, standsStill: true, wait: null, lettersPerSecond: 0 },
        health: { ...HEALTH, mail: "failing", database: "failing", model: "failing" },
        signUp: { mode: "slow", lettersPerMinute: 6, since: SINCE },
      }),
    ],
    [
      "status, unknown",
      pages.status(at("/status"), {
        version: "0.1.0",
        now,
        upSince: now,
        line: { standsStill: true, waiting: 0, wait: null, lettersPerSecond: null, quotes: { decided: 0, share: null } },
        health: null,
        signUp: { mode: "closed", lettersPerMinute: null, since: SINCE },
      }),
    ],
    ["manual", pages.manualIndex(at("/manual"), [MANUAL])],
    ["manual page", pages.manualPage(at(MANUAL.path), MANUAL)],
    ["problem", pages.problem(at(`/sign-in?${words}`), problemBody(language, "too-busy", { retryAfterSeconds: 300 }, words))],
    ["closed", pages.problem(at("/sign-up"), turnedAway("closed"))],
    ["invited only", pages.problem(at("/sign-up"), turnedAway("invited"))],
    ["not found", pages.problem(at("/nothing"), problemBody(language, "not-found"))],
  ]);
}

/** What the built script's folder is in this checkout. */
export function builtAssets(): SmallAssets {
  return readSmallAssets(new URL("../../web/dist/small/", import.meta.url).pathname);
}

/** As after a fresh clone: nothing is built. */
export function unbuiltAssets(): SmallAssets {
  return readSmallAssets(new URL("../../web/dist/nothing-here/", import.meta.url).pathname);
}
