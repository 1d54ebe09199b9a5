/**
 * Which messages were written but are not known to have arrived? They are remembered until the server has them, so
 * neither a failed request nor a reload loses one. A message keeps its id, so sending it again is never a second one. Pure.
 */
import type { Problem } from "#contract/problems.ts";
import type { TimeMs } from "#contract/wire.ts";

export type Unsent = {
  readonly id: string;
  readonly conversationId: string;
  readonly parentId: string | null;
  readonly text: string;
  readonly modelId: string | null;
  /** The conversation itself may not have arrived either. */
  readonly begins: boolean;
  readonly at: TimeMs;
};

/** `waiting`: no answer came, it is tried again by itself. `failed`: refused. `left-over`: found after a reload. */
export type UnsentState = "sending" | "waiting" | "failed" | "left-over";
export type UnsentMessage = Unsent & { readonly state: UnsentState; readonly problem: Problem | null };

/** What was remembered; anything that is not one of ours is skipped. */
export function readUnsent(stored: string | null): UnsentMessage[] {
  let list: unknown;
  try {
    list = JSON.parse(stored ?? "[]");
  } catch {
    return [];
  }
  if (!Array.isArray(list)) return [];
  return list.filter(isUnsent).map((message) => ({ ...message, state: "left-over", problem: null }));
}

export function writeUnsent(messages: readonly UnsentMessage[]): string | null {
  if (messages.length === 0) return null;
  return JSON.stringify(
    messages.map(({ id, conversationId, parentId, text, modelId, begins, at }): Unsent => ({
      id,
      conversationId,
      parentId,
      text,
      modelId,
      begins,
      at,
    })),
  );
}

function isUnsent(value: unknown): value is Unsent {
  if (typeof value !== "object" || value === null) return false;
  const { id, conversationId, parentId, text, modelId, begins, at } = value as Record<keyof Unsent, unknown>;
  return (
    [id, conversationId, text].every((field) => typeof field === "string" && field !== "") &&
    [parentId, modelId].every((field) => field === null || typeof field === "string") &&
    typeof begins === "boolean" &&
    typeof at === "number"
  );
}
