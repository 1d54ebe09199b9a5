/**
 * Which route is this? Segment by segment, as it stands on the wire: nothing is decoded before the match, so door and app
 * can't read one path as two. The door's own routes come before the app's of the same path.
 */
import { ROUTES, type Method, type Route } from "#contract/routes.ts";

export type Match = { route: Route; params: Record<string, string> } | { allow: Method[] } | undefined;

const OURS = [...ROUTES.filter((route) => route.at === "door"), ...ROUTES.filter((route) => route.at === "app")].map((route) => ({
  route,
  segments: route.path.split("/"),
}));

const BY_LENGTH = Map.groupBy(OURS, ({ segments }) => segments.length);
/** Those without parameters, by method and path: found without taking the path apart. */
const PLAIN = new Map<string, Route>();
for (const { route } of OURS.toReversed()) if (!route.path.includes(":")) PLAIN.set(`${route.method} ${route.path}`, route);

/** `path` is the request's, without the query. `{ allow }`: the path is there, but not for this method. */
export function findRoute(method: string, path: string): Match {
  const plain = PLAIN.get(`${method} ${path}`);
  if (plain !== undefined) return { route: plain, params: {} };
  const segments = path.split("/");
  const fitting = (BY_LENGTH.get(segments.length) ?? []).filter((candidate) => fits(candidate.segments, segments));
  const found = fitting.find(({ route }) => route.method === method);
  if (found === undefined) return fitting.length === 0 ? undefined : { allow: [...new Set(fitting.map(({ route }) => route.method))] };
  const params = paramsOf(found.segments, segments);
  return params === undefined ? undefined : { route: found.route, params };
}

/** Whether the app answers the same method and path, in JSON. */
export function isAtAppToo(route: Route): boolean {
  return ROUTES.some((other) => other.at === "app" && other.method === route.method && other.path === route.path);
}

function fits(pattern: readonly string[], segments: readonly string[]): boolean {
  return (
    pattern.length === segments.length &&
    pattern.every((part, at) => part === segments[at] || (part.startsWith(":") && segments[at] !== ""))
  );
}

/** What a reader of addresses takes for a step up or along, or for the end of the path: there it would be another path. */
const OTHERWISE_READ = /^(?:\.|%2e){1,2}$|[\\#]/i;

/** `undefined` when a segment is no valid percent-encoded text, or one that not everybody reads as one segment. */
function paramsOf(pattern: readonly string[], segments: readonly string[]): Record<string, string> | undefined {
  const params: Record<string, string> = {};
  for (const [at, part] of pattern.entries()) {
    if (!part.startsWith(":")) continue;
    if (OTHERWISE_READ.test(segments[at] ?? "")) return undefined;
    try {
      params[part.slice(1)] = decodeURIComponent(segments[at] ?? "");
    } catch {
      return undefined;
    }
  }
  return params;
}
