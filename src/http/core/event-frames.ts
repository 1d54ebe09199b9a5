/** How does an event look on a server-sent event stream (HTML standard, 9.2)? Pure. */
import type { StreamEvent } from "#contract/wire.ts";

/** A comment: tells both ends that the line lives, and nothing else. */
export const HEARTBEAT = ":\n\n";
/** Sent first, so that the head goes out at once; after a cut the browser comes back in a second. */
export const GREETING = "retry: 1000\n\n";

export function eventFrame(seq: number, event: StreamEvent): string {
  return `id: ${seq}\ndata: ${JSON.stringify(event)}\n\n`;
}

/** After which event to go on: what the browser saw last, else what the page asks for, else the beginning. `undefined`: neither is a number. */
export function resumeAfter(lastEventId: string | null, after: string | null): number | undefined {
  const text = lastEventId ?? after ?? "0";
  if (!/^\d{1,15}$/.test(text)) return undefined;
  return Number(text);
}
