/**
 * What may happen in one place only, and where is that? Security is structure: each row names a power, how code reaches
 * for it, and the files that may, with the reason beside each. A second place fails, and so does a reason that nobody
 * needs any more. Tests and check/ are exempt. The scanner is places-scan.ts.
 */

export type Place = {
  rule: string;
  /** Completes "… belongs to". */
  power: string;
  /** Where the row holds, written like `allowed`; elsewhere the power is free. */
  within: readonly string[];
  reach: Reach;
  /** A file, or a folder with a slash at its end → the reason. A `*` stands for one name. */
  allowed: Readonly<Record<string, string>>;
};

/** The ways in which code takes hold of a power. */
export type Reach = {
  /** Names of globals, also by way of globalThis, window and self. */
  globals?: readonly string[];
  /** `object.property` on a global. */
  members?: readonly string[];
  /** Properties of anything, also as JSX attributes. */
  properties?: readonly string[];
  /** Package → names taken from it, or `*` for each. Types are free; `default` and a namespace count as all. */
  imports?: Readonly<Record<string, readonly string[] | "*">>;
  /** Tagged templates that hold a statement of SQL. */
  sql?: true;
  /** `new Date()` and `Date()`: with an argument they read no clock. */
  presentDate?: true;
  /** import() of something other than a text that stands there. */
  computedImport?: true;
  /** Classes, promises (`async`, `await`, Promise) and `throw`. */
  impure?: true;
};

const EVERYWHERE = ["src/", "web/", "bin/", "bench/", "drill/"];
const SERVER = ["src/", "bin/"];

export const PLACES: readonly Place[] = [
  {
    rule: "place/network",
    power: "talking to somebody else",
    within: EVERYWHERE,
    reach: {
      globals: ["fetch", "WebSocket", "EventSource", "XMLHttpRequest", "WebTransport", "RTCPeerConnection"],
      members: ["navigator.sendBeacon"],
      imports: {
        undici: "*",
        "node:http": ["request", "get", "Agent", "ClientRequest"],
        "node:https": "*",
        "node:http2": ["connect"],
        "node:net": ["connect", "createConnection", "Socket"],
        "node:tls": "*",
        "node:dgram": "*",
        "node:dns": "*",
        "node:dns/promises": "*",
      },
    },
    allowed: {
      "src/egress/": "the only way out: an entry in the ledger is committed before the first byte",
      "src/mail/mail-domain.ts": "to the machine's name servers, about the domains of addresses",
      "src/identity/hash-line.ts": "to the hasher, over its unix socket",
      "src/assistant/local-model.ts": "to the model process, over its unix socket",
      "src/door/app-link.ts": "to the app, over its unix socket",
      "src/http/door-control.ts": "to the door, over its control socket",
      "src/cli/own-server.ts": "from a command to the Holdfast that runs on this machine",
      "web/app/api/": "from the browser to our own server",
      "web/small/ask.ts": "from the browser to our own server",
      "bench/door/flood.ts": "a flood, to the loopback port that the bench opened",
      "bench/start.ts": "a first visitor, to the Holdfast that the bench started",
      "bench/door/browser.ts": "honest visitors, to the loopback port that the bench opened",
    },
  },
  {
    rule: "place/mail",
    power: "sending letters",
    within: EVERYWHERE,
    reach: { imports: { nodemailer: "*" } },
    allowed: {
      "src/mail/": "the courier, to the relay of SMTP_URL",
      "bench/peers/": "what the bench measures beside Holdfast",
      "bench/mail/nodemailer-process.ts": "the bare loop that the courier is measured beside, to the bench's own sink",
    },
  },
  {
    rule: "place/database",
    power: "the database driver",
    within: EVERYWHERE,
    reach: { imports: { postgres: "*", pg: "*", kysely: "*" } },
    allowed: { "src/store/": "modules get a pool handed in", "bench/peers/": "what the bench measures beside Holdfast" },
  },
  {
    rule: "place/sql",
    power: "SQL",
    within: EVERYWHERE,
    reach: { sql: true },
    allowed: {
      "src/*/store.ts": "each module keeps its rows there",
      "src/assistant/model-choice/store.ts": "the operator's choice of a model",
      "src/store/": "migrations, locks, the pool",
      "bench/mail/store.ts": "what the outbox told meanwhile, of the database that the bench made",
    },
  },
  {
    rule: "place/markup",
    power: "markup from text",
    within: EVERYWHERE,
    reach: {
      properties: ["dangerouslySetInnerHTML", "innerHTML", "outerHTML", "insertAdjacentHTML", "srcdoc", "createContextualFragment"],
      members: ["document.write", "document.writeln"],
    },
    allowed: {},
  },
  {
    rule: "place/processes",
    power: "starting processes",
    within: EVERYWHERE,
    reach: { imports: { "node:child_process": "*", "node:cluster": "*", "node:worker_threads": "*" } },
    allowed: {
      "src/store/embedded-postgres-*.ts": "PostgreSQL's own programs",
      "src/supervisor/": "our own processes, and Vite when the web app is to be built",
      "bin/holdfast.js": "itself again, on the Node that npm brought along",
      "bin/code-cache.js": "itself, to compile what changed and end",
      "bench/bench.ts": "the benchmark that was named",
      "bench/door/processes.ts": "servers and generators, each on its core",
      "bench/mail/postfix.ts": "Debian's Postfix, as a relay that others wrote",
      "bench/door/peers.ts": "npm, apt-get and dpkg-deb, for what is measured beside Holdfast",
    },
  },
  {
    rule: "place/environment",
    power: "reading the environment",
    within: SERVER,
    reach: { members: ["process.env"], imports: { "node:process": "*" } },
    allowed: {
      "src/supervisor/read-settings.ts": "the settings, once, where the process starts",
      "bin/holdfast.js": "where compiled code is kept, for the processes that it starts",
    },
  },
  {
    rule: "place/clock",
    power: "reading a clock or waiting",
    within: SERVER,
    reach: {
      globals: ["setTimeout", "setInterval", "performance"],
      members: ["Date.now", "AbortSignal.timeout", "process.hrtime", "process.uptime", "Temporal.Now"],
      imports: { "node:timers": "*", "node:timers/promises": "*", "node:perf_hooks": "*" },
      presentDate: true,
    },
    allowed: { "src/kit/time.ts": "the Clock that everybody else is handed" },
  },
  {
    rule: "place/dice",
    power: "drawing random numbers",
    within: SERVER,
    reach: {
      members: ["Math.random", "crypto.getRandomValues", "crypto.randomUUID", "crypto.subtle"],
      imports: {
        "node:crypto": ["randomBytes", "randomFill", "randomFillSync", "randomInt", "randomUUID", "randomUUIDv7", "webcrypto"],
      },
    },
    allowed: {
      "src/kit/dice.ts": "the Dice that everybody else is handed",
      "src/kit/seal.ts": "nonces of sealed tokens, which no seed may ever repeat",
    },
  },
  {
    rule: "place/password-hash",
    power: "hashing passwords",
    within: EVERYWHERE,
    reach: { imports: { "@node-rs/argon2": "*", "node:crypto": ["argon2", "argon2Sync", "scrypt", "scryptSync", "pbkdf2", "pbkdf2Sync"] } },
    allowed: {
      "src/identity/hasher-process.ts": "one at a time, behind the bounded line, in a process of its own",
      "bench/peers/": "what the bench measures beside Holdfast",
    },
  },
  {
    rule: "place/local-model",
    power: "running a model in this process",
    within: EVERYWHERE,
    reach: { imports: { "node-llama-cpp": "*" } },
    allowed: { "src/assistant/local-model-engine.ts": "used by the model process only" },
  },
  {
    rule: "place/pure-core",
    power: "a class, a promise or a throw in a core",
    within: ["src/*/core/", "src/line/", "src/admission/"],
    reach: { impure: true },
    allowed: { "src/cli/core/settings-page.ts": "a setting that is in no group of the page is a bug of ours" },
  },
  {
    rule: "place/code-from-data",
    power: "running code that is chosen at run time",
    within: EVERYWHERE,
    reach: { computedImport: true, imports: { "node:vm": "*" } },
    allowed: {
      "bin/node-26.js": "runs the file that package.json's script names",
      "src/kit/heap.ts": "one word of its own, which names V8's collector",
    },
  },
];
