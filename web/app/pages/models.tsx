/**
 * What does the operator see of models? Which one answers by default, the servers that are connected, the files at hand
 * and the catalogue (models-catalogue.tsx). Looked at again every few seconds while a download moves.
 */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useId, useState } from "react";
import type { ModelChoice, OperatorModelsAnswer } from "#contract/wire.ts";
import { webModelsEn } from "#contract/words/en/web-models.ts";
import { webModelsEs } from "#contract/words/es/web-models.ts";
import { api, problemOf } from "../api/http.ts";
import { useModels } from "../api/queries.ts";
import { isMoving } from "../lib/download-view.ts";
import { useLanguage, useProblemWords, useWordsOf, type Say } from "../lib/say.ts";
import { sizeText } from "../lib/sizes.ts";
import { Icon } from "../ui/icon.tsx";
import { Notice } from "../ui/notice.tsx";
import { Ghost } from "../ui/spinner.tsx";
import { toast } from "../ui/toast.tsx";
import { Catalogue } from "./models-catalogue.tsx";
import { OperatorPage, Section } from "./operator-page.tsx";

export type ModelWords = Say<typeof webModelsEn>;

const WORDS = { en: webModelsEn, es: webModelsEs };
const LOOK_EVERY_MS = { moving: 1_500, still: 60_000 };

export default function ModelsPage() {
  const say = useWordsOf<typeof webModelsEn>(WORDS);
  const { data, error, refetch } = useQuery({
    queryKey: ["operator-models"],
    queryFn: ({ signal }) => api.get<OperatorModelsAnswer>("/api/operator/models", signal),
    refetchInterval: ({ state }) => (isMoving(state.data?.downloads ?? []) ? LOOK_EVERY_MS.moving : LOOK_EVERY_MS.still),
  });
  return (
    <OperatorPage
      said={{
        title: say("models.title"),
        back: say("models.back"),
        intro: say("models.intro"),
        failed: say("models.failed"),
        loading: say("models.loading"),
      }}
      more={{ href: "/manual/operate/models", text: say("models.manual") }}
      looked={{ isThere: data !== undefined, error, refetch }}
    >
      {data !== undefined && (
        <>
          <DefaultModel defaultModelId={data.defaultModelId} say={say} />
          <Servers connected={data.connected} say={say} />
          <Files files={data.local} missing={data.missingFile} say={say} />
          <Catalogue answer={data} say={say} onChange={() => void refetch()} />
        </>
      )}
    </OperatorPage>
  );
}

function DefaultModel({ defaultModelId, say }: { defaultModelId: string | null; say: ModelWords }) {
  const queries = useQueryClient();
  const { data: models } = useModels();
  const [setting, setSetting] = useState<string>();
  const name = useId();
  const choose = async (model: ModelChoice) => {
    setSetting(model.id);
    try {
      await api.post("/api/operator/default-model", { modelId: model.id });
      await Promise.all([
        queries.invalidateQueries({ queryKey: ["models"] }),
        queries.invalidateQueries({ queryKey: ["operator-models"] }),
      ]);
      toast({ text: say("models.default-set", { model: model.name }) });
    } catch (error) {
      toast({ tone: "danger", text: problemOf(error).detail });
    } finally {
      setSetting(undefined);
    }
  };
  const lost = models !== undefined && defaultModelId !== null && !models.some(({ id }) => id === defaultModelId);
  const shown = setting ?? defaultModelId;
  return (
    <Section title={say("models.default")} hint={say("models.default-hint")}>
      {lost && (
        <div className="mb-3">
          <Notice tone="warn">{say("models.default-lost")}</Notice>
        </div>
      )}
      {models === undefined ? (
        <Ghost className="h-28 w-full" />
      ) : (
        <fieldset className="overflow-hidden divide-y divide-line rounded-card border border-line">
          <legend className="sr-only">{say("models.default")}</legend>
          {models.map((model) => (
            <label key={model.id} className="flex min-h-target cursor-pointer items-start gap-3 px-4 py-3 has-checked:bg-accent-soft/60">
              <input
                type="radio"
                name={name}
                className="mt-1 size-4 shrink-0 accent-accent"
                checked={model.id === shown}
                onChange={() => void choose(model)}
              />
              <span className="min-w-0 flex-1">
                <span className="block font-medium break-words">{model.name}</span>
                <span className="block text-s break-words text-soft">{about(model, say)}</span>
              </span>
            </label>
          ))}
        </fieldset>
      )}
    </Section>
  );
}

function about(model: ModelChoice, say: ModelWords): string {
  const where = model.where === "away" && model.host !== null ? say("models.away", { host: model.host }) : say("models.here");
  const what =
    model.provider === "guide"
      ? say("models.guide-note")
      : model.contextTokens === null
        ? undefined
        : say("models.context", { tokens: model.contextTokens });
  return [where, what].filter((part) => part !== undefined).join(" · ");
}

function Servers({ connected, say }: { connected: OperatorModelsAnswer["connected"]; say: ModelWords }) {
  const problemWords = useProblemWords();
  return (
    <Section title={say("models.servers")}>
      {connected.length === 0 ? (
        <p className="rounded-card border border-dashed border-field px-4 py-3 text-s text-soft">{say("models.servers-none")}</p>
      ) : (
        <ul className="divide-y divide-line rounded-card border border-line">
          {connected.map((server) => (
            <li key={server.url} className="flex items-start gap-3 px-4 py-3">
              <Icon name={server.reachable ? "check" : "alert"} className={`mt-0.5 ${server.reachable ? "text-accent" : "text-danger"}`} />
              <div className="min-w-0 flex-1">
                <p className="font-medium break-words">{server.name}</p>
                <p className="text-s break-all text-soft">
                  {server.url} · {say(server.configured ? "models.configured" : "models.found")}
                </p>
                {server.reachable ? (
                  <p className="text-s break-words">
                    {say("models.reachable", { count: server.models.length })}
                    {server.models.length > 0 && <span className="text-soft">: {server.models.join(", ")}</span>}
                  </p>
                ) : (
                  <p className="text-s text-danger">
                    {say("models.unreachable")}. {server.problemCode !== null && problemWords(server.problemCode).detail}
                  </p>
                )}
              </div>
            </li>
          ))}
        </ul>
      )}
    </Section>
  );
}

function Files({ files, missing, say }: { files: OperatorModelsAnswer["local"]; missing: string | null; say: ModelWords }) {
  const language = useLanguage();
  return (
    <Section title={say("models.files")}>
      {missing !== null && (
        <div className="mb-3">
          <Notice tone="warn">{say("models.file-missing", { file: missing })}</Notice>
        </div>
      )}
      {files.length === 0 ? (
        <p className="rounded-card border border-dashed border-field px-4 py-3 text-s text-soft">{say("models.files-none")}</p>
      ) : (
        <ul className="divide-y divide-line rounded-card border border-line">
          {files.map(({ fileName, sizeBytes, loaded }) => (
            <li key={fileName} className="flex flex-wrap items-baseline gap-x-3 px-4 py-3">
              <span className="min-w-0 font-medium break-all">{fileName}</span>
              <span className="text-s text-soft">
                {sizeText(language, sizeBytes)} · {say(loaded ? "models.loaded" : "models.not-loaded")}
              </span>
            </li>
          ))}
        </ul>
      )}
    </Section>
  );
}
