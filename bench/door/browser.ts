/**
 * How does an honest visitor ask? One keep-alive connection from one address, with cookies, as a browser does it: what a
 * connection that was just closed did not answer is asked once more.
 */
import { Agent, request, type IncomingHttpHeaders, type IncomingMessage } from "node:http";

export type Heard = { status: number; headers: IncomingHttpHeaders; text: string; retryAfterSeconds: number | undefined };
export type Browser = {
  cookies: Map<string, string>;
  ask(method: "GET" | "POST", path: string, body?: unknown): Promise<Heard>;
  close(): void;
};

const ANSWER_WITHIN_MS = 30_000;

/** Rejects with a sentence when there is no answer. */
export function openBrowser(port: number, localAddress: string, cookies = new Map<string, string>()): Browser {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const origin = `http://localhost:${port}`;

  function once(method: string, path: string, text: string | undefined): Promise<Heard> {
    return new Promise((resolve, reject) => {
      const headers: Record<string, string | number> = { host: `localhost:${port}`, accept: "application/json" };
      if (cookies.size > 0) headers["cookie"] = [...cookies].map(([name, value]) => `${name}=${value}`).join("; ");
      if (text !== undefined) {
        Object.assign(headers, { "content-type": "application/json", "content-length": Buffer.byteLength(text), origin });
      }
      const asked = request({ agent, port, host: "127.0.0.1", localAddress, method, path, headers }, (message) => {
        takeCookies(cookies, message);
        let heard = "";
        message.setEncoding("utf8");
        message.on("data", (chunk: string) => (heard += chunk));
        message.on("error", reject);
        message.on("end", () => {
          const after = Number(message.headers["retry-after"] ?? Number.NaN);
          const retryAfterSeconds = Number.isFinite(after) ? after : undefined;
          resolve({ status: message.statusCode ?? 0, headers: message.headers, text: heard, retryAfterSeconds });
        });
      });
      const timer = setTimeout(() => asked.destroy(new Error("no answer in time")), ANSWER_WITHIN_MS);
      asked.on("close", () => clearTimeout(timer));
      asked.on("error", (error: NodeJS.ErrnoException) => {
        reject(Object.assign(error, { again: asked.reusedSocket && error.code === "ECONNRESET" }));
      });
      asked.end(text);
    });
  }

  return {
    cookies,
    async ask(method, path, body) {
      const text = body === undefined ? undefined : JSON.stringify(body);
      try {
        return await once(method, path, text);
      } catch (error) {
        if ((error as { again?: boolean }).again !== true) throw error;
        return await once(method, path, text);
      }
    },
    close: () => agent.destroy(),
  };
}

function takeCookies(cookies: Map<string, string>, message: IncomingMessage): void {
  for (const line of message.headers["set-cookie"] ?? []) {
    const [pair = ""] = line.split(";");
    const at = pair.indexOf("=");
    const name = pair.slice(0, at);
    if (/;\s*max-age=0\b/i.test(line)) cookies.delete(name);
    else cookies.set(name, pair.slice(at + 1));
  }
}
