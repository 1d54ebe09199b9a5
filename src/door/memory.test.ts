/**
 * Does the door keep anything of strangers? Its own heap and buffers after a collection, between a first and a last number of
 * unproven requests (challenge, place, turn; each from a browser of its own). The whole measurement, 10,000 to 100,000:
 * HOLDFAST_TEST_UNPROVEN_FIRST=10000 HOLDFAST_TEST_UNPROVEN_LAST=100000.
 */
import assert from "node:assert/strict";
import { once } from "node:events";
import { Agent, request as httpRequest } from "node:http";
import { test } from "node:test";
import type { ChallengeAnswer, PlaceAnswer } from "#contract/wire.ts";
import { startDoor, type TestDoor } from "#support/door.ts";

const FIRST = Number(process.env["HOLDFAST_TEST_UNPROVEN_FIRST"] ?? 6_000);
const LAST = Number(process.env["HOLDFAST_TEST_UNPROVEN_LAST"] ?? 18_000);
const LIMIT_BYTES = 1024 * 1024;
const AT_ONCE = 16;

test("the door's memory does not grow with unproven requests", { timeout: 15 * 60_000 }, async (t) => {
  const door = await startDoor(t, { inspect: true, boot: { trustedProxyHops: 1 } });
  door.capacity(50);
  const measure = await inspector(t, door);
  await unproven(door, 0, FIRST);
  const before = await measure();
  const startedAt = Date.now();
  await unproven(door, FIRST, LAST);
  const seconds = (Date.now() - startedAt) / 1_000;
  const after = await measure();
  const grown = after.used - before.used;
  t.diagnostic(
    `${FIRST} → ${LAST} requests: ${(before.used / 1e6).toFixed(2)} → ${(after.used / 1e6).toFixed(2)} MB (${grown} bytes), ${Math.round((LAST - FIRST) / seconds)} requests/s; resident ${Math.round(after.resident / 1e6)} MB`,
  );
  assert.ok(grown <= LIMIT_BYTES, `${grown} bytes more`);
});

/** Requests number `from` to `to`, in rounds of three by browsers from networks all over, whose places lead to nothing. */
async function unproven(door: TestDoor, from: number, to: number): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: AT_ONCE });
  let next = from;
  const worker = async () => {
    for (; next < to;) {
      const number = next;
      next += 3;
      const network = `${1 + (number % 200)}.${(number >> 3) % 256}.${(number >> 5) % 256}.7`;
      const challenged = await post(agent, door.port, "/sign-up/challenge", network, "", {});
      const { challenge } = challenged.json as ChallengeAnswer;
      const placed = await post(agent, door.port, "/sign-up/place", network, challenged.cookie, { challenge });
      const { place } = placed.json as PlaceAnswer;
      await post(agent, door.port, "/sign-up/turn", network, challenged.cookie, { place });
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  agent.destroy();
}

function post(agent: Agent, port: number, path: string, network: string, cookie: string, body: unknown) {
  return new Promise<{ json: unknown; cookie: string }>((resolve, reject) => {
    const headers = { "content-type": "application/json", "x-forwarded-for": network, ...(cookie === "" ? {} : { cookie }) };
    const request = httpRequest({ agent, host: "127.0.0.1", port, path, method: "POST", headers }, (response) => {
      let text = "";
      response.on("data", (chunk: Buffer) => (text += chunk.toString()));
      response.on("end", () => {
        if (response.statusCode !== 200) reject(new Error(`${path}: ${response.statusCode} ${text}`));
        else resolve({ json: JSON.parse(text) as unknown, cookie: response.headers["set-cookie"]?.[0]?.split(";")[0] ?? cookie });
      });
    });
    request.on("error", reject);
    request.end(JSON.stringify(body));
  });
}

/** Asks the door's process, by its inspector, what it uses after everything that can be collected was. */
async function inspector(t: { after(work: () => void): unknown }, door: TestDoor) {
  const socket = new WebSocket(door.inspectUrl());
  await once(socket, "open");
  t.after(() => socket.close());
  let id = 0;
  const call = (method: string, params: object = {}) =>
    new Promise<{ result?: { value?: unknown } }>((resolve) => {
      const mine = (id += 1);
      const hear = ({ data }: MessageEvent) => {
        const message = JSON.parse(String(data)) as { id?: number; result: { result?: { value?: unknown } } };
        if (message.id !== mine) return;
        socket.removeEventListener("message", hear);
        resolve(message.result);
      };
      socket.addEventListener("message", hear);
      socket.send(JSON.stringify({ id: mine, method, params }));
    });
  return async () => {
    // what is on its way to be closed or written is let go first
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    for (let round = 0; round < 3; round += 1) await call("HeapProfiler.collectGarbage");
    const { result } = await call("Runtime.evaluate", { expression: "process.memoryUsage()", returnByValue: true });
    const usage = result?.value as NodeJS.MemoryUsage;
    return { used: usage.heapUsed + usage.external, resident: usage.rss };
  };
}
