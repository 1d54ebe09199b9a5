/**
 * What does SMTP_URL say? One relay or several with blanks between them, in the order in which they are to be used:
 * smtp://[user:password@]host[:port][?starttls=…&certificate=…&connections=…], or smtps://.
 * Nothing else of the URL reaches the mail library, which would take any of its options from there.
 */
import { createHash } from "node:crypto";
import { fail, succeed, type Outcome } from "#kit/outcome.ts";
import { CONNECTIONS } from "./limits.ts";

export type RelayAddress = {
  /** Tells it from others in our rows, also after the order has changed: a hash, so that no row names host or user. */
  key: string;
  host: string;
  port: number;
  /** implicit: TLS from the first byte · required: STARTTLS or nothing · offered: STARTTLS where the relay has it · never */
  tls: "implicit" | "required" | "offered" | "never";
  checkCertificate: boolean;
  login: { user: string; password: string } | null;
  connections: number;
};

/** What is wrong, for the sentence that config and doctor say. */
export type BadRelayUrl = {
  tag: "bad-relay-url";
  part: "url" | "scheme" | "host" | "port" | "login" | "path" | "setting" | "twice";
  name?: string;
};

const KEY_CHARS = 12;

const SETTINGS: Readonly<Record<string, RegExp>> = {
  starttls: /^(?:required|offered|never)$/,
  certificate: /^(?:checked|unchecked)$/,
  connections: /^(?:[1-9]|[1-4]\d|50)$/,
};

/** At most as many relays as have a letter of their own, by which people are told of them. */
const MOST_RELAYS = 26;
const FIRST_NAME = 65;

/** What people call a relay: A is the first of the operator's list. */
export function relayName(at: number): string {
  return String.fromCharCode(FIRST_NAME + at);
}

export function parseRelayUrls(text: string): Outcome<RelayAddress[], BadRelayUrl> {
  const relays: RelayAddress[] = [];
  for (const url of text.split(/\s+/).filter((part) => part !== "")) {
    const relay = parseRelayUrl(url);
    if (!relay.ok) return relay;
    if (relays.some(({ key }) => key === relay.value.key)) return fail({ tag: "bad-relay-url", part: "twice", name: relay.value.host });
    relays.push(relay.value);
  }
  return relays.length === 0 || relays.length > MOST_RELAYS ? fail({ tag: "bad-relay-url", part: "url" }) : succeed(relays);
}

export function parseRelayUrl(text: string): Outcome<RelayAddress, BadRelayUrl> {
  const bad = (part: BadRelayUrl["part"], name?: string) => fail({ tag: "bad-relay-url", part, ...(name === undefined ? {} : { name }) });
  const url = URL.parse(text);
  if (url === null) return bad("url");
  if (url.protocol !== "smtp:" && url.protocol !== "smtps:") return bad("scheme");
  const host = url.hostname.replace(/^\[(.*)\]$/, "$1").toLowerCase();
  if (!/^[a-z0-9._:-]+$/.test(host)) return bad("host");
  if ((url.pathname !== "" && url.pathname !== "/") || url.hash !== "") return bad("path");
  const settings = Object.fromEntries(url.searchParams);
  for (const [name, value] of Object.entries(settings)) {
    // a name that is none of ours may be a piece of a password, and is not repeated
    if (SETTINGS[name]?.test(value) !== true) return bad("setting", Object.hasOwn(SETTINGS, name) ? name : undefined);
  }
  const user = decode(url.username);
  const password = decode(url.password);
  if (user === undefined || password === undefined || (user === "") !== (password === "")) return bad("login");
  const implicit = url.protocol === "smtps:";
  const port = url.port === "" ? (implicit ? 465 : 587) : Number(url.port);
  if (port === 0) return bad("port");
  const here = isLoopback(host);
  return succeed({
    key: createHash("sha256").update(`${user} ${host} ${port}`).digest("hex").slice(0, KEY_CHARS),
    host,
    port,
    // to a relay on this machine nothing crosses a wire, and its certificate is rarely a real one;
    // a password crosses a wire only under TLS
    tls: implicit
      ? "implicit"
      : ((settings["starttls"] as RelayAddress["tls"] | undefined) ?? (here ? "never" : user === "" ? "offered" : "required")),
    checkCertificate: settings["certificate"] !== "unchecked",
    login: user === "" ? null : { user, password },
    connections: Number(settings["connections"] ?? CONNECTIONS),
  });
}

function isLoopback(host: string): boolean {
  return host === "localhost" || host.endsWith(".localhost") || host === "::1" || /^127(?:\.\d{1,3}){3}$/.test(host);
}

/** Percent-decoded; `undefined` when it is broken or has control characters. A literal "%" that is no escape stays. */
function decode(text: string): string | undefined {
  const escaped = text.replaceAll(/%(?![0-9A-Fa-f]{2})/g, "%25");
  const bytes = Buffer.from(
    escaped.replaceAll(/%([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
    "latin1",
  );
  const decoded = bytes.toString("utf8");
  // eslint-disable-next-line no-control-regex
  return decoded.includes("\ufffd") || /[\u0000-\u001f\u007f]/.test(decoded) ? undefined : decoded;
}
