/**
 * What does somebody honest do to get in? The whole registration at each system, with the patience of a person: who is told
 * to come back later does so when they were told, and who gets no answer tries again. Rejects only when their time is up.
 */
import { setTimeout as wait } from "node:timers/promises";
import type { Browser, Heard } from "./browser.ts";
import { workOut } from "./effort.ts";
import type { SystemName } from "./shots.ts";

export type Journey = {
  browser: Browser;
  address: string;
  codeFor(address: string, sinceMs: number, signal: AbortSignal): Promise<string>;
  signal: AbortSignal;
  /** Their browser has script and does the work that a challenge asks for; otherwise they only wait. */
  works: boolean;
  /** Which step it stands at, for whoever reads why somebody did not get in. */
  at(step: string): void;
};

const PASSWORD = "plover-marigold-27-lantern";
const AGAIN_SECONDS = { least: 1, most: 30 };
/** Without a letter for so long, people ask for another one. */
const LETTER_WITHIN_MS = 60_000;

export async function register(system: SystemName, journey: Journey): Promise<void> {
  if (system === "holdfast") await holdfast(journey);
  else if (system === "better-auth") await betterAuth(journey);
  else await usual(journey);
}

/** What a member asks with the cookies that a registration gave. */
export function memberPath(system: SystemName): string {
  return system === "better-auth" ? "/api/auth/get-session" : "/api/me";
}

async function holdfast(journey: Journey): Promise<void> {
  const code = await letterAndCode(journey, () => holdfastLetter(journey));
  await insist(journey, "confirm", "/sign-up/confirm", { envelope: code.kept, code: code.code, password: PASSWORD });
}

async function holdfastLetter(journey: Journey): Promise<string> {
  const { address, signal } = journey;
  for (;;) {
    const { challenge, effort } = parse<{ challenge: string; effort: number }>(
      await insist(journey, "challenge", "/sign-up/challenge", {}),
    );
    const nonce = journey.works && effort > 0 ? await workOut(challenge, effort) : undefined;
    let asked = await once(journey, "place", "/sign-up/place", { challenge, ...(nonce === undefined ? {} : { nonce }) });
    while (asked.status === 200) {
      const place = parse<{ place: string; turn: boolean; retryAfterSeconds: number }>(asked);
      if (place.turn) {
        const letter = await once(journey, "letter", "/sign-up/letter", { place: place.place, address, language: "en" });
        if (letter.status === 200) return parse<{ envelope: string }>(letter).envelope;
        // somebody was quicker, or it is too much just now: the place is kept
        await wait(later(letter), undefined, { signal });
      } else await wait(Math.max(0.2, place.retryAfterSeconds) * 1_000, undefined, { signal });
      asked = await insist(journey, "turn", "/sign-up/turn", { place: place.place }, [410, 409, 400, 422]);
    }
    await wait(later(asked), undefined, { signal });
  }
}

async function usual(journey: Journey): Promise<void> {
  const { address } = journey;
  const { code } = await letterAndCode(journey, () => insist(journey, "sign-up", "/sign-up", { address, password: PASSWORD }));
  await insist(journey, "confirm", "/confirm", { address, code });
}

async function betterAuth(journey: Journey): Promise<void> {
  const email = journey.address;
  const path = "/api/auth/email-otp/send-verification-otp";
  const { code } = await letterAndCode(journey, () => insist(journey, "sign-up", path, { email, type: "sign-in" }));
  await insist(journey, "confirm", "/api/auth/sign-in/email-otp", { email, otp: code });
}

/** Orders a letter and waits for its code; orders another one when none came. */
async function letterAndCode<Kept>(journey: Journey, order: () => Promise<Kept>): Promise<{ kept: Kept; code: string }> {
  for (;;) {
    const since = performance.now();
    const kept = await order();
    journey.at("waiting for the letter");
    const patience = AbortSignal.any([journey.signal, AbortSignal.timeout(LETTER_WITHIN_MS)]);
    try {
      return { kept, code: await journey.codeFor(journey.address, since, patience) };
    } catch {
      journey.signal.throwIfAborted();
    }
  }
}

async function once(journey: Journey, step: string, path: string, body: unknown): Promise<Heard> {
  journey.signal.throwIfAborted();
  journey.at(step);
  try {
    return await journey.browser.ask("POST", path, body);
  } catch {
    return { status: 0, headers: {}, text: "", retryAfterSeconds: undefined };
  }
}

/** Asks until it is answered well, or with one of `alsoGood`. */
async function insist(journey: Journey, step: string, path: string, body: unknown, alsoGood: readonly number[] = []): Promise<Heard> {
  for (;;) {
    const heard = await once(journey, step, path, body);
    if ((heard.status >= 200 && heard.status < 300) || alsoGood.includes(heard.status)) return heard;
    journey.at(`${step}: status ${heard.status}`);
    await wait(later(heard), undefined, { signal: journey.signal });
  }
}

function later({ retryAfterSeconds }: Heard): number {
  return Math.min(AGAIN_SECONDS.most, Math.max(AGAIN_SECONDS.least, retryAfterSeconds ?? 0)) * 1_000;
}

function parse<Shape>({ text }: Heard): Shape {
  return JSON.parse(text) as Shape;
}
