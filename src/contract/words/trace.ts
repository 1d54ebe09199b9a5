/** How is a letter's way told? A sentence for each step, with gaps for the time, which the reader's own device writes. */
import type { AddressedTrace, LetterStep, LetterTrace, TimeMs } from "../wire.ts";

export type TraceKey = `trace.${"ordered" | "handed" | "in-mailbox" | Exclude<LetterTrace["state"], "trying">}`;

/** Which sentence, and the time that belongs into its gap; the last one says how it stands. */
type Told = { key: TraceKey; at: TimeMs | null };

/** Instead of a mail server's name: no provider has the letter. */
export const IN_MAILBOX = "mailbox";

/** While these hold, it is true that the letter is on its way; after others the last sentence says what is the matter. */
export const GOES_WELL: readonly LetterTrace["state"][] = ["waiting", "trying", "accepted", "entered"];

/** `say` gives the sentence of a key with its gaps {server} and {address} filled; {time} stays open for the one who shows it. */
export function traceSteps(
  trace: AddressedTrace,
  say: (key: TraceKey, values: { server: string; address: string }) => string,
): LetterStep[] {
  const values = { server: trace.server === null ? "" : ` ${trace.server}`, address: trace.address };
  return toldOf(trace).map(({ key, at }) => ({ sentence: say(key, values), at }));
}

function toldOf(trace: LetterTrace): Told[] {
  const { state, triedAt, orderedAt } = trace;
  const first: Told[] = [{ key: "trace.ordered", at: orderedAt }];
  if (trace.server === IN_MAILBOX && state !== "entered")
    return trace.acceptedAt === null ? first : [...first, { key: "trace.in-mailbox", at: trace.acceptedAt }];
  if (triedAt !== null && state !== "waiting") first.push({ key: "trace.handed", at: triedAt });
  if (state === "trying") return first;
  if (state === "entered") first.push({ key: "trace.accepted", at: trace.acceptedAt });
  return [
    ...first,
    { key: `trace.${state}`, at: state === "entered" ? trace.enteredAt : state === "accepted" ? trace.acceptedAt : trace.nextTryAt },
  ];
}
