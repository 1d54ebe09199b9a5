/**
 * What does the door's whole decision cost, from a parsed head to a verdict: route, network, tokens, lane, admission? Read the ratios
 * to an empty call; nanoseconds belong to the machine. `npm run bench -- decision`
 */
import { randomBytes } from "node:crypto";
import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import { cpus } from "node:os";
import { COOKIES } from "#contract/cookies.ts";
import { mintDevice, mintPass } from "#contract/tokens.ts";
import { createGate, findRoute } from "#door/door.ts";
import { derivePurposeKey, type Purpose } from "#kit/seal.ts";
import { DAY_MS, systemClock } from "#kit/time.ts";

const ROUNDS = 9;
const CALLS = 40_000;
const NETWORKS = 1_000;

const keysOf = (secret: Uint8Array) => {
  const of = (purpose: Purpose) => ({ purpose, current: derivePurposeKey({ id: 1, secret }, purpose) });
  return { pass: of("pass"), device: of("device"), place: of("place"), bucket: of("bucket"), challenge: of("challenge") };
};
const ours = keysOf(randomBytes(32));
const theirs = keysOf(randomBytes(32));
const now = Date.now();
const pass = {
  accountId: "5f0c1a52-7a0e-4c3e-9a53-0e2f6f1f6a11",
  role: "member",
  cohort: 1,
  sessionEpoch: 0,
  expiresAt: now + DAY_MS,
} as const;
const device = { accountId: pass.accountId, deviceId: "0d5c1d4e-0c3f-4a1b-8f0e-2b6f1c9d7e55", sessionEpoch: 0, issuedAt: now };
const browser = {
  host: "chat.example.org",
  "accept-language": "en",
  accept: "*/*",
  "user-agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0)",
};

const revoked = new Map<string, number>();
const gate = createGate({
  clock: systemClock,
  keys: () => ours,
  trustedProxyHops: 0,
  revoked: () => revoked,
  worth: () => undefined,
  lineWaitSeconds: () => null,
});

/** Requests as the parser hands them over, from a thousand networks; each connection brings one. */
function asked(method: string, url: string, more: IncomingHttpHeaders = {}): (at: number) => number {
  const headers = { ...browser, ...more };
  const addresses = Array.from({ length: NETWORKS }, (_, at) => `10.${at >> 8}.${at & 255}.7`);
  return (at) => {
    const message = { headers, socket: { remoteAddress: addresses[at % NETWORKS] } } as unknown as IncomingMessage;
    const found = findRoute(method, url);
    const entry = gate.enter(message, found !== undefined && "route" in found ? found.route : undefined);
    if ("leave" in entry) entry.leave();
    return entry.verdict.tag.length;
  };
}

const cookie = (name: string, value: string) => ({ cookie: `theme=dark; ${name}=${value}` });
const place = (keys: typeof ours) => mintPass({ ...keys.place, purpose: "place" }, now, pass);
const SUBJECTS: Record<string, (at: number) => number> = {
  "an empty call": (at) => at & 1,
  "no token, a page": asked("GET", "/sign-up"),
  "no token, a path that is not there": asked("GET", "/made/up"),
  "no token, a password": asked("POST", "/sign-in", { "content-length": "40", "content-type": "application/json" }),
  "a member's pass": asked("GET", "/api/me", cookie(COOKIES.pass, mintPass(ours.pass, now, pass))),
  "a forged pass": asked("GET", "/api/me", cookie(COOKIES.pass, mintPass(theirs.pass, now, pass))),
  "a known device": asked("POST", "/sign-in", cookie(COOKIES.device, mintDevice(ours.device, device))),
  "a forged device cookie": asked("POST", "/sign-in", cookie(COOKIES.device, mintDevice(theirs.device, device))),
  "a forged place": asked("POST", "/sign-up/turn", {
    cookie: `${COOKIES.browser}=${"A".repeat(43)}; ${COOKIES.place}=${place(theirs)}`,
  }),
};

function median(values: number[]): number {
  return values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)] ?? 0;
}

let kept = 0;
const figures = new Map<string, number[]>();
for (let round = 0; round <= ROUNDS; round += 1) {
  for (const [name, work] of Object.entries(SUBJECTS)) {
    const from = process.hrtime.bigint();
    for (let at = 0; at < CALLS; at += 1) kept += work(round * CALLS + at);
    const us = Number(process.hrtime.bigint() - from) / CALLS / 1_000;
    // the first round warms up
    if (round > 0) figures.set(name, [...(figures.get(name) ?? []), us]);
  }
}
console.log(`${cpus()[0]?.model ?? "unknown CPU"}, Node ${process.version}, medians of ${ROUNDS} rounds of ${CALLS} calls`);
for (const [name, values] of figures) console.log(`${name.padEnd(40)} ${median(values).toFixed(2).padStart(7)} µs`);
if (kept < 0) console.log(kept);
