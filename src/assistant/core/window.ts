/**
 * Which turns are handed to the model? The branch up to the question, without empty answers, cut from its beginning so
 * that question and answer fit the model's context. What a person typed is never shortened. Pure.
 */
import type { ChatTurn } from "../provider.ts";

export type Spoken = { role: "user" | "assistant"; text: string };

const UNKNOWN_CONTEXT_TOKENS = 32_768;
/** Characters of templates around each turn. */
const TURN_OVERHEAD_TOKENS = 8;
/** English has about four bytes a token, code three, Chinese three: three keeps us on the safe side. */
const BYTES_PER_TOKEN = 3;

/** The turns to send: the newest that fit, beginning with a person's. The last one is always in. */
export function promptTurns(branch: readonly Spoken[], contextTokens: number | null): ChatTurn[] {
  const turns = alternating(branch.filter((turn) => turn.text.trim() !== ""));
  const context = contextTokens ?? UNKNOWN_CONTEXT_TOKENS;
  let left = context - Math.min(4_096, Math.floor(context / 4));
  let from = turns.length;
  while (from > 0) {
    const turn = turns[from - 1];
    left -= turn === undefined ? 0 : estimateTokens(turn.text) + TURN_OVERHEAD_TOKENS;
    if (left < 0 && from < turns.length) break;
    from -= 1;
  }
  const window = turns.slice(from);
  const first = window.findIndex((turn) => turn.role === "user");
  return window.slice(Math.max(0, first));
}

/** Fewer turns, after the model refused `turns` as too long; `undefined` when there is nothing to leave out. `contextTokens` is what the model said. */
export function fewerTurns(
  branch: readonly Spoken[],
  turns: readonly ChatTurn[],
  contextTokens: number | undefined,
): ChatTurn[] | undefined {
  let context = contextTokens ?? turns.reduce((sum, turn) => sum + estimateTokens(turn.text), 0);
  for (; context > 0; context = Math.floor(context / 2)) {
    const fewer = promptTurns(branch, context);
    if (fewer.length < turns.length) return fewer;
  }
  return undefined;
}

/** An upper estimate of the tokens of `text`. */
export function estimateTokens(text: string): number {
  return Math.ceil(Buffer.byteLength(text, "utf8") / BYTES_PER_TOKEN);
}

/** Some chat templates refuse two turns of the same role in a row: they become one. */
function alternating(branch: readonly Spoken[]): ChatTurn[] {
  const turns: ChatTurn[] = [];
  for (const { role, text } of branch) {
    const last = turns.at(-1);
    if (last?.role === role) turns[turns.length - 1] = { role, text: `${last.text}\n\n${text}` };
    else turns.push({ role, text });
  }
  return turns;
}
