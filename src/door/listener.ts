/**
 * Who may hold a connection to the door, and for how long? node:http's strict parser with deadlines for head, body and
 * silence, and a bound on connections and on what is asked on each at once. What the parser refuses, node answers in one
 * line and closes.
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Logger } from "pino";
import { SECOND_MS, type Clock } from "#kit/time.ts";

export type Listener = { listen(): Promise<void>; close(): Promise<void> };

const HEAD_BYTES = 16 * 1024;
const HEAD_WITHIN_MS = 10 * SECOND_MS;
/** Half a megabyte of a message over a slow phone. */
const REQUEST_WITHIN_MS = 60 * SECOND_MS;
/** A proxy must be the one that closes (Caddy: after 2 minutes), or a request could meet a connection that is just closing. */
const IDLE_MS = { direct: 30 * SECOND_MS, behindProxy: 150 * SECOND_MS };
const MAX_CONNECTIONS = 10_000;
/** Browsers and proxies wait for an answer before they ask again; whoever piles up requests on one connection is let go. */
const MOST_UNANSWERED = 4;
const STOP_GRACE_MS = 2 * SECOND_MS;

export function createListener(parts: {
  host: string;
  port: number;
  behindProxy: boolean;
  clock: Clock;
  log: Logger;
  /** Never rejects. */
  handle(message: IncomingMessage, response: ServerResponse): Promise<void>;
}): Listener {
  const unanswered = new WeakMap<Socket, number>();
  const count = (socket: Socket, change: 1 | -1) => {
    const now = (unanswered.get(socket) ?? 0) + change;
    unanswered.set(socket, now);
    return now;
  };

  function take(message: IncomingMessage, response: ServerResponse): void {
    const { socket } = message;
    if (socket.destroyed) return;
    if (count(socket, 1) > MOST_UNANSWERED) {
      socket.destroy();
      return;
    }
    response.on("close", () => count(socket, -1));
    void parts.handle(message, response);
  }

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
    take,
  );
  // a body is asked for only once it is wanted
  server.on("checkContinue", take);
  server.maxConnections = MAX_CONNECTIONS;
  return {
    listen: () =>
      new Promise((resolve, reject) => {
        server.once("error", reject);
        server.listen(parts.port, parts.host, () => {
          server.off("error", reject);
          // somebody could not be let in; everybody else can
          server.on("error", (error) => parts.log.warn({ err: error }, "a connection could not be accepted"));
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
