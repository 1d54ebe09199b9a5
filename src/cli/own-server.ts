/** Does our own Holdfast answer, at its port and at its public address? Asked by doctor; nothing that belongs to anybody is sent. */
import { PROXIES_HEADER } from "#contract/processes.ts";
import { fail, succeed, type Outcome } from "#kit/outcome.ts";
import { SECOND_MS, systemClock } from "#kit/time.ts";

export type Answered = {
  status: number;
  isHoldfast: boolean;
  body: unknown;
  dateMs: number | null;
  /** How many proxies it came by, as our door saw it. */ proxies: number | null;
};
export type NoAnswer = { tag: "no-answer"; why: string };

const WITHIN_MS = 5 * SECOND_MS;

export async function askOwnServer(origin: string, path: string): Promise<Outcome<Answered, NoAnswer>> {
  const late = new AbortController();
  const cancel = systemClock.after(WITHIN_MS, () => late.abort());
  try {
    const response = await fetch(origin + path, { headers: { accept: "application/json" }, redirect: "manual", signal: late.signal });
    const text = (await response.text()).slice(0, 100_000);
    const date = Date.parse(response.headers.get("date") ?? "");
    const body = parse(text);
    return succeed({
      status: response.status,
      isHoldfast: response.status < 500 && typeof body === "object" && body !== null,
      body,
      dateMs: Number.isNaN(date) ? null : date,
      proxies: response.headers.has(PROXIES_HEADER) ? Number(response.headers.get(PROXIES_HEADER)) : null,
    });
  } catch (error) {
    const cause = (error as { cause?: { code?: string; message?: string } }).cause;
    return fail({
      tag: "no-answer",
      why: late.signal.aborted ? `nothing came within ${WITHIN_MS / SECOND_MS} s` : (cause?.code ?? cause?.message ?? String(error)),
    });
  } finally {
    cancel();
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
