/** Do the metrics say what happened, in as many series after a flood as before it, and to nobody from elsewhere? */
import assert from "node:assert/strict";
import { Agent, request as httpRequest } from "node:http";
import { test } from "node:test";
import { systemClock } from "#kit/time.ts";
import { startDoor, type TestDoor } from "#support/door.ts";
import { freePort } from "#support/holdfast.ts";

const MANY = 10_000;
/** All there can be: lane × cost × verdict, cost × answer, durations, Node's own, and the single figures. */
const MOST_SERIES = 8 * 6 * 5 + 6 * 5 + 12 * 16 + 150;

async function doorWithMetrics(t: Parameters<typeof startDoor>[0]) {
  const metricsPort = await freePort();
  const door = await startDoor(t, { boot: { metricsPort, trustedProxyHops: 1 } });
  return { door, metricsPort, read: () => scrape(metricsPort) };
}

function scrape(port: number, headers: Record<string, string> = {}, path = "/metrics", method = "GET") {
  return new Promise<{ status: number; text: string }>((resolve, reject) => {
    const request = httpRequest({ host: "127.0.0.1", port, path, method, headers, agent: false }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
      response.on("end", () => resolve({ status: response.statusCode ?? 0, text }));
    });
    request.on("error", reject);
    request.end();
  });
}

const seriesOf = (text: string) => text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
/** The sum over all series of a metric whose labels hold these texts. */
function sum(text: string, name: string, ...labels: string[]): number {
  return seriesOf(text)
    .filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `))
    .filter((line) => labels.every((label) => line.includes(label)))
    .reduce((all, line) => all + Number(line.slice(line.lastIndexOf(" ") + 1)), 0);
}

/** Each request from another network, to another path. */
async function flood(door: TestDoor, count: number): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: 16 });
  let next = 0;
  const one = () =>
    new Promise<void>((resolve) => {
      const at = next++;
      const forwarded = `10.${at >> 8}.${at & 255}.77`;
      const path = at % 2 === 0 ? `/nowhere-${at}` : `/manual/users/page-${at}?who=visitor-${at}@example.org`;
      const headers = { host: `localhost:${door.port}`, "x-forwarded-for": forwarded };
      const request = httpRequest({ host: "127.0.0.1", port: door.port, path, headers, agent }, (response) => {
        response.resume();
        response.on("close", resolve);
      });
      request.on("error", () => resolve());
      request.end();
    });
  await Promise.all(
    Array.from({ length: 16 }, async () => {
      while (next < count) await one();
    }),
  );
  agent.destroy();
}

test("ten thousand networks and paths make no more series than a handful, and none of them can be found in the metrics", async (t) => {
  const { door, read } = await doorWithMetrics(t);
  await flood(door, 100);
  const few = seriesOf((await read()).text).length;
  await flood(door, MANY);
  const { status, text } = await read();
  assert.equal(status, 200);
  const series = seriesOf(text).length;
  t.diagnostic(`${few} series after 100 requests, ${series} after ${MANY} more`);
  assert.ok(series <= MOST_SERIES && series - few < 60, `${few} series, then ${series}`);
  assert.equal(sum(text, "holdfast_door_requests_total"), MANY + 100, "each request was counted once");
  assert.doesNotMatch(text, /10\.\d+\.\d+|nowhere|visitor|manual|example/, "no address, path or name");
  const labels = new Set([...text.matchAll(/[{,]([a-z_]+)="/g)].map((match) => match[1]));
  const ours = [...labels].filter((label) => ["lane", "cost", "verdict", "answer", "who", "bound", "mode", "part"].includes(label ?? ""));
  assert.ok(ours.includes("lane") && ours.includes("verdict"));
});

test("who was let in, what was answered and how long it took is counted, and how the line and the lever stand", async (t) => {
  const { door, read } = await doorWithMetrics(t);
  const unknown = (await read()).text;
  assert.equal(sum(unknown, "holdfast_app_heard"), 0);
  assert.doesNotMatch(unknown, /^holdfast_line_letters_per_second /m, "what is not known is not said");
  assert.match(unknown, /^holdfast_line_moves 0$/m);
  door.capacity(50);
  door.tell({ kind: "sign-up-mode", mode: "slow", lettersPerMinute: 60, since: 1 });
  await door.ask("/sign-in");
  await door.ask("/nothing");
  await door.ask("/chat");
  await systemClock.sleep(300);
  const { text } = await read();
  assert.equal(sum(text, "holdfast_door_requests_total", 'lane="stranger"', 'verdict="admitted"'), 3);
  assert.equal(sum(text, "holdfast_door_answers_total", 'cost="nothing"', 'answer="2xx"'), 1);
  assert.equal(sum(text, "holdfast_door_answers_total", 'answer="4xx"'), 1);
  assert.equal(sum(text, "holdfast_door_answers_total", 'cost="read"', 'answer="2xx"'), 1);
  assert.equal(sum(text, "holdfast_door_answer_seconds_count", 'who="stranger"'), 3);
  assert.match(text, /^holdfast_line_letters_per_second 50$/m);
  assert.match(text, /^holdfast_line_moves 1$/m);
  assert.match(text, /^holdfast_sign_up_mode\{mode="slow"\} 1$/m);
  assert.match(text, /^holdfast_sign_up_mode\{mode="open"\} 0$/m);
});

test("nobody but a program on this machine reads the metrics: not at the public port, not by another name", async (t) => {
  const { door, metricsPort } = await doorWithMetrics(t);
  assert.equal((await door.ask("/metrics")).status, 404);
  assert.equal((await scrape(metricsPort, { host: "evil.example" })).status, 403);
  assert.equal((await scrape(metricsPort, {}, "/")).status, 404);
  assert.equal((await scrape(metricsPort, {}, "/metrics", "POST")).status, 404);
  assert.equal((await scrape(metricsPort, { host: `localhost:${metricsPort}` })).status, 200);
});

test("a door whose metrics port is taken lets people in all the same", async (t) => {
  const { metricsPort } = await doorWithMetrics(t);
  const other = await startDoor(t, { boot: { metricsPort, logLevel: "silent" } });
  assert.equal((await other.ask("/sign-in")).status, 200);
});
