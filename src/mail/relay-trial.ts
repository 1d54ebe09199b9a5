/**
 * What does a relay say to a session of its own, apart from the courier's letters? For checks and test letters: name, connection,
 * TLS and sign-in are all gone through, as by the first letter of a day. What it shows is told, and changes nothing else.
 */
import type { Clock } from "#kit/time.ts";
import type { MailTrouble } from "#contract/wire.ts";
import { ATTEMPT_MS } from "./core/limits.ts";
import type { RelayAddress } from "./core/relay-url.ts";
import { judge, type AttemptEnd } from "./core/verdict.ts";
import { createRelay, type Relay } from "./smtp.ts";

/** Ends within an attempt's time. */
export async function tryRelay(
  address: RelayAddress,
  parts: { clock: Clock; clientName?: string | undefined },
  work: (relay: Relay, signal: AbortSignal) => Promise<AttemptEnd>,
): Promise<AttemptEnd> {
  const late = new AbortController();
  const cancel = parts.clock.after(ATTEMPT_MS, () => late.abort());
  const relay = createRelay(address, parts);
  try {
    return await work(relay, late.signal);
  } finally {
    cancel();
    relay.close();
  }
}

/** Null: the relay took it. */
export function troubleOf(end: AttemptEnd): MailTrouble | null {
  const verdict = judge(end);
  return verdict.tag === "success" ? null : { word: verdict.word, status: end.tag === "replied" ? end.reply : null };
}
