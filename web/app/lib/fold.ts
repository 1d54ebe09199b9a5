/**
 * How does a piece of an answer join what is already there, so that no word is lost and none is there twice?
 * A piece says how long the text before it was; that alone decides. Pure.
 */
import type { Message } from "#contract/wire.ts";

export type Part = { channel: "text" | "reasoning"; at: number; text: string };

/** `gap`: something is missing, so the message must be read again from the server. `repeat`: nothing new. */
export type Folded = { verdict: "applied"; message: Message } | { verdict: "repeat" } | { verdict: "gap" };

/** Joins `part` to `message`. Overlaps are cut off; a hole is never papered over. */
export function foldPart(message: Message, part: Part): Folded {
  const present = message[part.channel];
  if (part.at > present.length) return { verdict: "gap" };
  const fresh = part.text.slice(present.length - part.at);
  if (fresh === "") return { verdict: "repeat" };
  return { verdict: "applied", message: { ...message, [part.channel]: present + fresh } };
}

/**
 * Which of two states of one message is newer, when the order of arrival can't tell? A finished one beats a running
 * one; of two running ones the longer.
 */
export function newerMessage(present: Message, incoming: Message): Message {
  if (present.state !== "running" && incoming.state === "running") return present;
  if (present.state === "running" && incoming.state === "running") {
    return incoming.text.length + incoming.reasoning.length >= present.text.length + present.reasoning.length ? incoming : present;
  }
  return incoming;
}
