/**
 * How does an operator download a model? One card per model with what it asks of the machine, a warning before anything
 * that would not fit, progress while it comes, and what can be done when it breaks off.
 */
import { useState } from "react";
import type { CatalogueModel, Download, OperatorModelsAnswer } from "#contract/wire.ts";
import { api, problemOf } from "../api/http.ts";
import { cardState, type CardState } from "../lib/download-view.ts";
import { useLanguage, useProblemWords } from "../lib/say.ts";
import { sizeText, spanText } from "../lib/sizes.ts";
import { Button } from "../ui/button.tsx";
import { Icon } from "../ui/icon.tsx";
import { Notice } from "../ui/notice.tsx";
import { toast } from "../ui/toast.tsx";
import type { ModelWords } from "./models.tsx";
import { Section } from "./operator-page.tsx";
import "./models.css";

type Props = { answer: OperatorModelsAnswer; say: ModelWords; onChange: () => void };

export function Catalogue({ answer, say, onChange }: Props) {
  const language = useLanguage();
  return (
    <Section title={say("models.catalogue")} hint={say("models.catalogue-intro")}>
      <p className="mb-3 text-s">
        {say("models.free", { disk: sizeText(language, answer.freeBytes), memory: sizeText(language, answer.memoryBytes) })}
      </p>
      <ul className="grid gap-3">
        {answer.catalogue.map((model) => (
          <li key={model.id}>
            <Card model={model} answer={answer} say={say} onChange={onChange} />
          </li>
        ))}
      </ul>
    </Section>
  );
}

function Card({ model, answer, say, onChange }: { model: OperatorModelsAnswer["catalogue"][number] } & Props) {
  const language = useLanguage();
  const state = cardState(model, answer.downloads, answer.freeBytes);
  const tight = model.memoryBytes > answer.memoryBytes;
  return (
    <article className="rounded-card border border-line p-4" aria-label={model.name}>
      <div className="flex flex-wrap items-start gap-x-4 gap-y-2">
        <div className="min-w-0 flex-1 basis-64">
          <h3 className="font-semibold">{model.name}</h3>
          <p className="mt-0.5 text-s text-soft">{model.note}</p>
        </div>
        <Action model={model} state={state} say={say} onChange={onChange} />
      </div>
      <dl className="mt-3 flex flex-wrap gap-x-6 gap-y-1.5 text-s">
        <Fact name={say("models.size")} value={sizeText(language, model.sizeBytes)} />
        <Fact name={say("models.memory")} value={sizeText(language, model.memoryBytes)} />
        <Fact name={say("models.window")} value={windowText(say, model)} />
        <Fact name={say("models.licence")} value={model.licence} />
        <Fact name={say("models.publisher")} value={model.publisher} />
      </dl>
      {tight && state.kind !== "present" && (
        <p className="mt-3 flex gap-2 text-s text-warn">
          <Icon name="alert" className="size-4 translate-y-0.5" />
          {say("models.tight-memory", {
            needed: sizeText(language, model.memoryBytes),
            memory: sizeText(language, answer.memoryBytes),
          })}
        </p>
      )}
      {(state.kind === "offer" || state.kind === "cancelled") && !state.fits && (
        <p className="mt-3 flex gap-2 text-s text-danger">
          <Icon name="alert" className="size-4 translate-y-0.5" />
          {say("models.no-room", { needed: sizeText(language, model.sizeBytes), free: sizeText(language, answer.freeBytes) })}
        </p>
      )}
      <Progress model={model} state={state} say={say} />
      <Origin model={model} say={say} />
    </article>
  );
}

function Fact({ name, value }: { name: string; value: string }) {
  return (
    <div>
      <dt className="inline text-soft">{name}: </dt>
      <dd className="inline">{value}</dd>
    </div>
  );
}

/** What people get; with the model's own figure where that is more. */
function windowText(say: ModelWords, { givenTokens, contextTokens }: OperatorModelsAnswer["catalogue"][number]): string {
  if (givenTokens === contextTokens) return say("models.window-tokens", { tokens: givenTokens });
  return say("models.window-given", { tokens: givenTokens, own: contextTokens });
}

type ActionProps = { model: CatalogueModel; state: CardState; say: ModelWords; onChange: () => void };

function Action({ model, state, say, onChange }: ActionProps) {
  const [busy, setBusy] = useState(false);
  const carryOut = async (work: () => Promise<unknown>) => {
    if (busy) return;
    setBusy(true);
    try {
      await work();
    } catch (error) {
      toast({ tone: "danger", text: problemOf(error).detail });
    } finally {
      setBusy(false);
      onChange();
    }
  };
  const start = () => void carryOut(() => api.post<Download>("/api/operator/downloads", { modelId: model.id }));
  const cancel = (id: string) => void carryOut(() => api.delete(`/api/operator/downloads/${id}`));
  switch (state.kind) {
    case "present":
      return (
        <p className="inline-flex min-h-8 items-center gap-1.5 text-s font-medium text-accent">
          <Icon name="check" className="size-4" />
          {say("models.at-hand")}
        </p>
      );
    case "offer":
    case "cancelled":
      return (
        <Button disabled={!state.fits} aria-disabled={busy} aria-label={say("models.download-name", { model: model.name })} onClick={start}>
          <Icon name="down" />
          {say("models.download")}
        </Button>
      );
    case "waiting":
    case "running":
    case "checking":
      return (
        <Button
          aria-disabled={busy}
          aria-label={say("models.cancel-name", { model: model.name })}
          onClick={() => cancel(state.download.id)}
        >
          {say("models.cancel")}
        </Button>
      );
    case "failed":
      return (
        <div className="flex flex-wrap gap-2">
          {state.resumable && (
            <Button
              tone="quiet"
              aria-disabled={busy}
              aria-label={say("models.discard-name", { model: model.name })}
              onClick={() => cancel(state.download.id)}
            >
              {say("models.discard")}
            </Button>
          )}
          <Button
            aria-disabled={busy}
            aria-label={say(state.resumable ? "models.resume-name" : "models.download-name", { model: model.name })}
            onClick={start}
          >
            {say(state.resumable ? "models.resume" : "models.download")}
          </Button>
        </div>
      );
  }
}

function Progress({ model, state, say }: { model: CatalogueModel; state: CardState; say: ModelWords }) {
  const language = useLanguage();
  const problemWords = useProblemWords();
  if (state.kind === "present" || state.kind === "offer") return null;
  if (state.kind === "cancelled") return <p className="mt-3 text-s text-soft">{say("models.cancelled")}</p>;
  const { receivedBytes, totalBytes, bytesPerSecond, problemCode } = state.download;
  const sizes = { received: sizeText(language, receivedBytes), total: sizeText(language, totalBytes) };
  if (state.kind === "failed") {
    const { title, detail } = problemWords(problemCode);
    return (
      <div className="mt-3">
        <Notice tone="danger" title={title}>
          {detail} {state.resumable && say("models.broke-off", sizes)}
        </Notice>
      </div>
    );
  }
  const words = {
    waiting: () => [say("models.waiting")],
    checking: () => [say("models.checking")],
    running: () => [
      say("models.progress", sizes),
      ...(bytesPerSecond === null ? [] : [say("models.speed", { speed: sizeText(language, bytesPerSecond) })]),
      ...(state.kind !== "running" || state.secondsLeft === null
        ? []
        : [say("models.left", { time: spanText(language, state.secondsLeft) })]),
    ],
  }[state.kind]();
  return (
    <div className="mt-3">
      <progress
        aria-label={model.name}
        className="hf-progress"
        max={totalBytes}
        {...(state.kind === "waiting" ? {} : { value: receivedBytes })}
      />
      <p className="mt-1 text-s text-soft tabular-nums">{words.join(" · ")}</p>
    </div>
  );
}

function Origin({ model, say }: { model: CatalogueModel; say: ModelWords }) {
  const facts = [
    [say("models.repository"), model.repository],
    [say("models.revision"), model.revision],
    [say("models.file"), model.fileName],
    [say("models.sum"), model.sha256],
  ] as const;
  return (
    <details className="mt-3 text-s">
      <summary className="w-fit py-1 text-soft hover:text-ink pointer-coarse:py-3">{say("models.origin")}</summary>
      <dl className="mt-1 grid gap-x-4 gap-y-1 sm:grid-cols-[auto_1fr]">
        {facts.map(([name, value]) => (
          <div key={name} className="contents">
            <dt className="text-soft">{name}</dt>
            <dd className="min-w-0 font-mono text-[0.8125rem] break-all">{value}</dd>
          </div>
        ))}
      </dl>
    </details>
  );
}
