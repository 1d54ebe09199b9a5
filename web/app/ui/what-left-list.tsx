/**
 * What exactly was sent for an answer? Each request as the ledger has it: when, why, to whom, which address, how much,
 * its SHA-256 and how it ended. The bytes themselves are sent-body.tsx.
 */
import { useQuery } from "@tanstack/react-query";
import { useId, useState, type ReactNode } from "react";
import type { EgressAnswer, EgressEntry, Message } from "#contract/wire.ts";
import { webModelsEn } from "#contract/words/en/web-models.ts";
import { webModelsEs } from "#contract/words/es/web-models.ts";
import { api, problemOf } from "../api/http.ts";
import { momentText } from "../lib/dates.ts";
import { useLanguage, useWords, useWordsOf, type Say } from "../lib/say.ts";
import { Button } from "./button.tsx";
import { Icon } from "./icon.tsx";
import { Ghost } from "./spinner.tsx";
import { SentBodyView } from "./sent-body.tsx";

type Words = Say<typeof webModelsEn>;
const STILL_OPEN_MS = 2_000;

export default function WhatLeftList({ message }: { message: Message }) {
  const say = useWordsOf<typeof webModelsEn>({ en: webModelsEn, es: webModelsEs });
  const common = useWords();
  const { data, error, isPending, refetch } = useQuery({
    queryKey: ["what-left", message.id],
    queryFn: ({ signal }) => api.get<EgressAnswer>(`/api/messages/${message.id}/egress`, signal),
    staleTime: 0,
    // while a request is open, how it ends is still to come
    refetchInterval: ({ state }) => (state.data?.entries.some((entry) => entry.state === "opened") === true ? STILL_OPEN_MS : false),
  });
  if (isPending) {
    return (
      <div role="status" aria-label={say("left.loading")} className="space-y-3">
        <Ghost className="h-5 w-3/4" />
        <Ghost className="h-32 w-full" />
      </div>
    );
  }
  if (error !== null) {
    const problem = problemOf(error);
    return (
      <div role="alert" className="space-y-3">
        <p className="font-medium">{problem.title}</p>
        <p className="text-soft">{problem.detail}</p>
        <Button onClick={() => void refetch()}>{common("try-again")}</Button>
      </div>
    );
  }
  const { entries } = data;
  if (entries.length === 0) return <p>{say(message.state === "running" ? "left.not-yet" : "left.nothing")}</p>;
  return (
    <>
      <p className="mb-4 text-s text-soft">{say("left.intro")}</p>
      <ol className="space-y-4">
        {entries.map((entry) => (
          <li key={entry.id}>
            <Entry entry={entry} say={say} openAtOnce={entries.length === 1} />
          </li>
        ))}
      </ol>
    </>
  );
}

const PURPOSES = {
  answer: "left.answer",
  title: "left.title-purpose",
  "model-list": "left.model-list",
  download: "left.download",
} as const satisfies Record<EgressEntry["purpose"], keyof typeof webModelsEn>;

function Entry({ entry, say, openAtOnce }: { entry: EgressEntry; say: Words; openAtOnce: boolean }) {
  const language = useLanguage();
  const headingId = useId();
  const [shown, setShown] = useState(openAtOnce);
  return (
    <section aria-labelledby={headingId} className="rounded-m border border-line">
      <header className="flex flex-wrap items-center gap-x-3 gap-y-1 border-b border-line px-4 py-2.5">
        <h3 id={headingId} className="font-medium">
          {say(PURPOSES[entry.purpose])}
        </h3>
        <span className={`inline-flex items-center gap-1.5 text-s ${entry.stayed ? "text-accent" : "text-warn"}`}>
          <Icon name={entry.stayed ? "lock" : "away"} className="size-4" />
          {say(entry.stayed ? "left.stays" : "left.leaves")}
        </span>
      </header>
      <dl className="grid gap-x-4 gap-y-1.5 px-4 py-3 text-s sm:grid-cols-[auto_1fr]">
        <Fact name={say("left.when")}>
          <time dateTime={new Date(entry.at).toISOString()}>{momentText(language, entry.at)}</time>
        </Fact>
        <Fact name={say("left.to")}>{entry.destination === entry.host ? entry.host : `${entry.destination} (${entry.host})`}</Fact>
        <Fact name={say("left.address")}>{entry.ip ?? say("left.no-address")}</Fact>
        <Fact name={say("left.request")} exact>
          {entry.method} {entry.url}
        </Fact>
        <Fact name={say("left.size")}>{say("left.bytes", { count: entry.requestBytes })}</Fact>
        {entry.responseBytes !== null && <Fact name={say("left.received")}>{say("left.bytes", { count: entry.responseBytes })}</Fact>}
        <Fact name={say("left.sum")} exact>
          {entry.requestSha256}
        </Fact>
        <Fact name={say("left.state")}>{stateOf(say, entry)}</Fact>
      </dl>
      {entry.requestBytes === 0 ? (
        <p className="border-t border-line px-4 py-3 text-s text-soft">{say("left.empty-body")}</p>
      ) : (
        <div className="border-t border-line px-4 py-3">
          <Button size="small" aria-expanded={shown} onClick={() => setShown(!shown)}>
            {say(shown ? "left.hide" : "left.show")}
          </Button>
          {shown && <SentBodyView entry={entry} say={say} />}
        </div>
      )}
    </section>
  );
}

function Fact({ name, children, exact = false }: { name: string; children: ReactNode; exact?: boolean }) {
  return (
    <>
      <dt className="text-soft">{name}</dt>
      <dd className={`min-w-0 max-sm:mb-1.5 ${exact ? "font-mono text-[0.8125rem] break-all" : "break-words"}`}>{children}</dd>
    </>
  );
}

function stateOf(say: Words, { state, responseStatus: status, responseBytes }: EgressEntry): string {
  if (state === "opened") return say("left.opened");
  if (state === "answered") return status === null ? say("left.answered-bare") : say("left.answered", { status: String(status) });
  if (responseBytes === null) return say("left.unsent");
  return status === null ? say("left.failed-bare") : say("left.failed", { status: String(status) });
}
