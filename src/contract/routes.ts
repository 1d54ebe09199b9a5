/**
 * Which routes are there, who answers them, what do they cost and how large may their body be?
 * The door decides by this table before it reads a body; the app refuses to start with a route that is not in it.
 */

export type Method = "GET" | "POST" | "PATCH" | "DELETE";
/** `nothing`: answered from memory · `read`: some SQL · `write`: a transaction · `letter`: a mail · `hash`: argon2id · `model`: tokens */
export type CostClass = "nothing" | "read" | "write" | "letter" | "hash" | "model";
/** Who may: anybody, somebody signed in, or an operator. The app checks it for its own routes, in one place. */
export type Audience = "anybody" | "member" | "operator";

export type Route = {
  name: string;
  method: Method;
  /** `:name` stands for one path segment. */
  path: string;
  /** Which process answers. */
  at: "door" | "app";
  cost: CostClass;
  who: Audience;
  limitBytes: number;
};

const SMALL = 8 * 1024;
const MESSAGE = 512 * 1024;

function route(at: Route["at"], method: Method, path: string, name: string, cost: CostClass, who: Audience, limitBytes = 0): Route {
  return { at, method, path, name, cost, who, limitBytes };
}

export const ROUTES: readonly Route[] = [
  // small pages, from the door's memory; how many letters the waiting page orders, the line decides
  route("door", "GET", "/", "home", "nothing", "anybody"),
  route("door", "GET", "/sign-up", "sign-up page", "nothing", "anybody"),
  route("door", "POST", "/sign-up", "sign-up form", "nothing", "anybody", SMALL),
  route("door", "GET", "/sign-up/wait", "waiting page", "nothing", "anybody"),
  route("door", "POST", "/sign-up/challenge", "challenge", "nothing", "anybody", SMALL),
  route("door", "POST", "/sign-up/place", "place", "nothing", "anybody", SMALL),
  route("door", "POST", "/sign-up/turn", "turn", "nothing", "anybody", SMALL),
  route("door", "POST", "/sign-up/letter", "letter", "letter", "anybody", SMALL),
  route("door", "POST", "/sign-up/trace", "letter's way", "read", "anybody", SMALL),
  route("door", "POST", "/sign-up/confirm", "confirm", "hash", "anybody", SMALL),
  // a forgotten password: the same steps, also while nobody new comes in
  route("door", "GET", "/recover", "recovery page", "nothing", "anybody"),
  route("door", "POST", "/recover", "recovery form", "nothing", "anybody", SMALL),
  route("door", "GET", "/recover/wait", "recovery's waiting page", "nothing", "anybody"),
  route("door", "POST", "/recover/challenge", "recovery's challenge", "nothing", "anybody", SMALL),
  route("door", "POST", "/recover/place", "recovery's place", "nothing", "anybody", SMALL),
  route("door", "POST", "/recover/turn", "recovery's turn", "nothing", "anybody", SMALL),
  route("door", "POST", "/recover/letter", "recovery's letter", "letter", "anybody", SMALL),
  route("door", "GET", "/sign-in", "sign-in page", "nothing", "anybody"),
  route("door", "POST", "/sign-in", "sign-in", "hash", "anybody", SMALL),
  route("door", "POST", "/sign-out", "sign-out", "write", "anybody", SMALL),
  route("door", "GET", "/first-operator", "first operator page", "nothing", "anybody"),
  route("door", "POST", "/first-operator", "first operator", "hash", "anybody", SMALL),
  route("door", "GET", "/not-me", "letter was not for me", "nothing", "anybody"),
  route("door", "POST", "/not-me", "stop letters", "write", "anybody", SMALL),
  route("door", "GET", "/mailbox", "built-in mailbox", "read", "anybody"),
  route("door", "POST", "/language", "language", "nothing", "anybody", SMALL),
  route("door", "GET", "/status", "status page", "nothing", "anybody"),
  route("door", "GET", "/status.json", "status", "nothing", "anybody"),
  route("door", "GET", "/healthz", "health", "nothing", "anybody"),
  route("door", "GET", "/manual", "manual", "nothing", "anybody"),
  route("door", "GET", "/manual/:folder/:page", "page of the manual", "nothing", "anybody"),
  route("door", "GET", "/small/:file", "small pages' script and styles", "nothing", "anybody"),
  // behind the door: the same paths as above, JSON only
  route("app", "POST", "/sign-up/letter", "letter", "letter", "anybody", SMALL),
  route("app", "POST", "/sign-up/trace", "letter's way", "read", "anybody", SMALL),
  route("app", "POST", "/recover/letter", "recovery's letter", "letter", "anybody", SMALL),
  route("app", "POST", "/sign-up/confirm", "confirm", "hash", "anybody", SMALL),
  route("app", "POST", "/sign-in", "sign-in", "hash", "anybody", SMALL),
  route("app", "POST", "/sign-out", "sign-out", "write", "anybody", SMALL),
  route("app", "POST", "/first-operator", "first operator", "hash", "anybody", SMALL),
  route("app", "POST", "/not-me", "stop letters", "write", "anybody", SMALL),
  route("app", "GET", "/mailbox", "built-in mailbox", "read", "anybody"),
  // the web app: its shell for every path under /chat and /operator, and its files
  route("app", "GET", "/chat", "web app", "read", "member"),
  route("app", "GET", "/chat/:id", "web app", "read", "member"),
  route("app", "GET", "/operator/models", "web app", "read", "operator"),
  route("app", "GET", "/operator/sign-up", "web app", "read", "operator"),
  route("app", "GET", "/operator/mail", "web app", "read", "operator"),
  route("app", "GET", "/assets/:file", "web app's files", "nothing", "anybody"),
  // the API
  route("app", "GET", "/api/me", "me", "read", "member"),
  route("app", "PATCH", "/api/me", "change me", "write", "member", SMALL),
  route("app", "GET", "/api/events", "event stream", "read", "member"),
  route("app", "GET", "/api/conversations", "conversations", "read", "member"),
  route("app", "POST", "/api/conversations", "new conversation", "write", "member", SMALL),
  route("app", "GET", "/api/conversations/:id", "conversation", "read", "member"),
  route("app", "PATCH", "/api/conversations/:id", "change conversation", "write", "member", SMALL),
  route("app", "DELETE", "/api/conversations/:id", "delete conversation", "write", "member"),
  route("app", "POST", "/api/conversations/:id/restore", "restore conversation", "write", "member", SMALL),
  route("app", "POST", "/api/conversations/:id/messages", "send message", "model", "member", MESSAGE),
  route("app", "POST", "/api/messages/:id/regenerate", "regenerate", "model", "member", SMALL),
  route("app", "POST", "/api/messages/:id/stop", "stop", "write", "member", SMALL),
  route("app", "GET", "/api/messages/:id/egress", "what left", "read", "member"),
  route("app", "GET", "/api/egress/:id/body", "what left, byte for byte", "read", "member"),
  route("app", "GET", "/api/models", "models", "read", "member"),
  route("app", "GET", "/api/operator/models", "operator's models", "read", "operator"),
  route("app", "POST", "/api/operator/downloads", "start download", "write", "operator", SMALL),
  route("app", "DELETE", "/api/operator/downloads/:id", "cancel download", "write", "operator"),
  route("app", "POST", "/api/operator/default-model", "default model", "write", "operator", SMALL),
  route("app", "GET", "/api/operator/sign-up", "how sign-up is set", "read", "operator"),
  route("app", "POST", "/api/operator/sign-up", "set sign-up", "write", "operator", SMALL),
  route("app", "GET", "/api/operator/mail", "how mail does", "read", "operator"),
  route("app", "POST", "/api/operator/mail/check", "check mail servers", "write", "operator", SMALL),
  route("app", "POST", "/api/operator/mail/test", "test letter", "write", "operator", SMALL),
];
