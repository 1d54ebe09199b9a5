/**
 * How is the embedded PostgreSQL kept running? Started with its cluster made or recovered, started again with growing
 * pauses when it ends by itself; the app waits and connects again. Starting itself is src/store/embedded-postgres.ts.
 */
import type { Outcome } from "#kit/outcome.ts";
import { SECOND_MS, type Clock } from "#kit/time.ts";
import { startEmbeddedPostgres, type EmbeddedPostgres, type Unusable } from "#store/embedded-postgres.ts";
import { afterEnd, RESTED } from "./core/back-off.ts";

export type PostgresPart = {
  start(onProgress: (what: "initialising" | "recovering") => void): Promise<Outcome<EmbeddedPostgres, Unusable>>;
  pid(): number | undefined;
  stop(): Promise<void>;
  kill(): void;
};

export function createPostgresPart(parts: {
  dataDir: string;
  socketDir: string;
  clock: Clock;
  onLine(line: string): void;
  onTrouble(sentence: string): void;
  onChange(): void;
}): PostgresPart {
  const { clock } = parts;
  let server: EmbeddedPostgres | undefined;
  let stopping = false;
  let backOff = RESTED;
  let cancelRestart = () => {};

  async function begin(onProgress?: (what: "initialising" | "recovering") => void): Promise<Outcome<EmbeddedPostgres, Unusable>> {
    const started = await startEmbeddedPostgres({
      dataDir: parts.dataDir,
      socketDir: parts.socketDir,
      clock,
      onLog: parts.onLine,
      ...(onProgress === undefined ? {} : { onProgress }),
    });
    if (!started.ok) return started;
    server = started.value;
    parts.onChange();
    if (stopping) await server.stop();
    else watch(server, clock.monotonic());
    return started;
  }

  function watch(running: EmbeddedPostgres, startedAt: number): void {
    void running.ended.then(() => {
      if (server === running) server = undefined;
      parts.onChange();
      if (stopping) return;
      parts.onTrouble("PostgreSQL ended by itself and is started again.");
      againAfter(clock.monotonic() - startedAt, clock.monotonic());
    });
  }

  function againAfter(ranMs: number, endedAt: number): void {
    const next = afterEnd(backOff, ranMs);
    backOff = next.state;
    cancelRestart = clock.after(next.waitMs, () => void again(endedAt));
  }

  async function again(endedAt: number): Promise<void> {
    const started = await begin();
    if (stopping) return;
    if (started.ok) {
      parts.onTrouble(
        `PostgreSQL is back after ${((clock.monotonic() - endedAt) / SECOND_MS).toFixed(1)} s; what was acknowledged is there.`,
      );
      return;
    }
    parts.onTrouble(started.failure.sentence);
    againAfter(0, endedAt);
  }

  return {
    start: (onProgress) => begin(onProgress),
    pid: () => server?.pid,
    async stop() {
      stopping = true;
      cancelRestart();
      await server?.stop();
    },
    kill() {
      stopping = true;
      cancelRestart();
      if (server !== undefined) signal(server.pid);
    },
  };
}

/** PostgreSQL's own word for stopping at once: the next start recovers. */
function signal(pid: number): void {
  try {
    process.kill(pid, "SIGQUIT");
  } catch {
    // it has ended already
  }
}
