/** What is sent to a server that speaks the OpenAI protocol, and what is changed when it refuses a parameter? Pure. */
import type { ChatTurn } from "../provider.ts";

/** What a server is known not to take. Learnt from its refusals, forgotten with the process. */
export type Quirks = { tokenField: "max_tokens" | "max_completion_tokens"; streamOptions: boolean };

/** OpenAI's own newer models refuse max_tokens; most others know nothing else. */
export function firstQuirks(baseUrl: string): Quirks {
  const host = URL.parse(baseUrl)?.hostname ?? "";
  const own = host === "api.openai.com" || host.endsWith(".openai.azure.com");
  return { tokenField: own ? "max_completion_tokens" : "max_tokens", streamOptions: true };
}

/** The body, as exact text: what is hashed, kept and sent. Sampling is left to the server. */
export function chatBody(request: { model: string; turns: readonly ChatTurn[]; maxOutputTokens: number | null }, quirks: Quirks): string {
  return JSON.stringify({
    model: request.model,
    messages: request.turns.map(({ role, text }) => ({ role, content: text })),
    stream: true,
    ...(quirks.streamOptions ? { stream_options: { include_usage: true } } : {}),
    ...(request.maxOutputTokens === null ? {} : { [quirks.tokenField]: request.maxOutputTokens }),
  });
}

export type Refused = { status: number; text: string };

/** Quirks that get around the refusal; `undefined` when it is about something else. */
export function learn(quirks: Quirks, refused: Refused): Quirks | undefined {
  if (refused.status !== 400 && refused.status !== 422) return undefined;
  if (quirks.streamOptions && refused.text.includes("stream_options")) return { ...quirks, streamOptions: false };
  // the parameter that is named first is the refused one; the other is the advice
  const refusedField = /max_(?:completion_)?tokens/.exec(refused.text)?.[0];
  const unsupported = /unsupported|not supported|unrecognized|unknown|extra|not permitted/i.test(refused.text);
  if (refusedField !== quirks.tokenField || !unsupported) return undefined;
  return { ...quirks, tokenField: refusedField === "max_tokens" ? "max_completion_tokens" : "max_tokens" };
}

/** What a refusal means when nothing can be learnt from it. */
export type RefusalMeaning =
  | { kind: "again"; afterMs: number | null }
  | { kind: "too-long"; contextTokens: number | null }
  | { kind: "unavailable" }
  | { kind: "failed" };

export function meaningOf(refused: Refused & { retryAfter: string | null }): RefusalMeaning {
  const tooLong = tooLongFor(refused.text);
  if (tooLong !== undefined) return { kind: "too-long", contextTokens: tooLong };
  const { status } = refused;
  if (status === 408 || status === 409 || status === 425 || status === 429 || status >= 500) {
    return { kind: "again", afterMs: retryAfterMs(refused.retryAfter) };
  }
  if (status === 400 || status === 422 || status === 413) return { kind: "failed" };
  return { kind: "unavailable" };
}

/** `null`: too long, but the server doesn't say for how much. `undefined`: not about length. */
export function tooLongFor(text: string): number | null | undefined {
  const about =
    /exceed_context_size|context_length_exceeded|maximum context length|context (?:size|length|window)[^"]{0,60}exceed|exceed[^"]{0,60}context (?:size|length|window)/i;
  if (!about.test(text)) return undefined;
  const said =
    /"n_ctx"\s*:\s*(\d+)|maximum context length (?:is|of) (\d+)|context (?:size|length|window)(?: of| is)?\s*[:=(]?\s*(\d{3,})/i.exec(text);
  const tokens = Number(said?.[1] ?? said?.[2] ?? said?.[3] ?? Number.NaN);
  return Number.isInteger(tokens) && tokens >= 256 ? tokens : null;
}

/** Seconds only: a date would need a clock, and no model server sends one. */
function retryAfterMs(header: string | null): number | null {
  return header !== null && /^\d{1,4}(\.\d+)?$/.test(header.trim()) ? Number(header) * 1_000 : null;
}
