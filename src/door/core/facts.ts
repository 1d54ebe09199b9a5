/**
 * In which lane does a request travel, and who answers for it? From tokens alone, without a look-up and before anything of a body
 * is read. A token buys a lane and authorises nothing. Fails closed: whatever can't be verified now, a pass or a device cookie
 * while the revocations are not known above all, is a stranger's.
 */
import type { Facts, Lane } from "#admission/admission.ts";
import { COOKIES, type CookieName } from "#contract/cookies.ts";
import type { KeysOf } from "#contract/processes.ts";
import type { Route } from "#contract/routes.ts";
import { openDevice, openPass } from "#contract/tokens.ts";
import { WAYS } from "#contract/wire.ts";
import { DAY_MS } from "#kit/time.ts";
import { openFinishing } from "./finishing.ts";
import { openPlace } from "./place-token.ts";

export type Shown = {
  cookies: { readonly [name in CookieName]?: string };
  /** The place that a browser without script carries; asked only where a place counts and no cookie holds one. */
  draftPlace: () => string | undefined;
  /** What the work that was sent along is worth, and whose it is; asked only where work counts. */
  work: () => { id: Uint8Array; bits: number } | undefined;
};

export type Known = {
  keys: KeysOf<"pass" | "device" | "place">;
  /** Ms since 1970. */
  now: number;
  /** The lowest session epoch that still counts, by account; undefined while the app has not told. */
  revoked: ReadonlyMap<string, number> | undefined;
  /** 8 bytes of a keyed hash. */
  hash: (text: string) => Uint8Array;
};

export type Standing = Pick<Facts, "lane" | "holder" | "effort">;

/** An account that is younger is a new member: accounts that were farmed in peace don't flood as members. */
const NEW_FOR_DAYS = 7;
const STRANGER: Standing = Object.freeze({ lane: "stranger", holder: null, effort: 0 });

/** Where a place in the line counts, and as what. `finish`: only once a letter was ordered with it. */
const STEPS: ReadonlyMap<string, "letter" | "finish" | "wait" | "work"> = new Map([
  ["POST /sign-up/trace", "finish"],
  ["POST /sign-up/confirm", "finish"],
  ["GET /small/:file", "wait"],
  ...WAYS.flatMap((way) => [
    [`POST /${way}/letter`, "letter"] as const,
    [`POST /${way}/turn`, "wait"] as const,
    [`GET /${way}/wait`, "wait"] as const,
    [`GET /${way}`, "wait"] as const,
    [`POST /${way}/place`, "work"] as const,
  ]),
]);

export function standingOf(known: Known, { cookies, draftPlace, work }: Shown, route: Route | undefined): Standing {
  const [pass, device] = [cookies[COOKIES.pass], cookies[COOKIES.device]];
  const account = (pass === undefined ? undefined : byPass(known, pass)) ?? (device === undefined ? undefined : byDevice(known, device));
  if (account !== undefined) return account;
  const step = route === undefined ? undefined : STEPS.get(`${route.method} ${route.path}`);
  if (step === undefined) return STRANGER;
  if (step === "work") return byWork(known, work());
  const secret = cookies[COOKIES.browser];
  const place = cookies[COOKIES.place] ?? draftPlace();
  return secret === undefined || place === undefined ? STRANGER : byPlace(known, step, secret, place);
}

/** Whether the pass of an account was shown. */
export function isAccount(lane: Lane): boolean {
  return lane === "operator" || lane === "member" || lane === "new-member";
}

/** Or the cookie of a device from which somebody has signed in. */
export function isKnown(lane: Lane): boolean {
  return isAccount(lane) || lane === "known-device";
}

function byPass({ keys, now, revoked, hash }: Known, token: string): Standing | undefined {
  if (revoked === undefined) return undefined;
  const pass = openPass(keys.pass, now, token);
  if (pass === undefined || pass.sessionEpoch < (revoked.get(pass.accountId) ?? 0)) return undefined;
  const holder = hash(`account:${pass.accountId}`);
  if (pass.role === "operator") return { lane: "operator", holder, effort: 0 };
  return { lane: Math.floor(now / DAY_MS) - pass.cohort < NEW_FOR_DAYS ? "new-member" : "member", holder, effort: 0 };
}

/** All devices of an account answer together: whoever gathers cookies gains nothing. */
function byDevice({ keys, now, revoked, hash }: Known, token: string): Standing | undefined {
  if (revoked === undefined) return undefined;
  const device = openDevice(keys.device, now, token);
  if (device === undefined || device.sessionEpoch < (revoked.get(device.accountId) ?? 0)) return undefined;
  return { lane: "known-device", holder: hash(`device:${device.accountId}`), effort: 0 };
}

function byPlace({ keys, now, hash }: Known, step: "letter" | "finish" | "wait", secret: string, token: string): Standing {
  const finishing = openFinishing(keys.place, now, secret, token);
  if (finishing !== undefined)
    return { lane: step === "wait" ? "heartbeat" : "place", holder: hash(`place:${latin1(finishing)}`), effort: 0 };
  // a place is had for the asking: it does not buy hashes
  const place = step === "finish" ? undefined : openPlace(keys.place, now, secret, token);
  if (place === undefined) return STRANGER;
  return { lane: step === "letter" ? "place" : "heartbeat", holder: hash(`place:${latin1(place.id)}`), effort: place.effort };
}

/** Each piece of work answers for itself, so that showing it often buys no more than its budget. */
function byWork({ hash }: Known, work: { id: Uint8Array; bits: number } | undefined): Standing {
  if (work === undefined || work.bits === 0) return STRANGER;
  return { lane: "effort", holder: hash(`work:${latin1(work.id)}`), effort: work.bits };
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
}
