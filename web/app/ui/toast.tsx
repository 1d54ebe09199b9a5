/**
 * What is said for a moment at the edge of the page? What was done, with a way to undo it. It stays while it is looked
 * at or has focus, and is read out without taking the focus. At most three at once.
 */
import { useEffect, useState, useSyncExternalStore } from "react";
import { createPortal } from "react-dom";
import { useWords } from "../lib/say.ts";
import { Button } from "./button.tsx";
import { Icon } from "./icon.tsx";

export type Toast = {
  text: string;
  tone?: "plain" | "danger";
  action?: { label: string; run: () => void };
};
type Shown = Toast & { id: number };

const STAY_MS = 8_000;
const MOST = 3;
let shown: readonly Shown[] = [];
let lastId = 0;
/** Open dialogs, the topmost last: what lies outside of it can't be reached, so toasts appear inside. */
let hosts: readonly HTMLElement[] = [];
const listeners = new Set<() => void>();

/** Shows a toast, from anywhere. */
export function toast(what: Toast): void {
  lastId += 1;
  change([...shown, { ...what, id: lastId }].slice(-MOST));
}

/** For dialogs: while `element` is open, toasts appear in it. Call what is returned when it closes. */
export function hostToasts(element: HTMLElement): () => void {
  hosts = [...hosts, element];
  tell();
  return () => {
    hosts = hosts.filter((host) => host !== element);
    tell();
  };
}

/** Where toasts appear; once, in the app's frame. */
export function Toasts() {
  const toasts = useSyncExternalStore(subscribe, () => shown);
  const host = useSyncExternalStore(subscribe, () => hosts.at(-1) ?? document.body);
  return createPortal(
    <div role="status" className="pointer-events-none fixed inset-x-0 bottom-36 z-40 flex flex-col items-center gap-2 px-4">
      {toasts.map((one) => (
        <ToastLine key={one.id} toast={one} />
      ))}
    </div>,
    host,
  );
}

function ToastLine({ toast: { id, text, tone = "plain", action } }: { toast: Shown }) {
  const say = useWords();
  const [held, setHeld] = useState(false);
  useEffect(() => {
    if (held) return;
    const timer = setTimeout(() => dismiss(id), STAY_MS);
    return () => clearTimeout(timer);
  }, [held, id]);
  return (
    <div
      className={`pointer-events-auto flex max-w-md animate-[hf-rise_160ms_ease-out] items-center gap-1 rounded-m border bg-raised py-1 ps-4 pe-1 text-s shadow-raised ${
        tone === "danger" ? "border-danger text-danger" : "border-line text-ink"
      }`}
      onPointerEnter={() => setHeld(true)}
      onPointerLeave={() => setHeld(false)}
      onFocus={() => setHeld(true)}
      onBlur={() => setHeld(false)}
    >
      <span className="min-w-0 py-2 break-words">{text}</span>
      {action !== undefined && (
        <Button
          tone="quiet"
          size="small"
          className="min-h-target shrink-0 font-semibold text-accent"
          onClick={() => {
            dismiss(id);
            action.run();
          }}
        >
          {action.label}
        </Button>
      )}
      <Button tone="quiet" size="icon" aria-label={say("close")} onClick={() => dismiss(id)}>
        <Icon name="close" />
      </Button>
    </div>
  );
}

function dismiss(id: number): void {
  change(shown.filter((one) => one.id !== id));
}

function change(next: readonly Shown[]): void {
  shown = next;
  tell();
}

function tell(): void {
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
