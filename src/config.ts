/**
 * What was Holdfast told to do? Pure and total: settings as text become a Config, or every mistake at once, each with
 * its name, what was given (secrets as stars) and what is expected. Reading the environment belongs to the supervisor.
 */
import { editDistance } from "#kit/edit-distance.ts";
import { fail, succeed, type Outcome } from "#kit/outcome.ts";
import {
  isLocal,
  readUrl,
  SETTINGS,
  SETTING_NAMES,
  settingOf,
  showValue,
  type Machine,
  type Setting,
  type SettingName,
} from "./settings.ts";

export type Config = {
  publicUrl: string;
  port: number;
  host: string;
  dataDir: string;
  databaseUrl: string | null;
  smtpUrl: string | null;
  mailFrom: string;
  trustedProxyHops: number;
  lettersPerSecond: number;
  /** null: by the pace of letters. */
  unprovenLettersPerHour: number | null;
  disposableDomains: "allow" | "limit" | "refuse";
  checkMailDomains: boolean;
  minimumEffort: number;
  hashers: number;
  model: {
    url: string | null;
    key: string | null;
    name: string | null;
    discover: boolean;
    file: string | null;
    hubUrl: string;
    threads: number;
  };
  /** Where metrics are read; null: nowhere. */
  metricsPort: number | null;
  logLevel: string;
  /** Letters land in the built-in mailbox page: no mail server is set, and only this machine can open the page. */
  mailbox: boolean;
};

export type Given = {
  environment: Readonly<Record<string, string | undefined>>;
  /** What the file with settings holds; the environment wins. */
  file?: Readonly<Record<string, string | undefined>>;
  /** Numbers of the lines in it that are neither NAME=value nor a remark. */
  strayLines?: readonly number[];
  /** As mistakes name it. */
  fileName?: string;
  machine: Machine;
};

export type Mistake = { name: string; given: string; expected: string };
export type Mistakes = { tag: "mistakes"; mistakes: Mistake[] };

/** Reads the settings. An empty text counts as not set. */
export function parseConfig({
  environment,
  file = {},
  strayLines = [],
  fileName = "holdfast.env",
  machine,
}: Given): Outcome<Config, Mistakes> {
  const mistakes: Mistake[] = [...unknownNames(file, fileName), ...strayLines.map((line) => strayLine(line, fileName))];
  const text = (name: SettingName): string | undefined => (environment[name]?.trim() || file[name]?.trim()) ?? undefined;
  const wrong = (name: SettingName, expected: string, given = text(name)) => {
    mistakes.push({ name, given: given === undefined || given === "" ? "nothing" : showValue(name, given), expected });
  };
  const read = <Name extends SettingName>(name: Name): Value<Name> | undefined => {
    const given = text(name);
    if (given === undefined || given === "") return undefined;
    const value = settingOf(name).read(given, machine) as Value<Name> | undefined;
    if (value === undefined) wrong(name, expectation(name, machine));
    return value;
  };

  const port = read("PORT") ?? 8_480;
  const host = read("HOST") ?? "127.0.0.1";
  const publicUrl = read("PUBLIC_URL") ?? `http://localhost:${port}`;
  const hops = read("TRUSTED_PROXY_HOPS") ?? (publicUrl.startsWith("https:") ? 1 : 0);
  const smtpUrl = read("SMTP_URL") ?? null;
  const mailFrom = read("MAIL_FROM") ?? senderOf(smtpUrl);
  const modelUrl = read("MODEL_URL") ?? null;
  const metricsPort = read("METRICS_PORT") ?? null;
  const modelKey = read("MODEL_KEY") ?? null;

  if (!publicUrl.startsWith("https:") && !isLocal(publicUrl)) {
    wrong(
      "PUBLIC_URL",
      `https, because browsers keep sign-in cookies only there. Caddy does it in two lines (see docs/operate/proxy-and-https.md):\n${caddyLines(publicUrl, port)}`,
    );
  }
  if (smtpUrl !== null && mailFrom === undefined && (text("MAIL_FROM") ?? "") === "") {
    wrong("MAIL_FROM", `${expectation("MAIL_FROM", machine)}: SMTP_URL is set, and its user is no address that letters could come from`);
  }
  if (metricsPort !== null && metricsPort === port) wrong("METRICS_PORT", expectation("METRICS_PORT", machine));
  if (modelKey !== null && modelUrl === null && (text("MODEL_URL") ?? "") === "") {
    wrong("MODEL_URL", "the server that MODEL_KEY is for, because a key is sent to no server but its own");
  }

  const config: Config = {
    publicUrl,
    port,
    host,
    dataDir: read("DATA_DIR") ?? "./data",
    databaseUrl: read("DATABASE_URL") ?? null,
    smtpUrl,
    mailFrom: mailFrom ?? "Holdfast <holdfast@localhost>",
    trustedProxyHops: hops,
    lettersPerSecond: read("LETTERS_PER_SECOND") ?? 50,
    unprovenLettersPerHour: read("UNPROVEN_LETTERS_PER_HOUR") ?? null,
    disposableDomains: read("DISPOSABLE_DOMAINS") ?? "limit",
    checkMailDomains: read("CHECK_MAIL_DOMAINS") ?? true,
    minimumEffort: read("EFFORT_MINIMUM_BITS") ?? 0,
    hashers: read("HASHERS") ?? Math.max(1, Math.min(4, Math.floor(machine.cores / 2))),
    model: {
      url: modelUrl,
      key: modelKey,
      name: read("MODEL_NAME") ?? null,
      discover: read("MODEL_DISCOVERY") ?? true,
      file: read("MODEL_FILE") ?? null,
      hubUrl: read("MODEL_HUB_URL") ?? "https://huggingface.co",
      threads: read("MODEL_THREADS") ?? Math.max(1, machine.cores - 1),
    },
    metricsPort,
    logLevel: read("LOG_LEVEL") ?? "info",
    mailbox: smtpUrl === null && isLocal(publicUrl) && hops === 0,
  };
  return mistakes.length === 0 ? succeed(config) : fail({ tag: "mistakes", mistakes: inTableOrder(mistakes) });
}

/** The mistakes as a terminal shows them. */
export function tellMistakes(mistakes: readonly Mistake[]): string {
  const lines = mistakes.map(({ name, given, expected }) =>
    [`  ${name}`, `    given     ${given}`, `    expected  ${expected.replaceAll("\n", "\n              ")}`].join("\n"),
  );
  const count = mistakes.length === 1 ? "One setting is" : `${mistakes.length} settings are`;
  return `${count} not right, so Holdfast does not start:\n\n${lines.join("\n\n")}\n\nThe settings are explained in docs/operate/settings.md.`;
}

/** What a Caddyfile needs, whole. */
function caddyLines(publicUrl: string, port: number): string {
  return `  ${URL.parse(publicUrl)?.hostname ?? "chat.example.org"}\n  reverse_proxy 127.0.0.1:${port}`;
}

type Value<Name extends SettingName> = (typeof SETTINGS)[Name] extends { read: (...given: never[]) => infer Read }
  ? NonNullable<Read>
  : never;

function expectation(name: SettingName, machine: Machine): string {
  const { expects }: Setting<unknown> = SETTINGS[name];
  return typeof expects === "string" ? expects : expects(machine);
}

/** The user of the mail server, when that is an address; for our own mailbox a name of this machine. */
function senderOf(smtpUrl: string | null): string | undefined {
  if (smtpUrl === null) return "Holdfast <holdfast@localhost>";
  const user = decode(readUrl(smtpUrl.split(/\s+/)[0] ?? "", ["smtp:", "smtps:"])?.username ?? "");
  return SETTINGS.MAIL_FROM.read(user) === undefined ? undefined : `Holdfast <${user}>`;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function unknownNames(file: Readonly<Record<string, string | undefined>>, fileName: string): Mistake[] {
  return Object.keys(file)
    .filter((name) => !(SETTING_NAMES as string[]).includes(name))
    .map((name) => {
      const near = nearest(name);
      return {
        name: name.slice(0, 60),
        given: `a name in ${fileName} that means nothing to Holdfast`,
        expected: near === undefined ? "one of the names in docs/operate/settings.md" : `did you mean ${near}?`,
      };
    });
}

/** What stands there is not shown: it may be half of a secret. */
function strayLine(line: number, fileName: string): Mistake {
  return { name: `line ${line}`, given: `a line in ${fileName} without =`, expected: "NAME=value, or # before a remark" };
}

function nearest(name: string): SettingName | undefined {
  const wanted = name.toUpperCase().slice(0, 60);
  const [best] = SETTING_NAMES.map((candidate) => ({ candidate, distance: editDistance(wanted, candidate) })).toSorted(
    (a, b) => a.distance - b.distance,
  );
  return best !== undefined && best.distance <= Math.max(2, best.candidate.length / 3) ? best.candidate : undefined;
}

function inTableOrder(mistakes: Mistake[]): Mistake[] {
  const order = (name: string) => (SETTING_NAMES as string[]).indexOf(name) + 1 || 1_000;
  return mistakes.toSorted((a, b) => order(a.name) - order(b.name));
}
