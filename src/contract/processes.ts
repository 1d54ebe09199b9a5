/**
 * What do our processes tell each other? The supervisor hands each its boot message over the fork channel;
 * the app tells the door over the door's control socket; hasher and model answer on sockets of their own.
 * Every message that can be lost says what its loss means.
 */
import type { Purpose, PurposeKeys } from "#kit/seal.ts";
import type { Health, SignUpSetting } from "./wire.ts";

/** Unix sockets in the run folder (mode 0700). */
export type Sockets = {
  /** HTTP from the door to the app. */
  app: string;
  /** NDJSON from the app to the door (`ControlMessage`). */
  door: string;
  /** NDJSON between app and hasher, one socket per hasher. */
  hashers: string[];
  /** NDJSON between app and model process. */
  model: string;
};

/** Each process gets the subkeys of its own purposes only. */
export type KeysOf<P extends Purpose> = { [purpose in P]: PurposeKeys };
export type DoorPurpose = "challenge" | "place" | "bucket" | "pass" | "device";
export type AppPurpose = "envelope" | "code" | "letter" | "recipient" | "pass" | "device" | "mailbox";

/** Tests of the bench only: something that keeps the door open is taken away, and its bars must turn red. */
export type Sabotage = "lanes-off" | "fcfs" | "floors-off";

/**
 * How the door and the app are forked, through which every request goes. 4 MB for each half of V8's young heap instead of 32: a flood of
 * short-lived requests would fill and keep those, and short stops are better than rare ones. What V8 once saw live longer than a
 * collection (a few slow connections) it would from then on put among the old: then each connection of a flood grows old,
 * a young collection takes 1 to 5 ms instead of half of one, and every few seconds all stops for what is old. And a collection
 * of so little waits for no other thread, which on a busy core may be long in coming (50 ms were seen).
 */
export const SERVING_EXEC_ARGV: readonly string[] = [
  "--max-semi-space-size=4",
  "--no-allocation-site-pretenuring",
  "--no-parallel-scavenge",
];

/**
 * What each process is started with, beside what it may see of ours. glibc gives back 128 KB and more that are free at the end of its
 * heap, at any size of it; left to itself it raises that with use, and a door kept 8 MB after a flood (with this 3; 9 less before it).
 */
export const CHILD_ENVIRONMENT: Readonly<Record<string, string>> = { MALLOC_TRIM_THRESHOLD_: "131072" };

/** What becomes of letters to mailboxes that are thrown away after use: as others, few of them, or none. */
export type DisposableDomains = "allow" | "limit" | "refuse";

export type DoorBoot = {
  kind: "boot";
  process: "door";
  publicUrl: string;
  listenHost: string;
  listenPort: number;
  trustedProxyHops: number;
  /** Bits of effort that newcomers are asked for at least, also in peace. */
  minimumEffort: number;
  /** Where a Prometheus on this machine reads metrics; null: nowhere. */
  metricsPort: number | null;
  sockets: Sockets;
  /** Per boot of the supervisor; the app refuses a request without it. */
  doorSecret: string;
  keys: KeysOf<DoorPurpose>;
  logLevel: string;
  version: string;
  /** True while letters land in the built-in mailbox page. */
  mailbox: boolean;
  /** Fewer connections than usual, for tests. */
  limits?: { connections: number; perNetwork: number };
  sabotage?: Sabotage;
};

export type AppBoot = {
  kind: "boot";
  process: "app";
  publicUrl: string;
  dataDir: string;
  /** postgres.js options: a socket folder for the embedded server, or the operator's own URL. */
  database: { socketDir: string; name: string; user: string } | { url: string };
  sockets: Sockets;
  doorSecret: string;
  keys: KeysOf<AppPurpose>;
  logLevel: string;
  version: string;
  smtpUrl: string | null;
  mailFrom: string;
  /** SHA-256 (hex) of the mailbox token, or null when the built-in mailbox is off. */
  mailboxTokenSha256: string | null;
  lettersPerSecond: number;
  /** Letters an hour whose codes nobody enters; null: by the pace of letters. */
  unprovenLettersPerHour: number | null;
  disposableDomains: DisposableDomains;
  /** Whether name servers are asked if an address's domain takes mail; never while letters go into the built-in mailbox. */
  checkMailDomains: boolean;
  /** On the supervisor's own start, not when it starts a crashed app again: a link that was printed stays good. */
  offerFirstOperator: boolean;
  model: {
    url: string | null;
    key: string | null;
    name: string | null;
    discover: boolean;
    file: string | null;
    hubUrl: string;
    threads: number;
  };
};

export type HasherBoot = { kind: "boot"; process: "hasher"; socket: string };
export type ModelBoot = { kind: "boot"; process: "model"; socket: string; threads: number };

/** Supervisor → child, over the fork channel. */
export type ToChild = DoorBoot | AppBoot | HasherBoot | ModelBoot | { kind: "keys"; keys: Partial<KeysOf<Purpose>> } | { kind: "stop" };

/**
 * Child → supervisor. `want-model`: the app has a local model file to run (or no longer has).
 * `firstOperatorToken`: the app's, when it was asked to offer the link and there is no operator yet.
 */
export type FromChild =
  | { kind: "ready"; firstOperatorToken?: string }
  | { kind: "unusable"; sentence: string }
  | { kind: "want-model"; wanted: boolean };

/**
 * App → door, NDJSON on `sockets.door`.
 * capacity: fails closed (unknown for 10 s: the line stands still and says so).
 * revoked: fails closed (unknown: the member lane is a stranger's until the app has spoken again).
 * health: fails open (unknown: the status page says that it is unknown).
 * sign-up-mode: fails open (silence: as told last; a door that was never told: open). The app refuses letters by itself, and a
 * slow pace comes with `capacity`, so a door that does not know shows a form at most, and lets nobody through.
 */
export type ControlMessage =
  | { kind: "capacity"; lettersPerSecond: number }
  | { kind: "revoked"; epochs: [accountId: string, sessionEpoch: number][]; complete: boolean }
  | ({ kind: "health" } & Health)
  | ({ kind: "sign-up-mode" } & SignUpSetting);

/** App → hasher. A hasher works on one at a time; the app holds the bounded line. */
export type HashRequest = { id: number; kind: "hash"; password: string } | { id: number; kind: "verify"; password: string; phc: string };
export type HashAnswer = { id: number; kind: "hashed"; phc: string } | { id: number; kind: "verified"; match: boolean };

/** On GET /healthz: how many addresses X-Forwarded-For named when the door saw the request. */
export const PROXIES_HEADER = "holdfast-proxies";

/** Headers between door and app. The door strips every client header that starts with `INTERNAL_PREFIX`. */
export const INTERNAL_PREFIX = "x-holdfast-";
export const INTERNAL = {
  doorSecret: "x-holdfast-door",
  requestId: "x-holdfast-request-id",
  /** Source bucket prefix, e.g. "192.0.2.0/24"; "unknown" when it can't be told. */
  clientPrefix: "x-holdfast-client-prefix",
  /** Id of the place whose turn it is (base64url, 16 bytes): sent only on POST /sign-up/letter, after the door saw turn and capacity. */
  placeId: "x-holdfast-place",
  /** Bits of effort that this place was paid for with; only beside `placeId`, and not at all for none. */
  effort: "x-holdfast-effort",
  lane: "x-holdfast-lane",
} as const;
