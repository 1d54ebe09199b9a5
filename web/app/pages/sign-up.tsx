/**
 * How does the operator open, slow and close registration? How it is set now and who set it so, the four ways with what people
 * see then, and what was changed. Nothing happens before the button is pressed, and the way back is offered at once.
 */
import { useQuery } from "@tanstack/react-query";
import { useId, useState } from "react";
import { LIMITS } from "#contract/limits.ts";
import { SIGN_UP_MODES, type OperatorSignUpAnswer, type SignUpMode } from "#contract/wire.ts";
import { webOperatorEn } from "#contract/words/en/web-operator.ts";
import { webOperatorEs } from "#contract/words/es/web-operator.ts";
import { api, problemOf } from "../api/http.ts";
import { momentText } from "../lib/dates.ts";
import { useLanguage, useWordsOf, type Say } from "../lib/say.ts";
import { before, FIRST_PACE, isSame, wantedOf, type Wanted } from "../lib/sign-up-lever.ts";
import { Button } from "../ui/button.tsx";
import { toast } from "../ui/toast.tsx";
import { OperatorPage, Section } from "./operator-page.tsx";

const WORDS = { en: webOperatorEn, es: webOperatorEs };
const PATH = "/api/operator/sign-up";
/** Another operator may move it too. */
const LOOK_EVERY_MS = 10_000;

type Words = Say<typeof webOperatorEn>;
type Move = (wanted: Wanted, back?: Wanted) => Promise<void>;

export default function SignUpPage() {
  const say = useWordsOf<typeof webOperatorEn>(WORDS);
  const { data, error, refetch } = useQuery({
    queryKey: ["operator-sign-up"],
    queryFn: ({ signal }) => api.get<OperatorSignUpAnswer>(PATH, signal),
    refetchInterval: LOOK_EVERY_MS,
  });

  const move: Move = async (wanted, back) => {
    try {
      await api.post<OperatorSignUpAnswer>(PATH, wanted);
      const action = back === undefined ? {} : { action: { label: say("sign-up.undo"), run: () => void move(back) } };
      toast({ text: say("sign-up.done", { mode: nameOf(wanted, say) }), ...action });
    } catch (refusal) {
      toast({ tone: "danger", text: problemOf(refusal).detail });
    }
    await refetch();
  };

  return (
    <OperatorPage
      said={{
        title: say("sign-up.title"),
        back: say("sign-up.back"),
        intro: say("sign-up.intro"),
        failed: say("sign-up.failed"),
        loading: say("sign-up.loading"),
      }}
      more={{ href: "/status", text: say("sign-up.status") }}
      looked={{ isThere: data !== undefined, error, refetch }}
    >
      {data !== undefined && (
        <>
          <Now answer={data} say={say} move={move} />
          <Lever answer={data} say={say} move={move} />
          <Changes answer={data} say={say} />
        </>
      )}
    </OperatorPage>
  );
}

type PartProps = { answer: OperatorSignUpAnswer; say: Words; move: Move };

function Now({ answer, say, move }: PartProps) {
  const language = useLanguage();
  const { setting, changes } = answer;
  const back = before(answer);
  const by = changes[0]?.by;
  const told =
    setting.since === null || by === undefined
      ? say("sign-up.never")
      : say("sign-up.since", { who: by, when: momentText(language, setting.since) });
  return (
    <Section title={say("sign-up.now")}>
      <div className="flex flex-wrap items-center gap-x-4 gap-y-3 rounded-card border border-line px-4 py-3" aria-live="polite">
        <div className="min-w-0 flex-1 basis-60">
          <p className="text-l font-semibold">{nameOf(setting, say)}</p>
          <p className="text-s break-words text-soft">{told}</p>
        </div>
        {back !== undefined && !isSame(back, setting) && (
          <Button onClick={() => void move(back)}>{say("sign-up.undo-to", { mode: nameOf(back, say) })}</Button>
        )}
      </div>
    </Section>
  );
}

function Lever({ answer: { setting }, say, move }: PartProps) {
  const [chosen, setChosen] = useState<SignUpMode>();
  const [typed, setTyped] = useState<string>();
  const [moving, setMoving] = useState(false);
  const [name, pace, hint] = [useId(), useId(), useId()];
  const mode = chosen ?? setting.mode;
  const paceText = typed ?? String(setting.lettersPerMinute ?? FIRST_PACE);
  const wanted = wantedOf(mode, paceText, LIMITS.lettersPerMinute);
  const same = wanted !== undefined && isSame(wanted, setting);
  const set = async () => {
    if (wanted === undefined || same || moving) return;
    setMoving(true);
    await move(wanted, { mode: setting.mode, lettersPerMinute: setting.lettersPerMinute });
    setMoving(false);
    setChosen(undefined);
    setTyped(undefined);
  };
  return (
    <Section title={say("sign-up.choose")}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void set();
        }}
      >
        <fieldset className="overflow-hidden divide-y divide-line rounded-card border border-line">
          <legend className="sr-only">{say("sign-up.choose")}</legend>
          {SIGN_UP_MODES.map((one) => (
            <div key={one} className="px-4 py-3 has-checked:bg-accent-soft/60">
              <label className="flex min-h-target cursor-pointer items-start gap-3">
                <input
                  type="radio"
                  name={name}
                  className="mt-1 size-4 shrink-0 accent-accent"
                  checked={one === mode}
                  onChange={() => setChosen(one)}
                />
                <span className="min-w-0 flex-1">
                  <span className="block font-medium">{say(`sign-up.${one}`)}</span>
                  <span className="block text-s text-soft">{say(`sign-up.${one}-see`)}</span>
                </span>
              </label>
              {one === "slow" && (
                <div className="mt-2 ms-7 flex flex-wrap items-center gap-3">
                  <label htmlFor={pace} className="text-s">
                    {say("sign-up.slow-pace")}
                  </label>
                  <input
                    id={pace}
                    type="number"
                    inputMode="numeric"
                    min={1}
                    max={LIMITS.lettersPerMinute}
                    step={1}
                    value={paceText}
                    onFocus={() => setChosen("slow")}
                    onChange={(event) => setTyped(event.target.value)}
                    aria-invalid={mode === "slow" && wanted === undefined}
                    className="h-target w-28 rounded-m border border-field bg-surface px-3 text-m text-ink"
                  />
                </div>
              )}
            </div>
          ))}
        </fieldset>
        <div className="mt-4 flex flex-wrap items-center gap-x-4 gap-y-2">
          <Button type="submit" tone="main" aria-disabled={wanted === undefined || same || moving} aria-describedby={hint}>
            {say("sign-up.set")}
          </Button>
          <p id={hint} className="min-h-6 text-s text-soft">
            {same && say("sign-up.same")}
          </p>
        </div>
      </form>
    </Section>
  );
}

function Changes({ answer: { changes }, say }: Omit<PartProps, "move">) {
  const language = useLanguage();
  return (
    <Section title={say("sign-up.changes")} hint={say("sign-up.changes-hint")}>
      {changes.length === 0 ? (
        <p className="rounded-card border border-dashed border-field px-4 py-3 text-s text-soft">{say("sign-up.changes-none")}</p>
      ) : (
        <ol className="divide-y divide-line rounded-card border border-line">
          {changes.map((change) => (
            <li key={change.id} className="flex flex-wrap items-baseline gap-x-3 px-4 py-3">
              <span className="min-w-0 flex-1 basis-40 font-medium">{nameOf(change, say)}</span>
              <span className="min-w-0 text-s break-words text-soft">
                {change.by} · <time dateTime={new Date(change.at).toISOString()}>{momentText(language, change.at)}</time>
              </span>
            </li>
          ))}
        </ol>
      )}
    </Section>
  );
}

function nameOf({ mode, lettersPerMinute }: Wanted, say: Words): string {
  return lettersPerMinute === null ? say(`sign-up.${mode}`) : say("sign-up.slow-now", { count: lettersPerMinute });
}
