/**
 * How do a model's parts become pieces of the event log? Pieces of one channel that follow each other are joined, each
 * says how long its channel was before it, and no character is ever torn in two. Pure.
 */
import type { StreamEvent } from "#contract/wire.ts";

export type Channel = "text" | "reasoning";
export type Piece = { channel: Channel; text: string };
/** Words of an answer so far. */
export type Words = { readonly [channel in Channel]: string };

export const NO_WORDS: Words = { text: "", reasoning: "" };

/** What a database takes: no NUL. Everything else a model says stays as it is. */
export function storable(text: string): string {
  return text.includes("\0") ? text.replaceAll("\0", "\uFFFD") : text;
}

export function appendPiece(pieces: readonly Piece[], piece: Piece): Piece[] {
  if (piece.text === "") return [...pieces];
  const last = pieces.at(-1);
  return last?.channel === piece.channel
    ? [...pieces.slice(0, -1), { channel: piece.channel, text: last.text + piece.text }]
    : [...pieces, piece];
}

/** Splits off what must wait: half a surrogate pair at the end, unless nothing more will come. */
export function wholePieces(pieces: readonly Piece[], last: boolean): { ready: Piece[]; rest: Piece[] } {
  const end = pieces.at(-1);
  if (last || end === undefined || !/[\uD800-\uDBFF]$/.test(end.text)) {
    return { ready: pieces.map(({ channel, text }) => ({ channel, text: text.toWellFormed() })), rest: [] };
  }
  const ready = end.text.length === 1 ? pieces.slice(0, -1) : [...pieces.slice(0, -1), { ...end, text: end.text.slice(0, -1) }];
  return {
    ready: ready.map(({ channel, text }) => ({ channel, text: text.toWellFormed() })),
    rest: [{ channel: end.channel, text: end.text.slice(-1) }],
  };
}

export function addWords(words: Words, pieces: readonly Piece[]): Words {
  let { text, reasoning } = words;
  for (const piece of pieces) {
    if (piece.channel === "text") text += piece.text;
    else reasoning += piece.text;
  }
  return { text, reasoning };
}

/** The events of `pieces` that follow `words`. */
export function partEvents(conversationId: string, messageId: string, words: Words, pieces: readonly Piece[]): StreamEvent[] {
  const at = { text: words.text.length, reasoning: words.reasoning.length };
  return pieces.map(({ channel, text }) => {
    const event: StreamEvent = { kind: "part", conversationId, messageId, channel, at: at[channel], text };
    at[channel] += text.length;
    return event;
  });
}

/** What of `pieces` is not stored yet, when `stored` was found in the log and `before` was there before the pieces. */
export function unstoredPieces(before: Words, pieces: readonly Piece[], stored: Words): Piece[] {
  const skip = { text: stored.text.length - before.text.length, reasoning: stored.reasoning.length - before.reasoning.length };
  return pieces.flatMap((piece) => {
    const skipped = Math.min(Math.max(0, skip[piece.channel]), piece.text.length);
    skip[piece.channel] -= skipped;
    return skipped === piece.text.length ? [] : [{ channel: piece.channel, text: piece.text.slice(skipped) }];
  });
}
