/** How does the script ask the door? JSON there and back; a refusal is a problem, no answer at all is neither. */
import type { Problem } from "#contract/problems.ts";

export type Reply<Value> = { value?: Value; problem?: Problem };

export async function ask<Value>(path: string, body: unknown): Promise<Reply<Value>> {
  try {
    const response = await fetch(path, {
      method: "POST",
      headers: { "content-type": "application/json", accept: "application/json" },
      body: JSON.stringify(body),
    });
    const json: unknown = await response.json();
    return response.ok ? { value: json as Value } : { problem: json as Problem };
  } catch {
    return {};
  }
}

let wake: (() => void) | undefined;

/** Waits; ends early when somebody presses "look now", comes back to the tab, or the network is back. */
export function pause(delaySeconds: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(end, delaySeconds * 1_000);
    function end() {
      clearTimeout(timer);
      wake = undefined;
      resolve();
    }
    wake = end;
  });
}

export function wakeUp(): void {
  wake?.();
}

addEventListener("online", wakeUp);
document.addEventListener("visibilitychange", () => {
  if (!document.hidden) wakeUp();
});
