/**
 * What do node:test's events say about a run that has several parts? The counts of all parts together, one set of
 * closing lines instead of one per part, why tests were skipped, and which file is still at work. Pure.
 */
import { relative } from "node:path";

type Counts = { tests: number; suites: number; passed: number; failed: number; cancelled: number; skipped: number; todo: number };

/** The parts of node:test's events that are read here. */
export type TestEvent = {
  type: string;
  data: { name?: string; nesting?: number; file?: string; entryFile?: string; message?: string; skip?: string | boolean; counts?: Counts };
};

/** Each part ends with a summary that belongs to no file. */
export function countAll(events: readonly TestEvent[]): Counts {
  const total: Counts = { tests: 0, suites: 0, passed: 0, failed: 0, cancelled: 0, skipped: 0, todo: 0 };
  for (const { type, data } of events) {
    if (type !== "test:summary" || data.file !== undefined || data.counts === undefined) continue;
    for (const key of Object.keys(total) as (keyof Counts)[]) total[key] += data.counts[key];
  }
  return total;
}

export function isClosingLine({ type, data }: TestEvent): boolean {
  return (
    type === "test:diagnostic" &&
    data.file === undefined &&
    /^(tests|suites|pass|fail|cancelled|skipped|todo|duration_ms) [\d.]+$/.test(data.message ?? "")
  );
}

/** The lines with which node:test itself would end. */
export function closingLines(counts: Counts, durationMs: number): TestEvent[] {
  const { tests, suites, passed, failed, cancelled, skipped, todo } = counts;
  const lines = { tests, suites, pass: passed, fail: failed, cancelled, skipped, todo, duration_ms: Math.round(durationMs) };
  return Object.entries(lines).map(([name, count]) => ({
    type: "test:diagnostic",
    data: { nesting: 0, message: `${name} ${count}`, level: "info" },
  }));
}

/** Reasons for skipping, each with how many tests it kept from running. */
export function skippedWhy(events: readonly TestEvent[]): { reason: string; tests: number }[] {
  const reasons = new Map<string, number>();
  for (const { type, data } of events) {
    if (type !== "test:pass" || data.skip === undefined || data.skip === false) continue;
    const reason = typeof data.skip === "string" && data.skip !== "" ? data.skip : "no reason was given";
    reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
  }
  return [...reasons].map(([reason, tests]) => ({ reason, tests }));
}

/** Files in which something failed, relative to `root`, each once. */
export function failedFiles(events: readonly TestEvent[], root: string): string[] {
  const failed = events.filter(
    ({ type, data }) => type === "test:fail" && data.nesting === 0 && (data.file !== undefined || data.entryFile !== undefined),
  );
  return [...new Set(failed.map(({ data }) => relative(root, data.entryFile ?? data.file ?? "")))];
}

/** Files that have begun and not ended. */
export function filesAtWork(events: readonly TestEvent[], root: string): string[] {
  const atWork = new Set<string>();
  for (const { type, data } of events) {
    if (data.nesting !== 0 || data.entryFile !== undefined || data.file === undefined || data.name === undefined) continue;
    if (type === "test:dequeue") atWork.add(data.name);
    if (type === "test:complete") atWork.delete(data.name);
  }
  return [...atWork].map((path) => relative(root, path)).toSorted();
}
