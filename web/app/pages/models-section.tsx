/** What do the parts of the page of models have in common? A heading with a word of explanation, and the page's words. */
import { useId, type ReactNode } from "react";
import type { webModelsEn } from "#contract/words/en/web-models.ts";
import type { Say } from "../lib/say.ts";

export type ModelWords = Say<typeof webModelsEn>;

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
