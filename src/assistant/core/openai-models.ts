/** Which models does a server offer, and which of them can chat? Reads the answer of /models, whoever gave it. Pure. */

export type ListedModel = { name: string; contextTokens: number | null };

const MAX_MODELS = 500;
const MAX_NAME_CHARS = 150;
/** Names of models that take no chat. */
const OTHER_KINDS =
  /embed|rerank|whisper|transcri|\btts\b|-tts|speech|moderation|dall-e|-image|image-|stable-diffusion|realtime|-audio|\bbge-|\be5-|guard/i;

/**
 * The models of a list, or `undefined` when this is not one. `strict` is for strangers on a local port: they must say
 * that it is a list and name a model or none.
 */
export function parseModelList(body: unknown, strict = false): ListedModel[] | undefined {
  if (!isRecord(body) || (strict && body["object"] !== "list")) return undefined;
  const data = body["data"];
  // Ollama without a model says null
  if (data === null && body["object"] === "list") return [];
  if (!Array.isArray(data)) return undefined;
  const models: ListedModel[] = [];
  for (const entry of data.slice(0, MAX_MODELS)) {
    if (!isRecord(entry) || typeof entry["id"] !== "string" || entry["id"] === "") return undefined;
    if (strict && entry["object"] !== "model") return undefined;
    if (entry["id"].length <= MAX_NAME_CHARS) models.push({ name: entry["id"], contextTokens: contextOf(entry) });
  }
  return models;
}

/** Those that chat; all of them when none looks like it. The wanted one comes first, also when it is not listed. */
export function offeredModels(listed: readonly ListedModel[], wanted: string | null): ListedModel[] {
  const chatting = listed.filter(({ name }) => !OTHER_KINDS.test(name));
  const offered = chatting.length > 0 ? chatting : [...listed];
  if (wanted === null) return offered;
  const first = listed.find(({ name }) => name === wanted) ?? { name: wanted, contextTokens: null };
  return [first, ...offered.filter(({ name }) => name !== wanted)];
}

/** What a person reads: llama.cpp names a model by its file. */
export function modelLabel(name: string): string {
  return (/^[./~]|^[a-z]:\\|\.gguf$/i.test(name) ? (name.split(/[/\\]/).at(-1) ?? name) : name).replace(/\.gguf$/i, "");
}

/** vLLM, Groq, OpenRouter, Mistral and llama.cpp each have a word of their own. */
function contextOf(entry: Record<string, unknown>): number | null {
  const meta = isRecord(entry["meta"]) ? entry["meta"]["n_ctx"] : undefined;
  for (const value of [entry["max_model_len"], entry["context_window"], entry["context_length"], entry["max_context_length"], meta]) {
    if (typeof value === "number" && Number.isInteger(value) && value >= 256) return value;
  }
  return null;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
