import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { tinyGguf } from "#support/tiny-gguf.ts";
import { canChat, GGUF_HEADER_BYTES, readGgufHeader } from "./gguf-header.ts";

test("a model file says what it is, how it is called and how much it can read at once", () => {
  const head = tinyGguf({ name: "Little one", contextTokens: 2_048 }).subarray(0, GGUF_HEADER_BYTES);
  assert.deepEqual(readGgufHeader(head), { architecture: "llama", name: "Little one", contextTokens: 2_048 });
});

test("tags between the name and the context are stepped over", () => {
  const number = (value: number, size: number) => {
    const bytes = Buffer.alloc(size);
    bytes.writeUInt32LE(value);
    return bytes;
  };
  const text = (value: string) => Buffer.concat([number(value.length, 8), Buffer.from(value)]);
  const head = Buffer.concat([
    Buffer.from("GGUF"),
    number(3, 4),
    number(0, 8),
    number(3, 8),
    ...[text("general.architecture"), number(8, 4), text("qwen3")],
    ...[text("general.tags"), number(9, 4), number(8, 4), number(2, 8), text("chat"), text("small")],
    ...[text("qwen3.context_length"), number(4, 4), number(40_960, 4)],
  ]);
  assert.deepEqual(readGgufHeader(head), { architecture: "qwen3", name: null, contextTokens: 40_960 });
});

test("an encoder is not offered for a chat", () => {
  assert.equal(canChat({ architecture: "llama", name: null, contextTokens: null }), true);
  assert.equal(canChat({ architecture: "nomic-bert", name: null, contextTokens: null }), false);
});

test("a file of another kind is no model file", () => {
  assert.equal(readGgufHeader(Buffer.from("PK\u0003\u0004 a zip archive that somebody renamed")), undefined);
  assert.equal(readGgufHeader(new Uint8Array()), undefined);
});

test("however a file is cut or altered, reading its head never throws", () => {
  const head = tinyGguf({ layers: 1 }).subarray(0, 2_048);
  fc.assert(
    fc.property(fc.nat(head.length), fc.array(fc.tuple(fc.nat(head.length - 1), fc.nat(255)), { maxLength: 8 }), (length, changes) => {
      const altered = Buffer.from(head);
      for (const [at, byte] of changes) altered[at] = byte;
      readGgufHeader(altered.subarray(0, length));
    }),
    { numRuns: 2_000 },
  );
});
