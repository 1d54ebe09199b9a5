/**
 * Which headers pass between client and app? Nothing that only concerns one connection, nothing that claims who the client
 * is, and nothing that starts with our own prefix: that only the door may say.
 */
import type { IncomingHttpHeaders } from "node:http";
import { INTERNAL_PREFIX } from "#contract/processes.ts";

/** RFC 9110, section 7.6.1, and what older clients send. */
const HOP_BY_HOP = new Set([
  "connection",
  "keep-alive",
  "proxy-connection",
  "proxy-authenticate",
  "proxy-authorization",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);
/** Claims about the client: the door tells the app itself. `expect` was answered by the door. */
const CLAIMS = /^(?:forwarded|x-forwarded-.*|x-real-ip|x-client-ip|cf-connecting-ip|true-client-ip|host|expect|http2-settings)$/;

/** Whether a body comes after this head. */
export function hasBody(headers: IncomingHttpHeaders): boolean {
  return headers["transfer-encoding"] !== undefined || Number(headers["content-length"] ?? 0) > 0;
}

/** The client's headers as the app may see them, with `internal` added. */
export function headersToApp(headers: IncomingHttpHeaders, internal: Record<string, string>): Record<string, string | string[]> {
  const named = namedBy(headers.connection);
  const kept: Record<string, string | string[]> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value === undefined || HOP_BY_HOP.has(name) || named.has(name) || CLAIMS.test(name) || name.startsWith(INTERNAL_PREFIX)) continue;
    kept[name] = value;
  }
  return { ...kept, host: "app", ...internal };
}

/** The app's headers as the client may see them: a flat list of names and values. */
export function headersToClient(rawHeaders: readonly string[], connection: string | undefined): string[] {
  const named = namedBy(connection);
  const kept: string[] = [];
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const [name = "", value = ""] = [rawHeaders[at], rawHeaders[at + 1]];
    const lower = name.toLowerCase();
    if (!HOP_BY_HOP.has(lower) && !named.has(lower) && !lower.startsWith(INTERNAL_PREFIX)) kept.push(name, value);
  }
  return kept;
}

/** Headers that the Connection header names, except the body's framing: naming that must not unframe it. */
function namedBy(connection: string | undefined): Set<string> {
  const names = (connection ?? "").split(",").map((name) => name.trim().toLowerCase());
  return new Set(names.filter((name) => name !== "" && name !== "content-length" && name !== "content-type" && name !== "cookie"));
}
