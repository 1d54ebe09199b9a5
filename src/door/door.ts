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
import { COOKIES, setCookie } from "#contract/cookies.ts";
import type { DoorBoot, DoorPurpose, KeysOf } from "#contract/processes.ts";
import type { Problem, ProblemCode, ProblemExtras } from "#contract/problems.ts";
import { ROUTES, type Method, type Route } from "#contract/routes.ts";
import { WAYS } from "#contract/wire.ts";
import { chooseLanguage } from "#contract/words/words.ts";
import * as lines from "#line/line.ts";
import { problemAnswer } from "./answers.ts";
import { createAppLink, type Caller } from "./app-link.ts";
import { createConnections } from "./connections.ts";
import { createControlServer } from "./control-server.ts";
import { isAccount } from "./core/facts.ts";
import { FINISH_WITHIN_MS, mintFinishing } from "./core/finishing.ts";
import { chainLength, isNearAddress, newProxyWatch, noteChain } from "./core/proxy-chain.ts";
import { parseBody } from "./core/request-body.ts";
import { isForm, isOtherLoopback, wantsPage } from "./core/request-origin.ts";
import { isAtAppToo } from "./core/route-match.ts";
import { whatIsAsked, type Asked } from "./core/what-is-asked.ts";
import type { AskApp, DoorAnswer, DoorHandler, DoorHandlers, DoorRequest } from "./door-request.ts";
import type { DoorState } from "./door-state.ts";
import { createGate, EVENT_STREAM, type Admitted } from "./gate.ts";
import { createJsonRoutes } from "./json-routes.ts";
import { keepLine } from "./line-snapshot.ts";
import { createListener } from "./listener.ts";
import { readManual } from "./manual.ts";
import { createMeasuring } from "./measuring.ts";
import { createPageRoutes } from "./page-routes.ts";
import { createFormRoutes, createPages, pageAnswer, readSmallAssets } from "./pages/pages.ts";
import { readUpTo } from "./read-body.ts";
import { createRefusals } from "./refusals.ts";
import { createRegistrationLine } from "./registration-line.ts";
import { sendAnswer } from "./send-answer.ts";
import { turnedAway } from "./sign-up-gate.ts";
import { createTurnAway } from "./turn-away.ts";

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
const SOON_SECONDS = 2;
const TICK_MS = SECOND_MS;
const CONFIRM = "/sign-up/confirm";
/** Where a browser without a secret is given one. */
const MINTS_SECRET = new Set(
  WAYS.flatMap((way) => [`GET /${way}`, `POST /${way}`, `GET /${way}/wait`, `POST /${way}/challenge`, `POST /${way}/place`]),
);

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
  const behindProxy = boot.trustedProxyHops > 0;
  const connections = createConnections({ clock, sourceOf: gate.sourceOf, behindProxy, limits: boot.limits });
  const state: DoorState = {
    health: control.health,
    lettersPerSecond: control.lettersPerSecond,
    line() {
      lines.setCapacity(kept.line, clock.monotonic(), control.lettersPerSecond());
      const { waiting, moves, wait } = lines.view(kept.line, clock.monotonic());
      return { waiting, standsStill: !moves, wait: wait ?? null };
    },
    quotes() {
      const { decided, share } = lines.quoteQuality(kept.line);
      return { decided, share };
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
    if (answer.status < 400 && more?.placeId !== undefined) mayFinish(asked, more.placeId);
    if (answer.status < 400 && path === CONFIRM) line.confirmed(asked.prefix);
    return answer;
  };
  const assets = readSmallAssets(folder("../../web/dist/small/"));
  const pages = createPages({ assets, registration: () => ({ ...state.line(), signUp: state.signUp() }) });
  const { mailbox, version } = boot;
  const json = createJsonRoutes({ line, askApp });
  const forms = createFormRoutes({ pages, line, askApp, state, mailbox, version });
  const memory = createPageRoutes({ pages, assets, manual: readManual(folder("../../docs/")), state, clock, mailbox, version });
  checkHandlers({ ...json, ...forms, ...memory });
  const refusals = createRefusals({ pages, mailbox, version, clock, behindProxy });
  const turnAway = createTurnAway({ gate, connections, measuring, refusals, ownOrigin, behindProxy });

  /** A letter was ordered: the browser shows it when it comes back with the code. */
  function mayFinish({ browserSecret = "", setCookies }: DoorRequest, placeId: Uint8Array): void {
    const token = mintFinishing(keys.place, clock.now(), browserSecret, placeId);
    setCookies.push(setCookie(COOKIES.place, token, FINISH_WITHIN_MS / SECOND_MS));
  }

  function callerOf({ requestId, prefix, facts }: DoorRequest): Caller {
    return { requestId, prefix, lane: facts.lane, asked: () => gate.asked(facts) };
  }

  /** Pages and forms for people, JSON for programs. `undefined`: the app answers, in JSON. */
  function handlerOf(route: Route, { wantsPage: byPerson }: DoorRequest): DoorHandler | undefined {
    const key = `${route.method} ${route.path as `/${string}`}` as const;
    if (!byPerson && isAtAppToo(route)) return json[key];
    return json[key] ?? memory[key] ?? forms[key];
  }

  async function handle(asked: DoorRequest, { found, fault }: Asked, message: IncomingMessage, response: ServerResponse): Promise<void> {
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
      if (became === "answered" && route.path === CONFIRM && response.statusCode < 400) line.confirmed(asked.prefix);
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

  function askedOf({ headers }: IncomingMessage, { method, path, query }: Asked, { prefix, facts, cookies }: Admitted): DoorRequest {
    const secret = cookies[COOKIES.browser];
    return {
      method: method as Method,
      path,
      params: {},
      query: new URLSearchParams(query),
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

  const proxies = newProxyWatch(boot.trustedProxyHops);
  function look({ headers, socket }: IncomingMessage): void {
    const length = chainLength(headers["x-forwarded-for"]);
    if (length === 0 && boot.trustedProxyHops === 0) return;
    const sentence = noteChain(proxies, length, isNearAddress(socket.remoteAddress));
    if (sentence !== undefined) log.warn(sentence);
  }

  function take(message: IncomingMessage, response: ServerResponse): void {
    if (!proxies.isOver) look(message);
    const what = whatIsAsked(message, ownOrigin);
    const { path } = what;
    const entry = gate.enter(message, what.route);
    measuring.decided(entry.facts, entry.verdict);
    connections.prove(message.socket, isAccount(entry.facts.lane) ? entry.facts.holder : null);
    if (!("leave" in entry)) return turnAway.parsed(message, response, path, entry);
    measuring.answering(entry.facts, response, path === EVENT_STREAM);
    response.on("close", entry.leave);
    const asked = askedOf(message, what, entry);
    handle(asked, what, message, response).catch((error: unknown) => {
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
    behindProxy,
    clock,
    log,
    connections,
    underPressure: () => gate.now().pressure > 0,
    refuse: turnAway.early,
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
