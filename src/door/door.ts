/**
 * What happens to a request at the door? Found in the route table, refused when another site's page sent it, given a browser
 * secret where one is needed; then answered from memory or handed on to the app. The first thing that anybody meets,
 * so nothing here is kept per request or per visitor.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { fileURLToPath } from "node:url";
import type { Logger } from "pino";
import type { Dice } from "#kit/dice.ts";
import { SECOND_MS, type Clock } from "#kit/time.ts";
import { COOKIES, setCookie } from "#contract/cookies.ts";
import type { DoorBoot, DoorPurpose, KeysOf } from "#contract/processes.ts";
import type { Problem, ProblemCode, ProblemExtras } from "#contract/problems.ts";
import { ROUTES, type Method, type Route } from "#contract/routes.ts";
import { chooseLanguage } from "#contract/words/words.ts";
import * as lines from "#line/line.ts";
import { problemAnswer } from "./answers.ts";
import { createAppLink, type Caller } from "./app-link.ts";
import { createConnections } from "./connections.ts";
import { createControlServer } from "./control-server.ts";
import { FINISH_WITHIN_MS, mintFinishing } from "./core/finishing.ts";
import { chainLength, isNearAddress, newProxyWatch, noteChain } from "./core/proxy-chain.ts";
import { parseBody } from "./core/request-body.ts";
import { isForeign, isForm, isOtherLoopback, wantsPage } from "./core/request-origin.ts";
import type { RawHead } from "./core/raw-head.ts";
import { findRoute, isAtAppToo, type Match } from "./core/route-match.ts";
import type { AskApp, DoorAnswer, DoorHandler, DoorHandlers, DoorRequest } from "./door-request.ts";
import type { DoorState } from "./door-state.ts";
import { createGate, EVENT_STREAM, isAccount, type Entry, type TurnedAway } from "./gate.ts";
import { createJsonRoutes } from "./json-routes.ts";
import { keepLine } from "./line-snapshot.ts";
import { createListener, IDLE_MS } from "./listener.ts";
import { readManual } from "./manual.ts";
import { createMeasuring } from "./measuring.ts";
import { createPageRoutes } from "./page-routes.ts";
import { createFormRoutes, createPages, pageAnswer, readSmallAssets } from "./pages/pages.ts";
import { readUpTo } from "./read-body.ts";
import { createRefusals, type RefusalAsked } from "./refusals.ts";
import { createRegistrationLine } from "./registration-line.ts";
import { sendAnswer } from "./send-answer.ts";
import { turnedAway } from "./sign-up-gate.ts";

export { findRoute } from "./core/route-match.ts";
export { createGate } from "./gate.ts";

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
/** Whoever asks on connects anew, and is then refused before anything is parsed. */
const REFUSALS_PER_CONNECTION = 8;
type Asking = Pick<IncomingMessage, "method" | "url" | "headers">;
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
    effort: () => (boot.sabotage === "fcfs" ? 0 : Math.max(boot.minimumEffort, gate.now().effort)),
  });
  let lineWaitSeconds: number | null = null;
  const gate = createGate({
    clock,
    keys: () => keys,
    trustedProxyHops: boot.trustedProxyHops,
    revoked: control.revoked,
    worth: line.worth,
    lineWaitSeconds: () => lineWaitSeconds,
    sabotage: boot.sabotage,
  });
  const quietMs = boot.trustedProxyHops > 0 ? IDLE_MS.behindProxy : IDLE_MS.direct;
  const connections = createConnections({ clock, sourceOf: gate.sourceOf, quietMs, limits: boot.limits });
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
  const measuring = createMeasuring({
    figures: {
      admission: gate.view,
      connections: connections.open,
      line: state.line,
      quotes: () => lines.quoteQuality(kept.line),
      lettersPerSecond: control.lettersPerSecond,
      signUp: control.signUp,
      health: control.health,
    },
    metricsPort: boot.metricsPort,
    clock,
    log,
  });
  const app = createAppLink({ socketPath: boot.sockets.app, doorSecret: boot.doorSecret, clock });
  const askAs = app.ask(callerOf);
  const askApp: AskApp = async (asked, method, path, body, more) => {
    const answer = await askAs(asked, method, path, body, more);
    if (more?.placeId !== undefined && answer.status < 400) mayFinish(asked, more.placeId);
    return answer;
  };
  const assets = readSmallAssets(folder("../../web/dist/small/"));
  const pages = createPages({ assets, registration: () => ({ ...state.line(), signUp: state.signUp() }) });
  const { mailbox, version } = boot;
  const json = createJsonRoutes({ line, askApp });
  const forms = createFormRoutes({ pages, line, askApp, state, mailbox, version });
  const memory = createPageRoutes({ pages, assets, manual: readManual(folder("../../docs/")), state, clock, mailbox, version });
  checkHandlers({ ...json, ...forms, ...memory });
  const refusals = createRefusals({ pages, mailbox, version, clock });

  /** A letter was ordered: the browser shows it when it comes back with the code. */
  function mayFinish({ browserSecret = "", setCookies }: DoorRequest, placeId: Uint8Array): void {
    const token = mintFinishing(keys.place, clock.now(), browserSecret, placeId);
    setCookies.push(setCookie(COOKIES.place, token, FINISH_WITHIN_MS / SECOND_MS));
  }

  function callerOf({ requestId, prefix, facts }: DoorRequest): Caller {
    return { requestId, prefix, lane: facts.lane, asked: () => gate.asked(facts) };
  }

  /** What the door can tell from the head alone. */
  function faultOf({ limitBytes }: Route, { method = "", headers }: Asking): "foreign-origin" | "body-too-large" | undefined {
    if (isForeign(method, headers, ownOrigin)) return "foreign-origin";
    return Number(headers["content-length"] ?? 0) > limitBytes ? "body-too-large" : undefined;
  }

  /** Pages and forms for people, JSON for programs. `undefined`: the app answers, in JSON. */
  function handlerOf(route: Route, { wantsPage: byPerson }: DoorRequest): DoorHandler | undefined {
    const key = `${route.method} ${route.path as `/${string}`}` as const;
    if (!byPerson && isAtAppToo(route)) return json[key];
    return json[key] ?? memory[key] ?? forms[key];
  }

  async function handle(asked: DoorRequest, found: Match, message: IncomingMessage, response: ServerResponse): Promise<void> {
    const answer = (given: DoorAnswer) => sendAnswer(message, response, showProblem(asked, given), clock);
    const refuse = (code: ProblemCode, extras: ProblemExtras = {}, headers: Record<string, string> = {}) =>
      answer(problemAnswer(asked, code, extras, headers));
    if (asked.path === "" || isReadDifferently(message)) {
      // nor is anything done that was sent after it
      connections.ended(message.socket);
      return refuse("bad-request", {}, { connection: "close" });
    }
    const { method } = asked;
    if (found === undefined) return refuse("not-found");
    if ("allow" in found) return refuse("method-not-allowed", {}, { allow: found.allow.join(", ") });
    const fault = faultOf(found.route, message);
    if (fault === "foreign-origin") return refuse(fault);
    if (asked.wantsPage && method === "GET" && isOtherLoopback(message.headers.host, boot.publicUrl)) {
      const location = ownOrigin + (message.url ?? "/");
      return answer({ status: 307, headers: { location, "cache-control": "no-store" }, body: "" });
    }
    const { route } = found;
    const turned = turnedAway(asked, route, state.signUp());
    if (turned !== undefined) return answer(turned);
    asked.params = found.params;
    if (fault !== undefined) return refuse(fault);
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
    if (minted) asked.setCookies.push(setCookie(COOKIES.browser, asked.browserSecret ?? "", BROWSER_SECRET_SECONDS));
    addCookies(handled, asked.setCookies);
    answer(handled);
  }

  function askedOf({ headers, url = "" }: IncomingMessage, method: string, path: string, { prefix, facts, cookies }: Entry): DoorRequest {
    const at = url.indexOf("?");
    const secret = cookies[COOKIES.browser];
    return {
      method: method as Method,
      path,
      params: {},
      query: new URLSearchParams(at < 0 ? "" : url.slice(at + 1, at + 1 + PATH_CHARS)),
      headers,
      language: chooseLanguage(cookies[COOKIES.language], headers["accept-language"]),
      prefix: boot.sabotage === "fcfs" ? "everybody" : prefix,
      facts,
      cookies,
      setCookies: [],
      requestId: Buffer.from(dice.bytes(REQUEST_ID_BYTES)).toString("base64url"),
      browserSecret: secret !== undefined && SECRET.test(secret) ? secret : undefined,
      isForm: isForm(headers),
      body: undefined,
      wantsPage: wantsPage(headers),
      signedIn: cookies[COOKIES.session] !== undefined,
    };
  }

  /** Not now. Nothing of what is sent along is read. */
  function turnAway(message: IncomingMessage, response: ServerResponse, path: string, turned: TurnedAway): void {
    const { headers, socket } = message;
    const hasBody = headers["transfer-encoding"] !== undefined || Number(headers["content-length"] ?? 0) > 0;
    const goesOn = boot.trustedProxyHops > 0 || connections.isProven(socket) || connections.refused(socket) < REFUSALS_PER_CONNECTION;
    if (hasBody || !goesOn) response.shouldKeepAlive = false;
    const asked = refusalOf(message, path, turned);
    // the connection ends with this answer, and nothing else waits to be said there
    if (response.shouldKeepAlive || !connections.isAlone(socket)) return refusals.send(response, asked);
    socket.end(refusals.wire(asked, true));
    connections.ended(socket);
  }

  /** The same before node has parsed anything: who is refused by what a cheap look at the head finds. */
  function turnAwayEarly(socket: Socket, head: RawHead, closes: boolean): Buffer | undefined {
    const { headers } = head;
    const { path, route } = whatIsAsked(head);
    const turned = gate.turnsAway({ socket, headers }, route);
    if (turned === undefined) return undefined;
    measuring.refused(turned.facts, turned.verdict);
    connections.prove(socket, isAccount(turned.facts.lane) ? turned.facts.holder : null);
    return refusals.wire(refusalOf(head, path, turned), closes);
  }

  function refusalOf({ method = "", headers }: Asking, path: string, { facts, cookies, verdict }: TurnedAway): RefusalAsked {
    const language = chooseLanguage(cookies[COOKIES.language], headers["accept-language"]);
    const keepsPlace = facts.lane === "place" || facts.lane === "heartbeat";
    return { method, language, wantsPage: wantsPage(headers), keepsPlace, path, verdict };
  }

  /** `route`: what it costs further in; undefined where the door itself will refuse it. */
  function whatIsAsked(asking: Asking): { method: string; path: string; found: Match; route: Route | undefined } {
    const { url = "" } = asking;
    const at = url.indexOf("?");
    const whole = at < 0 ? url : url.slice(0, at);
    // an absolute address or "*" is no path of ours
    const path = url.startsWith("/") && whole.length <= PATH_CHARS ? whole : "";
    const method = asking.method === "HEAD" ? "GET" : (asking.method ?? "");
    const found = findRoute(method, path);
    const route = found !== undefined && "route" in found ? found.route : undefined;
    return { method, path, found, route: route === undefined || faultOf(route, asking) !== undefined ? undefined : route };
  }

  const proxies = newProxyWatch(boot.trustedProxyHops);
  function look({ headers, socket }: IncomingMessage): void {
    const length = chainLength(headers["x-forwarded-for"]);
    if (length === 0 && boot.trustedProxyHops === 0) return;
    const sentence = noteChain(proxies, length, isNearAddress(socket.remoteAddress));
    if (sentence !== undefined) log.warn(sentence);
  }

  function take(message: IncomingMessage, response: ServerResponse): void {
    if (!proxies.isOver) look(message);
    const { method, path, found, route } = whatIsAsked(message);
    const entry = gate.enter(message, route);
    measuring.decided(entry.facts, entry.verdict, response, path === EVENT_STREAM);
    connections.prove(message.socket, isAccount(entry.facts.lane) ? entry.facts.holder : null);
    if (entry.verdict.tag === "refuse") return turnAway(message, response, path, { ...entry, verdict: entry.verdict });
    response.on("close", entry.leave);
    const asked = askedOf(message, method, path, entry);
    handle(asked, found, message, response).catch((error: unknown) => {
      // whoever went away in the middle of a body is no fault of ours
      if (message.destroyed && !message.complete) return;
      log.error({ err: error, requestId: asked.requestId }, "a request failed in a way that nobody expected");
      if (response.headersSent) response.destroy();
      else sendAnswer(message, response, showProblem(asked, problemAnswer(asked, "unexpected")), clock);
    });
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
    connections,
    underPressure: () => gate.now().pressure > 0,
    refuse: turnAwayEarly,
    handle: take,
  });

  let cancelTick = () => {};
  /** Time passes for the line also while nobody asks: capacity that went silent is noticed, and whoever may be called is. */
  function tick(): void {
    const { wait } = state.line();
    lineWaitSeconds = wait === null ? null : (wait.lowSeconds + wait.highSeconds) / 2;
    refusals.renew();
    cancelTick = clock.after(TICK_MS, tick);
  }

  return {
    async start() {
      await control.listen();
      await listener.listen();
      gate.start();
      await measuring.start();
      tick();
    },
    async stop() {
      cancelTick();
      await listener.close();
      gate.stop();
      measuring.stop();
      control.close();
      app.close();
      kept.stop();
    },
    useKeys(fresh) {
      keys = { ...keys, ...fresh };
    },
  };
}

function addCookies(answer: DoorAnswer, cookies: readonly string[]): void {
  if (cookies.length === 0) return;
  const before = answer.headers["set-cookie"] ?? [];
  answer.headers["set-cookie"] = [...(typeof before === "string" ? [before] : before), ...cookies];
}

/** Another parser may take it for another host, or for another protocol: only HTTP/1.0 knows requests without a Host. */
function isReadDifferently({ headersDistinct, httpVersion }: IncomingMessage): boolean {
  const hosts = headersDistinct["host"]?.length ?? 0;
  return httpVersion === "1.1" ? hosts !== 1 : httpVersion !== "1.0" || hosts > 1;
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
