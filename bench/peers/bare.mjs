/** What does node:http cost that refuses and does nothing else? 429 to strangers, 200 to a session check that looks nothing up. */
import { createServer } from "node:http";

const REFUSAL = JSON.stringify({ error: "too many" });

createServer((request, response) => {
  if (request.url === "/api/me") {
    response.writeHead(200, { "content-type": "application/json" }).end("{}");
    return;
  }
  const headers = { "content-type": "application/json", "retry-after": "1" };
  response.writeHead(429, request.method === "POST" ? { ...headers, connection: "close" } : headers).end(REFUSAL);
}).listen(Number(process.env.PORT), "127.0.0.1", () => process.send?.("ready"));
