/** What does a request ask for, told from its head alone? Which route, and why the door itself will refuse it, whoever asks. */
import type { IncomingMessage } from "node:http";
import type { Route } from "#contract/routes.ts";
import { isForeign } from "./request-origin.ts";
import { findRoute, type Match } from "./route-match.ts";

/** Of what node parsed, or of what was read before (raw-head.ts). */
export type Asking = Pick<IncomingMessage, "method" | "url" | "headers">;
export type Asked = {
  /** HEAD is a GET whose answer is not sent whole. */
  method: string;
  /** Without the query; empty for an absolute address, "*", and what is too long: no path of ours. */
  path: string;
  query: string;
  found: Match;
  fault: "foreign-origin" | "body-too-large" | undefined;
  /** Where it goes further in; undefined where the door itself will refuse it, which costs nothing there. */
  route: Route | undefined;
};

const LONGEST_CHARS = 2_048;

export function whatIsAsked(asking: Asking, ownOrigin: string): Asked {
  const { url = "", headers } = asking;
  const at = url.indexOf("?");
  const whole = at < 0 ? url : url.slice(0, at);
  const path = url.startsWith("/") && whole.length <= LONGEST_CHARS ? whole : "";
  const query = at < 0 ? "" : url.slice(at + 1, at + 1 + LONGEST_CHARS);
  const method = asking.method === "HEAD" ? "GET" : (asking.method ?? "");
  const found = findRoute(method, path);
  if (found === undefined || !("route" in found)) return { method, path, query, found, fault: undefined, route: undefined };
  const { route } = found;
  const isTooLarge = Number(headers["content-length"] ?? 0) > route.limitBytes;
  const fault = isForeign(method, headers, ownOrigin) ? "foreign-origin" : isTooLarge ? "body-too-large" : undefined;
  return { method, path, query, found, fault, route: fault === undefined ? route : undefined };
}
