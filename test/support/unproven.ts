/** How do a lot of people ask for a place and never come to their turn? Each in a browser and a network of their own, as a trusted proxy tells it. */
import { Agent, request as httpRequest } from "node:http";
import type { ChallengeAnswer, PlaceAnswer } from "#contract/wire.ts";
import { systemClock } from "#kit/time.ts";

const AT_ONCE = 16;
/** A browser of its own every so often, in each of them: about 2,000 requests a second. */
const ROUND_MS = 24;

/**
 * So many requests that are served, in rounds of three by browsers from networks all over, whose places lead to nothing; not so fast
 * that the door refuses most of them, which would show less. `first`: which networks begin. Tells how many were refused.
 */
export async function unproven(port: number, first: number, requests: number): Promise<number> {
  const agent = new Agent({ keepAlive: true, maxSockets: AT_ONCE });
  let [next, served, refused] = [first, 0, 0];
  const worker = async () => {
    while (served < requests) {
      const number = (next += 3);
      const rested = systemClock.sleep(ROUND_MS);
      const network = `${1 + (number % 200)}.${(number >> 3) % 256}.${(number >> 5) % 256}.7`;
      let [cookie, shown]: [string, object] = ["", {}];
      for (const path of ["/sign-up/challenge", "/sign-up/place", "/sign-up/turn"]) {
        const answer = await post(agent, port, path, network, cookie, shown);
        if (!answer.served) {
          refused += 1;
          break;
        }
        served += 1;
        if (cookie === "") cookie = answer.cookie;
        const { challenge, place } = answer.json as Partial<ChallengeAnswer & PlaceAnswer>;
        shown = challenge === undefined ? { place } : { challenge };
      }
      await rested;
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  agent.destroy();
  return refused;
}

function post(agent: Agent, port: number, path: string, network: string, cookie: string, body: unknown) {
  return new Promise<{ served: boolean; json: unknown; cookie: string }>((resolve, reject) => {
    const headers = { "content-type": "application/json", "x-forwarded-for": network, ...(cookie === "" ? {} : { cookie }) };
    const request = httpRequest({ agent, host: "127.0.0.1", port, path, method: "POST", headers }, (response) => {
      let text = "";
      response.on("data", (chunk: Buffer) => (text += chunk.toString()));
      response.on("end", () => {
        if (![200, 503].includes(response.statusCode ?? 0)) reject(new Error(`${path}: ${response.statusCode} ${text}`));
        else
          resolve({
            served: response.statusCode === 200,
            json: JSON.parse(text) as unknown,
            cookie: response.headers["set-cookie"]?.[0]?.split(";")[0] ?? cookie,
          });
      });
    });
    request.on("error", reject);
    request.end(JSON.stringify(body));
  });
}
