/** Is the flood what it says it is? Against a real server on a loopback port. */
import assert from "node:assert/strict";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { test, type TestContext } from "node:test";
import { createFlood, type FloodOptions } from "./flood.ts";
import { floodAddress } from "./sources.ts";

/** Elsewhere the loopback device takes one address only. */
const ALL_LOOPBACK = process.platform === "linux";

async function floodOf(t: TestContext, answer: RequestListener, options: Partial<FloodOptions>) {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const flood = createFlood({
    port: (server.address() as AddressInfo).port,
    rate: 200,
    connections: 50,
    prefixes: 20,
    addressOf: ALL_LOOPBACK ? floodAddress : () => "127.0.0.1",
    shot: () => ({ bytes: Buffer.from("GET / HTTP/1.1\r\nhost: localhost\r\n\r\n") }),
    requestsPerHost: 5,
    ...options,
  });
  t.after(() => {
    flood.stop();
    server.closeAllConnections();
    server.close();
  });
  flood.start();
  return flood;
}

test("a flood comes from many networks and hosts, at its rate", { skip: !ALL_LOOPBACK && "needs all of 127/8" }, async (t) => {
  const seen = new Set<string>();
  const flood = await floodOf(t, (message, response) => void (seen.add(message.socket.remoteAddress ?? ""), response.end("ok")), {});
  await pause(1_500);
  const { offered, sent, late, answered } = flood.counts;
  const networks = new Set([...seen].map((address) => address.split(".").slice(0, 3).join(".")));
  assert.equal(networks.size, 20);
  assert.ok(seen.size > 40, `${seen.size} hosts`);
  assert.ok(offered >= 280 && offered <= 320, `${offered} due in 1.5 s`);
  assert.equal(sent + late, offered);
  // the last ones are on their way, more of them on a busy machine
  assert.ok((answered["200"] ?? 0) >= sent / 2);
});

test("a server that answers nobody is asked no less, and what could not be sent is counted", async (t) => {
  const flood = await floodOf(t, () => {}, {});
  await pause(1_000);
  const { sent, stuck, late, offered, answered } = flood.counts;
  assert.equal(sent, 50);
  assert.equal(sent + stuck + late, offered);
  assert.ok(stuck > 100);
  assert.deepEqual(answered, {});
});

test("a shot that goes on asks what the answer gave, also when the connection was closed after it", async (t) => {
  const paths: string[] = [];
  const flood = await floodOf(
    t,
    (message, response) => void (paths.push(message.url ?? ""), response.setHeader("connection", "close").end("/next")),
    {
      rate: 20,
      shot: () => ({
        bytes: Buffer.from("GET /first HTTP/1.1\r\nhost: localhost\r\n\r\n"),
        follow: ({ body }) => Buffer.from(`GET ${body} HTTP/1.1\r\nhost: localhost\r\n\r\n`),
      }),
    },
  );
  await pause(600);
  const firsts = paths.filter((path) => path === "/first").length;
  const nexts = paths.filter((path) => path === "/next").length;
  assert.ok(firsts >= 8 && Math.abs(firsts - nexts) <= 1, `${firsts} and ${nexts}`);
  assert.equal(flood.counts.cut, 0);
});

test("in a closed loop a connection asks again when it was answered, and is replaced when it was cut", async (t) => {
  let count = 0;
  const flood = await floodOf(
    t,
    (message, response) => {
      count += 1;
      if (count % 10 === 0) message.socket.destroy();
      else response.end("ok");
    },
    { rate: null, connections: 4, requestsPerHost: 1_000 },
  );
  await pause(500);
  const { sent, cut, connects, answered } = flood.counts;
  assert.ok(sent > 200, `${sent} sent`);
  assert.ok(cut > 10 && Math.abs(connects - cut - 4) <= 1, `${cut} cut, ${connects} connects`);
  assert.ok((answered["200"] ?? 0) + cut >= sent - 4);
});
