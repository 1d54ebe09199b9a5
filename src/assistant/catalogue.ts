/**
 * Which models does Holdfast offer for download? A few small open-weight instruct models under licences without conditions on
 * use, each pinned to one file of one commit, with the size and SHA-256 that the hub states for it (as of August 2026).
 * Left out on purpose: Llama and Gemma (terms of their own), Qwen2.5-3B (research licence), files by unknown converters.
 */
import { LOCAL_CONTEXT_TOKENS } from "#contract/model-protocol.ts";
import type { CatalogueModel } from "#contract/wire.ts";

/** A catalogue entry without its note, which is said in the reader's language (words: `note.<id>`). */
export type CatalogueEntry = Omit<CatalogueModel, "note">;

/** What llama.cpp and our process need beside weights and context: 130 MB for the process, the rest for its work buffers. */
const OVERHEAD_BYTES = 512 * 1024 ** 2;

function entry(facts: Omit<CatalogueEntry, "memoryBytes" | "licence"> & { contextBytesPerToken: number }): CatalogueEntry {
  const { contextBytesPerToken, ...rest } = facts;
  return {
    ...rest,
    licence: "Apache-2.0",
    memoryBytes: facts.sizeBytes + contextBytesPerToken * LOCAL_CONTEXT_TOKENS + OVERHEAD_BYTES,
  };
}

/** 2 (key and value) × layers × key-value heads × width of a head × 2 bytes, from the files' own metadata. */
function contextBytes(layers: number, heads: number, width: number): number {
  return 2 * layers * heads * width * 2;
}

export const CATALOGUE: readonly CatalogueEntry[] = [
  entry({
    id: "qwen3-0.6b",
    name: "Qwen3 0.6B",
    publisher: "Qwen (Alibaba Cloud)",
    parameters: "0.6B",
    repository: "Qwen/Qwen3-0.6B-GGUF",
    revision: "23749fefcc72300e3a2ad315e1317431b06b590a",
    fileName: "Qwen3-0.6B-Q8_0.gguf",
    sizeBytes: 639_446_688,
    sha256: "9465e63a22add5354d9bb4b99e90117043c7124007664907259bd16d043bb031",
    contextTokens: 32_768,
    contextBytesPerToken: contextBytes(28, 8, 128),
  }),
  entry({
    id: "qwen2.5-1.5b-instruct",
    name: "Qwen2.5 1.5B Instruct",
    publisher: "Qwen (Alibaba Cloud)",
    parameters: "1.5B",
    repository: "Qwen/Qwen2.5-1.5B-Instruct-GGUF",
    revision: "91cad51170dc346986eccefdc2dd33a9da36ead9",
    fileName: "qwen2.5-1.5b-instruct-q4_k_m.gguf",
    sizeBytes: 1_117_320_736,
    sha256: "6a1a2eb6d15622bf3c96857206351ba97e1af16c30d7a74ee38970e434e9407e",
    contextTokens: 32_768,
    contextBytesPerToken: contextBytes(28, 2, 128),
  }),
  entry({
    id: "qwen3-1.7b",
    name: "Qwen3 1.7B",
    publisher: "Qwen (Alibaba Cloud)",
    parameters: "1.7B",
    repository: "Qwen/Qwen3-1.7B-GGUF",
    revision: "90862c4b9d2787eaed51d12237eafdfe7c5f6077",
    fileName: "Qwen3-1.7B-Q8_0.gguf",
    sizeBytes: 1_834_426_016,
    sha256: "061b54daade076b5d3362dac252678d17da8c68f07560be70818cace6590cb1a",
    contextTokens: 32_768,
    contextBytesPerToken: contextBytes(28, 8, 128),
  }),
  entry({
    id: "smollm3-3b",
    name: "SmolLM3 3B",
    publisher: "Hugging Face (file by ggml-org)",
    parameters: "3B",
    repository: "ggml-org/SmolLM3-3B-GGUF",
    revision: "4965cb60b150737b68a0408c36aeefb65078f894",
    fileName: "SmolLM3-Q4_K_M.gguf",
    sizeBytes: 1_915_305_312,
    sha256: "8334b850b7bd46238c16b0c550df2138f0889bf433809008cc17a8b05761863e",
    contextTokens: 65_536,
    contextBytesPerToken: contextBytes(36, 4, 128),
  }),
  entry({
    id: "granite-4.0-micro",
    name: "Granite 4.0 Micro",
    publisher: "IBM",
    parameters: "3B",
    repository: "ibm-granite/granite-4.0-micro-GGUF",
    revision: "ec48475f0c811d812fbfb61975717a9c36eeb652",
    fileName: "granite-4.0-micro-Q4_K_M.gguf",
    sizeBytes: 2_099_502_528,
    sha256: "97c417dcc0534b0737c74016fb2af083cb17c3b51eaac621192d23961b7024eb",
    contextTokens: 131_072,
    contextBytesPerToken: contextBytes(40, 8, 64),
  }),
  entry({
    id: "qwen3-4b",
    name: "Qwen3 4B",
    publisher: "Qwen (Alibaba Cloud)",
    parameters: "4B",
    repository: "Qwen/Qwen3-4B-GGUF",
    revision: "bc640142c66e1fdd12af0bd68f40445458f3869b",
    fileName: "Qwen3-4B-Q4_K_M.gguf",
    sizeBytes: 2_497_280_256,
    sha256: "7485fe6f11af29433bc51cab58009521f205840f5b4ae3a32fa7f92e8534fdf5",
    contextTokens: 32_768,
    contextBytesPerToken: contextBytes(36, 8, 128),
  }),
];
