/**
 * How does a bounded flood of strangers look, and somebody who comes from a network of their own? So many requests a second whether
 * they are answered or not, from many networks of 127/8, one in ten through the real protocol as far as a place.
 */
import { Agent, request as httpRequest } from "node:http";
import type { ChallengeAnswer } from "#contract/wire.ts";

export type FloodAsked = { asked: number; byStatus: Record<string, number> };
export type Flood = { stop(): Promise<FloodAsked> };
/** `from`: an address of 127/8. */
export type Visitor = { ask(path: string, body?: unknown): Promise<VisitorAnswer> };
export type VisitorAnswer = { status: number; json: <Shape>() => Shape };

const TICK_MS = 20;
const MOST_AT_ONCE = 400;
const HOSTS = 200;

/** A browser without a face: cookies of its own, one connection after the other. Rejects when the connection breaks. */
export function visitorFrom(port: number, from: string, keepAlive = true): Visitor {
  const agent = new Agent({ keepAlive, maxSockets: 1 });
  const cookies = new Map<string, string>();
  return {
    ask: (path, body) =>
      new Promise((resolve, reject) => {
        const sent = body === undefined ? undefined : JSON.stringify(body);
        const headers = {
          host: `localhost:${port}`,
          accept: "application/json",
          ...(cookies.size === 0 ? {} : { cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join("; ") }),
          ...(sent === undefined ? {} : { "content-type": "application/json", "content-length": Buffer.byteLength(sent) }),
        };
        const method = sent === undefined ? "GET" : "POST";
        const request = httpRequest({ agent, host: "127.0.0.1", port, localAddress: from, method, path, headers }, (response) => {
          let text = "";
          for (const line of response.headers["set-cookie"] ?? []) {
            const [pair = ""] = line.split(";");
            cookies.set(pair.slice(0, pair.indexOf("=")), pair.slice(pair.indexOf("=") + 1));
          }
          response.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
          response.on("error", reject);
          response.on("end", () => resolve({ status: response.statusCode ?? 0, json: <Shape>() => JSON.parse(text) as Shape }));
        });
        request.on("error", reject);
        request.setTimeout(10_000, () => request.destroy(new Error("no answer for ten seconds")));
        request.end(sent);
      }),
  };
}

export function startFlood(port: number, { perSecond, networks }: { perSecond: number; networks: number }): Flood {
  const byStatus: Record<string, number> = {};
  let [asked, atOnce, owed] = [0, 0, 0];
  const note = (status: number | string) => (byStatus[status] = (byStatus[status] ?? 0) + 1);

  async function one(number: number): Promise<void> {
    const visitor = visitorFrom(
      port,
      `127.${10 + (Math.floor(number / 250) % 5)}.${number % Math.min(250, networks)}.${1 + (number % HOSTS)}`,
      false,
    );
    try {
      if (number % 10 === 0) {
        const challenged = await visitor.ask("/sign-up/challenge", {});
        note(challenged.status);
        if (challenged.status === 200)
          note((await visitor.ask("/sign-up/place", { challenge: challenged.json<ChallengeAnswer>().challenge })).status);
      } else if (number % 10 < 4)
        note((await visitor.ask("/sign-in", { address: `bot-${number}@example.org`, password: "not-the-password-1" })).status);
      else note((await visitor.ask("/sign-up/letter", { place: "A".repeat(100), address: `bot-${number}@example.org` })).status);
    } catch {
      note("broken");
    }
  }

  let last = performance.now();
  const timer = setInterval(() => {
    const now = performance.now();
    owed += ((now - last) / 1_000) * perSecond;
    last = now;
    for (; owed >= 1; owed -= 1) {
      // open loop as far as this process carries it
      if (atOnce >= MOST_AT_ONCE) continue;
      atOnce += 1;
      void one((asked += 1)).finally(() => (atOnce -= 1));
    }
  }, TICK_MS);
  return {
    async stop() {
      clearInterval(timer);
      for (; atOnce > 0;) await new Promise((resolve) => setTimeout(resolve, TICK_MS));
      return { asked, byStatus };
    },
  };
}
