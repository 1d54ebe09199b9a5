/**
 * What does somebody get who can't come in just now? Made once for each language and kind, and then only sent: a page that says
 * what is known (made anew every second, because it tells of the line) and goes on by itself, or problem+json with Retry-After. The body of a refused request is not read; its
 * connection ends with the answer.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import { STATUS_CODES } from "node:http";
import type { Clock } from "#kit/time.ts";
import type { Verdict } from "#admission/admission.ts";
import { problemBody } from "#contract/problem-body.ts";
import type { ProblemCode } from "#contract/problems.ts";
import type { Language } from "#contract/wire.ts";
import { problemAnswer } from "./answers.ts";
import { pageAnswer, type Pages } from "./pages/pages.ts";

type Refused = Extract<Verdict, { tag: "refuse" }>;
export type RefusalAsked = { language: Language; wantsPage: boolean; keepsPlace: boolean; path: string; verdict: Refused };

export type Refusals = {
  /** `atOnce`: the connection ends with this answer, and nothing else waits to be said there. */
  send(message: IncomingMessage, response: ServerResponse, asked: RefusalAsked, atOnce: boolean): void;
  /** What is known has changed: pages are made anew when they are next wanted. */
  renew(): void;
};

type Prepared = { status: number; headers: string[]; body: Buffer; closing: Buffer };

const CODES: Readonly<Record<Refused["why"], ProblemCode>> = {
  pressure: "too-busy",
  "lane-budget": "too-busy",
  "source-budget": "network-limit",
  "holder-budget": "holder-limit",
};
/** Rounded up to one of these, so that there are only so many to keep. */
const SECONDS = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 15, 20, 30, 45, 60] as const;
/** Where somebody goes on whose form was refused: at the page that shows it. Elsewhere the same address is asked for again. */
const FORM_PAGES: ReadonlyMap<string, string> = new Map([
  ["/sign-up", "/sign-up"],
  ["/sign-up/confirm", "/sign-up/wait"],
  ["/sign-in", "/sign-in"],
]);
const SAME_PAGE = "";

export function createRefusals({
  pages,
  mailbox,
  version,
  clock,
}: {
  pages: Pick<Pages, "problem">;
  mailbox: boolean;
  version: string;
  clock: Pick<Clock, "now">;
}): Refusals {
  const kept = { page: new Map<string, Prepared>(), json: new Map<string, Prepared>() };

  function prepared(isGet: boolean, { language, wantsPage, keepsPlace, path, verdict }: RefusalAsked): Prepared {
    const code = CODES[verdict.why];
    const seconds = SECONDS.find((step) => step >= verdict.retryAfterSeconds) ?? 60;
    const goesOn = isGet ? SAME_PAGE : (FORM_PAGES.get(path) ?? "/");
    const key = wantsPage ? `${language} ${code} ${seconds} ${keepsPlace} ${goesOn}` : `${language} ${code} ${seconds}`;
    const known = kept[wantsPage ? "page" : "json"].get(key);
    if (known !== undefined) return known;
    const extras = { retryAfterSeconds: seconds };
    const context = { language, signedIn: false, mailbox, version, path: goesOn };
    const problem = problemBody(language, code, extras);
    const { status, headers, body } = wantsPage
      ? pageAnswer(problem.status, pages.problem(context, problem, keepsPlace), { "retry-after": String(seconds) })
      : problemAnswer({ language }, code, extras);
    const fresh = prepare(status, headers as Record<string, string>, Buffer.from(body));
    kept[wantsPage ? "page" : "json"].set(key, fresh);
    return fresh;
  }

  return {
    renew: () => kept.page.clear(),
    send(message, response, asked, atOnce) {
      const isGet = message.method === "GET" || message.method === "HEAD";
      const { status, headers, body, closing } = prepared(isGet, asked);
      if (!atOnce) {
        response.writeHead(status, headers);
        response.end(body);
        return;
      }
      const { socket } = message;
      socket.cork();
      socket.write(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nDate: ${new Date(clock.now()).toUTCString()}\r\n`, "latin1");
      socket.end(message.method === "HEAD" ? closing.subarray(0, closing.length - body.length) : closing);
    },
  };
}

function prepare(status: number, headers: Record<string, string>, body: Buffer): Prepared {
  const named = { ...headers, "content-length": String(body.length) };
  const lines = Object.entries(named).map(([name, value]) => `${name}: ${value}\r\n`);
  const head = `${lines.join("")}connection: close\r\n\r\n`;
  return { status, headers: Object.entries(named).flat(), body, closing: Buffer.concat([Buffer.from(head, "latin1"), body]) };
}
