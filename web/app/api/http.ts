/**
 * How does the web app ask its server? The only place in it that fetches, and only ever our own origin.
 * A refusal becomes an ApiProblem with the server's own sentence; no answer at all becomes one too.
 */
import type { Problem } from "#contract/problems.ts";
import { sayNow } from "../lib/say.ts";

export class ApiProblem extends Error {
  readonly problem: Problem;
  /** No answer came: nobody knows whether the request was carried out. */
  readonly unreachable: boolean;
  constructor(problem: Problem, unreachable: boolean) {
    super(problem.title);
    this.name = "ApiProblem";
    this.problem = problem;
    this.unreachable = unreachable;
  }
}

const DEADLINE_MS = 20_000;
const signedOutListeners = new Set<() => void>();

export const api = {
  get: <Answer>(path: string, signal?: AbortSignal) => ask<Answer>("GET", path, undefined, signal),
  /** `deadlineMs`: for what may take longer than an answer usually does. */
  post: <Answer>(path: string, body?: object, deadlineMs?: number) => ask<Answer>("POST", path, body, undefined, deadlineMs),
  patch: <Answer>(path: string, body: object) => ask<Answer>("PATCH", path, body),
  delete: <Answer>(path: string) => ask<Answer>("DELETE", path),
  /** Bytes as they are, for what left this machine. */
  text: async (path: string, signal?: AbortSignal) => (await send("GET", path, undefined, within(signal))).text(),
};

/** The body of a stream that stays open until `signal` aborts. */
export async function openStream(path: string, signal: AbortSignal): Promise<ReadableStream<Uint8Array<ArrayBuffer>>> {
  const response = await send("GET", path, undefined, signal, "text/event-stream");
  if (response.body === null) throw unreachable();
  return response.body;
}

/** Called when the server says that nobody is signed in any more. */
export function onSignedOut(listener: () => void): () => void {
  signedOutListeners.add(listener);
  return () => signedOutListeners.delete(listener);
}

/** Any failure as a problem with a sentence. */
export function problemOf(error: unknown): Problem {
  if (error instanceof ApiProblem) return error.problem;
  return { type: "about:blank", code: "unexpected", status: 500, title: sayNow("broken.title"), detail: sayNow("broken.detail") };
}

async function ask<Answer>(method: string, path: string, body?: object, signal?: AbortSignal, deadlineMs?: number): Promise<Answer> {
  const response = await send(method, path, body, within(signal, deadlineMs));
  const text = await response.text().catch(() => {
    throw unreachable();
  });
  return (text === "" ? undefined : JSON.parse(text)) as Answer;
}

async function send(
  method: string,
  path: string,
  body: object | undefined,
  signal: AbortSignal,
  accept = "application/json",
): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(path, {
      method,
      signal,
      credentials: "same-origin",
      cache: "no-store",
      headers: { accept, ...(body === undefined ? {} : { "content-type": "application/json" }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  } catch {
    throw unreachable();
  }
  if (response.ok) return response;
  const problem = await readProblem(response);
  if (problem.code === "not-signed-in") for (const listener of signedOutListeners) listener();
  throw new ApiProblem(problem, false);
}

async function readProblem(response: Response): Promise<Problem> {
  if (response.headers.get("content-type")?.startsWith("application/problem+json") === true) {
    const problem = (await response.json().catch(() => null)) as Problem | null;
    if (typeof problem?.detail === "string") return problem;
  }
  // a proxy in front of Holdfast answered in its place
  throw unreachable();
}

function within(signal: AbortSignal | undefined, deadlineMs = DEADLINE_MS): AbortSignal {
  const deadline = AbortSignal.timeout(deadlineMs);
  return signal === undefined ? deadline : AbortSignal.any([signal, deadline]);
}

function unreachable(): ApiProblem {
  const problem: Problem = {
    type: "about:blank",
    code: "app-down",
    status: 503,
    title: sayNow("unreachable.title"),
    detail: sayNow("unreachable.detail"),
  };
  return new ApiProblem(problem, true);
}
