/**
 * Which small pages are there? Each is a pure function from what it shows to the whole HTML document: plain, a working
 * form without script, at most 20 KB with everything that it loads (pages of the manual are as long as their text).
 */
import type { Problem } from "#contract/problems.ts";
import type { ManualPage } from "../manual.ts";
import { closedPage } from "./closed-page.ts";
import { codePage } from "./code-page.ts";
import { firstOperatorPage } from "./first-operator-page.ts";
import { homePage } from "./home-page.ts";
import { mailboxPage } from "./mailbox-page.ts";
import { manualIndexPage, manualPage } from "./manual-pages.ts";
import { notMePage } from "./not-me-page.ts";
import { problemPage } from "./problem-page.ts";
import { signInPage } from "./sign-in-page.ts";
import { signUpPage } from "./sign-up-page.ts";
import type { SmallAssets } from "./small-assets.ts";
import { statusPage } from "./status-page.ts";
import type {
  AskedContext,
  CodeView,
  FirstOperatorView,
  MailboxView,
  NotMeView,
  PageContext,
  RegistrationNow,
  SignInView,
  SignUpView,
  StatusView,
  WaitingView,
} from "./views.ts";
import { waitingPage } from "./waiting-page.ts";

export { createFormRoutes } from "./form-routes.ts";
export { pageAnswer } from "./page-answer.ts";
export { traceSentences } from "./page-words.ts";
export { answerSmallFile, readSmallAssets, type SmallAssets } from "./small-assets.ts";
export { readDraft } from "./draft.ts";
export type { AskedContext, RegistrationNow } from "./views.ts";

/** Every function returns the whole HTML document. */
export type Pages = {
  home(context: AskedContext): string;
  signUp(context: AskedContext, view: SignUpView): string;
  waiting(context: AskedContext, view: WaitingView): string;
  code(context: AskedContext, view: CodeView): string;
  signIn(context: AskedContext, view: SignInView): string;
  firstOperator(context: AskedContext, view: FirstOperatorView): string;
  notMe(context: AskedContext, view: NotMeView): string;
  mailbox(context: AskedContext, view: MailboxView): string;
  status(context: AskedContext, view: StatusView): string;
  manualIndex(context: AskedContext, pages: readonly ManualPage[]): string;
  manualPage(context: AskedContext, page: ManualPage): string;
  /** Any refusal as a page; it goes on by itself when `retryAfterSeconds` is set. */
  /** `keepsPlace`: whoever is refused has a place in the line, and is told that it stays. */
  problem(context: AskedContext, problem: Problem, keepsPlace?: boolean): string;
};

export function createPages({ assets, registration }: { assets: SmallAssets; registration: () => RegistrationNow }): Pages {
  const now = (context: AskedContext): PageContext => ({ ...context, registration: registration() });
  return {
    home: (context) => homePage(assets, now(context)),
    signUp: (context, view) => signUpPage(assets, now(context), view),
    waiting: (context, view) => waitingPage(assets, now(context), view),
    code: (context, view) => codePage(assets, now(context), view),
    signIn: (context, view) => signInPage(assets, now(context), view),
    firstOperator: (context, view) => firstOperatorPage(assets, now(context), view),
    notMe: (context, view) => notMePage(assets, now(context), view),
    mailbox: (context, view) => mailboxPage(assets, now(context), view),
    status: (context, view) => statusPage(assets, now(context), view),
    manualIndex: (context, pages) => manualIndexPage(assets, now(context), pages),
    manualPage: (context, page) => manualPage(assets, now(context), page),
    problem: (context, problem, keepsPlace) =>
      problem.signUp === undefined
        ? problemPage(assets, now(context), problem, keepsPlace)
        : closedPage(assets, now(context), problem.signUp),
  };
}
