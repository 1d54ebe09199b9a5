import assert from "node:assert/strict";
import { test } from "node:test";
import { readSentBody } from "./sent-body.ts";

test("a chat is shown as who said what, and the rest of the request below", () => {
  const body = '{"model":"m","messages":[{"role":"system","content":"Be brief."},{"role":"user","content":"Hi\\nthere"}],"stream":true}';
  assert.deepEqual(readSentBody(body), {
    kind: "chat",
    turns: [
      { role: "system", text: "Be brief." },
      { role: "user", text: "Hi\nthere" },
    ],
    rest: '{\n  "model": "m",\n  "stream": true\n}',
  });
});

test("nothing in a turn is left out, whatever form it has", () => {
  const body = '{"messages":[{"role":"user","content":[{"type":"text","text":"secret"}]},{"role":"user","content":"a","name":"ada"}]}';
  const shown = JSON.stringify(readSentBody(body));
  for (const part of ["secret", "ada"]) assert.ok(shown.includes(part), part);
});

test("what is no chat is shown as it is", () => {
  assert.deepEqual(readSentBody(""), { kind: "empty" });
  assert.deepEqual(readSentBody("plain <b>"), { kind: "text", text: "plain <b>" });
  assert.deepEqual(readSentBody("[1]"), { kind: "json", text: "[\n  1\n]" });
  assert.deepEqual(readSentBody('{"messages":[]}'), { kind: "json", text: '{\n  "messages": []\n}' });
  assert.deepEqual(readSentBody('{"messages":["x"]}').kind, "json");
});
