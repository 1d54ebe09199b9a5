/** What runs behind openai-server.ts? A process with node:http, the OpenAI protocol, a queue of behaviours and a record of everything. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { seededDice } from "#kit/dice.ts";
import type { Behaviour, Command, Fault, OpenAiServerOptions, Report, ServedAnswer } from "./openai-server.ts";

const options = JSON.parse(process.argv[2] ?? "{}") as OpenAiServerOptions;
const models = options.models ?? ["stub-model"];
const dice = seededDice(options.seed ?? "openai-server");
const WORDS = ["sol", "über", "naïve", "日本", "👩‍💻", "mar", "**bold**", "`code`", "ñandú", "x_y", "\n\n- item", "ὅσιος", "word"];
let otherwise: Behaviour = options.otherwise ?? {};
const queue: Behaviour[] = [];
const received: NonNullable<Report["received"]> = [];
const served: ServedAnswer[] = [];

const server = createServer((request, response) => {
  const pieces: Buffer[] = [];
  request.on("data", (piece: Buffer) => pieces.push(piece));
  request.on("end", () => {
    const body = Buffer.concat(pieces);
    received.push({
      method: request.method ?? "",
      path: request.url ?? "",
      headers: request.headers as Record<string, string>,
      bodyBase64: body.toString("base64"),
    });
    answer(request, response, body).catch(() => response.destroy());
  });
});

async function answer(request: IncomingMessage, response: ServerResponse, body: Buffer): Promise<void> {
  if (options.key !== undefined && request.headers.authorization !== `Bearer ${options.key}`) {
    return sendJson(response, 401, {
      error: { message: "Incorrect API key provided", type: "invalid_request_error", code: "invalid_api_key" },
    });
  }
  if (request.method === "GET" && request.url === "/v1/models") {
    const data = models.map((id) => ({
      id,
      object: "model",
      created: 1,
      owned_by: "stub",
      ...(options.contextTokens === undefined ? {} : { max_model_len: options.contextTokens }),
    }));
    return sendJson(response, 200, { object: "list", data });
  }
  if (request.method !== "POST" || request.url !== "/v1/chat/completions")
    return sendJson(response, 404, { error: { message: "not found" } });
  const text = body.toString("utf8");
  const at = queue.findIndex(({ when }) => when === undefined || text.includes(when));
  const behaviour = (at === -1 ? undefined : queue.splice(at, 1)[0]) ?? otherwise;
  if (behaviour.fault?.kind === "status") return sendStatus(response, behaviour.fault);
  await stream(response, behaviour, text);
}

function sendStatus(response: ServerResponse, fault: Extract<Fault, { kind: "status" }>): void {
  if (fault.retryAfterSeconds !== undefined) response.setHeader("retry-after", fault.retryAfterSeconds);
  response.writeHead(fault.status, { "content-type": "application/json" });
  response.end(fault.body ?? JSON.stringify({ error: { message: "stub says no", type: "stub_error" } }));
}

async function stream(response: ServerResponse, behaviour: Behaviour, request: string): Promise<void> {
  const record: ServedAnswer = { text: "", reasoning: "", finished: false, request };
  served.push(record);
  const pieces = [
    ...split(behaviour.reasoning ?? "").map((text) => ({ channel: "reasoning" as const, text })),
    ...split(behaviour.text ?? randomWords(behaviour.words ?? 40)).map((text) => ({ channel: "text" as const, text })),
  ];
  response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-cache" });
  response.write(": keep-alive\n\n");
  const fault = behaviour.fault?.kind === "status" ? undefined : behaviour.fault;
  let sent = 0;
  for (const piece of pieces) {
    if (fault !== undefined && sent >= fault.afterChunks) break;
    if (response.destroyed) return;
    writeTorn(response, chunk({ [piece.channel === "text" ? "content" : "reasoning_content"]: piece.text }, null));
    record[piece.channel] += piece.text;
    sent += 1;
    if (behaviour.chunkDelayMs !== undefined) await new Promise((resolve) => setTimeout(resolve, behaviour.chunkDelayMs));
  }
  if (fault !== undefined) return breakOff(response, fault.kind);
  writeTorn(response, chunk({}, behaviour.finish ?? "stop"));
  if (behaviour.usage !== false) {
    writeTorn(
      response,
      `data: ${JSON.stringify({ id: "c", object: "chat.completion.chunk", choices: [], usage: { prompt_tokens: request.length, completion_tokens: sent, total_tokens: request.length + sent } })}\n\n`,
    );
  }
  response.end("data: [DONE]\n\n");
  record.finished = true;
}

function breakOff(response: ServerResponse, kind: Exclude<Fault["kind"], "status">): void {
  // what was written first must arrive, as it does when a process dies
  if (kind === "cut") setTimeout(() => response.socket?.destroy(), 30);
  else if (kind === "malformed") response.end('data: {"choices":[{"delta":{"content":"half\n\n');
  else if (kind === "error")
    response.end('data: {"error":{"message":"CUDA out of memory at secret-host","type":"server_error","code":500}}\n\ndata: [DONE]\n\n');
  else if (kind === "no-finish") response.end();
}

function chunk(delta: Record<string, string>, finish: string | null): string {
  return `data: ${JSON.stringify({ id: "c", object: "chat.completion.chunk", created: 1, model: models[0], choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`;
}

/** Bytes of one event in up to three writes, torn at random places, inside characters too. */
function writeTorn(response: ServerResponse, text: string): void {
  const bytes = Buffer.from(text, "utf8");
  const cuts = [dice.fraction(), dice.fraction()].map((fraction) => Math.floor(fraction * bytes.length)).toSorted((a, b) => a - b);
  let from = 0;
  for (const to of [...cuts, bytes.length]) {
    if (to > from) response.write(bytes.subarray(from, to));
    from = Math.max(from, to);
  }
}

function randomWords(count: number): string {
  return Array.from({ length: count }, () => WORDS[Math.floor(dice.fraction() * WORDS.length)]).join(" ");
}

/** Words with the space after them, as models send them. */
function split(text: string): string[] {
  return text.match(/\S+\s*|\s+/gu) ?? [];
}

function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify(body));
}

process.on("message", ({ id, command }: { id: number; command: Command }) => {
  const report: Report = {};
  if (command.kind === "next") queue.push(...command.behaviours);
  else if (command.kind === "otherwise") otherwise = command.behaviour;
  else if (command.kind === "received") report.received = received;
  else report.served = served;
  process.send?.({ id, report });
});
process.on("disconnect", () => process.exit(0));
server.listen(options.port ?? 0, "127.0.0.1", () => process.send?.({ port: (server.address() as AddressInfo).port }));
