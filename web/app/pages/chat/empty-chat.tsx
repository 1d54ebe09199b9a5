/** What does a person see before the first word? Who answers, where the words go, and a few ways to begin. */
import { useWords } from "../../lib/say.ts";
import { Brand } from "../../ui/brand.tsx";
import { Ghost } from "../../ui/spinner.tsx";
import { useChosenModel } from "./session.ts";

const GUIDE = ["starter.guide-1", "starter.guide-2", "starter.guide-3", "starter.guide-4"] as const;
const MODEL = ["starter.model-1", "starter.model-2", "starter.model-3", "starter.model-4"] as const;

/** The guide is asked at once; for a model the words are put into the box, to be made one's own. */
export function EmptyChat({ onAsk, onBegin }: { onAsk: (text: string) => void; onBegin: (text: string) => void }) {
  const say = useWords();
  const { models, model } = useChosenModel();
  const guide = model?.provider === "guide";
  return (
    <div className="mx-auto flex w-full max-w-3xl flex-1 flex-col justify-center px-4 py-8 sm:px-6">
      <Brand className="mb-4 size-10" />
      <h2 className="text-xl font-semibold tracking-[var(--hf-tight)] text-balance">{say("empty.title")}</h2>
      <div className="mt-2 min-h-[3.1rem] max-w-xl text-soft">
        {models === undefined ? (
          <>
            <Ghost className="mt-1.5 h-4 w-full" />
            <Ghost className="mt-2 h-4 w-2/3" />
          </>
        ) : model === undefined ? (
          say("empty.lost")
        ) : guide ? (
          say("empty.guide")
        ) : model.where === "here" ? (
          say("empty.here", { model: model.name })
        ) : (
          say("empty.away", { model: model.name, host: model.host ?? "?" })
        )}
      </div>
      <ul aria-label={say("empty.starters")} className="mt-6 grid gap-2 sm:grid-cols-2">
        {(guide || model === undefined ? GUIDE : MODEL).map((key) => (
          <li key={key} className={model === undefined ? "invisible" : ""}>
            <button
              type="button"
              className="flex h-full min-h-16 w-full items-center rounded-m border border-line bg-surface px-4 py-3 text-start text-s text-ink transition-colors hover:border-field hover:bg-ground"
              onClick={() => (guide ? onAsk : onBegin)(say(key))}
            >
              {say(key)}
            </button>
          </li>
        ))}
      </ul>
    </div>
  );
}
