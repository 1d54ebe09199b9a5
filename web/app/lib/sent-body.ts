/**
 * How is a request body shown so that a person can read it? A chat as its turns and the rest as JSON; other JSON with
 * line breaks; anything else as it is. What was sent byte for byte is shown beside it and never made from this. Pure.
 */

export type SentTurn = { role: string; text: string };
export type SentBody =
  | { kind: "empty" }
  | { kind: "chat"; turns: SentTurn[]; rest: string }
  | { kind: "json"; text: string }
  | { kind: "text"; text: string };

export function readSentBody(body: string): SentBody {
  if (body === "") return { kind: "empty" };
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    return { kind: "text", text: body };
  }
  if (isRecord(value)) {
    const { messages, ...rest } = value;
    const turns = Array.isArray(messages) ? messages.map(turnOf) : [];
    if (turns.length > 0 && turns.every((turn) => turn !== undefined)) return { kind: "chat", turns, rest: written(rest) };
  }
  return { kind: "json", text: written(value) };
}

function turnOf(message: unknown): SentTurn | undefined {
  if (!isRecord(message) || typeof message["role"] !== "string") return undefined;
  const { role, content, ...more } = message;
  // whatever else stands in a turn is shown too: nothing that was sent may be missing here
  if (typeof content === "string" && Object.keys(more).length === 0) return { role, text: content };
  return { role, text: written({ content, ...more }) };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function written(value: unknown): string {
  return JSON.stringify(value, null, 2);
}
