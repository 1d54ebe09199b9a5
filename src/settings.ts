/**
 * Which settings are there, what does each accept, and what is each for? One table: the parser, `holdfast settings`
 * and docs/operate/settings.md are all read from it. Pure; what settings mean together is decided in config.ts.
 */
import { isIP } from "node:net";

export type Machine = { cores: number };

/** `read` gives the value, or `undefined` when the text is not acceptable. It never throws. */
export type Setting<Value> = {
  read: (text: string, machine: Machine) => Value | undefined;
  /** Completes "expected …". */
  expects: string | ((machine: Machine) => string);
  /** For people: what it is when nothing is set. */
  byDefault: string;
  /** One or two sentences for the manual. */
  purpose: string;
  /** How to show a value that holds a secret. */
  conceal?: (text: string) => string;
};

const STARS = "****";
const DISPOSABLE = ["allow", "limit", "refuse"] as const;
const LEVELS = ["trace", "debug", "info", "warn", "error", "fatal", "silent"];

export const SETTINGS = {
  PUBLIC_URL: {
    read: readOrigin,
    expects: "the address that people type, e.g. https://chat.example.org (no path)",
    byDefault: "`http://localhost:PORT`",
    purpose:
      "The address at which people reach Holdfast. Anything but this machine itself must be https, because browsers keep sign-in cookies only there; see [Proxy and https](proxy-and-https.md).",
  },
  PORT: {
    read: wholeNumber(1, 65_535),
    expects: "a whole number from 1 to 65535",
    byDefault: "`8480`",
    purpose: "The port that Holdfast listens on.",
  },
  HOST: {
    read: (text: string) => (isIP(text) !== 0 || /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/i.test(text) ? text : undefined),
    expects: "an address of this machine, e.g. 127.0.0.1 or 0.0.0.0",
    byDefault: "`127.0.0.1`",
    purpose: "The address that Holdfast listens on. `0.0.0.0` means every network of this machine; in a container it has to be that.",
  },
  DATA_DIR: {
    read: (text: string) => (text.includes("\0") ? undefined : text),
    expects: "a folder, e.g. /var/lib/holdfast",
    byDefault: "`./data`",
    purpose: "Where everything is kept: database, keys, model files. Made when it is missing.",
  },
  DATABASE_URL: {
    read: (text: string) => (readUrl(text, ["postgres:", "postgresql:"]) === undefined ? undefined : text),
    expects: "postgres://user:password@host:5432/database, or postgres:///database?host=/socket/folder&user=name",
    byDefault: "the built-in PostgreSQL",
    purpose: "A PostgreSQL (16 or newer) of your own instead of the built-in one.",
    conceal: concealUrl,
  },
  SMTP_URL: {
    read: (text: string) =>
      text.split(/\s+/).every((url) => (readUrl(url, ["smtp:", "smtps:"])?.hostname ?? "") !== "") ? text : undefined,
    expects: "smtp://user:password@host:587 or smtps://user:password@host:465, or several with blanks between",
    byDefault: "none: letters land in the built-in mailbox page",
    purpose:
      "The mail server that takes the letters, or several in the order in which they are to be used: the next one takes over when one fails. Without it they land in a page that only the link in the terminal opens, and only while PUBLIC_URL is this machine and no proxy is trusted. See [Mail](mail.md).",
    conceal: (text: string) => text.split(/\s+/).map(concealUrl).join(" "),
  },
  MAIL_FROM: {
    read: (text: string) => (/^([^<>"\r\n]{1,100} <[^\s<>@,;]+@[^\s<>@,;]+>|[^\s<>@,;"]+@[^\s<>@,;"]+)$/.test(text) ? text : undefined),
    expects: "an address, e.g. Holdfast <codes@example.org>",
    byDefault: "the user of SMTP_URL when that is an address",
    purpose: "The sender of the letters.",
  },
  TRUSTED_PROXY_HOPS: {
    read: wholeNumber(0, 10),
    expects: "a whole number from 0 to 10",
    byDefault: "`0`; `1` when PUBLIC_URL is https",
    purpose:
      "How many proxies stand between the visitors and Holdfast. Their addresses are then read from the end of X-Forwarded-For, never from its beginning.",
  },
  LETTERS_PER_SECOND: {
    read: decimal(0.1, 10_000),
    expects: "a number from 0.1 to 10000",
    byDefault: "`50`",
    purpose: "How many letters your mail server takes in a second. The line of newcomers moves at this pace.",
  },
  UNPROVEN_LETTERS_PER_HOUR: {
    read: wholeNumber(10, 1_000_000),
    expects: "a whole number from 10 to 1000000",
    byDefault: "120 times LETTERS_PER_SECOND, at least `500`",
    purpose:
      "How many letters an hour may go out whose codes nobody enters. Each code that is entered allows half a letter more. When most of it is used up, letters go out slowly. See [Mail](mail.md).",
  },
  CHECK_MAIL_DOMAINS: {
    read: onOrOff,
    expects: "on or off",
    byDefault: "`on`",
    purpose:
      "Whether the machine's name servers are asked if the domain of an address takes mail, before a letter goes there. Not asked while letters land in the built-in mailbox. See [Mail](mail.md#addresses-that-are-refused).",
  },
  DISPOSABLE_DOMAINS: {
    read: (text: string) => DISPOSABLE.find((choice) => choice === text),
    expects: `one of ${DISPOSABLE.join(", ")}`,
    byDefault: "`limit`",
    purpose:
      "What becomes of addresses that are thrown away after use, by the list that comes with Holdfast: taken like others, few of them taken, or refused. See [Mail](mail.md#addresses-that-are-refused).",
  },
  EFFORT_MINIMUM_BITS: {
    read: wholeNumber(0, 24),
    expects: "a whole number from 0 to 24",
    byDefault: "`0`: nothing is asked for in peace",
    purpose:
      "How much work a newcomer's browser is asked for also while nothing is under pressure, in bits: each one doubles it, and 18 are a quarter of a million tries, a second or two on a phone. Whoever does not do it waits. See [Registration](../design/registration.md#effort).",
  },
  HASHERS: {
    read: (text: string, machine: Machine) => wholeNumber(1, Math.max(1, machine.cores - 1))(text),
    expects: (machine: Machine) => `a whole number from 1 to ${Math.max(1, machine.cores - 1)} (this machine's cores less one)`,
    byDefault: "half of the cores, at most 4",
    purpose: "How many processes check passwords. Each checks about 40 in a second.",
  },
  MODEL_URL: {
    read: (text: string) => (readUrl(text, ["http:", "https:"]) === undefined ? undefined : text.replace(/\/+$/, "")),
    expects: "the base address of an OpenAI-compatible server, e.g. http://127.0.0.1:8000/v1",
    byDefault: "none",
    purpose: "A model server that speaks the OpenAI protocol: vLLM, llama.cpp, Ollama, DeepSeek, OpenAI. See [Models](models.md).",
    conceal: concealUrl,
  },
  MODEL_KEY: {
    read: (text: string) => (/^[\x21-\x7e]+$/.test(text) ? text : undefined),
    expects: "the key that the model server gave you, without spaces",
    byDefault: "none",
    purpose: "The key for MODEL_URL. It is sent there and nowhere else.",
    conceal: () => STARS,
  },
  MODEL_NAME: {
    read: oneLine,
    expects: "the name of a model as its server writes it",
    byDefault: "the first one that the server offers",
    purpose: "The model that answers when a person chose none.",
  },
  MODEL_DISCOVERY: {
    read: onOrOff,
    expects: "on or off",
    byDefault: "`on`",
    purpose: "Whether Holdfast looks for a model server on the usual ports of this machine.",
  },
  MODEL_FILE: {
    read: (text: string) => (/\.gguf$/i.test(text) && !text.includes("\0") ? text : undefined),
    expects: "the path of a .gguf file",
    byDefault: "none",
    purpose: "A model file that Holdfast runs itself, on the processor.",
  },
  MODEL_HUB_URL: {
    read: (text: string) => (readUrl(text, ["http:", "https:"]) === undefined ? undefined : text.replace(/\/+$/, "")),
    expects: "an address that begins with https:// or http://",
    byDefault: "`https://huggingface.co`",
    purpose: "Where model files are downloaded from: the hub itself or a mirror of it.",
  },
  MODEL_THREADS: {
    read: (text: string, machine: Machine) => wholeNumber(1, machine.cores)(text),
    expects: (machine: Machine) => `a whole number from 1 to ${machine.cores} (this machine's cores)`,
    byDefault: "the cores less one",
    purpose: "How many threads a model file may use. All cores at once is slower than one less.",
  },
  METRICS_PORT: {
    read: wholeNumber(1, 65_535),
    expects: "a whole number from 1 to 65535, another one than PORT",
    byDefault: "none: metrics can't be read",
    purpose: "The port on 127.0.0.1 at which a Prometheus on this machine reads the metrics of the door. See [Metrics](metrics.md).",
  },
  LOG_LEVEL: {
    read: (text: string) => (LEVELS.includes(text) ? text : undefined),
    expects: `one of ${LEVELS.join(", ")}`,
    byDefault: "`info`",
    purpose: "How much is written to the log.",
  },
} as const satisfies Record<string, Setting<unknown>>;

export type SettingName = keyof typeof SETTINGS;
export const SETTING_NAMES = Object.keys(SETTINGS) as SettingName[];

/** A setting by name, seen without the type of its value. */
export function settingOf(name: SettingName): Setting<unknown> {
  return SETTINGS[name];
}

/** The value as it may be shown: secrets as stars, long ones cut. */
export function showValue(name: SettingName, text: string): string {
  const shown = settingOf(name).conceal?.(text) ?? text;
  return shown.length > 120 ? `${shown.slice(0, 117)}…` : shown;
}

/** True for an origin that only this machine reaches. */
export function isLocal(origin: string): boolean {
  const host = URL.parse(origin)?.hostname ?? "";
  return host === "localhost" || host.endsWith(".localhost") || host === "[::1]" || /^127(\.\d{1,3}){3}$/.test(host);
}

/** `undefined` for what is not a URL with one of these protocols. */
export function readUrl(text: string, protocols: readonly string[]): URL | undefined {
  if (/\s/.test(text)) return undefined;
  const url = URL.parse(text);
  return url !== null && protocols.includes(url.protocol) ? url : undefined;
}

function readOrigin(text: string): string | undefined {
  const url = readUrl(text, ["http:", "https:"]);
  if (url === undefined || url.hostname === "" || url.username !== "" || url.password !== "") return undefined;
  return url.pathname === "/" && url.search === "" && url.hash === "" ? url.origin : undefined;
}

function concealUrl(text: string): string {
  const url = URL.parse(text);
  if (url === null) return STARS;
  if (url.password !== "") url.password = STARS;
  for (const name of [...url.searchParams.keys()]) {
    if (/pass|key|secret|token/i.test(name)) url.searchParams.set(name, STARS);
  }
  return url.href;
}

function wholeNumber(low: number, high: number) {
  return (text: string): number | undefined => {
    const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
    return value >= low && value <= high ? value : undefined;
  };
}

function decimal(low: number, high: number) {
  return (text: string): number | undefined => {
    const value = /^\d{1,9}(\.\d{1,6})?$/.test(text) ? Number(text) : Number.NaN;
    return value >= low && value <= high ? value : undefined;
  };
}

function onOrOff(text: string): boolean | undefined {
  return text === "on" ? true : text === "off" ? false : undefined;
}

function oneLine(text: string): string | undefined {
  return /[\r\n\0]/.test(text) || text.length > 200 ? undefined : text;
}
