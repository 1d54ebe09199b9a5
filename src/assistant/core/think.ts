/**
 * Where does a model that thinks aloud inside its answer stop thinking? Servers without a reasoning parser send
 * `<think>…</think>` as the beginning of the text. Only the very beginning counts; later tags are the model's words. Pure.
 */
import type { Piece } from "./pieces.ts";

/** `held` may still become a tag. */
export type ThinkState = { at: "start" | "opened" | "thinking" | "after" | "answering"; held: string };

export const THINK_START: ThinkState = { at: "start", held: "" };
const OPEN = "<think>";
const CLOSE = "</think>";

/** Takes the next text of the answer and says what of it is reasoning and what is text. */
export function splitThinking(state: ThinkState, text: string): { state: ThinkState; pieces: Piece[] } {
  const all = state.held + text;
  switch (state.at) {
    case "answering":
      return { state, pieces: pieceOf("text", text) };
    case "start": {
      const begun = all.trimStart();
      if (OPEN.startsWith(begun.slice(0, OPEN.length)) && begun.length < OPEN.length)
        return { state: { at: "start", held: all }, pieces: [] };
      if (!begun.startsWith(OPEN)) return { state: { at: "answering", held: "" }, pieces: pieceOf("text", all) };
      return splitThinking({ at: "opened", held: "" }, begun.slice(OPEN.length));
    }
    case "opened": {
      const thought = all.trimStart();
      return thought === "" ? { state, pieces: [] } : splitThinking({ at: "thinking", held: "" }, thought);
    }
    case "thinking": {
      const close = all.indexOf(CLOSE);
      if (close >= 0) {
        const after = splitThinking({ at: "after", held: "" }, all.slice(close + CLOSE.length));
        return { state: after.state, pieces: [...pieceOf("reasoning", all.slice(0, close).trimEnd()), ...after.pieces] };
      }
      const held = heldTail(all);
      return { state: { at: "thinking", held }, pieces: pieceOf("reasoning", all.slice(0, all.length - held.length)) };
    }
    case "after": {
      // the blank line between thought and answer belongs to neither
      const answer = all.trimStart();
      return answer === "" ? { state, pieces: [] } : { state: { at: "answering", held: "" }, pieces: pieceOf("text", answer) };
    }
  }
}

/** What was held back when the stream ended. */
export function endThinking(state: ThinkState): Piece[] {
  return pieceOf(state.at === "thinking" ? "reasoning" : "text", state.held);
}

/** White space and the beginning of a closing tag at the end of `text`. */
function heldTail(text: string): string {
  for (let length = Math.min(CLOSE.length - 1, text.length); length > 0; length -= 1) {
    if (CLOSE.startsWith(text.slice(-length))) return text.slice(-(length + trailingSpace(text.slice(0, -length))));
  }
  const space = trailingSpace(text);
  return space === 0 ? "" : text.slice(-space);
}

function trailingSpace(text: string): number {
  return text.length - text.trimEnd().length;
}

function pieceOf(channel: Piece["channel"], text: string): Piece[] {
  return text === "" ? [] : [{ channel, text }];
}
