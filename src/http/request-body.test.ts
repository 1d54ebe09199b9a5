/** What does a handler never get to see? */
import assert from "node:assert/strict";
import { test } from "node:test";
import { readBody } from "./request-body.ts";

const ask = async (
  body: string | Uint8Array<ArrayBuffer> | ReadableStream | null,
  type: string | null = "application/json",
  limit = 100,
) => {
  const headers = new Headers(type === null ? {} : { "content-type": type });
  const request = new Request("http://app/x", {
    method: "POST",
    body,
    headers,
    ...(body instanceof ReadableStream ? { duplex: "half" } : {}),
  } as RequestInit);
  if (type === null) request.headers.delete("content-type");
  const answer = await readBody(request, limit);
  return answer.ok ? { value: answer.value } : answer.failure;
};
const bytes = (...parts: (string | number[])[]): Buffer<ArrayBuffer> =>
  Buffer.concat(parts.map((part) => (typeof part === "string" ? Buffer.from(part) : Buffer.from(part))));

test("JSON is read, with or without its charset named", async () => {
  assert.deepEqual(await ask('{"a":"ñ🦊"}'), { value: { a: "ñ🦊" } });
  assert.deepEqual(await ask('{"a":1}', 'application/json; charset="UTF-8"'), { value: { a: 1 } });
  assert.deepEqual(await ask(null), { value: undefined });
  assert.deepEqual(await ask("", null), { value: undefined });
});

test("other content is refused, whatever is in it", async () => {
  for (const type of [
    "text/plain",
    "application/x-www-form-urlencoded",
    "application/json; charset=latin1",
    "multipart/form-data; boundary=x",
    null,
  ]) {
    assert.deepEqual(await ask('{"a":1}', type), { tag: "unsupported-media" }, String(type));
  }
});

test("broken UTF-8 and broken JSON are refused", async () => {
  for (const body of [
    bytes('{"a":"', [0xff], '"}'),
    bytes('{"a":"', [0xed, 0xa0, 0x80], '"}'),
    bytes('{"a":"', [0xc3]),
    bytes("{"),
    bytes("{'a':1}"),
    bytes("[1,]"),
    bytes([0xfe, 0xff, 0, 0x7b, 0, 0x7d]),
  ]) {
    assert.deepEqual(await ask(body), { tag: "bad-request" }, body.toString("latin1"));
  }
});

test("text that can't be kept is refused with the name of its field", async () => {
  assert.deepEqual(await ask('{"address":"a\\u0000b"}'), { tag: "broken-text", field: "address" });
  assert.deepEqual(await ask('{"a":{"b":["x","\\ud800"]}}'), { tag: "broken-text", field: "a.b.1" });
  assert.deepEqual(await ask('{"x\\udfff":1}'), { tag: "broken-text", field: "body" });
  assert.deepEqual(await ask('"\\u0000"'), { tag: "broken-text", field: "body" });
  assert.deepEqual(await ask('{"a":"\\ud83e\\udd8a \\\\u0000"}'), { value: { a: "🦊 \\u0000" } });
});

test("what is longer than the route takes is refused, said or not", async () => {
  assert.deepEqual(await ask(JSON.stringify("x".repeat(200))), { tag: "body-too-large" });
  let given = 0;
  const endless = new ReadableStream<Uint8Array>({
    pull(controller) {
      given += 1;
      controller.enqueue(new Uint8Array(64));
    },
  });
  assert.deepEqual(await ask(endless), { tag: "body-too-large" });
  assert.ok(given < 10, "the rest is not read");
});

test("a body that is folded into itself a hundred thousand times is refused like any other broken one", async () => {
  for (const [open, close] of [
    ["[", "]"],
    ['{"a":', "}"],
  ] as const) {
    const folded = `{"x":${open.repeat(100_000)}"\\u0000"${close.repeat(100_000)}}`;
    assert.deepEqual(await ask(folded, "application/json", 1_000_000), { tag: "bad-request" });
  }
  assert.deepEqual(await ask(`${"[".repeat(20)}"\\u0000"${"]".repeat(20)}`), { tag: "broken-text", field: Array(20).fill("0").join(".") });
});
