/**
 * What is in a GGUF file? Reads the beginning of one (the first some kilobytes are enough: names and sizes stand before the
 * vocabulary) and says kind, name and context. Total: anything that is not a GGUF file of version 2 or 3 is undefined.
 * Format: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
 */

export type GgufHeader = { architecture: string; name: string | null; contextTokens: number | null };

/** Enough for everything in front of the vocabulary in the files of our catalogue. */
export const GGUF_HEADER_BYTES = 64 * 1024;
/** Encoders and the vision half of other models: they hold no conversation. */
const SILENT_ARCHITECTURES = new Set(["bert", "nomic-bert", "nomic-bert-moe", "jina-bert-v2", "clip", "t5encoder", "wavtokenizer-dec"]);

// metadata value types: their sizes in bytes; 8 is a string, 9 an array
const SIZES: Readonly<Record<number, number>> = { 0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8 };
const MAX_KEYS = 4_096;

/** Reads what the bytes hold; stops quietly where they end. */
export function readGgufHeader(bytes: Uint8Array): GgufHeader | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 24 || view.getUint32(0, false) !== 0x47475546) return undefined;
  const version = view.getUint32(4, true);
  if (version !== 2 && version !== 3) return undefined;
  const count = Math.min(Number(view.getBigUint64(16, true)), MAX_KEYS);

  const values = new Map<string, string | number>();
  let at = 24;
  for (let index = 0; index < count; index++) {
    const key = readText(bytes, view, at);
    if (key === undefined || key.end + 4 > bytes.length) break;
    const value = readValue(bytes, view, view.getUint32(key.end, true), key.end + 4);
    if (value === undefined) break;
    if (value.value !== undefined) values.set(key.text, value.value);
    at = value.end;
  }
  const architecture = values.get("general.architecture");
  if (typeof architecture !== "string") return undefined;
  const name = values.get("general.name");
  const contextTokens = values.get(`${architecture}.context_length`);
  return {
    architecture,
    name: typeof name === "string" && name.trim() !== "" ? name.trim().slice(0, 100) : null,
    contextTokens: typeof contextTokens === "number" ? contextTokens : null,
  };
}

/** False for encoders and the like. */
export function canChat(header: GgufHeader): boolean {
  return !SILENT_ARCHITECTURES.has(header.architecture);
}

type Read = { value: string | number | undefined; end: number };

function readValue(bytes: Uint8Array, view: DataView, type: number, at: number): Read | undefined {
  if (type === 8) {
    const text = readText(bytes, view, at);
    return text && { value: text.text, end: text.end };
  }
  if (type === 9) return skipArray(bytes, view, at);
  const size = SIZES[type];
  if (size === undefined || at + size > view.byteLength) return undefined;
  if (type === 4) return { value: view.getUint32(at, true), end: at + size };
  if (type === 10) return { value: Number(view.getBigUint64(at, true)), end: at + size };
  return { value: undefined, end: at + size };
}

/** Steps over an array. The vocabulary is longer than what was read, so reading ends there: nobody here wants to know it. */
function skipArray(bytes: Uint8Array, view: DataView, at: number): Read | undefined {
  if (at + 12 > bytes.length) return undefined;
  const type = view.getUint32(at, true);
  const count = Number(view.getBigUint64(at + 4, true));
  let end = at + 12;
  if (type !== 8) end += (SIZES[type] ?? Infinity) * count;
  for (let index = 0; type === 8 && index < count; index++) {
    const text = readText(bytes, view, end);
    if (text === undefined) return undefined;
    end = text.end;
  }
  return end <= bytes.length ? { value: undefined, end } : undefined;
}

function readText(bytes: Uint8Array, view: DataView, at: number): { text: string; end: number } | undefined {
  if (at + 8 > bytes.length) return undefined;
  const end = at + 8 + Number(view.getBigUint64(at, true));
  if (end > bytes.length) return undefined;
  return { text: Buffer.from(bytes.subarray(at + 8, end)).toString("utf8"), end };
}
