/**
 * How does an answer that the door gives itself leave? Whole, to whoever takes it within a time. Who still sends a long body
 * that nobody will read is heard out for a moment: closing on them at once would throw the answer away on its way.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import { SECOND_MS, type Clock } from "#kit/time.ts";
import type { DoorAnswer } from "./door-request.ts";

/** A reader who takes nothing for so long is gone. */
const TAKE_WITHIN_MS = 30 * SECOND_MS;
/** What is left of a body up to this length is read, and the connection kept. */
const SHORT_BYTES = 64 * 1024;
const HEAR_OUT_MS = SECOND_MS;
const HEAR_OUT_BYTES = 1024 * 1024;

export function sendAnswer(message: IncomingMessage, response: ServerResponse, { status, headers, body }: DoorAnswer, clock: Clock): void {
  if (response.headersSent || response.destroyed) return;
  const closing = !message.complete && mayBeLong(message);
  const cookies = headers["set-cookie"];
  const { "set-cookie": _, ...rest } = headers;
  response.setTimeout(TAKE_WITHIN_MS);
  response.writeHead(status, {
    ...rest,
    ...(cookies === undefined || cookies.length === 0 ? {} : { "set-cookie": cookies }),
    ...(closing ? { connection: "close" } : {}),
    "content-length": Buffer.byteLength(body),
  });
  if (!closing) {
    response.end(body);
    return;
  }
  response.write(body);
  hearOut(message, clock, () => response.end());
}

function mayBeLong({ headers }: IncomingMessage): boolean {
  return headers["transfer-encoding"] !== undefined || Number(headers["content-length"] ?? 0) > SHORT_BYTES;
}

function hearOut(message: IncomingMessage, clock: Clock, close: () => void): void {
  let left = HEAR_OUT_BYTES;
  const cancel = clock.after(HEAR_OUT_MS, close);
  const done = () => {
    cancel();
    close();
  };
  message.on("data", (chunk: Buffer) => {
    left -= chunk.length;
    if (left < 0) message.pause();
  });
  message.on("close", done);
  message.on("end", done);
  message.resume();
}
