/**
 * Is the body of this request something that a handler may see? JSON, well-formed UTF-8, within the route's limit, with no
 * text that PostgreSQL can't keep (U+0000, half a surrogate pair). What the fields must be is the schemas' to say.
 */
import { fail, succeed, type Outcome } from "#kit/outcome.ts";

export type BodyFault =
  | { tag: "bad-request" }
  | { tag: "body-too-large" }
  | { tag: "unsupported-media" }
  | { tag: "broken-text"; field: string };

const MAX_DEPTH = 100;
const FIELD_CHARS = 200;

/** The parsed body; `undefined` when there is none. */
export async function readBody(request: Request, limitBytes: number): Promise<Outcome<unknown, BodyFault>> {
  const declared = request.headers.get("content-length");
  if (declared !== null && Number(declared) > limitBytes) return fail({ tag: "body-too-large" });
  // to look for a body costs more than the rest of a short answer, and what asks for a page has none
  const asks = request.method === "GET" || request.method === "HEAD";
  if (declared === "0" || (asks && declared === null && !request.headers.has("transfer-encoding"))) return succeed(undefined);
  if (request.body === null) return succeed(undefined);
  const bytes = await readUpTo(request.body, limitBytes);
  if (bytes === undefined) return fail({ tag: "body-too-large" });
  if (bytes.length === 0) return succeed(undefined);
  if (!isJson(request.headers.get("content-type"))) return fail({ tag: "unsupported-media" });
  return parseBody(bytes);
}

/** JSON in well-formed UTF-8, or the fault. */
function parseBody(bytes: Uint8Array): Outcome<unknown, BodyFault> {
  let text: string;
  let value: unknown;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    value = JSON.parse(text);
  } catch {
    return fail({ tag: "bad-request" });
  }
  // such characters can only come in as escapes: UTF-8 and JSON refuse them raw
  const field = /\\u(?:0000|d[89a-f])/i.test(text) ? fieldWithBrokenText(value, "", 0) : undefined;
  if (field === "too-deep") return fail({ tag: "bad-request" });
  return field === undefined ? succeed(value) : fail({ tag: "broken-text", field: field.path });
}

function isJson(contentType: string | null): boolean {
  return /^application\/json\s*(?:;\s*charset\s*=\s*"?utf-8"?\s*)?$/i.test(contentType ?? "");
}

async function readUpTo(body: ReadableStream<Uint8Array>, limitBytes: number): Promise<Buffer | undefined> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of body) {
    length += chunk.length;
    if (length > limitBytes) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** Where text is that can't be kept. Nothing that we take is nested so deep that the search would give up. */
function fieldWithBrokenText(value: unknown, path: string, depth: number): { path: string } | "too-deep" | undefined {
  const here = { path: path.slice(0, FIELD_CHARS) || "body" };
  if (typeof value === "string") return value.isWellFormed() && !value.includes("\0") ? undefined : here;
  if (typeof value !== "object" || value === null) return undefined;
  if (depth >= MAX_DEPTH) return "too-deep";
  for (const [key, inner] of Object.entries(value)) {
    if (!key.isWellFormed() || key.includes("\0")) return here;
    const found = fieldWithBrokenText(inner, path === "" ? key : `${path}.${key}`, depth + 1);
    if (found !== undefined) return found;
  }
  return undefined;
}
