/** What does a person read under an answer: nothing went anywhere, it stayed on this machine, or it went to whom? Pure. */
import type { EgressSummary } from "#contract/wire.ts";

/** Totals of one message and destination: requests that may have carried a byte. */
export type SentTotal = { messageId: string; name: string; host: string; stayed: boolean; requests: number; bytes: number };

/** One summary per message; `none` for those without a request. What left counts more than what stayed. */
export function summarise(messageIds: readonly string[], totals: readonly SentTotal[]): Map<string, EgressSummary> {
  const summaries = new Map<string, EgressSummary>();
  for (const id of messageIds) {
    const mine = totals.filter((total) => total.messageId === id);
    const away = mine.filter((total) => !total.stayed);
    if (away.length > 0) {
      summaries.set(id, { kind: "sent", destinations: away.map(({ name, host, bytes }) => ({ name, host, bytes })) });
    } else if (mine.length > 0) {
      summaries.set(id, { kind: "stayed", requests: mine.reduce((sum, total) => sum + total.requests, 0) });
    } else {
      summaries.set(id, { kind: "none" });
    }
  }
  return summaries;
}
