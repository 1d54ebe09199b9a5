/**
 * How do people without script sign in and out, become the first operator, read the mailbox and choose a language?
 * Forms in, pages or a redirect out; what was typed comes back, passwords excepted. Everything is decided by the app.
 */
import { COOKIES, setCookie } from "#contract/cookies.ts";
import { LIMITS } from "#contract/schemas.ts";
import type { Problem } from "#contract/problems.ts";
import { LANGUAGES } from "#contract/wire.ts";
import type { DoorHandlers } from "../door-request.ts";
import { contextOf, enterOr, problemOf, retryHeader, typed, type FormParts } from "./form-answers.ts";
import { goTo, pageAnswer } from "./page-answer.ts";
import { signUpRoutes } from "./sign-up-routes.ts";
import type { MailboxLetter } from "./views.ts";

const LANGUAGE_SECONDS = 365 * 24 * 60 * 60;
/** A path of ours: no second slash that would make it another host, nothing that a header can't carry. */
const OWN_PATH = /^\/(?![/\\])[\x21-\x7e]{0,511}$/;

/** Handlers of the form flows; programs and the small pages' script use the JSON routes of the same paths. */
export function createFormRoutes(parts: FormParts): DoorHandlers {
  const { pages, askApp } = parts;
  return {
    ...signUpRoutes(parts),

    "GET /sign-in": (request) => pageAnswer(200, pages.signIn(contextOf(parts, request, "/sign-in"), { address: "" })),
    "POST /sign-in": async (request) => {
      const address = typed(request, "address", LIMITS.addressChars);
      const answer = await askApp(request, "POST", "/sign-in", { address, password: typed(request, "password") });
      const show = (problem: Problem) => pages.signIn(contextOf(parts, request, "/sign-in"), { address, problem });
      return enterOr(request, answer, show);
    },
    "POST /sign-out": async (request) => {
      const answer = await askApp(request, "POST", "/sign-out", {});
      if (answer.status < 400) return goTo("/", answer.setCookies);
      const problem = problemOf(request, answer);
      return pageAnswer(problem.status, pages.problem(contextOf(parts, request, "/sign-in"), problem));
    },

    "GET /first-operator": (request) => {
      const token = (request.query.get("token") ?? "").slice(0, 128);
      return pageAnswer(200, pages.firstOperator(contextOf(parts, request, setupPath(token)), { token, address: "" }));
    },
    "POST /first-operator": async (request) => {
      const [token, address] = [typed(request, "token", 128), typed(request, "address", LIMITS.addressChars)];
      const answer = await askApp(request, "POST", "/first-operator", { token, address, password: typed(request, "password") });
      const context = contextOf(parts, request, setupPath(token));
      return enterOr(request, answer, (problem) => pages.firstOperator(context, { token, address, problem }));
    },

    "GET /not-me": (request) => {
      const token = (request.query.get("t") ?? "").slice(0, 256);
      return pageAnswer(200, pages.notMe(contextOf(parts, request, notMePath(token)), { token, state: "asked" }));
    },
    "POST /not-me": async (request) => {
      const [token, stop] = [typed(request, "token", 256), typed(request, "stop") !== "no"];
      const context = contextOf(parts, request, notMePath(token));
      const answer = await askApp(request, "POST", "/not-me", { token, stop });
      if (answer.status < 400) return pageAnswer(200, pages.notMe(context, { token, state: stop ? "stopped" : "allowed" }));
      const problem = problemOf(request, answer);
      const page = pages.notMe(context, { token, state: stop ? "asked" : "stopped", problem });
      return pageAnswer(problem.status, page, retryHeader(problem));
    },

    "GET /mailbox": async (request) => {
      const token = (request.query.get("token") ?? "").slice(0, 128);
      const path = `/mailbox?token=${encodeURIComponent(token)}`;
      const context = contextOf(parts, request, path);
      const answer = await askApp(request, "GET", path, undefined);
      const letters = (answer.json as { letters?: MailboxLetter[] } | null)?.letters;
      if (answer.status < 400 && letters !== undefined) return pageAnswer(200, pages.mailbox(context, { letters, token }));
      const problem = problemOf(request, answer);
      return pageAnswer(problem.status, pages.problem(context, problem), retryHeader(problem));
    },

    "POST /language": (request) => {
      const [wanted, back] = [typed(request, "language"), typed(request, "back")];
      const language = LANGUAGES.find((one) => one === wanted);
      const path = OWN_PATH.test(back) ? back : "/";
      return goTo(path, language === undefined ? [] : [setCookie(COOKIES.language, language, LANGUAGE_SECONDS)]);
    },
  };
}

function notMePath(token: string): string {
  return `/not-me?t=${encodeURIComponent(token)}`;
}

function setupPath(token: string): string {
  return token === "" ? "/first-operator" : `/first-operator?token=${encodeURIComponent(token)}`;
}
