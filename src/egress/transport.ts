/**
 * How do bytes get to one address and back? One request on one new connection, to the very address that was checked:
 * nothing is resolved here and no redirect is followed. A deadline ends the work, not only the wait.
 */
import { request as requestHttp, type ClientRequest, type IncomingMessage } from "node:http";
import { request as requestHttps } from "node:https";
import { connect, isIP } from "node:net";
import { fail, succeed, type Outcome } from "#kit/outcome.ts";
import type { Clock } from "#kit/time.ts";
import { bareHost } from "./core/destination.ts";
import type { Limits } from "./core/limits.ts";

export type Ask = {
  url: URL;
  address: string;
  method: string;
  headers: Readonly<Record<string, string>>;
  body: Uint8Array | null;
  limits: Limits;
  signal: AbortSignal;
  clock: Clock;
  /** Called once, when the last byte came or nothing more will. The body's end waits for it. */
  onEnd(end: { how: "complete" | "aborted" | "broken"; bytes: number }): Promise<void>;
};

export type Reply = { status: number; headers: Headers; body: ReadableStream<Uint8Array> };
/** `connected` false: not one byte left. */
export type Undelivered = { tag: "undelivered"; connected: boolean; reason: string };

/** Sends the request and returns the answer's head; its body streams. `onEnd` is called only after a success. */
export function exchange(ask: Ask): Promise<Outcome<Reply, Undelivered>> {
  return new Promise((resolve) => {
    const { url, limits, clock, signal } = ask;
    const secure = url.protocol === "https:";
    const host = bareHost(url);
    let connected = false;
    let cancelTimer = () => {};
    const request: ClientRequest = (secure ? requestHttps : requestHttp)({
      host: ask.address,
      port: url.port === "" ? (secure ? 443 : 80) : Number(url.port),
      path: url.pathname + url.search,
      method: ask.method,
      headers: { ...ask.headers, host: url.host, ...(ask.body === null ? {} : { "content-length": ask.body.length }) },
      setHost: false,
      agent: false,
      // the certificate must be the name's, though the connection goes to the address
      ...(secure && isIP(host) === 0 ? { servername: host } : {}),
    });
    const deadline = (delayMs: number, reason: string) => {
      cancelTimer();
      cancelTimer = clock.after(delayMs, () => request.destroy(new Error(reason)));
    };
    const onAbort = () => request.destroy(new Error("aborted"));
    const settle = () => {
      cancelTimer();
      signal.removeEventListener("abort", onAbort);
    };

    request.on("socket", (socket) => {
      socket.once(secure ? "secureConnect" : "connect", () => {
        connected = true;
        deadline(limits.firstByteMs, "no-answer");
      });
    });
    request.on("error", (error: NodeJS.ErrnoException) => {
      settle();
      resolve(fail({ tag: "undelivered", connected, reason: error.code ?? error.message }));
    });
    request.on("response", (response) => {
      settle();
      resolve(succeed({ status: response.statusCode ?? 0, headers: headersOf(response), body: bodyOf(response, ask) }));
    });
    deadline(limits.connectMs, "no-connection");
    signal.addEventListener("abort", onAbort, { once: true });
    if (signal.aborted) onAbort();
    else request.end(ask.body ?? undefined);
  });
}

/** True when something accepts connections on this machine's `port`. Sends nothing. */
export function isListening(port: number, timeoutMs = 500): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: "127.0.0.1", port, timeout: timeoutMs });
    const end = (listening: boolean) => {
      socket.destroy();
      resolve(listening);
    };
    socket.once("connect", () => end(true));
    socket.once("timeout", () => end(false));
    socket.once("error", () => end(false));
  });
}

function headersOf(response: IncomingMessage): Headers {
  const headers = new Headers();
  for (const [name, values] of Object.entries(response.headersDistinct)) {
    for (const value of values ?? []) headers.append(name, value);
  }
  return headers;
}

/** Pulled, so a slow reader slows the sender down; the idle deadline runs only while somebody waits for a piece. */
function bodyOf(response: IncomingMessage, ask: Ask): ReadableStream<Uint8Array> {
  const { limits, clock, signal } = ask;
  const pieces = response[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  let bytes = 0;
  let ended: Promise<void> | undefined;
  const onAbort = () => response.destroy(new Error("aborted"));
  signal.addEventListener("abort", onAbort, { once: true });
  if (signal.aborted) onAbort();
  const end = (how: "complete" | "aborted" | "broken"): Promise<void> => {
    signal.removeEventListener("abort", onAbort);
    ended ??= ask.onEnd({ how, bytes });
    return ended;
  };
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const cancelIdle = clock.after(limits.idleMs, () => response.destroy(new Error("idle")));
        try {
          const piece = await pieces.next();
          if (piece.done === true) {
            await end("complete");
            controller.close();
            return;
          }
          bytes += piece.value.length;
          if (limits.responseBytes !== null && bytes > limits.responseBytes) throw new Error("too-long");
          controller.enqueue(piece.value);
        } catch (error) {
          response.destroy();
          await end(signal.aborted ? "aborted" : "broken");
          controller.error(error);
        } finally {
          cancelIdle();
        }
      },
      async cancel() {
        response.destroy();
        await end("aborted");
      },
    },
    { highWaterMark: 0 },
  );
}
