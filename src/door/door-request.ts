/**
 * What does a route handler of the door get and give? The listener has read the body within the route's limit, refused
 * foreign origins and made sure of the browser secret; handlers decide and answer. No handler throws for what is expected.
 */
import type { IncomingHttpHeaders } from "node:http";
import type { Facts } from "#admission/admission.ts";
import type { CookieName } from "#contract/cookies.ts";
import type { Method } from "#contract/routes.ts";
import type { Language } from "#contract/wire.ts";

export type DoorRequest = {
  method: Method;
  path: string;
  /** Path parameters by name, decoded. */
  params: Record<string, string>;
  query: URLSearchParams;
  headers: IncomingHttpHeaders;
  language: Language;
  /** "192.0.2.0/24", "2001:db8::/56" or "unknown". */
  prefix: string;
  requestId: string;
  /** As what it was let in. */
  facts: Facts;
  /** Those of ours that it brought. */
  cookies: { readonly [name in CookieName]?: string };
  /** Set-Cookie lines that go with whatever is answered. */
  setCookies: string[];
  /** Always there on the pages of both ways, POST /sign-up, /sign-up/challenge, /sign-up/place and those of /recover: minted when the browser has none. */
  browserSecret: string | undefined;
  /** The body came from a form. */
  isForm: boolean;
  /** Parsed JSON object or form fields (texts); undefined without a body. */
  body: Record<string, unknown> | undefined;
  /** A person sees the answer: a form, or a link that was followed. */
  wantsPage: boolean;
  /** The browser carries a session cookie. Says nothing about whether it is good: only the app knows. */
  signedIn: boolean;
};

export type DoorAnswer = { status: number; headers: Record<string, string | string[]>; body: string | Uint8Array };
export type DoorHandler = (request: DoorRequest) => Promise<DoorAnswer> | DoorAnswer;
/** Keys are "METHOD /path/:param" as in contract/routes.ts; the door refuses to start when one is missing. */
export type DoorHandlers = { readonly [route: `${Method} /${string}`]: DoorHandler };

/** Asks the app over its socket and returns its whole answer. Never throws: when the app is down the answer is the problem app-down. */
export type AskApp = (
  request: DoorRequest,
  method: Method,
  path: string,
  body: unknown,
  more?: { placeId?: Uint8Array; effort?: number },
) => Promise<AppAnswer>;
export type AppAnswer = { status: number; setCookies: string[]; json: unknown };
