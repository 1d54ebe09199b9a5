/** How do several parts of the page show one small choice that this browser remembers, such as theme, model, sidebar? */
import { useSyncExternalStore } from "react";
import { readStored, writeStored } from "./stored.ts";

const values = new Map<string, string | null>();
const listeners = new Set<() => void>();

export function readRemembered(key: string): string | null {
  if (!values.has(key)) values.set(key, readStored(key));
  return values.get(key) ?? null;
}

export function remember(key: string, value: string | null): void {
  values.set(key, value);
  writeStored(key, value);
  for (const listener of listeners) listener();
}

export function useRemembered(key: string): string | null {
  return useSyncExternalStore(subscribe, () => readRemembered(key));
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
