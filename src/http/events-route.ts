/**
 * How do words reach a browser while they are written? One stream of server-sent events for all its tabs, read from the event
 * log: a browser that comes back says where it was. Ends with the session, with the browser, or with Holdfast. Pulled: a slow
 * reader holds nothing in memory but the event that it has not taken.
 */
import { SECOND_MS, type Clock } from "#kit/time.ts";
import type { Chat } from "#assistant/assistant.ts";
import { eventFrame, GREETING, HEARTBEAT, resumeAfter } from "./core/event-frames.ts";
import { member, refuse, type Handlers } from "./handler.ts";
import type { LiveStreams } from "./live-streams.ts";

export const HEARTBEAT_MS = 15 * SECOND_MS;

export function eventsHandlers(parts: { chat: Pick<Chat, "events">; streams: Pick<LiveStreams, "open">; clock: Clock }): Handlers {
  return {
    "GET /api/events": (context) => {
      const account = member(context);
      const after = resumeAfter(context.headers.get("last-event-id"), context.query.get("after"));
      if (after === undefined || context.sessionId === null) return refuse("bad-request");
      const stream = parts.streams.open(context.sessionId);
      const signal = AbortSignal.any([stream.signal, context.signal]);
      const events = parts.chat.events(account.id, after, signal);
      return new Response(frames(events, signal, parts.clock, stream.close), {
        headers: {
          "content-type": "text/event-stream; charset=utf-8",
          "cache-control": "no-store, no-transform",
          // or nginx keeps the words until it has a bufferful
          "x-accel-buffering": "no",
        },
      });
    },
  };
}

type Numbered = Chat["events"] extends (...given: never[]) => AsyncIterable<infer Item> ? Item : never;

function frames(events: AsyncIterable<Numbered>, signal: AbortSignal, clock: Clock, onEnd: () => void): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  const iterator = events[Symbol.asyncIterator]();
  let greeted = false;
  let ended = false;
  let next: Promise<IteratorResult<Numbered>> | undefined;
  let cancelBeat = () => {};

  function end(controller?: ReadableStreamDefaultController<Uint8Array>): void {
    if (ended) return;
    ended = true;
    cancelBeat();
    controller?.close();
    onEnd();
    next?.catch(() => {});
    void iterator.return?.().catch(() => undefined);
  }

  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        // at once, whatever is being waited for
        if (signal.aborted) end(controller);
        else signal.addEventListener("abort", () => end(controller), { once: true });
      },
      async pull(controller) {
        if (!greeted) {
          greeted = true;
          controller.enqueue(encoder.encode(GREETING));
          return;
        }
        next ??= iterator.next();
        const beat = new Promise<"beat">((resolve) => (cancelBeat = clock.after(HEARTBEAT_MS, () => resolve("beat"))));
        const first = await Promise.race([next, beat]);
        cancelBeat();
        if (ended) return;
        if (first === "beat") {
          controller.enqueue(encoder.encode(HEARTBEAT));
        } else if (first.done === true) {
          end(controller);
        } else {
          next = undefined;
          controller.enqueue(encoder.encode(eventFrame(first.value.seq, first.value.event)));
        }
      },
      cancel: () => end(),
    },
    { highWaterMark: 0 },
  );
}
