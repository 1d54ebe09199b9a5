/** Who is here, and which page is wanted? The frame around all pages: session, routes, and what is said at the edges. */
import { lazy, Suspense, useEffect, useState } from "react";
import { Redirect, Route, Switch } from "wouter";
import type { Account } from "#contract/wire.ts";
import { createChatClient } from "./api/chat.ts";
import { ApiProblem, onSignedOut, problemOf } from "./api/http.ts";
import { useAccount } from "./api/queries.ts";
import { setLanguage, useLanguage, useWords } from "./lib/say.ts";
import ChatPage from "./pages/chat.tsx";
import { SessionContext } from "./pages/chat/session.ts";
import { Button, buttonClass } from "./ui/button.tsx";
import { Dialog } from "./ui/dialog.tsx";
import { Notice } from "./ui/notice.tsx";
import { Ghost } from "./ui/spinner.tsx";
import { Toasts } from "./ui/toast.tsx";

const ModelsPage = lazy(() => import("./pages/models.tsx"));
const MailPage = lazy(() => import("./pages/mail.tsx"));
const SignUpPage = lazy(() => import("./pages/sign-up.tsx"));

export function App() {
  const { data: account, error, refetch } = useAccount();
  const signedOut = error instanceof ApiProblem && error.problem.code === "not-signed-in";
  useEffect(() => {
    if (signedOut) location.assign("/sign-in");
  }, [signedOut]);
  if (account !== undefined) return <SignedIn key={account.id} account={account} />;
  if (error === null || signedOut) return <AppGhost />;
  return <Trouble detail={problemOf(error).detail} title={problemOf(error).title} onRetry={() => void refetch()} />;
}

function SignedIn({ account }: { account: Account }) {
  const [session] = useState(() => {
    setLanguage(account.language);
    return { account, client: createChatClient(account.id) };
  });
  useDocumentLanguage();
  return (
    <SessionContext value={{ ...session, account }}>
      <Switch>
        <Route path="/chat/:id">{({ id }) => <ChatPage id={id} />}</Route>
        <Route path="/chat">
          <ChatPage id={null} />
        </Route>
        {account.role === "operator" && (
          <Route path="/operator/models">
            <Suspense fallback={<AppGhost />}>
              <ModelsPage />
            </Suspense>
          </Route>
        )}
        {account.role === "operator" && (
          <Route path="/operator/sign-up">
            <Suspense fallback={<AppGhost />}>
              <SignUpPage />
            </Suspense>
          </Route>
        )}
        {account.role === "operator" && (
          <Route path="/operator/mail">
            <Suspense fallback={<AppGhost />}>
              <MailPage />
            </Suspense>
          </Route>
        )}
        <Redirect to="/chat" replace />
      </Switch>
      <Toasts />
      <SignedOut />
    </SessionContext>
  );
}

/** The session ended while the page was open: nothing is thrown away, and the way back is said. */
function SignedOut() {
  const say = useWords();
  const [open, setOpen] = useState(false);
  useEffect(() => onSignedOut(() => setOpen(true)), []);
  return (
    <Dialog
      open={open}
      onClose={() => setOpen(false)}
      title={say("signed-out.title")}
      actions={
        <a href="/sign-in" className={buttonClass("main")}>
          {say("signed-out.sign-in")}
        </a>
      }
    >
      {say("signed-out.detail")}
    </Dialog>
  );
}

/** Keeps the place of everything until it is known who is here. */
function AppGhost() {
  return (
    <div className="flex h-dvh bg-surface">
      <div className="hidden w-72 shrink-0 border-e border-line bg-ground p-4 min-[52rem]:block">
        <Ghost className="h-6 w-28" />
        <Ghost className="mt-6 h-11 w-full" />
      </div>
      <div className="flex flex-1 flex-col">
        <div className="min-h-15 border-b border-line" />
        <div className="flex-1" />
        <div className="mx-auto w-full max-w-3xl px-3 pb-5 sm:px-6">
          <Ghost className="h-28 w-full rounded-card" />
        </div>
      </div>
    </div>
  );
}

export function Trouble({ title, detail, onRetry }: { title: string; detail: string; onRetry: () => void }) {
  const say = useWords();
  useDocumentLanguage();
  return (
    <main className="mx-auto flex h-dvh max-w-xl flex-col justify-center px-4" role="alert">
      <h1 className="sr-only">Holdfast</h1>
      <Notice
        tone="danger"
        title={title}
        actions={
          <Button tone="plain" onClick={onRetry}>
            {say("try-again")}
          </Button>
        }
      >
        {detail}
      </Notice>
    </main>
  );
}

function useDocumentLanguage(): void {
  const language = useLanguage();
  useEffect(() => {
    document.documentElement.lang = language;
  }, [language]);
}
