/**
 * Who may hold a connection to the door, and for how long? node:http's strict parser with deadlines for head, body and
 * silence, and a bound on connections. What the parser refuses, node answers in one line and closes.
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { SECOND_MS, type Clock } from "#kit/time.ts";

export type Listener = { listen(): Promise<void>; close(): Promise<void> };

const HEAD_BYTES = 16 * 1024;
const HEAD_WITHIN_MS = 10 * SECOND_MS;
/** Half a megabyte of a message over a slow phone. */
const REQUEST_WITHIN_MS = 60 * SECOND_MS;
/** A proxy must be the one that closes (Caddy: after 2 minutes), or a request could meet a connection that is just closing. */
const IDLE_MS = { direct: 30 * SECOND_MS, behindProxy: 150 * SECOND_MS };
const MAX_CONNECTIONS = 10_000;
const STOP_GRACE_MS = 2 * SECOND_MS;

export function createListener(parts: {
  host: string;
  port: number;
  behindProxy: boolean;
  clock: Clock;
  handle(message: IncomingMessage, response: ServerResponse): Promise<void>;
}): Listener {
  const server = createServer(
    {
      maxHeaderSize: HEAD_BYTES,
      headersTimeout: HEAD_WITHIN_MS,
      requestTimeout: REQUEST_WITHIN_MS,
      keepAliveTimeout: parts.behindProxy ? IDLE_MS.behindProxy : IDLE_MS.direct,
      connectionsCheckingInterval: 2 * SECOND_MS,
      requireHostHeader: true,
      insecureHTTPParser: false,
      noDelay: true,
    },
    (message, response) => void parts.handle(message, response),
  );
  server.maxConnections = MAX_CONNECTIONS;
  return {
    listen: () =>
      new Promise((resolve, reject) => {
        server.once("error", reject);
        server.listen(parts.port, parts.host, () => {
          server.off("error", reject);
          resolve();
        });
      }),
    close: () =>
      new Promise((resolve) => {
        const cancel = parts.clock.after(STOP_GRACE_MS, () => server.closeAllConnections());
        server.close(() => {
          cancel();
          resolve();
        });
        server.closeIdleConnections();
      }),
  };
}
