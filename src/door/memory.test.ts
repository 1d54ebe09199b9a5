/**
 * Does the door keep anything of strangers, of their networks or of the paths that they make up? Its own heap and buffers after a collection, between a first and a last number of
 * unproven requests (challenge, place, turn; each from a browser of its own). The whole measurement, 10,000 to 100,000:
 * HOLDFAST_TEST_UNPROVEN_FIRST=10000 HOLDFAST_TEST_UNPROVEN_LAST=100000, and HOLDFAST_TEST_SOURCES=2000000 (five minutes).
 */
import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { connect } from "node:net";
import { test } from "node:test";
import { startDoor, type TestDoor } from "#support/door.ts";
import { unproven } from "#support/unproven.ts";

const FIRST = Number(process.env["HOLDFAST_TEST_UNPROVEN_FIRST"] ?? 6_000);
const LAST = Number(process.env["HOLDFAST_TEST_UNPROVEN_LAST"] ?? 18_000);
const SOURCES = Number(process.env["HOLDFAST_TEST_SOURCES"] ?? 40_000);
const LIMIT_BYTES = 1024 * 1024;
const RESIDENT_LIMIT_BYTES = 32 * 1024 * 1024;
const AT_ONCE = 16;

test("the door's memory does not grow with unproven requests", { timeout: 15 * 60_000 }, async (t) => {
  const door = await startDoor(t, { inspect: true, boot: { trustedProxyHops: 1 } });
  door.capacity(50);
  const measure = await inspector(t, door);
  await unproven(door.port, 0, FIRST);
  const before = await measure();
  const startedAt = Date.now();
  const refused = await unproven(door.port, FIRST, LAST - FIRST);
  const seconds = (Date.now() - startedAt) / 1_000;
  const after = await measure();
  const grown = after.used - before.used;
  t.diagnostic(
    `${FIRST} → ${LAST} requests: ${(before.used / 1e6).toFixed(2)} → ${(after.used / 1e6).toFixed(2)} MB (${grown} bytes), ${refused} more were refused, ${Math.round((LAST - FIRST) / seconds)} requests/s; resident ${Math.round(after.resident / 1e6)} MB`,
  );
  assert.ok(grown <= LIMIT_BYTES, `${grown} bytes more`);
});

test("as many networks as there are, and a path for each of them, leave nothing behind", { timeout: 30 * 60_000 }, async (t) => {
  const door = await startDoor(t, { inspect: true, boot: { trustedProxyHops: 1 } });
  const measure = await inspector(t, door);
  await strangers(door, 0, Math.min(20_000, SOURCES));
  const before = await measure();
  const startedAt = Date.now();
  let most = 0;
  const watching = setInterval(() => (most = Math.max(most, residentBytes(door))), 200);
  t.after(() => clearInterval(watching));
  await strangers(door, 20_000, 20_000 + SOURCES);
  clearInterval(watching);
  const seconds = (Date.now() - startedAt) / 1_000;
  const after = await measure();
  t.diagnostic(
    `${SOURCES} networks and paths, ${Math.round(SOURCES / seconds)}/s: heap and buffers ${mega(before.used)} → ${mega(after.used)} MB, resident ${mega(before.resident)} → ${mega(after.resident)} MB, at most ${mega(most)} MB`,
  );
  assert.ok(after.used - before.used <= LIMIT_BYTES, `${after.used - before.used} bytes more`);
  assert.ok(most - before.resident <= RESIDENT_LIMIT_BYTES, `${mega(most - before.resident)} MB more at its height`);
});

const mega = (bytes: number) => (bytes / 1e6).toFixed(1);

function residentBytes(door: TestDoor): number {
  return 1_024 * Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${door.pid()}/status`, "utf8"))?.[1]);
}

/** Strangers number `from` to `to`, each from a network and for a path of their own, four at a time on each of a few connections. */
async function strangers(door: TestDoor, from: number, to: number): Promise<void> {
  const AT_A_TIME = 4;
  let next = from;
  const worker = async () => {
    let mine: number[] = [];
    while (next < to || mine.length > 0) {
      const socket = connect(door.port, "127.0.0.1");
      let heard = "";
      let tell = () => {};
      socket.on("data", (chunk: Buffer) => {
        heard += chunk.toString("latin1");
        tell();
      });
      socket.on("error", () => {});
      socket.on("close", () => tell());
      while (!socket.destroyed && (next < to || mine.length > 0)) {
        while (mine.length < AT_A_TIME && next < to) mine.push(next++);
        heard = "";
        socket.write(mine.map(request).join(""));
        while (!socket.destroyed && (answersIn(heard) < mine.length || !heard.endsWith("}")))
          await new Promise<void>((resolve) => (tell = resolve));
        // a door that has no room for strangers answers the first of them and hangs up
        mine = mine.slice(answersIn(heard));
      }
      socket.destroy();
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}

function request(n: number): string {
  return `GET /made-up/${n} HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: ${1 + (n >>> 16)}.${(n >>> 8) & 255}.${n & 255}.9\r\n\r\n`;
}

function answersIn(heard: string): number {
  return heard.split("HTTP/1.1 ").length - 1;
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
