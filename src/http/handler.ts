/**
 * What does a route's handler get and give? Handlers are plain functions from a checked request to a Response;
 * who may call is decided before, by the route table, in one place (http.ts). They never look at cookies of their own accord.
 */
import { fieldSentence, type FieldFault } from "#contract/problem-body.ts";
import type { ProblemCode, ProblemExtras } from "#contract/problems.ts";
import type { Method } from "#contract/routes.ts";
import type { Account, Language } from "#contract/wire.ts";

export { checkBody } from "#contract/body-check.ts";

export type RequestContext = {
  requestId: string;
  language: Language;
  /** The signed-in account; handlers of routes for members and operators use `member(context)`. */
  account: Account | null;
  sessionId: string | null;
  /** Path parameters by name, decoded. */
  params: Readonly<Record<string, string>>;
  query: URLSearchParams;
  headers: Headers;
  /** The parsed JSON body, or undefined when there was none. Well-formed UTF-8 and within the route's limit. */
  body: unknown;
  /** Aborts when the client goes away. */
  signal: AbortSignal;
};

export type Handler = (context: RequestContext) => Promise<Response> | Response;
/** Keys are "METHOD /path/:param", exactly as in contract/routes.ts; http.ts refuses to start on a mismatch. */
export type Handlers = { readonly [route: `${Method} /${string}`]: Handler };

/** The account behind a route that is not for anybody. Throws when the route table forgot to say so: a bug. */
export function member(context: RequestContext): Account {
  if (context.account === null) throw new Error("a handler asked for the member of a route that is for anybody");
  return context.account;
}

/** The id in the path, as the database writes it; `undefined` when it can't be one. */
export function idOf(context: Pick<RequestContext, "params">): string | undefined {
  const id = (context.params["id"] ?? "").toLowerCase();
  return /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(id) ? id : undefined;
}

export function json(body: unknown, status = 200, headers: Record<string, string> = {}): Response {
  return new Response(JSON.stringify(body), {
    status,
    headers: { "content-type": "application/json; charset=utf-8", "cache-control": "no-store", ...headers },
  });
}

/** Thrown by nobody: a handler returns `refuse(code)` and http.ts writes the problem in the reader's language. */
export class Refusal extends Response {
  readonly code: ProblemCode;
  readonly extras: ProblemExtras;
  constructor(code: ProblemCode, extras: ProblemExtras) {
    super(null, { status: 500 });
    this.code = code;
    this.extras = extras;
  }
}

export function refuse(code: ProblemCode, extras: ProblemExtras = {}): Refusal {
  return new Refusal(code, extras);
}

/** Refuses wrong fields, each with its sentence in the reader's language. */
export function refuseFields(context: Pick<RequestContext, "language">, fields: readonly FieldFault[]): Refusal {
  return refuse("invalid-field", {
    errors: fields.map(({ field, key, suggestion }) => ({ field, sentence: fieldSentence(context.language, key, suggestion) })),
  });
}
