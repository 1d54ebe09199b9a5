/**
 * Where does a test get a language model? It writes one: a llama of random weights (4 layers, width 128, 768 tokens of a
 * SentencePiece vocabulary with byte tokens, a Jinja chat template), 4.2 MB as F32, that llama.cpp runs at some hundred tokens
 * a second. The same options give the same bytes; another seed gives other weights. Its words mean nothing.
 * Format: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md (version 3).
 */
import { writeFile } from "node:fs/promises";

export type TinyGgufOptions = {
  seed?: number;
  /** `general.name` in the file. */
  name?: string;
  /** More layers make it slower; each adds 0.85 MB. */
  layers?: number;
  contextTokens?: number;
  /** How strongly the end-of-turn token competes: 0 never ends by itself, 1 like any other word. */
  endWeight?: number;
  architecture?: string;
};

const WIDTH = 128;
const HEADS = 4;
const FEED_FORWARD = 384;
const VOCABULARY = 768;
const ALIGNMENT = 32;
const TOKEN = { unknown: 0, begin: 1, end: 2 };
const FIRST_BYTE_TOKEN = 3;
const FIRST_WORD_TOKEN = FIRST_BYTE_TOKEN + 256;

const CHAT_TEMPLATE =
  "{{ bos_token }}{% for message in messages %}[{{ message['role'] }}] {{ message['content'] }}{{ eos_token }}{% endfor %}" +
  "{% if add_generation_prompt %}[assistant]{% endif %}";

/** The file's bytes. */
export function tinyGguf(options: TinyGgufOptions = {}): Buffer {
  const layers = options.layers ?? 4;
  const architecture = options.architecture ?? "llama";
  const tensors = tensorsOf(layers, options.seed ?? 1, options.endWeight ?? 0);
  const metadata = metadataOf(architecture, options.name ?? "Tiny random llama", layers, options.contextTokens ?? 4_096);

  const infos: Buffer[] = [];
  let offset = 0;
  for (const { name, shape, data } of tensors) {
    infos.push(text(name), u32(shape.length), ...shape.map(u64), u32(0), u64(offset));
    offset += padded(data.byteLength);
  }
  const head = Buffer.concat([
    Buffer.from("GGUF"),
    u32(3),
    u64(tensors.length),
    u64(metadata.length),
    ...metadata.flatMap(([key, value]) => [text(key), value]),
    ...infos,
  ]);
  const parts: Uint8Array[] = [head, Buffer.alloc(padded(head.length) - head.length)];
  for (const { data } of tensors) {
    parts.push(new Uint8Array(data.buffer), Buffer.alloc(padded(data.byteLength) - data.byteLength));
  }
  return Buffer.concat(parts);
}

/** Writes the file and returns its path. */
export async function writeTinyGguf(path: string, options: TinyGgufOptions = {}): Promise<string> {
  await writeFile(path, tinyGguf(options));
  return path;
}

type Tensor = { name: string; shape: number[]; data: Float32Array };

function tensorsOf(layers: number, seed: number, endWeight: number): Tensor[] {
  const random = randomNumbers(seed);
  const matrix = (name: string, columns: number, rows: number, spread: number): Tensor => ({
    name,
    shape: [columns, rows],
    // uniform, because Math.log and Math.cos need not agree between machines to the last bit
    data: Float32Array.from({ length: columns * rows }, () => (random() * 2 - 1) * spread),
  });
  const ones = (name: string): Tensor => ({ name, shape: [WIDTH], data: new Float32Array(WIDTH).fill(1) });
  const spread = Math.sqrt(3 / WIDTH);

  const output = matrix("output.weight", WIDTH, VOCABULARY, spread * 5);
  // the words are there to be read: bytes and control tokens get a score of zero, far below the best of the others
  output.data.fill(0, 0, FIRST_WORD_TOKEN * WIDTH);
  const end = matrix("", WIDTH, 1, spread * 5 * endWeight).data;
  output.data.set(end, TOKEN.end * WIDTH);

  const tensors = [matrix("token_embd.weight", WIDTH, VOCABULARY, 1), ones("output_norm.weight"), output];
  for (let layer = 0; layer < layers; layer++) {
    const block = `blk.${layer}`;
    tensors.push(
      ones(`${block}.attn_norm.weight`),
      ...["attn_q", "attn_k", "attn_v", "attn_output"].map((part) => matrix(`${block}.${part}.weight`, WIDTH, WIDTH, spread)),
      ones(`${block}.ffn_norm.weight`),
      matrix(`${block}.ffn_gate.weight`, WIDTH, FEED_FORWARD, spread),
      matrix(`${block}.ffn_up.weight`, WIDTH, FEED_FORWARD, spread),
      matrix(`${block}.ffn_down.weight`, FEED_FORWARD, WIDTH, Math.sqrt(3 / FEED_FORWARD)),
    );
  }
  return tensors;
}

type Entry = [key: string, value: Buffer];

function metadataOf(architecture: string, name: string, layers: number, contextTokens: number): Entry[] {
  const of = (key: string, value: Buffer): Entry => [`${architecture}.${key}`, value];
  const { pieces, scores, kinds } = vocabulary();
  return [
    ["general.architecture", string(architecture)],
    ["general.name", string(name)],
    ["general.file_type", uint32(0)],
    ["general.alignment", uint32(ALIGNMENT)],
    of("context_length", uint32(contextTokens)),
    of("embedding_length", uint32(WIDTH)),
    of("block_count", uint32(layers)),
    of("feed_forward_length", uint32(FEED_FORWARD)),
    of("attention.head_count", uint32(HEADS)),
    of("attention.head_count_kv", uint32(HEADS)),
    of("attention.layer_norm_rms_epsilon", float32(1e-5)),
    of("rope.dimension_count", uint32(WIDTH / HEADS)),
    of("vocab_size", uint32(VOCABULARY)),
    ["tokenizer.ggml.model", string("llama")],
    ["tokenizer.ggml.tokens", array(8, pieces.map(text))],
    ["tokenizer.ggml.scores", array(6, scores.map(f32))],
    ["tokenizer.ggml.token_type", array(5, kinds.map(i32))],
    ["tokenizer.ggml.unknown_token_id", uint32(TOKEN.unknown)],
    ["tokenizer.ggml.bos_token_id", uint32(TOKEN.begin)],
    ["tokenizer.ggml.eos_token_id", uint32(TOKEN.end)],
    ["tokenizer.ggml.add_bos_token", boolean(false)],
    ["tokenizer.chat_template", string(CHAT_TEMPLATE)],
  ];
}

/** Kinds as in llama.cpp: 1 normal, 2 unknown, 3 control, 6 byte. */
function vocabulary(): { pieces: string[]; scores: number[]; kinds: number[] } {
  const pieces = ["<unk>", "<s>", "</s>"];
  const kinds = [2, 3, 3];
  for (let byte = 0; byte < 256; byte++) {
    pieces.push(`<0x${byte.toString(16).toUpperCase().padStart(2, "0")}>`);
    kinds.push(6);
  }
  for (const piece of words()) {
    pieces.push(piece);
    kinds.push(1);
  }
  const scores = pieces.map((_, index) => (index < FIRST_WORD_TOKEN ? 0 : FIRST_WORD_TOKEN - 1 - index));
  return { pieces, scores, kinds };
}

/** 509 pieces: letters and signs first (so that any plain text can be read), then syllables that begin a word and that go on. */
function words(): string[] {
  const letters = [..."abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.,;:!?'\"()-[]/áéíóúñü¿¡▁"];
  const found = new Set(letters);
  const wanted = VOCABULARY - FIRST_WORD_TOKEN;
  for (const space of ["▁", ""]) {
    for (const vowel of "aeiou") {
      for (const first of "bcdfglmnprstv") {
        for (const last of ["", "n", "r", "s"]) {
          if (found.size < wanted) found.add(space + first + vowel + last);
        }
      }
    }
  }
  return [...found];
}

/** mulberry32: integers only, hence the same on every machine. */
function randomNumbers(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function padded(length: number): number {
  return Math.ceil(length / ALIGNMENT) * ALIGNMENT;
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

function i32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32LE(value);
  return bytes;
}

function f32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeFloatLE(value);
  return bytes;
}

function u64(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value, "utf8");
  return Buffer.concat([u64(bytes.length), bytes]);
}

// metadata values carry their type in front: 4 uint32, 6 float32, 7 bool, 8 string, 9 array
const uint32 = (value: number): Buffer => Buffer.concat([u32(4), u32(value)]);
const float32 = (value: number): Buffer => Buffer.concat([u32(6), f32(value)]);
const boolean = (value: boolean): Buffer => Buffer.concat([u32(7), Buffer.from([value ? 1 : 0])]);
const string = (value: string): Buffer => Buffer.concat([u32(8), text(value)]);
const array = (kind: number, items: Buffer[]): Buffer => Buffer.concat([u32(9), u32(kind), u64(items.length), ...items]);
