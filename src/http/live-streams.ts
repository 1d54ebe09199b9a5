/**
 * When must a stream end that outlives its request? With its session: at once when that signs out here, within seconds when it
 * ends anywhere else. Bounded: a session that opens too many loses its oldest. A database that can't be asked ends nobody.
 */
import type { Logger } from "pino";
import { SECOND_MS, type Clock } from "#kit/time.ts";
import type { Identity } from "#identity/identity.ts";

export type LiveStreams = {
  /** The signal aborts when the stream must end; `close` must be called when it has. */
  open(sessionId: string): { signal: AbortSignal; close(): void };
  endSession(sessionId: string): void;
  /** Asks every few seconds which sessions still hold, until stopped. */
  start(): void;
  /** Ends all. */
  stop(): void;
};

const ASK_EVERY_MS = 5 * SECOND_MS;
const STREAMS_PER_SESSION = 16;

export function createLiveStreams(parts: { identity: Pick<Identity, "livingSessions">; clock: Clock; log: Logger }): LiveStreams {
  const { identity, clock, log } = parts;
  const streams = new Map<string, AbortController[]>();
  const stopped = new AbortController();

  function endSession(sessionId: string): void {
    for (const stream of streams.get(sessionId) ?? []) stream.abort();
    streams.delete(sessionId);
  }

  async function ask(): Promise<void> {
    const asked = [...streams.keys()];
    if (asked.length === 0) return;
    try {
      const living = new Set(await identity.livingSessions(asked));
      for (const sessionId of asked) if (!living.has(sessionId)) endSession(sessionId);
    } catch (error) {
      log.warn({ err: error, sessions: asked.length }, "whether sessions still hold could not be asked; it is asked again");
    }
  }

  return {
    open(sessionId) {
      const stream = new AbortController();
      const open = [...(streams.get(sessionId) ?? []), stream];
      for (const oldest of open.splice(0, Math.max(0, open.length - STREAMS_PER_SESSION))) oldest.abort();
      streams.set(sessionId, open);
      if (stopped.signal.aborted) stream.abort();
      return {
        signal: stream.signal,
        close() {
          const left = (streams.get(sessionId) ?? []).filter((other) => other !== stream);
          if (left.length > 0) streams.set(sessionId, left);
          else streams.delete(sessionId);
        },
      };
    },
    endSession,
    start() {
      void (async () => {
        while (!stopped.signal.aborted) {
          await clock.sleep(ASK_EVERY_MS, stopped.signal).catch(() => {});
          if (!stopped.signal.aborted) await ask();
        }
      })();
    },
    stop() {
      stopped.abort(new Error("Holdfast stops"));
      for (const sessionId of [...streams.keys()]) endSession(sessionId);
    },
  };
}
