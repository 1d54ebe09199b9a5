/**
 * How does the script ask the door? JSON there and back; a refusal is a problem, no answer at all is neither. Work that is in
 * the body is shown in a header too: the door looks at it before it reads anything.
 */
import { EFFORT_HEADER, effortHeader } from "#contract/effort-header.ts";
import type { Problem } from "#contract/problems.ts";

export type Reply<Value> = { value?: Value; problem?: Problem };

/** The body of POST /sign-up/place. */
export type PlaceBody = { challenge: string; nonce?: string | undefined; place?: string | undefined };

export async function ask<Value>(path: string, body: object): Promise<Reply<Value>> {
  const { challenge, nonce }: Partial<PlaceBody> = body;
  const worked = challenge !== undefined && nonce !== undefined && { [EFFORT_HEADER]: effortHeader(challenge, nonce) };
  try {
    const response = await fetch(path, {
      method: "POST",
      headers: { "content-type": "application/json", accept: "application/json", ...worked },
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
