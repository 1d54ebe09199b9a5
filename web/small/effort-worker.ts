/**
 * How does a device work without being held up? A worker tries nonces in slices of a tenth of a second, tells after each how
 * far it is, and goes on by itself; a message to itself is its pause, because timers are slowed down in a tab that nobody sees.
 */
import { search } from "./sha-256.ts";

/** `high`: the nonces' first half, another one for each worker. */
export type Task = { challenge: string; wanted: number; high: number };
/** `tries` since the last one. `nonce` has the most `bits` so far. */
export type Told = { tries: number; bits: number; nonce: Uint8Array };

const SLICE_MS = 100;
const FIRST_TRIES = 500;

addEventListener("message", ({ data: { challenge, wanted, high } }: MessageEvent<Task>) => {
  const { best, run } = search(challenge, high);
  const next = new MessageChannel();
  let count = FIRST_TRIES;
  next.port1.addEventListener("message", () => {
    const from = performance.now();
    const tries = run(count, wanted);
    const took = Math.max(1, performance.now() - from);
    count = Math.max(FIRST_TRIES, Math.min(4 * count, Math.round((count * SLICE_MS) / took)));
    postMessage({ tries, ...best } satisfies Told);
    if (best.bits < wanted) next.port2.postMessage(0);
  });
  next.port1.start();
  next.port2.postMessage(0);
});
