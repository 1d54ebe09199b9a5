/**
 * How do changes reach every tab of this browser over one connection? The tab that holds a Web Lock reads the event
 * stream and hands each event to the others; when it goes, or is put to sleep by the system, another takes over and
 * resumes after the last event that it has itself. Silence beyond the server's heartbeat counts as a lost connection.
 */
import type { StreamEvent } from "#contract/wire.ts";
import { backOffMs } from "../lib/back-off.ts";
import type { Numbered } from "../lib/chat-state.ts";
import { readSse, SSE_START } from "../lib/sse.ts";
import { ApiProblem, openStream } from "./http.ts";

export type Connection = "connecting" | "open" | "lost";
export type EventStream = {
  /** Somebody waits: try again at once. */
  retryNow(): void;
  close(): void;
};
export type EventStreamParts = {
  /** Tabs of the same name share one stream. */
  name: string;
  lastSeq(): number;
  onEvent(numbered: Numbered): void;
  onConnection(connection: Connection): void;
};
type Told = { kind: "event"; numbered: Numbered } | { kind: "connection"; connection: Connection } | { kind: "alive" } | { kind: "ask" };

/** The server says something at least every 15 seconds. */
const SILENCE_LIMIT_MS = 40_000;
const SILENCE_AFTER_SLEEP_MS = 20_000;
const LEADER_SILENCE_MS = 30_000;
const LEADER_REPLY_MS = 3_000;

export function openEventStream(parts: EventStreamParts): EventStream {
  const channel = new BroadcastChannel(parts.name);
  const closing = new AbortController();
  let connection: Connection = "connecting";
  let leading: AbortController | undefined;
  let attempt: AbortController | undefined;
  let wake: (() => void) | undefined;
  let lastByteAt = Date.now();
  let leaderHeardAt = Date.now();
  let stealing: ReturnType<typeof setTimeout> | undefined;

  const tell = (told: Told) => channel.postMessage(told);

  function change(next: Connection): void {
    if (leading !== undefined) tell({ kind: "connection", connection: next });
    if (next === connection) return;
    connection = next;
    parts.onConnection(next);
  }

  channel.onmessage = ({ data }: MessageEvent<Told>) => {
    if (data.kind === "ask") {
      if (leading !== undefined) tell({ kind: "connection", connection });
      return;
    }
    leaderHeardAt = Date.now();
    clearTimeout(stealing);
    if (data.kind === "event") parts.onEvent(data.numbered);
    // two that both think they lead: the one without the lock will hear of it
    else if (data.kind === "connection" && leading === undefined) change(data.connection);
  };

  async function takeTurns(): Promise<void> {
    tell({ kind: "ask" });
    let steal = false;
    while (!closing.signal.aborted) {
      const mine = new AbortController();
      stealNow = () => {
        steal = true;
        mine.abort();
      };
      try {
        await withLock(parts.name, steal, mine.signal, closing.signal, async (lost) => {
          steal = false;
          leading = lost;
          await lead(lost.signal);
        });
      } catch {
        // another tab took it, or we gave up waiting in order to take it ourselves
      }
      leading?.abort();
      leading = undefined;
      leaderHeardAt = Date.now();
    }
  }
  let stealNow: () => void = () => {};

  async function lead(signal: AbortSignal): Promise<void> {
    for (let failures = 0; !signal.aborted && !closing.signal.aborted;) {
      attempt = new AbortController();
      const stop = AbortSignal.any([signal, closing.signal, attempt.signal]);
      try {
        const body = await openStream(`/api/events?after=${parts.lastSeq()}`, stop);
        failures = 0;
        change("open");
        await readAll(body, stop);
      } catch (error) {
        if (error instanceof ApiProblem && error.problem.code === "not-signed-in") {
          change("lost");
          await aborted(AbortSignal.any([signal, closing.signal]));
        }
      } finally {
        attempt.abort();
      }
      if (signal.aborted || closing.signal.aborted) return;
      change("lost");
      await pause(backOffMs(failures, Math.random()));
      failures += 1;
    }
  }

  async function readAll(body: ReadableStream<Uint8Array<ArrayBuffer>>, stop: AbortSignal): Promise<void> {
    const reader = body.pipeThrough(new TextDecoderStream()).getReader();
    const watch = setInterval(() => Date.now() - lastByteAt > SILENCE_LIMIT_MS && attempt?.abort(), 5_000);
    let state = SSE_START;
    try {
      for (;;) {
        const { done, value } = await reader.read();
        if (done || stop.aborted) return;
        lastByteAt = Date.now();
        const step = readSse(state, value);
        state = step.state;
        if (step.heartbeat) tell({ kind: "alive" });
        for (const { id, data } of step.events) {
          const numbered = { seq: Number(id), event: JSON.parse(data) as StreamEvent };
          tell({ kind: "event", numbered });
          parts.onEvent(numbered);
        }
      }
    } finally {
      clearInterval(watch);
    }
  }

  /** The leading tab may be asleep: ask, and take over when it does not reply. */
  function lookAfterLeader(silenceMs: number): void {
    if (leading !== undefined || document.hidden || Date.now() - leaderHeardAt < silenceMs) return;
    tell({ kind: "ask" });
    clearTimeout(stealing);
    stealing = setTimeout(() => stealNow(), LEADER_REPLY_MS);
  }

  function retryNow(): void {
    wake?.();
  }

  function onAwake(): void {
    if (document.hidden) return;
    if (leading !== undefined && connection === "open" && Date.now() - lastByteAt > SILENCE_AFTER_SLEEP_MS) attempt?.abort();
    retryNow();
    lookAfterLeader(LEADER_REPLY_MS);
  }

  function pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  const { signal } = closing;
  addEventListener("online", onAwake, { signal });
  document.addEventListener("visibilitychange", onAwake, { signal });
  const tick = setInterval(() => lookAfterLeader(LEADER_SILENCE_MS), 10_000);
  void takeTurns();
  return {
    retryNow,
    close() {
      closing.abort();
      wake?.();
      clearInterval(tick);
      clearTimeout(stealing);
      channel.close();
    },
  };
}

/**
 * Runs `work` while this tab holds the lock; `lost` is aborted when another tab takes it away. `giveUp` ends the wait
 * for the lock, `closing` also the holding.
 */
async function withLock(
  name: string,
  steal: boolean,
  giveUp: AbortSignal,
  closing: AbortSignal,
  work: (lost: AbortController) => Promise<void>,
): Promise<void> {
  const lost = new AbortController();
  // without locks (an old browser) every tab reads a stream of its own
  if (!("locks" in navigator)) return work(lost);
  const options: LockOptions = steal ? { steal: true } : { signal: AbortSignal.any([giveUp, closing]) };
  try {
    await navigator.locks.request(name, options, () => work(lost));
  } finally {
    lost.abort();
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
