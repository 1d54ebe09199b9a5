/**
 * Which small pages are there? Each is a pure function from what it shows to the whole HTML document: plain, a working
 * form without script, at most 20 KB with everything that it loads (pages of the manual are as long as their text).
 */
import type { Problem } from "#contract/problems.ts";
import type { ManualPage } from "../manual.ts";
import { codePage } from "./code-page.ts";
import { firstOperatorPage } from "./first-operator-page.ts";
import { homePage } from "./home-page.ts";
import { mailboxPage } from "./mailbox-page.ts";
import { manualIndexPage, manualPage } from "./manual-pages.ts";
import { problemPage } from "./problem-page.ts";
import { signInPage } from "./sign-in-page.ts";
import { signUpPage } from "./sign-up-page.ts";
import type { SmallAssets } from "./small-assets.ts";
import { statusPage } from "./status-page.ts";
import type { CodeView, FirstOperatorView, MailboxView, PageContext, SignInView, SignUpView, StatusView, WaitingView } from "./views.ts";
import { waitingPage } from "./waiting-page.ts";

export { createFormRoutes } from "./form-routes.ts";
export { pageAnswer } from "./page-answer.ts";
export { answerSmallFile, readSmallAssets, type SmallAssets } from "./small-assets.ts";
export type { PageContext } from "./views.ts";

/** Every function returns the whole HTML document. */
export type Pages = {
  home(context: PageContext): string;
  signUp(context: PageContext, view: SignUpView): string;
  waiting(context: PageContext, view: WaitingView): string;
  code(context: PageContext, view: CodeView): string;
  signIn(context: PageContext, view: SignInView): string;
  firstOperator(context: PageContext, view: FirstOperatorView): string;
  mailbox(context: PageContext, view: MailboxView): string;
  status(context: PageContext, view: StatusView): string;
  manualIndex(context: PageContext, pages: readonly ManualPage[]): string;
  manualPage(context: PageContext, page: ManualPage): string;
  /** Any refusal as a page; it goes on by itself when `retryAfterSeconds` is set. */
  problem(context: PageContext, problem: Problem): string;
};

export function createPages({ assets }: { assets: SmallAssets }): Pages {
  return {
    home: (context) => homePage(assets, context),
    signUp: (context, view) => signUpPage(assets, context, view),
    waiting: (context, view) => waitingPage(assets, context, view),
    code: (context, view) => codePage(assets, context, view),
    signIn: (context, view) => signInPage(assets, context, view),
    firstOperator: (context, view) => firstOperatorPage(assets, context, view),
    mailbox: (context, view) => mailboxPage(assets, context, view),
    status: (context, view) => statusPage(assets, context, view),
    manualIndex: (context, pages) => manualIndexPage(assets, context, pages),
    manualPage: (context, page) => manualPage(assets, context, page),
    problem: (context, problem) => problemPage(assets, context, problem),
  };
}
