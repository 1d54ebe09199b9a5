/**
 * Which models are there, and which one answers? The registry over the configured server, model files on this machine, servers
 * found on it, and the guide, in this order. A model that was chosen or named in the settings and is not to be had is said as
 * that: nobody is quietly handed on to another one, least of all to one that is elsewhere.
 */
import { join } from "node:path";
import { totalmem } from "node:os";
import type { Logger } from "pino";
import type { Dice } from "#kit/dice.ts";
import type { Outcome } from "#kit/outcome.ts";
import { MINUTE_MS, SECOND_MS, type Clock } from "#kit/time.ts";
import { LOCAL_CONTEXT_TOKENS } from "#contract/model-protocol.ts";
import type { AppBoot, ControlMessage } from "#contract/processes.ts";
import type { CatalogueModel, Download, Language, ModelChoice, OperatorModelsAnswer } from "#contract/wire.ts";
import { modelsEn } from "#contract/words/en/models.ts";
import { modelsEs } from "#contract/words/es/models.ts";
import { say } from "#contract/words/words.ts";
import type { Egress } from "#egress/egress.ts";
import type { Pool } from "#store/store.ts";
import { CATALOGUE, type CatalogueEntry } from "./catalogue.ts";
import { defaultModel, providerOf } from "./core/default-model.ts";
import { LOCAL_PORTS, type LocalPort } from "./core/local-ports.ts";
import { connectHub, createDownloads, type StartRefusal } from "./downloads.ts";
import { freeBytes } from "./download-part.ts";
import { createGuide } from "./guide.ts";
import { createLocalModel } from "./local-model.ts";
import { readDefaultModel, writeDefaultModel } from "./model-choice/store.ts";
import { createModelServers } from "./model-servers.ts";
import type { ModelProvider } from "./provider.ts";

type Choice = Omit<ModelChoice, "isDefault">;
type Health = Extract<ControlMessage, { kind: "health" }>["model"];

export type Models = {
  list(): Promise<ModelChoice[]>;
  /** The wanted model, or the default one; `undefined`: not to be had right now. */
  choose(wantedId: string | null): Promise<{ provider: ModelProvider; choice: Choice } | undefined>;
  operatorView(language: Language): Promise<OperatorModelsAnswer>;
  /** False: no such model. */
  setDefault(modelId: string): Promise<boolean>;
  startDownload(modelId: string): Promise<Outcome<Download, StartRefusal>>;
  cancelDownload(id: string): Promise<boolean>;
  /** Who answers by default, as far as was seen last. */
  health(): Health;
  start(): Promise<void>;
  stop(): Promise<void>;
};

export type ModelsParts = {
  sql: Pool;
  clock: Clock;
  dice: Dice;
  log: Logger;
  egress: Egress;
  settings: Omit<AppBoot["model"], "threads">;
  dataDir: string;
  /** Where the model process listens. */
  socket: string;
  wantModel: (wanted: boolean) => void;
  /** Others in tests. */
  catalogue?: readonly CatalogueEntry[];
  ports?: readonly LocalPort[];
  reserveBytes?: number;
  /** The same words from a local model each time, in tests. */
  seed?: number;
};

const LOOK_EVERY_MS = 30 * SECOND_MS;
/** A server that was well is not asked more often than this only to know how it is. */
const ASK_SERVER_EVERY_MS = 10 * MINUTE_MS;

/** The operator's page is looked at again and again; each time that a server is asked is an entry in the ledger. */
const SEEN_LATELY_MS = 30 * SECOND_MS;

/** Where model files lie. */
export function modelsFolder(dataDir: string): string {
  return join(dataDir, "models");
}

/** The catalogue with its notes in the reader's language. */
export function catalogueIn(language: Language, catalogue: readonly CatalogueEntry[] = CATALOGUE): CatalogueModel[] {
  const words = language === "es" ? modelsEs : modelsEn;
  return catalogue.map((entry) => ({ ...entry, note: say(words, language, `note.${entry.id}` as keyof typeof modelsEn) }));
}

export function createModels(parts: ModelsParts): Models {
  const { sql, clock, log, egress, settings } = parts;
  const modelsDir = modelsFolder(parts.dataDir);
  const ports = parts.ports ?? LOCAL_PORTS;
  const discover = settings.discover && settings.url === null;
  const stopped = new AbortController();
  const guide = createGuide({ clock });
  const local = createLocalModel({
    socket: parts.socket,
    modelsDir,
    modelFile: settings.file,
    wantModel: parts.wantModel,
    clock,
    ...(parts.seed === undefined ? {} : { seed: parts.seed }),
  });
  const servers = createModelServers({
    server: settings.url === null ? null : { url: settings.url, key: settings.key, name: settings.name },
    discover,
    egress,
    clock,
    log,
    ports,
  });
  connectHub(egress, settings.hubUrl);
  const downloads = createDownloads({
    ...parts,
    modelsDir,
    ...(parts.catalogue === undefined ? {} : { catalogue: parts.catalogue }),
    ...(parts.reserveBytes === undefined ? {} : { reserveBytes: parts.reserveBytes }),
  });

  // what was seen last of the default model, for the status page
  let seen: { modelId: string | null; kind: Health } = { modelId: null, kind: "failing" };
  let broken = false;
  let serverAskedAt = Number.NEGATIVE_INFINITY;
  let lastStanding: string | undefined;

  const providers = (): ModelProvider[] => [...servers.configured(), local, ...servers.discovered(), guide];
  const canComeBack = (providerId: string) =>
    providerId === local.id || (discover && ports.some(({ name }) => `server:${name}` === providerId));

  async function offers() {
    const all = providers();
    const [chosen, ...models] = await Promise.all([readDefaultModel(sql), ...all.map((provider) => provider.models())]);
    const offered = all.map((provider, index) => ({ provider, models: models[index] ?? [] }));
    const defaultId = defaultModel(
      chosen,
      offered.map(({ provider, models: own }) => ({
        providerId: provider.id,
        expected: provider.expected ?? false,
        modelIds: own.map(({ id }) => id),
      })),
      canComeBack,
    );
    const kind = offered.flatMap(({ models: own }) => own).find(({ id }) => id === defaultId)?.provider ?? "failing";
    if (seen.modelId !== defaultId) broken = false;
    seen = { modelId: defaultId, kind };
    return { offered, chosen, defaultId };
  }

  /** The provider, watched: whether the default model answers is told on the status page. */
  function watched(provider: ModelProvider): ModelProvider {
    return {
      ...provider,
      async *stream(request, signal) {
        for await (const part of provider.stream(request, signal)) {
          if (request.modelId === seen.modelId) {
            if (part.kind === "text") broken = false;
            if (part.kind === "error") broken ||= part.code === "model-unavailable" || part.code === "model-failed";
          }
          yield part;
        }
      },
    };
  }

  /** Asks a server only when there is a reason: each time is an entry in the ledger, and an idle Holdfast writes none. */
  async function look(): Promise<void> {
    const now = clock.monotonic();
    const ownId = seen.modelId === null ? servers.configured()[0]?.id : providerOf(seen.modelId);
    if (ownId?.startsWith("server:") === true && providers().some(({ id }) => id === ownId)) {
      if (!broken && seen.kind === "server" && now - serverAskedAt < ASK_SERVER_EVERY_MS) return;
      serverAskedAt = now;
      const own = (await servers.overview(0)).find(({ name }) => `server:${name}` === ownId);
      await offers();
      // meanwhile it may be gone, and another model stands in for it
      if (seen.modelId !== null && providerOf(seen.modelId) === ownId) broken = own?.reachable === false;
      return;
    }
    const standing = [...providers(), ...(await local.models())].map(({ id }) => id).join("\n");
    if (standing === lastStanding && seen.kind !== "failing") return;
    lastStanding = standing;
    await offers();
  }

  return {
    async list() {
      const { offered, defaultId } = await offers();
      return offered.flatMap(({ models }) => models.map((choice) => ({ ...choice, isDefault: choice.id === defaultId })));
    },
    async choose(wantedId) {
      if (wantedId !== null) {
        const provider = providers().find(({ id }) => id === providerOf(wantedId));
        const choice = (await provider?.models())?.find(({ id }) => id === wantedId);
        return provider === undefined || choice === undefined ? undefined : { provider: watched(provider), choice };
      }
      const { offered, defaultId } = await offers();
      for (const { provider, models } of offered) {
        const choice = models.find(({ id }) => id === defaultId);
        if (choice !== undefined) return { provider: watched(provider), choice };
      }
      return undefined;
    },
    async operatorView(language) {
      const [connected, files, present, free, { chosen, defaultId }] = await Promise.all([
        servers.overview(SEEN_LATELY_MS),
        local.files(),
        downloads.present(),
        freeBytes(modelsDir),
        offers(),
      ]);
      return {
        connected,
        local: files.map(({ fileName, sizeBytes, loaded }) => ({ fileName, sizeBytes, loaded })),
        catalogue: catalogueIn(language, parts.catalogue).map((model) => ({
          ...model,
          present: present.has(model.id),
          givenTokens: Math.min(model.contextTokens, LOCAL_CONTEXT_TOKENS),
        })),
        downloads: downloads.list(),
        freeBytes: free,
        memoryBytes: memoryBytes(),
        defaultModelId: defaultId ?? chosen ?? (typeof local.expected === "string" && settings.url === null ? local.expected : null),
        missingFile: settings.file === null || files.some(({ path }) => path === settings.file) ? null : settings.file,
      };
    },
    async setDefault(modelId) {
      const { offered } = await offers();
      if (!offered.some(({ models }) => models.some(({ id }) => id === modelId))) return false;
      await writeDefaultModel(sql, modelId, clock.now());
      await offers();
      return true;
    },
    startDownload: (modelId) => downloads.start(modelId),
    cancelDownload: (id) => downloads.cancel(id),
    health: () => (broken ? "failing" : seen.kind),
    async start() {
      // a model process that ran for an app that is gone serves nobody
      parts.wantModel(false);
      await servers.start(stopped.signal);
      await downloads.resume();
      void (async () => {
        while (!stopped.signal.aborted) {
          await look().catch((error: unknown) => log.warn({ err: error }, "the state of the models could not be looked at"));
          await clock.sleep(LOOK_EVERY_MS, stopped.signal).catch(() => {});
        }
      })();
    },
    async stop() {
      stopped.abort(new Error("Holdfast stops"));
      local.stop();
      await downloads.stop();
    },
  };
}

/** Of this machine, or of the container that it is. */
function memoryBytes(): number {
  const limit = process.constrainedMemory();
  return limit > 0 ? Math.min(limit, totalmem()) : totalmem();
}
