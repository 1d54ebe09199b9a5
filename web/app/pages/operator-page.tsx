/**
 * What do the operator's pages have in common? A bar with the way back and a page to read on, what is shown while nothing is known
 * yet or can't be, and sections with a heading.
 */
import { useEffect, useId, type ReactNode } from "react";
import { Link } from "wouter";
import { problemOf } from "../api/http.ts";
import { useWords } from "../lib/say.ts";
import { Button, buttonClass } from "../ui/button.tsx";
import { Icon } from "../ui/icon.tsx";
import { Notice } from "../ui/notice.tsx";
import { Ghost } from "../ui/spinner.tsx";

/** Sentences that each page says in its own way. */
type Said = { title: string; back: string; intro: string; failed: string; loading: string };
type OperatorPageProps = {
  said: Said;
  /** Where to read on. */
  more: { href: string; text: string };
  /** As the query says: nothing is shown of `children` before there is an answer. */
  looked: { isThere: boolean; error: Error | null; refetch: () => unknown };
  children: ReactNode;
};

const GHOSTS = ["h-6 w-32", "h-20 w-full", "h-6 w-40", "h-64 w-full"];

export function OperatorPage({ said, more, looked, children }: OperatorPageProps) {
  const common = useWords();
  useEffect(() => {
    document.title = `${said.title} · Holdfast`;
  }, [said.title]);
  return (
    <div className="h-dvh overflow-y-auto bg-surface text-ink">
      <header className="sticky top-0 z-10 flex min-h-15 items-center gap-1 border-b border-line bg-surface px-2 sm:px-3">
        <Link href="/chat" className={buttonClass("quiet", "icon")} aria-label={said.back}>
          <Icon name="left" />
        </Link>
        <h1 className="min-w-0 flex-1 truncate px-2 font-semibold">{said.title}</h1>
        <a href={more.href} className={buttonClass("quiet", "small")}>
          {more.text}
        </a>
      </header>
      <main className="mx-auto max-w-3xl px-4 pt-6 pb-24 sm:px-6">
        <p className="text-soft">{said.intro}</p>
        {!looked.isThere && looked.error !== null && (
          <div className="mt-6 space-y-3" role="alert">
            <Notice tone="danger" title={said.failed}>
              {problemOf(looked.error).detail}
            </Notice>
            <Button onClick={() => void looked.refetch()}>{common("try-again")}</Button>
          </div>
        )}
        {!looked.isThere && looked.error === null && (
          <div role="status" aria-label={said.loading} className="mt-8 space-y-4">
            {GHOSTS.map((size) => (
              <Ghost key={size} className={size} />
            ))}
          </div>
        )}
        {children}
      </main>
    </div>
  );
}

export function Section({ title, hint, children }: { title: string; hint?: string; children: ReactNode }) {
  const id = useId();
  return (
    <section aria-labelledby={id} className="mt-10">
      <h2 id={id} className="text-l font-semibold tracking-tight">
        {title}
      </h2>
      {hint !== undefined && <p className="mt-1 text-s text-soft">{hint}</p>}
      <div className="mt-3">{children}</div>
    </section>
  );
}
