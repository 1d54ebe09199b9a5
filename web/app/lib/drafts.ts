/**
 * What stands in a message box that was not sent yet? Kept per box in this browser with every key press, so that a
 * reload, a lost session or a crash takes nothing. Several parts of the page may read and write one draft.
 */
import { useSyncExternalStore } from "react";
import { readStored, writeStored } from "./stored.ts";

const texts = new Map<string, string>();
const listeners = new Set<() => void>();

export function readDraft(key: string): string {
  const known = texts.get(key);
  if (known !== undefined) return known;
  const stored = readStored(key) ?? "";
  texts.set(key, stored);
  return stored;
}

export function writeDraft(key: string, text: string): void {
  texts.set(key, text);
  writeStored(key, text);
  for (const listener of listeners) listener();
}

/** Puts words back in front of what is there. */
export function returnToDraft(key: string, text: string): void {
  const present = readDraft(key);
  writeDraft(key, present.trim() === "" ? text : `${text}\n\n${present}`);
}

export function useDraft(key: string): [text: string, write: (text: string) => void] {
  const text = useSyncExternalStore(subscribe, () => readDraft(key));
  return [text, (next) => writeDraft(key, next)];
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
