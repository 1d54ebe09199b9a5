/**
 * How long did a model think before its answer began? The server keeps no such time, so it is what this page saw from
 * beginning to end; of an answer that was met in the middle or before a reload nothing is claimed.
 */
import { useEffect, useSyncExternalStore } from "react";

const seen = new Map<string, { from: number; seconds: number | null }>();
const listeners = new Set<() => void>();
const MOST = 200;

/** Null: not known. */
export function useThinkingSeconds(id: string, thinking: boolean): number | null {
  useEffect(() => {
    const known = seen.get(id);
    if (thinking && known === undefined) note(id, { from: Date.now(), seconds: null });
    if (!thinking && known?.seconds === null) note(id, { ...known, seconds: (Date.now() - known.from) / 1_000 });
  }, [id, thinking]);
  useEffect(
    () => () => {
      // whoever looked away did not see the end
      if (seen.get(id)?.seconds === null) seen.delete(id);
    },
    [id],
  );
  return useSyncExternalStore(subscribe, () => seen.get(id)?.seconds ?? null);
}

function note(id: string, time: { from: number; seconds: number | null }): void {
  seen.set(id, time);
  const oldest = seen.keys().next().value;
  if (seen.size > MOST && oldest !== undefined) seen.delete(oldest);
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
