/** Whose request goes in which lane, and who answers for it? Each token, where it counts and where not. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { COOKIES, type CookieName } from "#contract/cookies.ts";
import { ROUTES, type Route } from "#contract/routes.ts";
import { DEVICE_LIFETIME_MS, mintDevice, mintPass, type Pass } from "#contract/tokens.ts";
import { derivePurposeKey, type Purpose, type PurposeKeys } from "#kit/seal.ts";
import { shortHash, shortKey } from "#kit/short-hash.ts";
import { DAY_MS, HOUR_MS } from "#kit/time.ts";
import { standingOf, type Known, type Standing } from "./facts.ts";
import { mintFinishing, openFinishing } from "./finishing.ts";
import { mintPlace, openPlace } from "./place-token.ts";

const secret = randomBytes(32);
const of = (purpose: Purpose): PurposeKeys => ({ purpose, current: derivePurposeKey({ id: 1, secret }, purpose) });
const keys = { pass: of("pass"), device: of("device"), place: of("place") };
const NOW = 20_000 * DAY_MS + 5 * HOUR_MS;
const hashKey = shortKey(randomBytes(8));
const world: Known = { keys, now: NOW, revoked: new Map(), hash: (text) => shortHash(hashKey, text) };
const pass: Pass = { accountId: "ada", role: "member", cohort: 1, sessionEpoch: 3, expiresAt: NOW + DAY_MS };
const device = { accountId: "ada", deviceId: "d", sessionEpoch: 3, issuedAt: NOW };
const MINE = "A".repeat(43);
const place = { id: randomBytes(16), standing: { life: 1, tag: null }, prefix: "p", effort: 12, renewed: false };

function route(key: string): Route {
  return ROUTES.find(({ method, path }) => `${method} ${path}` === key) ?? assert.fail(key);
}

type Cookies = { [name in CookieName]?: string };
type Given = { known?: Partial<Known>; draft?: string; work?: { id: Uint8Array; bits: number } };

function stands(cookies: Cookies, at = "GET /api/me", { known = {}, draft, work }: Given = {}): Standing {
  return standingOf({ ...world, ...known }, { cookies, draftPlace: () => draft, work: () => work }, route(at));
}
const lane = (...given: Parameters<typeof stands>) => stands(...given).lane;
const showing = (token: string): Cookies => ({ [COOKIES.pass]: token });

test("a pass buys the lane for its day and the next, never after it expired, and never while revocations are unknown", () => {
  const token = mintPass(keys.pass, NOW, pass);
  const cases: [Partial<Known>, string][] = [
    [{}, "member"],
    [{ now: NOW + DAY_MS - 1 }, "member"],
    [{ now: NOW + DAY_MS }, "stranger"],
    [{ revoked: undefined }, "stranger"],
    [{ revoked: new Map([["ada", 3]]) }, "member"],
    [{ revoked: new Map([["ada", 4]]) }, "stranger"],
    [{ revoked: new Map([["bob", 4]]) }, "member"],
  ];
  for (const [known, expected] of cases) assert.equal(lane(showing(token), "GET /api/me", { known }), expected, JSON.stringify(known));
  for (const wrong of ["", "x", `${token}A`, token.slice(1)]) assert.equal(lane(showing(wrong)), "stranger");
});

test("an operator, a member and somebody who registered this week each have their own lane; all browsers of one answer as one", () => {
  const minted = (more: Partial<Pass>) => showing(mintPass(keys.pass, NOW, { ...pass, ...more }));
  assert.equal(lane(minted({ role: "operator", cohort: 20_000 })), "operator");
  assert.equal(lane(minted({ cohort: 20_000 - 7 })), "member");
  assert.equal(lane(minted({ cohort: 20_000 - 6 })), "new-member");
  assert.equal(lane(minted({ cohort: 20_001 })), "new-member", "a day that is not there yet");
  const [one, again, other] = [minted({}), minted({ expiresAt: NOW + HOUR_MS }), minted({ accountId: "bob" })].map(
    (token) => stands(token).holder,
  );
  assert.deepEqual(one, again);
  assert.notDeepEqual(one, other);
});

test("a device that signed in before is known everywhere, until its account's sessions were ended, or for a year", () => {
  const cookies = { [COOKIES.device]: mintDevice(keys.device, device) };
  for (const at of ["POST /sign-in", "GET /sign-in", "GET /chat"]) assert.equal(lane(cookies, at), "known-device", at);
  assert.equal(lane({ ...cookies, [COOKIES.pass]: "damaged" }), "known-device", "a pass that is none takes nothing away");
  assert.equal(lane({ ...cookies, ...showing(mintPass(keys.pass, NOW, pass)) }), "member");
  assert.equal(lane(cookies, "POST /sign-in", { known: { revoked: new Map([["ada", 4]]) } }), "stranger");
  assert.equal(lane(cookies, "POST /sign-in", { known: { revoked: undefined } }), "stranger");
  assert.equal(lane(cookies, "POST /sign-in", { known: { now: NOW + DEVICE_LIFETIME_MS } }), "stranger");
  const second = { [COOKIES.device]: mintDevice(keys.device, { ...device, deviceId: "e" }) };
  assert.deepEqual(stands(cookies).holder, stands(second).holder, "whoever gathers device cookies gains nothing");
});

test("a place counts where the line is asked, for the browser that holds it; it buys no hash, no other page, no second place", () => {
  const cookies = { [COOKIES.browser]: MINE, [COOKIES.place]: mintPlace(keys.place, NOW, MINE, place) };
  const where: [string, string][] = [
    ["POST /sign-up/letter", "place"],
    ["POST /sign-up/turn", "heartbeat"],
    ["GET /sign-up/wait", "heartbeat"],
    ["GET /small/:file", "heartbeat"],
    ["POST /recover/letter", "place"],
    ["POST /recover/turn", "heartbeat"],
    ["GET /recover/wait", "heartbeat"],
    ["POST /sign-up/confirm", "stranger"],
    ["POST /recover/place", "stranger"],
    ["POST /sign-up/place", "stranger"],
    ["POST /sign-up/challenge", "stranger"],
    ["POST /sign-in", "stranger"],
    ["GET /api/me", "stranger"],
  ];
  for (const [at, expected] of where) assert.equal(lane(cookies, at), expected, at);
  assert.equal(stands(cookies, "POST /sign-up/turn").effort, 12, "with the work that was done for it");
  assert.equal(lane({ ...cookies, [COOKIES.browser]: "B".repeat(43) }, "POST /sign-up/turn"), "stranger");
  assert.equal(lane({ [COOKIES.place]: cookies[COOKIES.place] }, "POST /sign-up/turn"), "stranger");
  const draft = cookies[COOKIES.place];
  assert.equal(lane({ [COOKIES.browser]: MINE }, "GET /sign-up/wait", { draft }), "heartbeat", "without script it is in the draft");
  assert.equal(lane(cookies, "POST /sign-up/turn", { known: { now: NOW + HOUR_MS } }), "stranger");
});

test("whom a letter was ordered for finishes ahead of strangers, for a quarter of an hour, in that browser", () => {
  const token = mintFinishing(keys.place, NOW, MINE, place.id);
  const cookies = { [COOKIES.browser]: MINE, [COOKIES.place]: token };
  assert.equal(lane(cookies, "POST /sign-up/confirm"), "place");
  assert.equal(lane(cookies, "GET /sign-up/wait"), "heartbeat");
  assert.equal(lane(cookies, "POST /sign-in"), "stranger");
  assert.equal(lane(cookies, "POST /sign-up/confirm", { known: { now: NOW + HOUR_MS / 4 } }), "stranger");
  assert.equal(lane({ ...cookies, [COOKIES.browser]: "B".repeat(43) }, "POST /sign-up/confirm"), "stranger");
  assert.equal(openPlace(keys.place, NOW, MINE, token), undefined, "it is no place");
  assert.equal(openFinishing(keys.place, NOW, MINE, mintPlace(keys.place, NOW, MINE, place)), undefined, "and a place is not it");
});

test("work counts where a place is taken, and each piece of it answers for itself", () => {
  const work = { id: randomBytes(16), bits: 14 };
  const worked = stands({}, "POST /sign-up/place", { work });
  assert.equal(worked.lane, "effort");
  assert.equal(worked.effort, 14);
  assert.notDeepEqual(stands({}, "POST /sign-up/place", { work: { ...work, id: randomBytes(16) } }).holder, worked.holder);
  assert.equal(lane({}, "POST /sign-up/place"), "stranger");
  assert.equal(lane({}, "POST /sign-up/place", { work: { ...work, bits: 0 } }), "stranger");
  assert.equal(lane({}, "POST /sign-up/turn", { work }), "stranger");
});
