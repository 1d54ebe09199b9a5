import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { readSse, SSE_START, type SseEvent } from "./sse.ts";

function readAll(chunks: string[]): { events: SseEvent[]; heartbeats: number } {
  let state = SSE_START;
  const events: SseEvent[] = [];
  let heartbeats = 0;
  for (const chunk of chunks) {
    const step = readSse(state, chunk);
    state = step.state;
    events.push(...step.events);
    if (step.heartbeat) heartbeats += 1;
  }
  return { events, heartbeats };
}

test("a reader gets each event with its number", () => {
  const { events } = readAll(['id: 7\ndata: {"a":1}\n\nid: 8\ndata: x\ndata: y\n\n']);
  assert.deepEqual(events, [
    { id: "7", data: '{"a":1}' },
    { id: "8", data: "x\ny" },
  ]);
});

test("a comment is a sign of life and no event", () => {
  const { events, heartbeats } = readAll([": still here\n\n"]);
  assert.deepEqual(events, []);
  assert.equal(heartbeats, 1);
});

test("a half event is never handed on", () => {
  assert.deepEqual(readAll(["id: 1\ndata: half"]).events, []);
});

test("wherever the network cuts the stream, the reader gets the same events", () => {
  const stream = 'id: 1\ndata: {"text":"héllo"}\n\n: beat\n\nid: 2\r\ndata: two\r\n\r\nid: 3\ndata: three\n\n';
  const whole = readAll([stream]).events;
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: stream.length - 1 }), { maxLength: 12 }), (cuts) => {
      const places = [...new Set([0, ...cuts, stream.length])].toSorted((a, b) => a - b);
      const chunks = places.slice(1).map((end, index) => stream.slice(places[index], end));
      assert.deepEqual(readAll(chunks).events, whole);
    }),
  );
});
