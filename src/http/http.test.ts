/** Who may do what, from where, with which body? Over the app's own unix socket, with a real identity module behind it. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { request as httpRequest, type IncomingHttpHeaders } from "node:http";
import { after, test } from "node:test";
import { pino } from "pino";
import { systemDice } from "#kit/dice.ts";
import { systemClock } from "#kit/time.ts";
import { COOKIES } from "#contract/cookies.ts";
import type { Problem } from "#contract/problems.ts";
import { INTERNAL } from "#contract/processes.ts";
import { ROUTES } from "#contract/routes.ts";
import { SIGN_UP_UNSET } from "#contract/wire.ts";
import { temporarySocket } from "#support/hasher.ts";
import { GOOD_PASSWORD, startIdentity, visitor } from "#support/identity.ts";
import { json, type Handlers } from "./handler.ts";
import { createHttp } from "./http.ts";
import { listen } from "./listen.ts";
import { registrationHandlers } from "./registration-routes.ts";

const ORIGIN = "https://chat.example.org";
const SECRET = randomBytes(16).toString("hex");
const { identity, world, letterFor, sql } = await startIdentity({ after });

const logged: { requestId: string; err: { message: string } }[] = [];
const log = pino({ level: "info" }, { write: (line: string) => void logged.push(JSON.parse(line)) });
let chat: () => Promise<Response> = () => Promise.resolve(json({}));
const others: Handlers = Object.fromEntries(
  ROUTES.filter((route) => route.at === "app").map((route) => [`${route.method} ${route.path}`, () => chat()]),
);
const ours = registrationHandlers({
  identity,
  signUp: () => SIGN_UP_UNSET,
  readMailbox: () => Promise.resolve([]),
  stopLetters: () => Promise.resolve(false),
  mailboxTokenSha256: null,
});
const parts = { identity, handlers: { ...others, ...ours }, publicUrl: `${ORIGIN}/`, doorSecret: SECRET, dice: systemDice, log };
const socketPath = temporarySocket({ after });
const server = await listen(createHttp(parts), socketPath, systemClock);
after(() => server.close(0));

type Answer = { status: number; headers: IncomingHttpHeaders; text: string; problem: Problem; setCookies: string[] };
type Asked = { headers?: Record<string, string | null>; body?: unknown; cookies?: Record<string, string> };

function ask(method: string, path: string, { headers = {}, body, cookies = {} }: Asked = {}): Promise<Answer> {
  const bytes =
    body === undefined ? undefined : Buffer.isBuffer(body) ? body : Buffer.from(typeof body === "string" ? body : JSON.stringify(body));
  const all: Record<string, string | null> = {
    [INTERNAL.doorSecret]: SECRET,
    cookie:
      Object.entries(cookies)
        .map(([name, value]) => `${name}=${value}`)
        .join("; ") || null,
    ...(bytes === undefined ? {} : { "content-type": "application/json", "content-length": String(bytes.length) }),
    ...headers,
  };
  const sent = Object.fromEntries(Object.entries(all).filter((entry): entry is [string, string] => entry[1] !== null));
  return new Promise((resolve, reject) => {
    const request = httpRequest({ socketPath, method, path, headers: { host: "app", ...sent } }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("end", () => {
        const text = Buffer.concat(chunks).toString();
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          text,
          problem: (response.headers["content-type"]?.startsWith("application/problem+json") === true ? JSON.parse(text) : {}) as Problem,
          setCookies: response.headers["set-cookie"] ?? [],
        });
      });
    });
    request.on("error", reject);
    request.end(bytes);
  });
}

let people = 0;
async function memberCookies(): Promise<Record<string, string>> {
  const newcomer = visitor();
  const address = `member-${++people}@example.org`;
  const letter = await letterFor(address, newcomer);
  const member = await identity.confirm({ ...letter, password: GOOD_PASSWORD, takesNew: true, visitor: newcomer });
  assert.ok(member.ok);
  return { [COOKIES.session]: member.value.sessionToken, [COOKIES.pass]: member.value.passToken };
}
const placeId = () => randomBytes(16).toString("base64url");
const browserCookie = () => ({ [COOKIES.browser]: randomBytes(32).toString("base64url") });

test("whoever does not come through the door is turned away from every route", async () => {
  for (const headers of [{ [INTERNAL.doorSecret]: null }, { [INTERNAL.doorSecret]: "guess" }, { [INTERNAL.doorSecret]: SECRET.slice(1) }]) {
    for (const path of ["/api/me", "/sign-in", "/nowhere", "/assets/x.js"]) {
      const answer = await ask("GET", path, { headers });
      assert.equal(answer.problem.code, "not-through-the-door");
    }
  }
});

test("a stranger gets nowhere that is for members, a member nowhere that is for operators", async () => {
  const cookies = await memberCookies();
  const inner = ROUTES.filter((route) => route.at === "app" && route.who !== "anybody");
  assert.ok(inner.length > 15);
  for (const route of inner) {
    const path = route.path.replaceAll(/:\w+/g, "0f8fad5b-d9cb-469f-a165-70867728950e");
    const body = route.limitBytes > 0 ? { body: {} } : {};
    assert.equal((await ask(route.method, path, body)).problem.code, "not-signed-in", `${route.method} ${path}`);
    const asMember = await ask(route.method, path, { ...body, cookies });
    if (route.who === "operator") assert.equal(asMember.problem.code, "operator-only", `${route.method} ${path}`);
    else assert.notEqual(asMember.status, 401, `${route.method} ${path}`);
  }
});

test("a person who follows a link without being signed in comes to the sign-in page", async () => {
  const headers = { accept: "text/html,application/xhtml+xml;q=0.9" };
  const answer = await ask("GET", "/chat", { headers });
  assert.equal(answer.status, 303);
  assert.equal(answer.headers.location, "/sign-in");
  const member = await ask("GET", "/operator/models", { headers, cookies: await memberCookies() });
  assert.equal(member.headers.location, "/chat");
});

test("a change that another site started is refused; a program that sends neither header is not concerned", async () => {
  const cookies = await memberCookies();
  const change = (headers: Record<string, string>) => ask("PATCH", "/api/me", { cookies, headers, body: { language: "es" } });
  for (const headers of [
    { origin: "https://evil.example" },
    { origin: "null" },
    { origin: "http://chat.example.org" },
    { origin: `${ORIGIN}.evil.example` },
    { "sec-fetch-site": "cross-site" },
    { "sec-fetch-site": "same-site" },
    { origin: ORIGIN, "sec-fetch-site": "cross-site" },
  ]) {
    const answer = await change(headers as unknown as Record<string, string>);
    assert.equal(answer.problem.code, "foreign-origin", JSON.stringify(headers));
  }
  for (const headers of [{}, { origin: ORIGIN }, { origin: ORIGIN, "sec-fetch-site": "same-origin" }, { "sec-fetch-site": "none" }]) {
    assert.equal((await change(headers as unknown as Record<string, string>)).status, 200, JSON.stringify(headers));
  }
  assert.equal(
    (await ask("GET", "/api/me", { cookies, headers: { "sec-fetch-site": "cross-site" } })).status,
    200,
    "reading changes nothing",
  );
});

test("a body that can't be read is told as what it is", async () => {
  const cookies = await memberCookies();
  const change = (body: unknown, headers: Record<string, string | null> = {}) => ask("PATCH", "/api/me", { cookies, body, headers });
  assert.equal((await change(Buffer.from([0x7b, 0xff, 0x7d]))).problem.code, "bad-request");
  assert.equal((await change("{")).problem.code, "bad-request");
  assert.equal((await change("language=es", { "content-type": "application/x-www-form-urlencoded" })).problem.code, "unsupported-media");
  assert.equal((await change({ language: "x".repeat(20_000) })).problem.code, "body-too-large");
  assert.equal(
    (await change(`{"language":"${"x".repeat(20_000)}"}`, { "content-length": null, "transfer-encoding": "chunked" })).problem.code,
    "body-too-large",
  );
  assert.equal((await ask("GET", "/api/me", { cookies, body: "{}" })).problem.code, "body-too-large", "a route without a body takes none");
});

test("each wrong field is named with a sentence in the reader's language", async () => {
  const cookies = await memberCookies();
  const answer = await ask("PATCH", "/api/me", { cookies, body: { language: "xx", role: "operator" } });
  assert.equal(answer.status, 422);
  assert.equal(answer.headers["content-type"], "application/problem+json; charset=utf-8");
  assert.deepEqual(answer.problem.errors?.map(({ field }) => field).toSorted(), ["language", "role"]);
  const spanish = await ask("POST", "/sign-in", { body: { address: "nobody", password: 7 }, headers: { "accept-language": "es-MX" } });
  assert.deepEqual(spanish.problem.errors, [{ field: "password", sentence: "Esto es necesario." }]);
  assert.equal(spanish.headers["content-language"], "es");
  const chosen = await ask("POST", "/sign-in", { body: { address: "nobody", password: "x" }, cookies: { [COOKIES.language]: "es" } });
  assert.match(chosen.problem.errors?.[0]?.sentence ?? "", /dirección de correo/);
  for (const body of [{ address: "a\u0000b@c.de", password: "x" }, '{"address":"a@b.co","password":"\\ud800"}']) {
    assert.equal((await ask("POST", "/sign-in", { body })).problem.code, "invalid-field");
  }
});

test("a path that is not there, or not for this method, is told apart", async () => {
  assert.equal((await ask("GET", "/nowhere")).problem.code, "not-found");
  const wrong = await ask("DELETE", "/api/me");
  assert.equal(wrong.problem.code, "method-not-allowed");
  assert.equal(wrong.headers.allow, "GET, PATCH");
  assert.equal((await ask("GET", "/api/conversations/%00", { cookies: await memberCookies() })).problem.code, "not-found");
});

test("a letter is only ordered with a place that the door let through", async () => {
  const body = { place: "p", address: "letter@example.org" };
  for (const place of [null, "", "short", placeId() + "A", "!".repeat(22)]) {
    const answer = await ask("POST", "/sign-up/letter", { body, cookies: browserCookie(), headers: { [INTERNAL.placeId]: place } });
    assert.equal(answer.problem.code, "not-through-the-door");
  }
  assert.equal(
    (await ask("POST", "/sign-up/letter", { body, headers: { [INTERNAL.placeId]: placeId() } })).problem.code,
    "place-expired",
    "a place needs its browser",
  );
  const answer = await ask("POST", "/sign-up/letter", { body, cookies: browserCookie(), headers: { [INTERNAL.placeId]: placeId() } });
  assert.equal(answer.status, 200);
  const { envelope, expiresAt } = JSON.parse(answer.text) as { envelope: string; expiresAt: number };
  assert.ok(envelope.length <= 1_024);
  assert.equal(expiresAt, world.now + 600_000);
  assert.deepEqual(answer.setCookies, []);
});

test("an address that can't be right is refused with what was probably meant, in the reader's language", async () => {
  const answer = await ask("POST", "/sign-up/letter", {
    body: { place: "p", address: "ana@gmailcom" },
    cookies: browserCookie(),
    headers: { [INTERNAL.placeId]: placeId(), "accept-language": "es" },
  });
  assert.equal(answer.status, 422);
  assert.deepEqual(
    answer.problem.errors?.map(({ field }) => field),
    ["address"],
  );
  assert.match(answer.problem.errors?.[0]?.sentence ?? "", /¿Querías decir ana@gmail\.com\?/);
});

test("whoever confirms gets all cookies of a member, and every one from before is rotated or gone", async () => {
  const newcomer = visitor();
  const { envelope, code } = await letterFor("cookies@example.org", newcomer);
  const before = { [COOKIES.browser]: newcomer.browserSecret ?? "", [COOKIES.draft]: "typed" };
  const answer = await ask("POST", "/sign-up/confirm", { body: { envelope, code, password: GOOD_PASSWORD }, cookies: before });
  assert.equal(answer.status, 200);
  const set = new Map(answer.setCookies.map((line) => [line.slice(0, line.indexOf("=")), line]));
  for (const name of [COOKIES.session, COOKIES.pass, COOKIES.device, COOKIES.browser]) {
    assert.match(set.get(name) ?? "", /=[A-Za-z0-9_-]{20,}; Path=\/; Secure; HttpOnly; SameSite=Lax; Max-Age=[1-9]/, name);
  }
  assert.ok(!set.get(COOKIES.browser)?.includes(newcomer.browserSecret ?? ""));
  assert.match(set.get(COOKIES.draft) ?? "", /Max-Age=0$/);
  assert.deepEqual(JSON.parse(answer.text), {
    account: { ...JSON.parse(answer.text).account, address: "cookies@example.org", role: "member", language: "en" },
  });
});

test("somebody who is signed in stays who they are: no route replaces a session silently", async () => {
  const cookies = await memberCookies();
  const other = visitor();
  const letter = await letterFor("other@example.org", other);
  const tries = [
    ask("POST", "/sign-in", { cookies, body: { address: "member-1@example.org", password: GOOD_PASSWORD } }),
    ask("POST", "/sign-up/confirm", {
      cookies: { ...cookies, [COOKIES.browser]: other.browserSecret ?? "" },
      body: { ...letter, password: GOOD_PASSWORD },
    }),
    ask("POST", "/first-operator", { cookies, body: { token: "x", address: "a@example.org", password: GOOD_PASSWORD } }),
  ];
  for (const answer of await Promise.all(tries)) {
    assert.equal(answer.problem.code, "already-signed-in");
    assert.deepEqual(answer.setCookies, []);
  }
});

test("who signs out loses session and pass and gets a new browser secret", async () => {
  const cookies = await memberCookies();
  const answer = await ask("POST", "/sign-out", { cookies });
  assert.equal(answer.status, 200);
  const names = answer.setCookies.map((line) => `${line.slice(0, line.indexOf("="))} ${line.endsWith("Max-Age=0") ? "gone" : "new"}`);
  assert.deepEqual(names, [`${COOKIES.session} gone`, `${COOKIES.pass} gone`, `${COOKIES.browser} new`]);
  assert.equal((await ask("GET", "/api/me", { cookies })).problem.code, "not-signed-in");
  assert.equal((await ask("POST", "/sign-out", { cookies })).status, 200, "signing out twice is no fault");
});

test("a member's cookies are renewed on the way, and only when it is time", async () => {
  const cookies = await memberCookies();
  const start = world.now;
  assert.deepEqual((await ask("GET", "/api/me", { cookies })).setCookies, []);
  world.now += 13 * 3_600_000;
  const later = await ask("GET", "/api/me", { cookies });
  assert.deepEqual(
    later.setCookies.map((line) => line.slice(0, line.indexOf("="))),
    [COOKIES.session, COOKIES.pass],
  );
  assert.ok(later.setCookies[0]?.includes(`${cookies[COOKIES.session] ?? ""};`));
  const { [COOKIES.pass]: _, ...withoutPass } = cookies;
  assert.deepEqual(
    (await ask("GET", "/api/me", { cookies: withoutPass })).setCookies.map((line) => line.slice(0, line.indexOf("="))),
    [COOKIES.pass],
  );
  world.now = start;
});

test("the language that a member chose holds everywhere", async () => {
  const cookies = await memberCookies();
  const answer = await ask("PATCH", "/api/me", { cookies, body: { language: "es" } });
  assert.equal(JSON.parse(answer.text).account.language, "es");
  assert.match(answer.setCookies.join(), /__Host-holdfast-language=es/);
  assert.equal(
    (await ask("PATCH", "/api/me", { cookies, body: {}, headers: { "accept-language": "en" } })).problem.errors?.[0]?.sentence,
    "Esto no es lo que se espera aquí.",
  );
});

test("the language that a member chose at the foot of a small page in this browser holds in the chat, and nowhere else", async () => {
  const cookies = await memberCookies();
  const languageOf = async (chosen: Record<string, string>) =>
    JSON.parse((await ask("GET", "/api/me", { cookies: { ...cookies, ...chosen } })).text).account.language;
  assert.equal(await languageOf({ [COOKIES.language]: "es" }), "es");
  assert.equal(await languageOf({}), "en", "another browser of theirs");
  assert.equal(await languageOf({ [COOKIES.language]: "xx" }), "en");
  const wrong = await ask("PATCH", "/api/me", { cookies: { ...cookies, [COOKIES.language]: "es" }, body: {} });
  assert.equal(wrong.headers["content-language"], "es");
});

test("the built-in mailbox opens with its token only, and not at all when it is off", async () => {
  assert.equal((await ask("GET", "/mailbox?token=")).problem.code, "not-found");
  assert.equal((await ask("GET", "/mailbox?token=x")).problem.code, "not-found");
});

test("a fault that nobody expected is answered with a number, and its words stay in the log", async () => {
  chat = () => Promise.reject(new Error("secret words of a bug"));
  const cookies = await memberCookies();
  const answer = await ask("GET", "/api/conversations", { cookies, headers: { [INTERNAL.requestId]: "request-7" } });
  assert.equal(answer.status, 500);
  assert.equal(answer.problem.requestId, "request-7");
  assert.doesNotMatch(answer.text, /secret words/);
  assert.equal(logged.find((line) => line.requestId === "request-7")?.err.message, "secret words of a bug");
});

test("a database that is gone or full is told as what it is", async () => {
  const cookies = await memberCookies();
  chat = () => Promise.reject(Object.assign(new Error("write CONNECTION_CLOSED"), { code: "CONNECTION_CLOSED" }));
  const gone = await ask("GET", "/api/conversations", { cookies });
  assert.equal(gone.problem.code, "app-down");
  assert.equal(gone.headers["retry-after"], "2");
  chat = () => Promise.reject(Object.assign(new Error("could not extend file"), { code: "53100" }));
  assert.equal((await ask("GET", "/api/conversations", { cookies })).problem.code, "disk-full");
  chat = async () => json((await sql`select 1 / 0`)[0]);
  const broken = await ask("GET", "/api/conversations", { cookies });
  assert.equal(broken.problem.code, "unexpected");
  assert.doesNotMatch(broken.text, /zero|select/i);
});

test("an answer that streams arrives piece by piece, and stops when nobody listens any more", async () => {
  let cancelled = false;
  chat = () =>
    Promise.resolve(
      new Response(
        new ReadableStream({
          start: (controller) => controller.enqueue(new TextEncoder().encode("first")),
          cancel: () => void (cancelled = true),
        }),
      ),
    );
  const cookies = await memberCookies();
  await new Promise<void>((resolve, reject) => {
    const cookie = Object.entries(cookies)
      .map(([name, value]) => `${name}=${value}`)
      .join("; ");
    const request = httpRequest(
      { socketPath, path: "/api/events", headers: { host: "app", cookie, [INTERNAL.doorSecret]: SECRET } },
      (response) => {
        response.once("data", (chunk: Buffer) => {
          assert.equal(chunk.toString(), "first");
          response.destroy();
          resolve();
        });
      },
    );
    request.on("error", reject);
    request.end();
  });
  for (let round = 0; round < 50 && !cancelled; round += 1) await systemClock.sleep(20);
  assert.equal(cancelled, true);
});

test("who only asks for the head of a stream holds nothing open", async () => {
  let cancelled = false;
  chat = () => Promise.resolve(new Response(new ReadableStream({ cancel: () => void (cancelled = true) }, { highWaterMark: 0 })));
  const answer = await ask("HEAD", "/api/events", { cookies: await memberCookies() });
  assert.deepEqual([answer.status, answer.text], [200, ""]);
  for (let round = 0; round < 50 && !cancelled; round += 1) await systemClock.sleep(20);
  assert.equal(cancelled, true);
});

test("a body full of unknown fields is not answered at ten times its length", async () => {
  const cookies = await memberCookies();
  const body = Object.fromEntries(Array.from({ length: 500 }, (_, index) => [`k${index}`, 1]));
  const answer = await ask("PATCH", "/api/me", { cookies, body: { ...body, language: "xx" } });
  assert.equal(answer.problem.code, "invalid-field");
  assert.ok(answer.text.length < 5_000, `${answer.text.length} bytes`);
  const fields = answer.problem.errors?.map(({ field }) => field);
  assert.equal(fields?.[0], "language", "what a person can correct comes first");
  assert.ok((fields?.length ?? 0) <= 20);
});

test("the app does not start with a route that nobody answers, or an answer to no route", () => {
  const { "GET /chat": _, ...lacking } = parts.handlers as Record<string, () => Response>;
  assert.throws(() => createHttp({ ...parts, handlers: lacking as Handlers }), /routes without a handler: GET \/chat;/);
  assert.throws(
    () => createHttp({ ...parts, handlers: { ...parts.handlers, "GET /extra": () => json({}) } }),
    /handlers without a route: GET \/extra/,
  );
});
