/**
 * What happens to a request at the door? Found in the route table, refused when another site's page sent it, given a browser
 * secret where one is needed; then answered from memory or handed on to the app. The first thing that anybody meets,
 * so nothing here is kept per request or per visitor.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import { fileURLToPath } from "node:url";
import type { Logger } from "pino";
import type { Dice } from "#kit/dice.ts";
import { SECOND_MS, type Clock } from "#kit/time.ts";
import { COOKIES, readCookie, setCookie } from "#contract/cookies.ts";
import type { DoorBoot, DoorPurpose, KeysOf } from "#contract/processes.ts";
import type { Problem, ProblemCode, ProblemExtras } from "#contract/problems.ts";
import { ROUTES, type Method, type Route } from "#contract/routes.ts";
import { chooseLanguage } from "#contract/words/words.ts";
import * as lines from "#line/line.ts";
import { problemAnswer } from "./answers.ts";
import { createAppLink, type Caller } from "./app-link.ts";
import { createControlServer } from "./control-server.ts";
import { clientPrefix } from "./core/client-address.ts";
import { laneOf } from "./core/lane.ts";
import { parseBody } from "./core/request-body.ts";
import { isForeign, isForm, isOtherLoopback, wantsPage } from "./core/request-origin.ts";
import { findRoute, isAtAppToo } from "./core/route-match.ts";
import type { DoorAnswer, DoorHandler, DoorHandlers, DoorRequest } from "./door-request.ts";
import type { DoorState } from "./door-state.ts";
import { createJsonRoutes } from "./json-routes.ts";
import { keepLine } from "./line-snapshot.ts";
import { createListener } from "./listener.ts";
import { readManual } from "./manual.ts";
import { createPageRoutes } from "./page-routes.ts";
import { createFormRoutes, createPages, pageAnswer, readSmallAssets } from "./pages/pages.ts";
import { readUpTo } from "./read-body.ts";
import { createRegistrationLine } from "./registration-line.ts";
import { sendAnswer } from "./send-answer.ts";
import { turnedAway } from "./sign-up-gate.ts";

export type Door = {
  /** Resolves when people can come in. */
  start(): Promise<void>;
  /** Takes nobody new, lets running answers end for a moment, and writes the line down. */
  stop(): Promise<void>;
  useKeys(keys: Partial<KeysOf<DoorPurpose>>): void;
};

const BROWSER_SECRET_BYTES = 32;
const BROWSER_SECRET_SECONDS = 24 * 60 * 60;
const SECRET = /^[A-Za-z0-9_-]{43}$/;
const REQUEST_ID_BYTES = 12;
const PATH_CHARS = 2_048;
const SOON_SECONDS = 2;
const TICK_MS = SECOND_MS;
/** Where a browser without a secret is given one. */
const MINTS_SECRET = new Set(["GET /sign-up", "POST /sign-up", "GET /sign-up/wait", "POST /sign-up/challenge", "POST /sign-up/place"]);

const folder = (path: string) => fileURLToPath(new URL(path, import.meta.url));

export function createDoor(boot: DoorBoot, { clock, dice, log }: { clock: Clock; dice: Dice; log: Logger }): Door {
  let keys = boot.keys;
  const ownOrigin = new URL(boot.publicUrl).origin;
  const control = createControlServer({ socket: boot.sockets.door, clock });
  const kept = keepLine({ file: `${boot.sockets.door}.line`, clock, dice, log });
  const line = createRegistrationLine({
    line: kept.line,
    clock,
    dice,
    keys: () => keys,
    lettersPerSecond: control.lettersPerSecond,
    effort: () => boot.minimumEffort,
  });
  const state: DoorState = {
    health: control.health,
    lettersPerSecond: control.lettersPerSecond,
    line() {
      lines.setCapacity(kept.line, clock.monotonic(), control.lettersPerSecond());
      const { waiting, moves, wait } = lines.view(kept.line, clock.monotonic());
      return { waiting, standsStill: !moves, wait: wait ?? null };
    },
    signUp: control.signUp,
    upSince: clock.now(),
  };
  const app = createAppLink({ socketPath: boot.sockets.app, doorSecret: boot.doorSecret, clock });
  const askApp = app.ask(callerOf);
  const assets = readSmallAssets(folder("../../web/dist/small/"));
  const pages = createPages({ assets, registration: () => ({ ...state.line(), signUp: state.signUp() }) });
  const { mailbox, version } = boot;
  const json = createJsonRoutes({ line, askApp });
  const forms = createFormRoutes({ pages, line, askApp, state, mailbox, version });
  const memory = createPageRoutes({ pages, assets, manual: readManual(folder("../../docs/")), state, clock, mailbox, version });
  checkHandlers({ ...json, ...forms, ...memory });

  function callerOf({ requestId, prefix, headers }: Pick<DoorRequest, "requestId" | "prefix" | "headers">): Caller {
    const pass = readCookie(headers.cookie, COOKIES.pass);
    return { requestId, prefix, lane: laneOf(keys.pass, clock.now(), pass, control.revoked()) };
  }

  /** Pages and forms for people, JSON for programs. `undefined`: the app answers, in JSON. */
  function handlerOf(route: Route, { wantsPage: byPerson }: DoorRequest): DoorHandler | undefined {
    const key = `${route.method} ${route.path as `/${string}`}` as const;
    if (!byPerson && isAtAppToo(route)) return json[key];
    return json[key] ?? memory[key] ?? forms[key];
  }

  async function handle(asked: DoorRequest, message: IncomingMessage, response: ServerResponse): Promise<void> {
    const answer = (given: DoorAnswer) => sendAnswer(message, response, showProblem(asked, given), clock);
    const refuse = (code: ProblemCode, extras: ProblemExtras = {}, headers: Record<string, string> = {}) =>
      answer(problemAnswer(asked, code, extras, headers));
    if (asked.path === "" || asked.path.length > PATH_CHARS || hasTwoHosts(message))
      return refuse("bad-request", {}, { connection: "close" });
    const method = message.method === "HEAD" ? "GET" : (message.method ?? "");
    const found = findRoute(method, asked.path);
    if (found === undefined) return refuse("not-found");
    if ("allow" in found) return refuse("method-not-allowed", {}, { allow: found.allow.join(", ") });
    if (isForeign(method, message.headers, ownOrigin)) return refuse("foreign-origin");
    if (asked.wantsPage && method === "GET" && isOtherLoopback(message.headers.host, boot.publicUrl)) {
      const location = ownOrigin + (message.url ?? "/");
      return answer({ status: 307, headers: { location, "cache-control": "no-store" }, body: "" });
    }
    const { route } = found;
    const turned = turnedAway(asked, route, state.signUp());
    if (turned !== undefined) return answer(turned);
    asked.params = found.params;
    if (Number(message.headers["content-length"] ?? 0) > route.limitBytes) return refuse("body-too-large");
    if (message.headers.expect !== undefined) response.writeContinue();

    const handler = route.at === "door" ? handlerOf(route, asked) : undefined;
    if (handler === undefined) {
      const became = await app.forward(message, response, callerOf(asked), route.limitBytes);
      if (became === "too-large") refuse("body-too-large");
      if (became === "not-there") refuse("app-down", { retryAfterSeconds: SOON_SECONDS });
      return;
    }
    const bytes = await readUpTo(message, route.limitBytes);
    if (bytes === undefined) return refuse("body-too-large");
    const body = parseBody(bytes, message.headers["content-type"]);
    if (!body.ok) return refuse(body.failure.tag);
    asked.body = body.value;
    const minted = asked.browserSecret === undefined && MINTS_SECRET.has(`${route.method} ${route.path}`);
    if (minted) asked.browserSecret = Buffer.from(dice.bytes(BROWSER_SECRET_BYTES)).toString("base64url");
    const handled = await handler(asked);
    if (minted) addCookie(handled, setCookie(COOKIES.browser, asked.browserSecret ?? "", BROWSER_SECRET_SECONDS));
    answer(handled);
  }

  function askedOf(message: IncomingMessage): DoorRequest {
    const { headers } = message;
    const url = message.url ?? "";
    const at = url.indexOf("?");
    const secret = readCookie(headers.cookie, COOKIES.browser);
    return {
      method: message.method as Method,
      // an absolute address or "*" is no path of ours
      path: url.startsWith("/") ? (at < 0 ? url : url.slice(0, at)) : "",
      params: {},
      query: new URLSearchParams(at < 0 ? "" : url.slice(at + 1, at + 1 + PATH_CHARS)),
      headers,
      language: chooseLanguage(readCookie(headers.cookie, COOKIES.language), headers["accept-language"]),
      prefix: clientPrefix(message.socket.remoteAddress, oneLine(headers["x-forwarded-for"]), boot.trustedProxyHops),
      requestId: Buffer.from(dice.bytes(REQUEST_ID_BYTES)).toString("base64url"),
      browserSecret: secret !== undefined && SECRET.test(secret) ? secret : undefined,
      isForm: isForm(headers),
      body: undefined,
      wantsPage: wantsPage(headers),
      signedIn: readCookie(headers.cookie, COOKIES.session) !== undefined,
    };
  }

  /** A refusal that a person will look at becomes a page. */
  function showProblem(asked: DoorRequest, answer: DoorAnswer): DoorAnswer {
    if (!asked.wantsPage || !String(answer.headers["content-type"]).startsWith("application/problem+json")) return answer;
    const context = {
      language: asked.language,
      signedIn: asked.signedIn,
      mailbox,
      version,
      path: asked.method === "GET" ? asked.path : "/",
    };
    const page = pageAnswer(answer.status, pages.problem(context, JSON.parse(String(answer.body)) as Problem));
    const { "content-type": _, "content-language": __, ...kept } = answer.headers;
    return { ...page, headers: { ...kept, ...page.headers } };
  }

  const listener = createListener({
    host: boot.listenHost,
    port: boot.listenPort,
    behindProxy: boot.trustedProxyHops > 0,
    clock,
    log,
    handle(message, response) {
      const asked = askedOf(message);
      return handle(asked, message, response).catch((error: unknown) => {
        // whoever went away in the middle of a body is no fault of ours
        if (message.destroyed && !message.complete) return;
        log.error({ err: error, requestId: asked.requestId }, "a request failed in a way that nobody expected");
        if (response.headersSent) response.destroy();
        else sendAnswer(message, response, showProblem(asked, problemAnswer(asked, "unexpected")), clock);
      });
    },
  });

  let cancelTick = () => {};
  /** Time passes for the line also while nobody asks: capacity that went silent is noticed, and whoever may be called is. */
  function tick(): void {
    state.line();
    cancelTick = clock.after(TICK_MS, tick);
  }

  return {
    async start() {
      await control.listen();
      await listener.listen();
      tick();
    },
    async stop() {
      cancelTick();
      await listener.close();
      control.close();
      app.close();
      kept.stop();
    },
    useKeys(fresh) {
      keys = { ...keys, ...fresh };
    },
  };
}

function addCookie(answer: DoorAnswer, cookie: string): void {
  const before = answer.headers["set-cookie"] ?? [];
  answer.headers["set-cookie"] = [...(typeof before === "string" ? [before] : before), cookie];
}

/** Which of them is meant, another parser may read differently. */
function hasTwoHosts(message: IncomingMessage): boolean {
  return (message.headersDistinct["host"]?.length ?? 0) > 1;
}

function oneLine(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header.join(",") : header;
}

/** Every route of the door is handled here or, with the same path, by the app; and there is no handler without a route. */
function checkHandlers(handlers: DoorHandlers): void {
  const ours = ROUTES.filter((route) => route.at === "door");
  const missing = ours.filter((route) => !(`${route.method} ${route.path}` in handlers) && !isAtAppToo(route));
  const unknown = Object.keys(handlers).filter((key) => !ours.some((route) => `${route.method} ${route.path}` === key));
  if (missing.length + unknown.length > 0) {
    throw new Error(
      `routes without a handler: ${missing.map(({ path }) => path).join(", ")}; handlers without a route: ${unknown.join(", ")}`,
    );
  }
}
