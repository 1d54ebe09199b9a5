/**
 * Who gets at what of whom? Every route of the app, as a stranger, as another member and as the operator, with ids of things that
 * are somebody else's. A route that has no line in the table below fails: whoever adds one says what others may.
 */
import assert from "node:assert/strict";
import { randomBytes, randomUUID } from "node:crypto";
import { after, before, test } from "node:test";
import { COOKIES } from "#contract/cookies.ts";
import { INTERNAL } from "#contract/processes.ts";
import { ROUTES, type Route } from "#contract/routes.ts";
import type { ConversationAnswer, ConversationsAnswer, EgressAnswer, SendAnswer } from "#contract/wire.ts";
import { appPlace, waitFor, type Answer } from "#support/app.ts";
import { testDatabaseWithAddress } from "#support/database.ts";
import { startOpenAiServer } from "#support/openai-server.ts";
import { codeIn, GOOD_PASSWORD } from "#support/people.ts";

type Key = `${Route["method"]} ${string}`;
/** What is Ada's, by the name under which a route asks for it. */
type Things = { conversation: string; message: string; entry: string };
/**
 * `open`: nothing of anybody's is in it · `own`: everybody has one of their own · a thing: the route names one of Ada's, and for
 * everybody else it is as if it were not there · `operator`: members are turned away.
 */
type Line = { is: "open" | "own" | "operator" | keyof Things; body?: () => unknown };

const TABLE: { readonly [route: Key]: Line } = {
  "POST /sign-up/letter": { is: "open" },
  "POST /sign-up/trace": { is: "open" },
  "POST /recover/letter": { is: "open" },
  "POST /sign-up/confirm": { is: "open" },
  "POST /sign-in": { is: "open" },
  "POST /sign-out": { is: "open" },
  "POST /not-me": { is: "open" },
  "POST /first-operator": { is: "open" },
  "GET /mailbox": { is: "open" },
  "GET /chat": { is: "own" },
  "GET /chat/:id": { is: "own" },
  "GET /operator/models": { is: "operator" },
  "GET /operator/sign-up": { is: "operator" },
  "GET /operator/mail": { is: "operator" },
  "GET /assets/:file": { is: "open" },
  "GET /api/me": { is: "own" },
  "PATCH /api/me": { is: "own", body: () => ({ language: "en" }) },
  "GET /api/events": { is: "own" },
  "GET /api/conversations": { is: "own" },
  "POST /api/conversations": { is: "conversation", body: () => ({ id: things.conversation }) },
  "GET /api/conversations/:id": { is: "conversation" },
  "PATCH /api/conversations/:id": { is: "conversation", body: () => ({ title: "taken over" }) },
  "DELETE /api/conversations/:id": { is: "conversation" },
  "POST /api/conversations/:id/restore": { is: "conversation", body: () => ({}) },
  "POST /api/conversations/:id/messages": { is: "conversation", body: () => ({ id: randomUUID(), parentId: null, text: "let me in" }) },
  "POST /api/messages/:id/regenerate": { is: "message", body: () => ({ id: randomUUID() }) },
  "POST /api/messages/:id/stop": { is: "message", body: () => ({}) },
  "GET /api/messages/:id/egress": { is: "message" },
  "GET /api/egress/:id/body": { is: "entry" },
  "GET /api/models": { is: "own" },
  "GET /api/operator/models": { is: "operator" },
  "POST /api/operator/downloads": { is: "operator", body: () => ({ modelId: "no-such" }) },
  "DELETE /api/operator/downloads/:id": { is: "operator" },
  "POST /api/operator/default-model": { is: "operator", body: () => ({ modelId: "no/such" }) },
  "GET /api/operator/sign-up": { is: "operator" },
  "POST /api/operator/sign-up": { is: "operator", body: () => ({ mode: "ajar", lettersPerMinute: null }) },
  "GET /api/operator/mail": { is: "operator" },
  "POST /api/operator/mail/check": { is: "operator", body: () => ({}) },
  "POST /api/operator/mail/test": { is: "operator", body: () => ({ server: "A" }) },
};
const routes = ROUTES.filter((route) => route.at === "app").map((route) => ({ route, key: `${route.method} ${route.path}` as Key }));

const { address } = await testDatabaseWithAddress({ after });
const place = await appPlace({ after }, address);
const model = await startOpenAiServer({ after }, { models: ["m"] });
const SECRET_WORDS = "a word that only Ada knows";

type Person = Map<string, string>;
const [stranger, ada, bob, olga]: [Person, Person, Person, Person] = [new Map(), new Map(), new Map(), new Map()];
const things: Things = { conversation: "", message: "", entry: "" };

/** Asks with this person's cookies, and leaves the person the new ones. */
async function ask(person: Person, method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answer> {
  place.cookies.clear();
  for (const [name, value] of person) place.cookies.set(name, value);
  const answer = await place.ask(method, path, body, headers);
  person.clear();
  for (const [name, value] of place.cookies) person.set(name, value);
  return answer;
}

async function register(person: Person, mailAddress: string): Promise<void> {
  person.set(COOKIES.browser, randomBytes(32).toString("base64url"));
  const turn = { [INTERNAL.placeId]: randomBytes(16).toString("base64url") };
  const { envelope } = (await ask(person, "POST", "/sign-up/letter", { place: "p", address: mailAddress }, turn)).json as {
    envelope: string;
  };
  const code = await waitFor("the letter", async () => {
    const { letters } = (await place.ask("GET", `/mailbox?token=${place.mailboxToken}`)).json as {
      letters: { recipient: string; text: string }[];
    };
    return letters.filter(({ recipient }) => recipient === mailAddress).map(({ text }) => codeIn(text))[0];
  });
  assert.equal((await ask(person, "POST", "/sign-up/confirm", { envelope, code, password: GOOD_PASSWORD })).status, 200);
}

const adasChat = async () => (await ask(ada, "GET", `/api/conversations/${things.conversation}`)).json as ConversationAnswer;

before(async () => {
  const app = await place.start({
    model: { url: model.url, key: null, name: null, discover: false, file: null, hubUrl: "http://127.0.0.1:1", threads: 1 },
  });
  const token = app.ready.firstOperatorToken;
  const made = await ask(olga, "POST", "/first-operator", { token, address: "olga@example.org", password: GOOD_PASSWORD });
  assert.equal(made.status, 200, made.text);
  await register(ada, "ada@example.org");
  await register(bob, "bob@example.org");
  things.conversation = randomUUID();
  assert.equal((await ask(ada, "POST", "/api/conversations", { id: things.conversation })).status, 200);
  const question = { id: randomUUID(), parentId: null, text: SECRET_WORDS };
  const sent = await ask(ada, "POST", `/api/conversations/${things.conversation}/messages`, question);
  things.message = (sent.json as SendAnswer).assistantMessage.id;
  await waitFor("the answer", async () => (await adasChat()).messages.every(({ state }) => state === "done") || undefined);
  const { entries } = (await ask(ada, "GET", `/api/messages/${things.message}/egress`)).json as EgressAnswer;
  things.entry = entries[0]?.id ?? assert.fail("something was sent");
});

/** With `id` in every gap. An event stream is only opened: it has no end. */
async function visit(person: Person, { route, key }: (typeof routes)[number], id: string = randomUUID()): Promise<Answer> {
  const path = route.path.replaceAll(/:\w+/g, id);
  if (key !== "GET /api/events") return ask(person, route.method, path, TABLE[key]?.body?.());
  place.cookies.clear();
  for (const [name, value] of person) place.cookies.set(name, value);
  const opened = await place.open(route.method, path);
  opened.destroy();
  return { status: opened.statusCode ?? 0, text: "", json: undefined, headers: opened.headers };
}
const codeOf = (answer: Answer) => (answer.json as { code?: string } | undefined)?.code;
const withoutRequestId = (answer: Answer) =>
  answer.text.replace(/"requestId":"[^"]*"/, "").replaceAll(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, "");

test("somebody has said of every route of the app what others may do there, and says the same as the route table", () => {
  assert.deepEqual(routes.map(({ key }) => key).toSorted(), Object.keys(TABLE).toSorted());
  for (const { route, key } of routes) {
    const is = TABLE[key]?.is;
    const who = is === "open" ? "anybody" : is === "operator" ? "operator" : "member";
    assert.equal(route.who, who, key);
  }
});

test("a stranger is asked to sign in, wherever something is a member's or an operator's", async () => {
  for (const one of routes.filter(({ key }) => TABLE[key]?.is !== "open")) {
    const answer = await visit(stranger, one, things.conversation);
    assert.equal(codeOf(answer) ?? (one.key === "GET /api/events" ? "not-signed-in" : undefined), "not-signed-in", one.key);
    assert.equal(answer.status, 401, one.key);
  }
});

test("a member gets nowhere that is the operator's", async () => {
  for (const one of routes.filter(({ key }) => TABLE[key]?.is === "operator")) {
    assert.equal(codeOf(await visit(bob, one)), "operator-only", one.key);
    assert.notEqual(codeOf(await visit(olga, one)), "operator-only", one.key);
  }
});

test("what is Ada's is for another member, and for the operator too, as if it were not there; and stays as it was", async () => {
  const before_ = await adasChat();
  for (const one of routes) {
    const is = TABLE[one.key]?.is;
    if (is === undefined || is === "open" || is === "own" || is === "operator") continue;
    for (const person of [bob, olga]) {
      const hers = await visit(person, one, things[is]);
      if (one.key === "POST /api/conversations") {
        assert.equal(codeOf(hers), "not-found", one.key);
        continue;
      }
      const nobodys = await visit(person, one);
      assert.deepEqual([hers.status, withoutRequestId(hers)], [nobodys.status, withoutRequestId(nobodys)], one.key);
      assert.ok(hers.status === 404 || hers.text === '{"entries":[]}', `${one.key}: ${hers.text}`);
    }
  }
  assert.deepEqual(await adasChat(), before_);
  assert.equal((await ask(ada, "GET", `/api/egress/${things.entry}/body`)).status, 200);
});

test("nobody's own lists hold a word of Ada's", async () => {
  for (const person of [bob, olga]) {
    for (const one of routes.filter(({ route, key }) => route.method === "GET" && ["own", "operator"].includes(TABLE[key]?.is ?? ""))) {
      const { text } = await visit(person, one, things.conversation);
      assert.ok(!text.includes(SECRET_WORDS) && !text.includes("ada@example.org") && !text.includes(things.message), one.key);
    }
    assert.deepEqual(((await ask(person, "GET", "/api/conversations")).json as ConversationsAnswer).conversations, []);
  }
});

test("a message of Ada's is neither a parent, nor a leaf, nor an id to take over in somebody else's conversation", async () => {
  const id = randomUUID();
  assert.equal((await ask(bob, "POST", "/api/conversations", { id })).status, 200);
  const theirs = await adasChat();
  for (const [method, path, body] of [
    ["POST", `/api/conversations/${id}/messages`, { id: randomUUID(), parentId: things.message, text: "go on" }],
    ["POST", `/api/conversations/${id}/messages`, { id: things.message, parentId: null, text: "mine now" }],
    ["PATCH", `/api/conversations/${id}`, { leafMessageId: things.message }],
    ["POST", `/api/messages/${things.message}/regenerate`, { id: randomUUID() }],
  ] as const) {
    const answer = await ask(bob, method, path, body);
    assert.equal(codeOf(answer), "not-found", `${method} ${path} ${JSON.stringify(body)}: ${answer.text}`);
  }
  assert.deepEqual(((await ask(bob, "GET", `/api/conversations/${id}`)).json as ConversationAnswer).messages, []);
  assert.deepEqual(await adasChat(), theirs);
});
