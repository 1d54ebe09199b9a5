/**
 * How does a person (or a program) use Holdfast over HTTP? A browser-like client with its own cookies,
 * and the few things people do: register, sign in, chat, read the event stream. For system tests.
 */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { createParser } from "eventsource-parser";
import type {
  AccountAnswer,
  ChallengeAnswer,
  ConversationAnswer,
  LetterAnswer,
  PlaceAnswer,
  SendAnswer,
  StreamEvent,
  Way,
} from "#contract/wire.ts";

export type Answer = { status: number; headers: Headers; text: string; json: () => unknown };

/** One browser: its cookies, and requests that carry them. */
export type Browser = {
  url: string;
  cookies: Map<string, string>;
  request(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
  /** Like request, but expects success and returns the parsed body. */
  call<Result>(method: string, path: string, body?: unknown): Promise<Result>;
  cookieHeader(): string;
};

/** How often somebody tries again who is asked to, and how long they are ready to wait each time. */
const COMES_BACK = 4;
const MOST_PATIENCE_SECONDS = 10;

/** A browser without any cookies yet. */
export function openBrowser(url: string): Browser {
  const cookies = new Map<string, string>();
  const cookieHeader = () => [...cookies].map(([name, value]) => `${name}=${value}`).join("; ");
  const browser: Browser = {
    url,
    cookies,
    cookieHeader,
    async request(method, path, body, headers = {}) {
      const response = await fetch(url + path, {
        method,
        redirect: "manual",
        headers: {
          accept: "application/json",
          ...(cookies.size > 0 ? { cookie: cookieHeader() } : {}),
          ...(body === undefined ? {} : { "content-type": "application/json" }),
          ...headers,
        },
        ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
      });
      takeCookies(cookies, response.headers);
      const text = await response.text();
      return { status: response.status, headers: response.headers, text, json: () => JSON.parse(text) as unknown };
    },
    async call<Result>(method: string, path: string, body?: unknown) {
      const answer = await browser.request(method, path, body);
      return resultOf<Result>(`${method} ${path}`, answer);
    },
  };
  return browser;
}

/**
 * The same for whoever is not known at the door yet. They come back when they are told to: many who sign in from one address in the
 * same second are asked to. A member never is, so nobody who has an account asks by this.
 */
async function insist<Result>(browser: Browser, method: string, path: string, body?: unknown): Promise<Result> {
  let answer = await browser.request(method, path, body);
  for (let times = 0; times < COMES_BACK && (answer.status === 503 || answer.status === 429); times += 1) {
    const seconds = Number(answer.headers.get("retry-after") ?? "60");
    if (seconds > MOST_PATIENCE_SECONDS) break;
    await pause(seconds * 1_000);
    answer = await browser.request(method, path, body);
  }
  return resultOf<Result>(`${method} ${path}`, answer);
}

function resultOf<Result>(asked: string, { status, text, json }: Awaited<ReturnType<Browser["request"]>>): Result {
  assert.ok(status >= 200 && status < 300, `${asked} answered ${status}: ${text.slice(0, 500)}`);
  return json() as Result;
}

function takeCookies(cookies: Map<string, string>, headers: Headers): void {
  for (const line of headers.getSetCookie()) {
    const [pair = "", ...attributes] = line.split(";");
    const at = pair.indexOf("=");
    const name = pair.slice(0, at).trim();
    const gone = attributes.some((attribute) => attribute.trim().toLowerCase() === "max-age=0");
    if (gone) cookies.delete(name);
    else cookies.set(name, pair.slice(at + 1));
  }
}

/** Asks for a letter for `address` and returns the envelope; waits in the line as long as it takes (at most 60 s). */
export async function askForLetter(browser: Browser, address: string, way: Way = "sign-up"): Promise<LetterAnswer> {
  const { challenge } = await insist<ChallengeAnswer>(browser, "POST", `/${way}/challenge`, {});
  let place = await insist<PlaceAnswer>(browser, "POST", `/${way}/place`, { challenge });
  for (const until = Date.now() + 60_000; Date.now() < until;) {
    if (place.turn) {
      const answer = await browser.request("POST", `/${way}/letter`, { place: place.place, address, language: "en" });
      // of several who are told that it is their turn, somebody else may have been quicker: the place is kept
      if (answer.status !== 425) {
        assert.equal(answer.status, 200, `POST /${way}/letter answered ${answer.status}: ${answer.text.slice(0, 500)}`);
        return answer.json() as LetterAnswer;
      }
    }
    await pause(Math.max(0.2, place.retryAfterSeconds) * 1_000);
    place = await insist<PlaceAnswer>(browser, "POST", `/${way}/turn`, { place: place.place });
  }
  throw new Error("the turn did not come within a minute");
}

export type MailboxReader = (address: string) => Promise<string[]>;

/** Reads codes out of the built-in mailbox (`mailboxUrl` is the link that the terminal prints), newest first. */
export function mailboxReader(mailboxUrl: string): MailboxReader {
  return async (address) => {
    const response = await fetch(mailboxUrl, { headers: { accept: "application/json" } });
    assert.equal(response.status, 200, "the built-in mailbox opens with its token");
    const { letters } = (await response.json()) as { letters: { recipient: string; text: string; subject: string }[] };
    return letters
      .filter((letter) => letter.recipient === address)
      .map((letter) => codeIn(`${letter.subject}\n${letter.text}`))
      .filter((code) => code !== undefined);
  };
}

/** The code in a letter's words, e.g. "ABCD-EFGH". */
export function codeIn(words: string): string | undefined {
  return /\b[2-9A-HJ-NP-Z]{4}-[2-9A-HJ-NP-Z]{4}\b/.exec(words)?.[0];
}

/** Waits until the newest code for `address` is there (at most `limitMs`). */
export async function readCode(read: MailboxReader, address: string, limitMs = 20_000): Promise<string> {
  for (const until = Date.now() + limitMs; Date.now() < until;) {
    const code = (await read(address).catch(() => []))[0];
    if (code !== undefined) return code;
    await pause(100);
  }
  throw new Error(`no letter for ${address} came within ${limitMs} ms`);
}

export const GOOD_PASSWORD = "plover-marigold-27-lantern";

/** The whole registration: line, letter, code, password. Leaves the browser signed in. */
export async function register(browser: Browser, address: string, read: MailboxReader): Promise<AccountAnswer["account"]> {
  const { envelope } = await askForLetter(browser, address);
  const code = await readCode(read, address);
  const answer = await insist<AccountAnswer>(browser, "POST", "/sign-up/confirm", { envelope, code, password: GOOD_PASSWORD });
  return answer.account;
}

export async function signIn(browser: Browser, address: string, password = GOOD_PASSWORD): Promise<AccountAnswer["account"]> {
  return (await insist<AccountAnswer>(browser, "POST", "/sign-in", { address, password })).account;
}

/** Makes a conversation and sends its first message. */
export async function startChat(browser: Browser, text: string, modelId?: string): Promise<SendAnswer & { conversationId: string }> {
  const conversationId = randomUUID();
  await browser.call("POST", "/api/conversations", { id: conversationId });
  const sent = await sendMessage(browser, conversationId, null, text, modelId);
  return { ...sent, conversationId };
}

export async function sendMessage(
  browser: Browser,
  conversationId: string,
  parentId: string | null,
  text: string,
  modelId?: string,
): Promise<SendAnswer> {
  return browser.call<SendAnswer>("POST", `/api/conversations/${conversationId}/messages`, {
    id: randomUUID(),
    parentId,
    text,
    ...(modelId === undefined ? {} : { modelId }),
  });
}

export async function readConversation(browser: Browser, conversationId: string): Promise<ConversationAnswer> {
  return browser.call<ConversationAnswer>("GET", `/api/conversations/${conversationId}`);
}

export type NumberedEvent = { seq: number; event: StreamEvent };

/** Reads the event stream after `afterSeq` until `enough` says so, the stream ends or `signal` aborts. */
export async function readEvents(
  browser: Browser,
  afterSeq: number,
  enough: (event: NumberedEvent) => boolean,
  signal?: AbortSignal,
): Promise<NumberedEvent[]> {
  const events: NumberedEvent[] = [];
  const stop = new AbortController();
  const response = await fetch(`${browser.url}/api/events?after=${afterSeq}`, {
    headers: { accept: "text/event-stream", cookie: browser.cookieHeader() },
    signal: signal === undefined ? stop.signal : AbortSignal.any([signal, stop.signal]),
  });
  assert.equal(response.status, 200, "the event stream opens");
  const parser = createParser({
    onEvent(message) {
      if (stop.signal.aborted || message.data === "") return;
      const numbered = { seq: Number(message.id), event: JSON.parse(message.data) as StreamEvent };
      events.push(numbered);
      if (enough(numbered)) stop.abort();
    },
  });
  try {
    for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) parser.feed(chunk);
  } catch (error) {
    if (!stop.signal.aborted && signal?.aborted !== true) throw error;
  }
  return events;
}

/** Waits until the message is no longer running and returns it. */
export async function finished(browser: Browser, conversationId: string, messageId: string, limitMs = 30_000) {
  for (const until = Date.now() + limitMs; Date.now() < until;) {
    const { messages } = await readConversation(browser, conversationId);
    const message = messages.find((candidate) => candidate.id === messageId);
    if (message !== undefined && message.state !== "running") return message;
    await pause(100);
  }
  throw new Error(`the answer ${messageId} did not end within ${limitMs} ms`);
}

export function pause(delayMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, delayMs));
}
