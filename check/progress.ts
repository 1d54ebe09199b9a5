/**
 * How does somebody who waits see that something is going on? After two seconds of work a line says what it is and how
 * long it has taken: rewritten in place in a terminal, said again every ten seconds in a log.
 */

const QUIET_MS = 2_000;
const LOG_EVERY_MS = 10_000;

/** Does `work`, and says `what` it is doing when that takes long. */
export async function whileSaying<Result>(what: () => string, work: () => Promise<Result>): Promise<Result> {
  const startedAt = performance.now();
  const inPlace = process.stdout.isTTY;
  let saidAt = Number.NEGATIVE_INFINITY;
  const timer = setInterval(() => {
    const elapsedMs = performance.now() - startedAt;
    if (elapsedMs < QUIET_MS || (!inPlace && elapsedMs - saidAt < LOG_EVERY_MS)) return;
    saidAt = elapsedMs;
    process.stdout.write(`${inPlace ? "\r" : ""}  …   ${what()}, ${Math.round(elapsedMs / 1_000)} s${inPlace ? "\u001b[K" : "\n"}`);
  }, 500);
  try {
    return await work();
  } finally {
    clearInterval(timer);
    if (inPlace) process.stdout.write("\r\u001b[K");
  }
}

/** "0.4 s", "12 s", "3 min 5 s" */
export function durationText(ms: number): string {
  if (ms < 9_950) return `${(ms / 1_000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1_000);
  return seconds < 90 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}
