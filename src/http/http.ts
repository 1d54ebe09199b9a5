/**
 * How does a request become an answer? The same few steps for every route, each in this one place: through the door,
 * from our own pages, by whom (contract/routes.ts says who may), with which body; then the handler; then the cookies that
 * are due. A fault nobody expected is caught here once, logged, and answered with an opaque id.
 */
import { Hono } from "hono";
import type { Logger } from "pino";
import type { Dice } from "#kit/dice.ts";
import { sameBytes } from "#kit/seal.ts";
import { COOKIES, readCookie, setCookie } from "#contract/cookies.ts";
import { problemBody } from "#contract/problem-body.ts";
import type { ProblemCode, ProblemExtras } from "#contract/problems.ts";
import { INTERNAL } from "#contract/processes.ts";
import { ROUTES, type Route } from "#contract/routes.ts";
import { PASS_LIFETIME_MS } from "#contract/tokens.ts";
import { LANGUAGES, type Language } from "#contract/wire.ts";
import { chooseLanguage } from "#contract/words/words.ts";
import { SESSION_LIFETIME_MS, type Authenticated, type Identity } from "#identity/identity.ts";
import { isConnectionLoss, isDiskFull } from "#store/store.ts";
import { Refusal, refuse, refuseFields, type Handler, type Handlers } from "./handler.ts";
import { isForeign, wantsPage } from "./core/request-origin.ts";
import { readBody } from "./request-body.ts";

export type HttpParts = {
  identity: Pick<Identity, "authenticate">;
  handlers: Handlers;
  publicUrl: string;
  doorSecret: string;
  dice: Dice;
  log: Logger;
};

type Asked = { request: Request; route: Route | undefined; requestId: string; language: Language };

const HEADERS = {
  "x-content-type-options": "nosniff",
  "referrer-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
};
const SOON_SECONDS = 2;

/** The app as a function from request to response. Throws when handlers and route table don't match. */
export function createHttp(parts: HttpParts): (request: Request) => Promise<Response> {
  checkHandlers(parts.handlers);
  const secret = Buffer.from(parts.doorSecret);
  const app = new Hono();

  app.use("*", async (c, next) => {
    const given = Buffer.from(c.req.header(INTERNAL.doorSecret) ?? "");
    if (sameBytes(given, secret)) return next();
    return problem(askedOf(parts, c.req.raw, undefined), refuse("not-through-the-door"));
  });
  const ours = ROUTES.filter((route) => route.at === "app");
  for (const route of ours) {
    const handler = parts.handlers[`${route.method} ${route.path as `/${string}`}`];
    if (handler === undefined) throw new Error("checked above");
    app.on(route.method, route.path, (c) => answer(parts, askedOf(parts, c.req.raw, route), handler, c.req.param()));
  }
  for (const path of new Set(ours.map((route) => route.path))) {
    const allow = ours.filter((route) => route.path === path).map((route) => route.method);
    app.all(path, (c) => problem(askedOf(parts, c.req.raw, undefined), refuse("method-not-allowed"), { allow: allow.join(", ") }));
  }
  app.notFound((c) => problem(askedOf(parts, c.req.raw, undefined), refuse("not-found")));
  app.onError((error, c) => failed(parts, askedOf(parts, c.req.raw, undefined), error));
  return async (request) => app.fetch(request);
}

async function answer(parts: HttpParts, asked: Asked, handler: Handler, params: Record<string, string>): Promise<Response> {
  try {
    return await answered(parts, asked, handler, params);
  } catch (error) {
    return failed(parts, asked, error);
  }
}

async function answered(parts: HttpParts, asked: Asked, handler: Handler, params: Record<string, string>): Promise<Response> {
  const { request, route } = asked;
  if (route === undefined) throw new Error("a handler without a route");
  const { headers } = request;
  if (isForeign(request.method, headers, new URL(parts.publicUrl).origin)) return problem(asked, refuse("foreign-origin"));

  const who = route.cost === "nothing" ? null : await authenticated(parts, headers);
  const here: Asked = who === null ? asked : { ...asked, language: who.account.language };
  if (route.who !== "anybody" && who === null) {
    return wantsPage(request.method, headers) ? elsewhere("/sign-in") : problem(here, refuse("not-signed-in"));
  }
  if (route.who === "operator" && who?.account.role !== "operator") {
    return wantsPage(request.method, headers) ? elsewhere("/chat") : problem(here, refuse("operator-only"));
  }

  if (Object.values(params).some((value) => value.includes("\0") || !value.isWellFormed())) return problem(here, refuse("not-found"));

  const body = await readBody(request, route.limitBytes);
  if (!body.ok) {
    const { failure } = body;
    const refusal = failure.tag === "broken-text" ? refuseFields(here, [{ field: failure.field, key: failure.tag }]) : refuse(failure.tag);
    return problem(here, refusal);
  }
  const response = await handler({
    requestId: here.requestId,
    language: here.language,
    account: who?.account ?? null,
    sessionId: who?.sessionId ?? null,
    params,
    query: new URL(request.url).searchParams,
    headers,
    body: body.value,
    // made only for whoever asks: the whole of a Request hangs on it, most of what a short answer costs
    get signal() {
      return request.signal;
    },
  });
  if (response instanceof Refusal) return problem(here, response);
  const whole = finished(response, who, readCookie(headers.get("cookie") ?? undefined, COOKIES.session));
  if (request.method !== "HEAD") return whole;
  // nobody will read it: a stream would stay open
  await whole.body?.cancel();
  return new Response(null, whole);
}

/** The account, in the language that was chosen in this browser; its own counts where none was. So small pages and chat agree. */
async function authenticated(parts: HttpParts, headers: Headers): Promise<Authenticated | null> {
  const cookies = headers.get("cookie") ?? undefined;
  const who = await parts.identity.authenticate(readCookie(cookies, COOKIES.session), readCookie(cookies, COOKIES.pass));
  if (who === null) return null;
  const chosen = readCookie(cookies, COOKIES.language);
  const language = LANGUAGES.find((one) => one === chosen) ?? who.account.language;
  return { ...who, account: { ...who.account, language } };
}

/** The handler's answer with our headers, and with the cookies that are due unless the handler set some itself. */
function finished(response: Response, who: Authenticated | null, sessionToken: string | undefined): Response {
  const headers = new Headers(response.headers);
  for (const [name, value] of Object.entries(HEADERS)) if (!headers.has(name)) headers.set(name, value);
  if (who !== null && headers.getSetCookie().length === 0) {
    if (who.renewedSession && sessionToken !== undefined) {
      headers.append("set-cookie", setCookie(COOKIES.session, sessionToken, SESSION_LIFETIME_MS / 1_000));
    }
    if (who.newPass !== null) headers.append("set-cookie", setCookie(COOKIES.pass, who.newPass, PASS_LIFETIME_MS / 1_000));
  }
  return new Response(response.body, { status: response.status, headers });
}

function elsewhere(path: string): Response {
  return new Response(null, { status: 303, headers: { location: path, "cache-control": "no-store", ...HEADERS } });
}

/** The refusal as application/problem+json (RFC 9457). */
function problem(asked: Asked, refusal: { code: ProblemCode; extras: ProblemExtras }, more: Record<string, string> = {}): Response {
  const body = problemBody(asked.language, refusal.code, refusal.extras, asked.requestId);
  const after = refusal.extras.retryAfterSeconds;
  return new Response(JSON.stringify(body), {
    status: body.status,
    headers: {
      "content-type": "application/problem+json; charset=utf-8",
      "content-language": asked.language,
      "cache-control": "no-store",
      ...(after === undefined ? {} : { "retry-after": String(Math.max(1, Math.ceil(after))) }),
      ...HEADERS,
      ...more,
    },
  });
}

/** A broken machine is told as what it is; everything else is a bug and keeps its words in the log. */
function failed(parts: HttpParts, asked: Asked, error: unknown): Response {
  const where = { requestId: asked.requestId, route: asked.route?.name };
  if (asked.request.signal.aborted) return new Response(null, { status: 499 });
  if (isConnectionLoss(error)) {
    parts.log.warn({ ...where, err: error }, "the database can't be reached");
    return problem(asked, refuse("app-down", { retryAfterSeconds: SOON_SECONDS }));
  }
  if (isDiskFull(error)) {
    parts.log.error({ ...where, err: error }, "the disk is full");
    return problem(asked, refuse("disk-full"));
  }
  parts.log.error({ ...where, err: error }, "a request failed in a way that nobody expected");
  return problem(asked, refuse("unexpected"));
}

function askedOf(parts: HttpParts, request: Request, route: Route | undefined): Asked {
  const given = request.headers.get(INTERNAL.requestId);
  return {
    request,
    route,
    requestId: given !== null && /^[A-Za-z0-9_-]{1,64}$/.test(given) ? given : parts.dice.uuid(),
    language: chooseLanguage(
      readCookie(request.headers.get("cookie") ?? undefined, COOKIES.language),
      request.headers.get("accept-language") ?? undefined,
    ),
  };
}

/** Every route of the app has a handler, and every handler a route. */
function checkHandlers(handlers: Handlers): void {
  const wanted = new Set(ROUTES.filter((route) => route.at === "app").map((route) => `${route.method} ${route.path}`));
  const missing = [...wanted].filter((key) => !(key in handlers));
  const unknown = Object.keys(handlers).filter((key) => !wanted.has(key));
  if (missing.length > 0 || unknown.length > 0) {
    throw new Error(`routes without a handler: ${missing.join(", ") || "none"}; handlers without a route: ${unknown.join(", ") || "none"}`);
  }
}
