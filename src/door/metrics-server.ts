/**
 * How does a Prometheus on this machine reach the metrics? A listener of its own on the loopback interface, apart from the public
 * one, and only when METRICS_PORT is set. It takes names of this machine only, so that no web page can read it by way of a
 * visitor's browser. Fails open: a port that is taken is said in the log and tried again, and people come in all the same.
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { Logger } from "pino";
import { SECOND_MS, type Clock } from "#kit/time.ts";
import type { Metrics } from "./metrics.ts";

export type MetricsServer = {
  /** Resolves when metrics can be read, or can't be for now. */
  start(): Promise<void>;
  stop(): void;
};

const LOOPBACK = "127.0.0.1";
const OWN_NAME = /^(?:localhost|127\.0\.0\.1|\[::1\])(?::\d{1,5})?$/i;
const AGAIN_MS = 10 * SECOND_MS;
const HEAD_BYTES = 4 * 1024;
const WITHIN_MS = 5 * SECOND_MS;
const MOST_CONNECTIONS = 16;

export function createMetricsServer(parts: { port: number; metrics: Metrics; clock: Clock; log: Logger }): MetricsServer {
  const { port, metrics, clock, log } = parts;
  let cancelAgain = () => {};

  const server = createServer({ maxHeaderSize: HEAD_BYTES, headersTimeout: WITHIN_MS, requestTimeout: WITHIN_MS }, (message, response) => {
    void answer(message, response).catch((error: unknown) => {
      log.warn({ err: error }, "the metrics could not be read");
      response.destroy();
    });
  });
  server.maxConnections = MOST_CONNECTIONS;
  server.on("error", (error) => {
    log.warn({ err: error, port }, "nobody can read the metrics: their port can't be listened on; it is tried again every ten seconds");
    cancelAgain = clock.after(AGAIN_MS, listen);
  });

  function listen(): void {
    server.listen(port, LOOPBACK);
  }

  async function answer(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const isOwn = OWN_NAME.test(message.headers.host ?? "");
    if (!isOwn || message.method !== "GET" || message.url !== "/metrics") {
      response.writeHead(isOwn ? 404 : 403, { connection: "close" }).end();
      return;
    }
    const text = await metrics.read();
    response.writeHead(200, { "content-type": metrics.contentType, "cache-control": "no-store" }).end(text);
  }

  return {
    start: () =>
      new Promise((resolve) => {
        server.once("listening", resolve);
        server.once("error", () => resolve());
        listen();
      }),
    stop() {
      cancelAgain();
      server.closeAllConnections();
      server.close();
    },
  };
}
