/**
 * Of what are the answers to forms made? Context for the page, fields as text, and what becomes of the app's answer.
 */
import { problemBody } from "#contract/problem-body.ts";
import type { Problem } from "#contract/problems.ts";
import type { AppAnswer, AskApp, DoorAnswer, DoorRequest } from "../door-request.ts";
import type { DoorState } from "../door-state.ts";
import type { RegistrationLine } from "../registration-line.ts";
import { goTo, pageAnswer } from "./page-answer.ts";
import type { Pages } from "./pages.ts";
import type { AskedContext } from "./views.ts";

export type FormParts = {
  pages: Pages;
  line: RegistrationLine;
  askApp: AskApp;
  state: Pick<DoorState, "health">;
  /** Letters land in the built-in mailbox. */
  mailbox: boolean;
  version: string;
};

const AFTER_SIGN_IN = "/chat";

export function contextOf(parts: FormParts, request: DoorRequest, path: string): AskedContext {
  const { mailbox, version } = parts;
  return { language: request.language, signedIn: request.signedIn, mailbox, version, path };
}

/** A field of the form as text; what is missing or no text is empty. */
export function typed(request: DoorRequest, field: string, limitChars = 4_096): string {
  const value = request.body?.[field];
  return typeof value === "string" ? value.slice(0, limitChars) : "";
}

/** Signed in: on to the chat with the app's cookies. Refused: the same page again, with what was typed. */
export function enterOr(request: DoorRequest, answer: AppAnswer, show: (problem: Problem) => string): DoorAnswer {
  if (answer.status < 400) return goTo(AFTER_SIGN_IN, answer.setCookies);
  const problem = problemOf(request, answer);
  return pageAnswer(problem.status, show(problem), { ...retryHeader(problem), "set-cookie": answer.setCookies });
}

export function problemOf(request: DoorRequest, answer: AppAnswer): Problem {
  const given = answer.json as Partial<Problem> | null | undefined;
  if (typeof given?.code === "string" && typeof given.title === "string") return given as Problem;
  return problemBody(request.language, "unexpected", {}, request.requestId);
}

export function retryHeader(problem: Problem): Record<string, string> {
  return problem.retryAfterSeconds === undefined ? {} : { "retry-after": String(Math.ceil(problem.retryAfterSeconds)) };
}
