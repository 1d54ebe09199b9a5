/**
 * How long do members wait? A hundred session checks a second on twenty connections, each due at its own time: latency
 * counts from when it was due, so a server that stands still is not asked less. A process apart from the flood.
 */
import { setPriority } from "node:os";
import { openBrowser, type Browser } from "./browser.ts";
import { answerParent } from "./messages.ts";
import { outsideAddress } from "./sources.ts";

export type MembersTask = { port: number; path: string; cookies: [name: string, value: string][][]; perSecond: number };
/** `[dueAt, latencyMs]` since the beginning of the phase; errors with their sentence. */
export type MembersPhase = { latencies: [dueMs: number, latencyMs: number][]; errors: Record<string, number>; lateMs: number[] };

/** As soon as it may, before the flood of the same core; without the right to it, as everybody. */
try {
  setPriority(-10);
} catch {
  setPriority(0);
}

const SETTLE_MS = 35_000;
let browsers: Browser[] = [];
let task: MembersTask | undefined;

answerParent({
  open(given: MembersTask) {
    task = given;
    browsers = given.cookies.map((cookies, index) => openBrowser(given.port, outsideAddress(20_000 + index), new Map(cookies)));
  },
  phase: ({ durationMs }: { durationMs: number }) => runPhase(durationMs),
});

function runPhase(durationMs: number): Promise<MembersPhase> {
  const { perSecond, path } = task ?? { perSecond: 0, path: "" };
  const phase: MembersPhase = { latencies: [], errors: {}, lateMs: [] };
  const startedAt = performance.now();
  const many = Math.floor((durationMs / 1_000) * perSecond);
  let sent = 0;
  let done = 0;
  return new Promise((resolve) => {
    const finish = () => {
      clearInterval(timer);
      clearTimeout(limit);
      if (done < many) phase.errors["no answer by the end"] = many - done;
      resolve(phase);
    };
    const limit = setTimeout(finish, durationMs + SETTLE_MS);
    const timer = setInterval(() => {
      for (let due = dueAt(sent, perSecond); sent < many && performance.now() - startedAt >= due; due = dueAt(sent, perSecond)) {
        phase.lateMs.push(performance.now() - startedAt - due);
        const browser = browsers[sent % browsers.length];
        sent += 1;
        void check(browser, path).then((problem) => {
          const latencyMs = performance.now() - startedAt - due;
          if (problem === undefined) phase.latencies.push([due, latencyMs]);
          else phase.errors[problem] = (phase.errors[problem] ?? 0) + 1;
          done += 1;
          if (done === many) finish();
        });
      }
    }, 1);
  });
}

function dueAt(index: number, perSecond: number): number {
  return (index / perSecond) * 1_000;
}

async function check(browser: Browser | undefined, path: string): Promise<string | undefined> {
  try {
    const heard = await browser?.ask("GET", path);
    return heard?.status === 200 && heard.text !== "null" ? undefined : `status ${heard?.status}`;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
