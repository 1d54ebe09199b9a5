/**
 * What goes out about the door itself? Every decision and answer is counted once, here; from the counts come the event stream in
 * the log and, when METRICS_PORT is set, what a Prometheus scrapes.
 */
import type { ServerResponse } from "node:http";
import type { Logger } from "pino";
import type { Verdict } from "#admission/admission.ts";
import type { Clock } from "#kit/time.ts";
import { createEventStream } from "./event-stream.ts";
import type { DoorFigures } from "./figures.ts";
import { createMeter, type Seen } from "./meter.ts";
import { createMetricsServer, type MetricsServer } from "./metrics-server.ts";

export type Measuring = {
  decided(seen: Seen, verdict: Verdict): void;
  /** What was admitted is being answered: counted when the answer ends. `isEndless`: it has no end of its own. */
  answering(seen: Seen, response: ServerResponse, isEndless: boolean): void;
  start(): Promise<void>;
  stop(): void;
};

export function createMeasuring(parts: { figures: DoorFigures; metricsPort: number | null; clock: Clock; log: Logger }): Measuring {
  const { figures, metricsPort, clock, log } = parts;
  const meter = createMeter();
  const events = createEventStream({ figures, meter, clock, write: (event) => log.info({ event }, "door event") });
  let server: MetricsServer | undefined;
  return {
    decided: meter.decided,
    answering(seen, response, isEndless) {
      const from = clock.monotonic();
      response.on("close", () => {
        const status = response.writableFinished ? response.statusCode : null;
        meter.answered(seen, status, isEndless ? null : clock.monotonic() - from);
      });
    },
    async start() {
      events.start();
      if (metricsPort === null) return;
      const { createMetrics } = await import("./metrics.ts");
      server = createMetricsServer({ port: metricsPort, metrics: createMetrics(figures, meter), clock, log });
      await server.start();
    },
    stop() {
      events.stop();
      server?.stop();
    },
  };
}
