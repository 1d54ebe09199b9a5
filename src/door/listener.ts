/**
 * How does the door hear? With node:http's strict parser and deadlines for heads and idle time, after a first look that only
 * refuses (refuse-early.ts); who may hold a connection at all, and how slow they may be, is decided in connections.ts.
 * What the parser refuses, node answers in one line and closes.
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Logger } from "pino";
import { SECOND_MS, type Clock } from "#kit/time.ts";
import type { Connections } from "./connections.ts";
import { HEAD_WITHIN_MS, idleMs } from "./core/patience.ts";
import { createEarlyRefusals, type RefuseEarly } from "./refuse-early.ts";

export type Listener = { listen(): Promise<void>; close(): Promise<void> };

const HEAD_BYTES = 16 * 1024;
/** Half a megabyte of a member's message over a slow phone; strangers' forms are short (core/pace.ts). */
const REQUEST_WITHIN_MS = 60 * SECOND_MS;
/** Then whoever has no account connects anew; a proxy, which brings many people, need not. */
const REQUESTS_PER_CONNECTION = { usual: 1_000, underPressure: 100 };
const STOP_GRACE_MS = 2 * SECOND_MS;

export function createListener(parts: {
  host: string;
  port: number;
  behindProxy: boolean;
  clock: Clock;
  log: Logger;
  connections: Connections;
  /** Whether strangers are refused for want of room. */
  underPressure: () => boolean;
  refuse: RefuseEarly;
  /** Never throws. */
  handle(message: IncomingMessage, response: ServerResponse): void;
}): Listener {
  const { connections, behindProxy } = parts;

  function take(message: IncomingMessage, response: ServerResponse): void {
    const { socket } = message;
    if (!connections.asked(socket, message)) return;
    response.on("close", () => connections.answered(socket));
    if (!behindProxy) {
      response.on("finish", () => {
        if (connections.isProven(socket)) socket.setTimeout(idleMs(behindProxy, true));
      });
    }
    if (isLast(socket)) response.shouldKeepAlive = false;
    parts.handle(message, response);
  }

  function isLast(socket: Socket): boolean {
    const most = parts.underPressure() ? REQUESTS_PER_CONNECTION.underPressure : REQUESTS_PER_CONNECTION.usual;
    return !behindProxy && connections.count(socket) >= most && !connections.isProven(socket);
  }

  const server = createServer(
    {
      maxHeaderSize: HEAD_BYTES,
      headersTimeout: HEAD_WITHIN_MS,
      requestTimeout: REQUEST_WITHIN_MS,
      keepAliveTimeout: idleMs(behindProxy, false),
      connectionsCheckingInterval: SECOND_MS,
      // door.ts looks at it: node would go on to what was sent after such a request
      requireHostHeader: false,
      insecureHTTPParser: false,
      // a refusal at first sight is one write; Nagle's algorithm ends for whoever is handed over
      noDelay: false,
    },
    take,
  );
  // a body is asked for only once it is wanted
  server.on("checkContinue", take);
  // node's own parser hears of a connection only once it brought something that is not refused at first sight
  const [parse] = server.listeners("connection");
  if (parse === undefined) throw new Error("node:http has no listener for connections: this version of Node works differently");
  server.removeAllListeners("connection");
  server.on(
    "connection",
    createEarlyRefusals({
      connections,
      refuse: parts.refuse,
      isLast,
      parse: (socket) => {
        socket.setNoDelay(true);
        parse.call(server, socket);
      },
    }),
  );
  return {
    listen: () =>
      new Promise((resolve, reject) => {
        server.once("error", reject);
        server.listen(parts.port, parts.host, () => {
          server.off("error", reject);
          // somebody could not be let in; everybody else can
          server.on("error", (error) => parts.log.warn({ err: error }, "a connection could not be accepted"));
          connections.start();
          resolve();
        });
      }),
    close: () =>
      new Promise((resolve) => {
        connections.stop();
        const cancel = parts.clock.after(STOP_GRACE_MS, () => server.closeAllConnections());
        server.close(() => {
          cancel();
          resolve();
        });
        server.closeIdleConnections();
      }),
  };
}
