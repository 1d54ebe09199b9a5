/**
 * What does somebody ask who wants to know whether an address has an account? A letter for it, and then the code, wrongly; each
 * visit from a network of its own, as a patient attacker would. What comes back is kept without what is new each time.
 */
import { openBrowser, type Browser, type Heard } from "../door/browser.ts";
import { pause } from "../door/processes.ts";
import { outsideAddress } from "../door/sources.ts";

/** `said`: status, headers and body, in words that are equal when the answers are. */
export type Timed = { ms: number; said: string; heard: Heard };
export type Visit = {
  /** Goes through the line until the letter can be asked for. */
  place(): Promise<void>;
  letter(address: string): Promise<Timed>;
  confirm(code: string): Promise<Timed>;
  close(): void;
};

const PASSWORD = "plover-marigold-27-lantern";
const TRIES = 20;

/** `nth`: which network it comes from. */
export function openVisit(port: number, nth: number): Visit {
  const browser = openBrowser(port, outsideAddress(nth));
  let place = "";
  let envelope = "";
  return {
    async place() {
      const { challenge } = await insist<{ challenge: string }>(browser, "/sign-up/challenge", {});
      let asked = await insist<{ place: string; turn: boolean; retryAfterSeconds: number }>(browser, "/sign-up/place", { challenge });
      while (!asked.turn) {
        await pause(Math.max(0.1, asked.retryAfterSeconds) * 1_000);
        asked = await insist(browser, "/sign-up/turn", { place: asked.place });
      }
      place = asked.place;
    },
    async letter(address) {
      const timed = await time(browser, "/sign-up/letter", { place, address, language: "en" });
      envelope = (JSON.parse(timed.heard.text) as { envelope?: string }).envelope ?? "";
      return timed;
    },
    confirm: (code) => time(browser, "/sign-up/confirm", { envelope, code, password: PASSWORD }),
    close: () => browser.close(),
  };
}

async function time(browser: Browser, path: string, body: unknown): Promise<Timed> {
  const from = performance.now();
  const heard = await browser.ask("POST", path, body);
  return { ms: performance.now() - from, said: wordsOf(heard), heard };
}

async function insist<Answer>(browser: Browser, path: string, body: unknown): Promise<Answer> {
  for (let tried = 1; ; tried += 1) {
    const heard = await browser.ask("POST", path, body);
    if (heard.status < 300) return JSON.parse(heard.text) as Answer;
    if (tried === TRIES) throw new Error(`${path} answered ${heard.status}: ${heard.text.slice(0, 200)}`);
    await pause((heard.retryAfterSeconds ?? 1) * 1_000);
  }
}

/** Of what is new each time only how long it is. */
function wordsOf({ status, headers, text }: Heard): string {
  const body = JSON.stringify(JSON.parse(text), (key, value: unknown) =>
    ["envelope", "requestId", "expiresAt"].includes(key) ? `${String(value).length} characters` : value,
  );
  const lines = Object.entries(headers).map(([name, value]) => {
    // of a cookie its name, how long its value is, and how long it is kept
    if (name === "set-cookie") return `${name}: ${String(value).replaceAll(/=[\w.-]{20,}/g, ({ length }) => `=(${length})`)}`;
    return name === "date" || name === "x-request-id" ? name : `${name}: ${String(value)}`;
  });
  return [String(status), ...lines.toSorted(), body].join("\n");
}
