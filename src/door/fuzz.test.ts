/**
 * Can a stranger make the door throw, hang, or believe something, with what they send? Everything that the door reads of a
 * request, fed with mutations: 100,000 in all, more with HOLDFAST_FUZZ_INPUTS. What was found once is a seed.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { readCookie, readCookies, COOKIES } from "#contract/cookies.ts";
import { effortHeader, readEffortHeader } from "#contract/effort-header.ts";
import { INTERNAL, INTERNAL_PREFIX } from "#contract/processes.ts";
import { ROUTES } from "#contract/routes.ts";
import { mintDevice, mintPass, openDevice, openPass } from "#contract/tokens.ts";
import { chooseLanguage } from "#contract/words/words.ts";
import { effortOf } from "#kit/effort.ts";
import { pack, unpack, unpackNumber } from "#kit/pack.ts";
import { mintSigned, openSigned } from "#kit/seal.ts";
import { shortHash, shortKey } from "#kit/short-hash.ts";
import { doorKeys, newRoot } from "#support/door.ts";
import { fuzz, FUZZ_INPUTS, type FuzzTarget } from "#support/fuzzing.ts";
import { clientPrefix } from "./core/client-address.ts";
import { headersToApp, headersToClient } from "./core/headers.ts";
import { standingOf } from "./core/facts.ts";
import { mintFinishing, openFinishing } from "./core/finishing.ts";
import { minuteKeys, mintChallenge, mintPlace, openChallenge, openPlace } from "./core/place-token.ts";
import { parseBody } from "./core/request-body.ts";
import { isForeign, isForm, isOtherLoopback, wantsPage } from "./core/request-origin.ts";
import { findRoute } from "./core/route-match.ts";
import { readDraft } from "./pages/draft.ts";

const NOW = 1_800_000_000_000;
const SECRET = "A".repeat(43);
const keys = doorKeys(newRoot(1), newRoot(0));
const seeds = minuteKeys();
const tableKey = shortKey(new Uint8Array(8).fill(9));
const sixteen = new Uint8Array(16).fill(5);
const latin1 = (bytes: Uint8Array) => Buffer.from(bytes).toString("latin1");
const bytesOf = (text: string) => Buffer.from(text, "latin1");

const pass = mintPass(keys.pass, NOW, { accountId: "ada", role: "member", cohort: 1, sessionEpoch: 1, expiresAt: NOW + 60_000 });
const device = mintDevice(keys.device, { accountId: "ada", deviceId: "laptop", sessionEpoch: 1, issuedAt: NOW });
const challenge = mintChallenge(seeds, keys.challenge, { id: sixteen, issuedAt: NOW, effort: 12 });
const placeOf = (tag: { tick: number; ordinal: number } | null) =>
  mintPlace(keys.place, NOW, SECRET, { id: sixteen, standing: { life: 3, tag }, prefix: "192.0.2.0/24", effort: 0, renewed: false });
const places = [placeOf(null), placeOf({ tick: 7, ordinal: 9 })];
const finishing = mintFinishing(keys.place, NOW, SECRET, sixteen);
const tokens = [pass, device, challenge, finishing, ...places];

/** What opens is, byte for byte, one that we made: the last letter of base64url has spare bits, and no others. */
function isOurs(opened: unknown, token: string): void {
  if (opened === undefined) return;
  const bytes = Buffer.from(token, "base64url");
  assert.ok(
    tokens.some((ours) => bytes.equals(Buffer.from(ours, "base64url"))),
    "a token that nobody made was opened",
  );
}

const openers: Record<string, (token: string) => unknown> = {
  pass: (token) => openPass(keys.pass, NOW, token),
  "device cookie": (token) => openDevice(keys.device, NOW, token),
  challenge: (token) => openChallenge(seeds, keys.challenge, NOW, token),
  place: (token) => openPlace(keys.place, NOW, SECRET, token),
  finishing: (token) => openFinishing(keys.place, NOW, SECRET, token),
};
const body = (token: string) => latin1(Buffer.from(token, "base64url").subarray(33));

const targets: FuzzTarget[] = [
  {
    name: "packed fields",
    seeds: [latin1(pack(["a", 1, sixteen])), latin1(pack([])), latin1(pack(["", "", ""])), "\xff\xff", "\0\x01a\0\0"],
    feed(input) {
      const source = bytesOf(input);
      for (const count of [0, 1, 3, 9]) {
        const fields = unpack(source, count);
        if (fields === undefined) continue;
        assert.equal(fields.length, count);
        assert.deepEqual(pack(fields), source, "two layouts of the same fields");
        for (const field of fields) assert.ok(Number.isFinite(unpackNumber(field) ?? 0));
      }
    },
  },
  {
    name: "signed tokens",
    seeds: tokens,
    feed(input) {
      for (const purpose of ["pass", "device", "challenge", "place"] as const) openSigned(keys[purpose], input, 512);
      for (const open of Object.values(openers)) isOurs(open(input), input);
    },
  },
  // the bytes that we sign ourselves are read with the same care: another version of us may have signed them
  {
    name: "signed nonsense",
    seeds: tokens.map(body),
    feed(input) {
      const content = bytesOf(input).subarray(0, 400);
      for (const [name, open] of Object.entries(openers)) {
        const purpose = ({ "device cookie": "device", finishing: "place" } as const)[name] ?? (name as "pass" | "challenge" | "place");
        open(mintSigned(keys[purpose], content));
      }
    },
  },
  {
    name: "effort",
    seeds: [effortHeader(challenge, "AAAAAAAAAAA"), `${challenge}.`, ".", "AAAAAAAAAAE"],
    feed(input) {
      const shown = readEffortHeader(input);
      const bits = effortOf(shown?.challenge ?? challenge, shown?.nonce ?? input);
      assert.ok(Number.isInteger(bits) && bits >= 0 && bits <= 256);
    },
  },
  {
    name: "cookies",
    seeds: [
      Object.values(COOKIES)
        .map((name) => `${name}=${pass}`)
        .join("; "),
      `a=b; ${COOKIES.pass}=x; ${COOKIES.pass}=y;;; =; c`,
      `\x0b${COOKIES.session}=x`,
    ],
    feed(input) {
      const all = readCookies(input);
      for (const name of Object.values(COOKIES)) {
        assert.equal(all[name], readCookie(input, name), "the two readers of cookies agree");
        assert.doesNotMatch(all[name] ?? "", /;|^[ \t]|[ \t]$/);
      }
    },
  },
  {
    name: "cookies that buy a lane",
    seeds: [
      `${COOKIES.pass}=${pass}; ${COOKIES.device}=${device}`,
      `${COOKIES.browser}=${SECRET}; ${COOKIES.place}=${places[1]}`,
      `${COOKIES.browser}=${SECRET}; ${COOKIES.place}=${finishing}`,
    ],
    feed(input) {
      const shown = { cookies: readCookies(input), draftPlace: () => input, work: () => ({ id: bytesOf(input), bits: 12 }) };
      const known = { keys, now: NOW, revoked: new Map<string, number>(), hash: (text: string) => shortHash(tableKey, text) };
      for (const route of [undefined, ...ROUTES.filter(({ name }) => ["turn", "letter", "confirm", "place", "me"].includes(name))]) {
        const { lane, holder } = standingOf(known, shown, route);
        assert.ok(holder === null ? lane === "stranger" : holder.length === 8);
        if (["operator", "member", "new-member"].includes(lane)) isOurs(lane, shown.cookies[COOKIES.pass] ?? "");
        if (lane === "known-device") isOurs(lane, shown.cookies[COOKIES.device] ?? "");
        if (lane === "place" || lane === "heartbeat") isOurs(lane, shown.cookies[COOKIES.place] ?? input);
      }
      const none = standingOf({ ...known, revoked: undefined }, shown, undefined);
      assert.equal(none.lane, "stranger", "while the revocations are not known");
    },
  },
  {
    name: "draft of a form",
    seeds: [JSON.stringify({ address: "ada@example.org", place: places[0] }), '{"address":"a","envelope":"x","expiresAt":1}', "[]", "null"],
    feed(input) {
      const draft = readDraft(`${COOKIES.draft}=${Buffer.from(input).toString("base64url")}`);
      readDraft(`${COOKIES.draft}=${input}`);
      if (draft !== undefined) assert.ok(draft.address.length <= 254);
    },
  },
  {
    name: "client address",
    seeds: [
      "203.0.113.9, 198.51.100.7",
      "2001:db8::1",
      "[2001:db8::1%eth0]",
      "::ffff:192.0.2.1",
      "::1.2.3.4",
      "1:2:3:4:5:6:7:8",
      "unknown",
      ",",
      `1${"%".repeat(9_000)}\n`,
    ],
    feed(input) {
      for (const hops of [0, 1, 2, 5]) {
        const prefix = clientPrefix(input, input, hops);
        assert.match(prefix, /^(?:unknown|\d{1,3}\.\d{1,3}\.\d{1,3}\.0\/24|[\da-f]{1,4}:[\da-f]{1,4}:[\da-f]{1,4}:[\da-f]{1,4}::\/56)$/);
      }
    },
  },
  {
    name: "path",
    seeds: [...ROUTES.map(({ path }) => path), "/chat/%2e%2e", "/chat/a%2Fb", "/manual/users/sign-up.md", "//", "*"],
    feed(input) {
      for (const method of ["GET", "POST", "CONNECT"]) {
        const found = findRoute(method, input);
        if (found === undefined || "allow" in found) continue;
        const segments = input.split("/");
        assert.equal(segments.length, found.route.path.split("/").length);
        assert.ok(!segments.some((segment) => /^(?:\.|%2e){1,2}$/i.test(segment)), "a step up or along is no segment");
        for (const value of Object.values(found.params)) assert.ok(value.length > 0 && value !== "." && value !== "..");
      }
    },
  },
  {
    name: "query",
    seeds: ["a=1&b=2&a=3", "token=abc%20", "&&&&", "%ff=%", "a[]=1&a[]=2", "__proto__=1"],
    feed(input) {
      const query = new URLSearchParams(input.slice(0, 2_048));
      query.get("token");
      assert.equal(({} as { polluted?: unknown }).polluted, undefined);
    },
  },
  {
    name: "headers to and from the app",
    seeds: [
      "connection: close, x-mine",
      `${INTERNAL.doorSecret}: x`,
      "X-Holdfast-Lane: operator",
      "x-forwarded-for: 1.2.3.4",
      "te: trailers",
      "a: b",
    ],
    feed(input) {
      const [name = "", ...rest] = input.split(":");
      const value = rest.join(":");
      const lower = name.toLowerCase();
      const sent = headersToApp({ [lower]: value, connection: value }, { [INTERNAL.lane]: "stranger" });
      assert.equal(sent["host"], "app");
      assert.deepEqual(
        Object.keys(sent).filter((key) => key.startsWith(INTERNAL_PREFIX)),
        [INTERNAL.lane],
      );
      assert.equal(sent[INTERNAL.lane], "stranger");
      const back = headersToClient([name, value], value);
      assert.ok(!(back[0] ?? "").toLowerCase().startsWith(INTERNAL_PREFIX));
    },
  },
  {
    name: "who asks, in which language",
    seeds: [
      "text/html,application/xhtml+xml;q=0.9",
      "es-ES,es;q=0.8,en;q=0.5",
      "application/x-www-form-urlencoded; charset=utf-8",
      "http://localhost:8480",
      "[::1]:80",
    ],
    feed(input) {
      assert.match(chooseLanguage(input, input), /^(?:en|es)$/);
      const own = "https://holdfast.example";
      assert.equal(isForeign("POST", { origin: input }, own), input !== own);
      const headers = { accept: input, "content-type": input };
      isForm(headers);
      wantsPage(headers);
      wantsPage({ accept: input });
      isOtherLoopback(input, "http://localhost:8480");
    },
  },
  {
    name: "body",
    seeds: [
      JSON.stringify({ challenge, nonce: "AAAAAAAAAAA", place: places[1] }),
      "address=ada%40example.org&password=x+y",
      '{"a":[[[[1e999]]]],"__proto__":{"polluted":1}}',
      `[${"[".repeat(200)}`,
      "a=%ff",
    ],
    feed(input) {
      for (const type of ["application/json", "application/x-www-form-urlencoded", input]) {
        for (const bytes of [bytesOf(input), Buffer.from(input)]) {
          const parsed = parseBody(bytes, type);
          if (parsed.ok && parsed.value !== undefined) assert.ok(typeof parsed.value === "object" && !Array.isArray(parsed.value));
        }
      }
      assert.equal(({} as { polluted?: unknown }).polluted, undefined, "nothing is taught to all objects");
    },
  },
];

for (const target of targets) {
  test(`nothing of what may be sent as ${target.name} is thrown at, hung upon, or believed`, { timeout: 60 * 60_000 }, (t) => {
    const { inputs, seconds, slowestMs } = fuzz(target, Math.ceil(FUZZ_INPUTS / targets.length));
    t.diagnostic(`${inputs} inputs in ${seconds.toFixed(1)} s, the slowest ${slowestMs.toFixed(2)} ms`);
  });
}
