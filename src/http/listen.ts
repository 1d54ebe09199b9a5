/**
 * How do requests reach the app? Over its unix socket, from the door only. Idle connections are kept for as long as the door
 * likes; stopping lets running answers end for a while and then cuts them.
 */
import { rmSync } from "node:fs";
import { createServer } from "node:http";
import { getRequestListener } from "@hono/node-server";
import type { Clock } from "#kit/time.ts";

export type Listening = {
  /** Takes no new requests; resolves when the running ones have ended or `graceMs` is over. */
  close(graceMs: number): Promise<void>;
};

export async function listen(answer: (request: Request) => Promise<Response>, socketPath: string, clock: Clock): Promise<Listening> {
  const server = createServer(getRequestListener(answer, { overrideGlobalObjects: false }));
  // the door closes connections; were it us, a request could meet a connection that is just closing
  server.keepAliveTimeout = 0;
  server.requestTimeout = 60_000;
  rmSync(socketPath, { force: true });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(socketPath, () => {
      server.off("error", reject);
      resolve();
    });
  });
  return {
    close: (graceMs) =>
      new Promise((resolve) => {
        const cancel = clock.after(graceMs, () => server.closeAllConnections());
        server.close(() => {
          cancel();
          resolve();
        });
        server.closeIdleConnections();
      }),
  };
}
