/**
 * Which model servers are connected? The one that the operator configured, or those found on the usual local ports while
 * none is. Looking sends nothing to a port where nothing listens, so an idle Holdfast writes nothing to the ledger.
 */
import type { Logger } from "pino";
import { SECOND_MS, type Clock } from "#kit/time.ts";
import type { Egress } from "#egress/egress.ts";
import { apiAddress } from "./core/openai-address.ts";
import { LOCAL_PORTS, type LocalPort } from "./core/local-ports.ts";
import { createOpenAiProvider, type ConnectedServer, type OpenAiProvider } from "./openai-provider.ts";
import type { ModelProvider } from "./provider.ts";

export type ModelServers = {
  /** What the operator configured; before the local model in the order of choice. */
  configured(): readonly ModelProvider[];
  /** What was found; after the local model. */
  discovered(): readonly ModelProvider[];
  /** Asks each connected server, unless it was well less than `maxAgeMs` ago. */
  overview(maxAgeMs: number): Promise<ConnectedServer[]>;
  /** Looks once, then every 30 s until `signal` aborts. Resolves after the first look. */
  start(signal: AbortSignal): Promise<void>;
};

const LOOK_EVERY_MS = 30 * SECOND_MS;

export function createModelServers(parts: {
  /** MODEL_URL, MODEL_KEY and MODEL_NAME. */
  server: { url: string; key: string | null; name: string | null } | null;
  discover: boolean;
  egress: Egress;
  clock: Clock;
  log: Logger;
  /** Other ports in tests. */
  ports?: readonly LocalPort[];
}): ModelServers {
  const { egress, clock, log } = parts;
  const ports = parts.ports ?? LOCAL_PORTS;
  const found = new Map<number, OpenAiProvider>();
  const configured = configuredServer();

  function configuredServer(): OpenAiProvider | undefined {
    if (parts.server === null) return undefined;
    const address = apiAddress(parts.server.url, parts.server.key);
    if (address === undefined) throw new Error("MODEL_URL passed the settings' check but is no web address");
    const host = URL.parse(address.baseUrl)?.hostname ?? "";
    const here = /^(localhost|127(\.\d+){3}|\[::1\])$/.test(host) || host.endsWith(".localhost");
    return createOpenAiProvider({ address, name: address.name, here, configured: true, wanted: parts.server.name, egress, clock, log });
  }

  async function look(): Promise<void> {
    for (const { name, port } of ports) {
      if (found.has(port) && !(await egress.listening(port))) forget(name, port);
    }
    if (found.size > 0) return;
    await Promise.all(ports.map(probe));
  }

  async function probe({ name, port }: LocalPort): Promise<void> {
    const address = apiAddress(`http://127.0.0.1:${port}`, null);
    if (address === undefined || !(await egress.listening(port))) return;
    const provider = createOpenAiProvider({ address, name, here: true, configured: false, wanted: null, egress, clock, log });
    const { reachable, models } = await provider.refresh(0);
    if (!reachable || models.length === 0) {
      egress.disconnect(name);
      return;
    }
    found.set(port, provider);
    log.info({ server: name, port, models: models.length }, "a model server was found on this machine");
  }

  function forget(name: string, port: number): void {
    found.delete(port);
    egress.disconnect(name);
    log.info({ server: name, port }, "a model server on this machine is gone");
  }

  return {
    configured: () => (configured === undefined ? [] : [configured]),
    discovered: () => [...found.values()],
    overview: (maxAgeMs) =>
      Promise.all([...(configured === undefined ? [] : [configured]), ...found.values()].map((provider) => provider.refresh(maxAgeMs))),
    async start(signal) {
      if (configured !== undefined || !parts.discover) return;
      await look();
      void (async () => {
        while (!signal.aborted) {
          await clock.sleep(LOOK_EVERY_MS, signal).catch(() => {});
          if (!signal.aborted) await look().catch((error: unknown) => log.warn({ err: error }, "looking for model servers failed"));
        }
      })();
    },
  };
}
