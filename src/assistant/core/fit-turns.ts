/**
 * Which part of a conversation still fits into a model's context? The instructions and the last message always stay;
 * of the rest the newest, whole turns only, and never beginning with an answer whose question is gone.
 */
import type { ModelTurn } from "#contract/model-protocol.ts";

/** The turns to hand over, or undefined when instructions and last message alone don't fit. `tokens` has one number per turn. */
export function fitTurns(turns: readonly ModelTurn[], tokens: readonly number[], limitTokens: number): ModelTurn[] | undefined {
  const last = turns.length - 1;
  const stays = (index: number) => index === last || turns[index]?.role === "system";
  let left = limitTokens;
  turns.forEach((_, index) => {
    if (stays(index)) left -= tokens[index] ?? 0;
  });
  if (left < 0) return undefined;

  let from = last;
  for (let index = last - 1; index >= 0; index--) {
    if (stays(index)) continue;
    left -= tokens[index] ?? 0;
    if (left < 0) break;
    if (turns[index]?.role === "user") from = index;
  }
  return turns.filter((turn, index) => turn.role === "system" || index >= from);
}
