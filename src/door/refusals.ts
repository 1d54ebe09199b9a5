/**
 * What does somebody get who can't come in just now? Made once for each language and kind, and then only sent: a page that says
 * what is known (made anew every second, because it tells of the line) and goes on by itself, or problem+json with Retry-After. The body of a refused request is not read; its
 * connection ends with the answer.
 */
import { STATUS_CODES, type ServerResponse } from "node:http";
import { SECOND_MS, type Clock } from "#kit/time.ts";
import type { Refused } from "#admission/admission.ts";
import { problemBody } from "#contract/problem-body.ts";
import type { ProblemCode } from "#contract/problems.ts";
import type { Language } from "#contract/wire.ts";
import { problemAnswer } from "./answers.ts";
import { idleMs } from "./core/patience.ts";
import { pageAnswer, type Pages } from "./pages/pages.ts";

export type RefusalAsked = {
  method: string;
  language: Language;
  wantsPage: boolean;
  keepsPlace: boolean;
  path: string;
  verdict: Refused;
};

export type Refusals = {
  /** By way of node, after the answers that were asked for before. */
  send(response: ServerResponse, asked: RefusalAsked): void;
  /** The whole answer as it goes on the wire. `closes`: the connection ends with it. */
  wire(asked: RefusalAsked, closes: boolean): Buffer;
  /** What is known has changed: pages are made anew when they are next wanted. */
  renew(): void;
};

/** `wires`: whole answers of this second, by whether they close. */
type Prepared = { status: number; headers: string[]; body: Buffer; wires: { second: number; closing: Buffer; keeping: Buffer } };

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
  ["/recover", "/recover"],
  ["/sign-up/confirm", "/sign-up/wait"],
  ["/sign-in", "/sign-in"],
]);
const SAME_PAGE = "";

export function createRefusals({
  pages,
  mailbox,
  version,
  clock,
  behindProxy,
}: {
  pages: Pick<Pages, "problem">;
  mailbox: boolean;
  version: string;
  clock: Pick<Clock, "now">;
  behindProxy: boolean;
}): Refusals {
  const keepSeconds = Math.floor(idleMs(behindProxy, false) / SECOND_MS);
  const kept = { page: new Map<string, Prepared>(), json: new Map<string, Prepared>() };

  function prepared({ method, language, wantsPage, keepsPlace, path, verdict }: RefusalAsked): Prepared {
    const code = CODES[verdict.why];
    const seconds = SECONDS.find((step) => step >= verdict.retryAfterSeconds) ?? 60;
    const goesOn = method === "GET" || method === "HEAD" ? SAME_PAGE : (FORM_PAGES.get(path) ?? "/");
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
    send(response, asked) {
      const { status, headers, body } = prepared(asked);
      response.writeHead(status, headers);
      response.end(body);
    },
    wire(asked, closes) {
      const one = prepared(asked);
      const second = Math.floor(clock.now() / SECOND_MS);
      if (one.wires.second !== second) one.wires = wiresOf(one, second, keepSeconds);
      const whole = closes ? one.wires.closing : one.wires.keeping;
      return asked.method === "HEAD" ? whole.subarray(0, whole.length - one.body.length) : whole;
    },
  };
}

function prepare(status: number, headers: Record<string, string>, body: Buffer): Prepared {
  const named = Object.entries({ ...headers, "content-length": String(body.length) }).flat();
  return { status, headers: named, body, wires: { second: -1, closing: body, keeping: body } };
}

function wiresOf({ status, headers, body }: Prepared, second: number, keepSeconds: number): Prepared["wires"] {
  const lines = [`HTTP/1.1 ${status} ${STATUS_CODES[status]}`, `Date: ${new Date(second * SECOND_MS).toUTCString()}`];
  for (let at = 0; at < headers.length; at += 2) lines.push(`${headers[at]}: ${headers[at + 1]}`);
  const wire = (connection: string) => Buffer.concat([Buffer.from([...lines, connection, "", ""].join("\r\n"), "latin1"), body]);
  return { second, closing: wire("connection: close"), keeping: wire(`connection: keep-alive\r\nkeep-alive: timeout=${keepSeconds}`) };
}
