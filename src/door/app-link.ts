/**
 * How does a request get from the door to the app? Over the app's unix socket, byte for byte and in both directions at the
 * client's own pace; whoever goes away takes the work along. An app that is not there is told as what it is.
 */
import { Agent, request as httpRequest, type ClientRequest, type IncomingMessage, type ServerResponse } from "node:http";
import { problemBody } from "#contract/problem-body.ts";
import { INTERNAL } from "#contract/processes.ts";
import { SECOND_MS, type Clock } from "#kit/time.ts";
import { hasBody, headersToApp, headersToClient } from "./core/headers.ts";
import type { Ended, Lane } from "#admission/admission.ts";
import type { AppAnswer, AskApp, DoorRequest } from "./door-request.ts";

/** Who is at the door, as the app is told. `asked`: the app is; what it returns is called when an answer begins, or none comes. */
export type Caller = { requestId: string; prefix: string; lane: Lane; asked(): (how: Ended | "gone") => void };
/** What became of a forwarded request: `not-there` and `too-large` were not answered yet. */
export type Forwarded = "answered" | "not-there" | "too-large";

export type AppLink = {
  forward(request: IncomingMessage, response: ServerResponse, caller: Caller, limitBytes: number): Promise<Forwarded>;
  ask(caller: (request: DoorRequest) => Caller): AskApp;
  close(): void;
};

/** Longer than the app lets anybody wait for a hash or for the database. */
const ANSWER_WITHIN_MS = 60 * SECOND_MS;
/** A reader who takes nothing for so long is gone. */
const READ_WITHIN_MS = 30 * SECOND_MS;
const ANSWER_LIMIT_BYTES = 8 * 1024 * 1024;
const SOON_SECONDS = 2;

export function createAppLink({ socketPath, doorSecret, clock }: { socketPath: string; doorSecret: string; clock: Clock }): AppLink {
  const agent = new Agent({ keepAlive: true, maxFreeSockets: 64 });
  const internal = ({ requestId, prefix, lane }: Caller) => ({
    [INTERNAL.doorSecret]: doorSecret,
    [INTERNAL.requestId]: requestId,
    [INTERNAL.clientPrefix]: prefix,
    [INTERNAL.lane]: lane,
  });

  function forward(request: IncomingMessage, response: ServerResponse, caller: Caller, limitBytes: number): Promise<Forwarded> {
    return new Promise((resolve) => {
      const headers = headersToApp(request.headers, internal(caller));
      const withBody = hasBody(request.headers);
      const began = caller.asked();
      const onward = httpRequest({ socketPath, agent, method: request.method, path: request.url, headers });
      const cancelLate = endLate(onward, clock);
      let ended = false;
      const end = (how: Forwarded) => {
        if (ended) return;
        ended = true;
        cancelLate();
        began(how === "not-there" ? "dropped" : "gone");
        // what is left of the body goes nowhere; unread it would hold the connection's next request up
        request.removeAllListeners("data");
        request.resume();
        resolve(how);
      };
      response.on("close", () => {
        // does nothing to an exchange that came to its end
        onward.destroy();
        end("answered");
      });
      onward.on("response", (answer) => {
        cancelLate();
        began(howOf(answer.statusCode));
        response.writeHead(answer.statusCode ?? 502, headersToClient(answer.rawHeaders, answer.headers.connection));
        // an event stream's first word may come late: its reader must know at once that it is open
        response.flushHeaders();
        pump(answer, response, clock);
      });
      // an answer that breaks off is cut by `pump`
      onward.on("error", () => end(response.headersSent ? "answered" : "not-there"));
      if (!withBody) {
        onward.end();
        return;
      }
      let received = 0;
      request.on("data", (chunk: Buffer) => {
        received += chunk.length;
        if (received > limitBytes) {
          end("too-large");
          onward.destroy();
        } else if (!onward.write(chunk)) {
          request.pause();
          onward.once("drain", () => request.resume());
        }
      });
      request.on("end", () => onward.end());
    });
  }

  function ask(callerOf: (request: DoorRequest) => Caller): AskApp {
    return (asked, method, path, body, more = {}) =>
      new Promise((resolve) => {
        const bytes = body === undefined ? undefined : Buffer.from(JSON.stringify(body));
        const { cookie, "user-agent": agentName } = asked.headers;
        const caller = callerOf(asked);
        const headers = headersToApp(
          { accept: "application/json", "accept-language": asked.language, cookie, "user-agent": agentName },
          {
            ...internal(caller),
            ...(more.placeId === undefined ? {} : { [INTERNAL.placeId]: Buffer.from(more.placeId).toString("base64url") }),
            ...(more.effort === undefined || more.effort === 0 ? {} : { [INTERNAL.effort]: String(more.effort) }),
            ...(bytes === undefined ? {} : { "content-type": "application/json", "content-length": String(bytes.length) }),
          },
        );
        const down = () => {
          const json = problemBody(asked.language, "app-down", { retryAfterSeconds: SOON_SECONDS }, asked.requestId);
          resolve({ status: json.status, setCookies: [], json });
        };
        const began = caller.asked();
        const onward = httpRequest({ socketPath, agent, method, path, headers });
        const cancelLate = endLate(onward, clock);
        onward.on("error", () => {
          cancelLate();
          began("dropped");
          down();
        });
        onward.on("response", (answer) => {
          began(howOf(answer.statusCode));
          void readAnswer(answer).then(
            (whole) => {
              cancelLate();
              resolve(whole);
            },
            () => {
              cancelLate();
              onward.destroy();
              down();
            },
          );
        });
        onward.end(bytes);
      });
  }

  return { forward, ask, close: () => agent.destroy() };
}

/** As admission counts it: an app that turns somebody away is full; what somebody mistyped says nothing about it. */
function howOf(status = 502): Ended {
  if (status >= 500) return "dropped";
  return status >= 400 ? "ignore" : "success";
}

/** The answer at the pace of who reads it; cut short when the app cuts it short, or when nobody reads. */
function pump(answer: IncomingMessage, response: ServerResponse, clock: Clock): void {
  let cancelStalled = () => {};
  answer.on("data", (chunk: Buffer) => {
    if (response.write(chunk)) return;
    answer.pause();
    cancelStalled();
    cancelStalled = clock.after(READ_WITHIN_MS, () => response.destroy());
  });
  response.on("drain", () => {
    cancelStalled();
    answer.resume();
  });
  response.on("close", () => cancelStalled());
  answer.on("end", () => response.end());
  answer.on("error", () => response.destroy());
}

function endLate(onward: ClientRequest, clock: Clock): () => void {
  return clock.after(ANSWER_WITHIN_MS, () => onward.destroy(new Error("the app did not answer in time")));
}

async function readAnswer(answer: IncomingMessage): Promise<AppAnswer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > ANSWER_LIMIT_BYTES) throw new Error("the app's answer is too long");
    chunks.push(chunk);
  }
  const text = Buffer.concat(chunks).toString("utf8");
  return {
    status: answer.statusCode ?? 502,
    setCookies: answer.headers["set-cookie"] ?? [],
    json: text === "" ? null : (JSON.parse(text) as unknown),
  };
}
