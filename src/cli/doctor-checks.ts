/**
 * What does doctor look at, and what does it say? Each check returns a verdict, a text, and what to do. `warn`: it works, but not
 * as one would want it; `fail`: Holdfast, or a part of it that was asked for, does not work.
 */
import { existsSync, statfsSync, statSync } from "node:fs";
import { totalmem } from "node:os";
import { dirname, join } from "node:path";
import { systemClock } from "#kit/time.ts";
import { findNative } from "#store/embedded-postgres.ts";
import { PROJECT_DIR } from "#src/main.ts";
import { isLocal } from "#src/settings.ts";
import { bytesText, checkPort, webAppState, type Running, type Settings } from "#supervisor/supervisor.ts";
import { lookAtModel } from "./doctor-model.ts";
import { askOwnServer } from "./own-server.ts";
import { readDatabaseFacts } from "./store.ts";

export type Found = { verdict: "ok" | "warn" | "fail"; text: string; todo?: string | undefined };
export type Check = { name: string; look(): Promise<Found> };

const MB = 1_000_000;
const DISK = { fail: 200 * MB, warn: 2_000 * MB };
const MEMORY = { warn: 400 * MB };
const CLOCK_WARN_MS = 5_000;
/** The newest file of this version's schema was written after this moment: a clock before it is wrong. */
const EARLIEST_MS = Date.UTC(2026, 7, 1);

export function checksFor(settings: Settings, running: Running | undefined): Check[] {
  const { config, origin } = settings;
  const count = Object.keys(origin).length;
  return [
    { name: "Node", look: async () => ok(`${process.versions.node} on ${process.platform} ${process.arch}`) },
    { name: "Settings", look: async () => ok(count === 0 ? "none, all defaults" : `${count} set (npx holdfast settings shows them)`) },
    { name: "Holdfast", look: async () => lookAtRunning(running) },
    { name: "Port", look: () => lookAtPort(settings, running) },
    { name: "Public address", look: () => lookAtPublicUrl(settings, running) },
    { name: "Data folder", look: async () => lookAtDisk(config.dataDir) },
    { name: "Memory", look: async () => lookAtMemory() },
    { name: "Database", look: () => lookAtDatabase(settings, running) },
    { name: "Clock", look: () => lookAtClock(settings) },
    { name: "Mail", look: () => lookAtMail(settings) },
    { name: "Model", look: () => lookAtModel(settings, running) },
    { name: "Web app", look: async () => lookAtWebApp() },
  ];
}

function ok(text: string): Found {
  return { verdict: "ok", text };
}

function lookAtRunning(running: Running | undefined): Found {
  if (running === undefined) return ok("does not run; npm start starts it");
  return ok(
    `runs since ${running.since.slice(0, 16).replace("T", " ")} UTC, process ${running.pid}, ${Object.keys(running.children).length} parts`,
  );
}

async function lookAtPort({ config: { host, port } }: Settings, running: Running | undefined): Promise<Found> {
  if (running === undefined) {
    const free = await checkPort(host, port);
    return free.ok
      ? ok(`${port} on ${host} is free`)
      : { verdict: "fail", text: `${port} on ${host} is not free`, todo: free.failure.sentence };
  }
  const name = host === "0.0.0.0" ? "127.0.0.1" : host === "::" ? "[::1]" : host.includes(":") ? `[${host}]` : host;
  const answer = await askOwnServer(`http://${name}:${port}`, "/healthz");
  if (answer.ok && answer.value.status === 200) return ok(`${port} on ${host}, the door answers`);
  return {
    verdict: "fail",
    text: `${port} on ${host}: ${answer.ok ? `the door answers ${answer.value.status}` : answer.failure.why}`,
    todo: "Look into logs/holdfast.log in the data folder; restart Holdfast if the door does not come back.",
  };
}

async function lookAtPublicUrl({ config, origin }: Settings, running: Running | undefined): Promise<Found> {
  const { publicUrl, trustedProxyHops } = config;
  if (isLocal(publicUrl)) {
    return config.host === "127.0.0.1" || config.host === "localhost" || config.host === "::1"
      ? ok(`${publicUrl}: for this machine only`)
      : {
          verdict: "warn",
          text: `${publicUrl}, but HOST=${config.host} opens the port to others`,
          todo: "Others can't sign in over http. Set PUBLIC_URL to an https address (docs/operate/proxy-and-https.md).",
        };
  }
  if (trustedProxyHops === 0) {
    return {
      verdict: "warn",
      text: `${publicUrl}, with no proxy trusted`,
      todo: "Behind a proxy everybody then looks like one visitor. Set TRUSTED_PROXY_HOPS to the number of proxies, or remove it.",
    };
  }
  if (running === undefined)
    return ok(`${publicUrl} (asked when Holdfast runs)${origin.TRUSTED_PROXY_HOPS === undefined ? ", one proxy" : ""}`);
  const answer = await askOwnServer(publicUrl, "/healthz");
  if (answer.ok && answer.value.status === 200) return judgeProxies(publicUrl, trustedProxyHops, answer.value.proxies);
  return {
    verdict: "warn",
    text: `${publicUrl}: ${answer.ok ? `answers ${answer.value.status}` : answer.failure.why}, as seen from this machine`,
    todo: "Check the name, the proxy and its certificate (docs/operate/proxy-and-https.md). Some networks can't reach their own public address; then try it from outside.",
  };
}

/** Our own request brings no X-Forwarded-For: each address in it was written by a proxy on the way. */
function judgeProxies(publicUrl: string, trusted: number, seen: number | null): Found {
  if (seen === null || seen === trusted)
    return ok(`${publicUrl} leads here${seen === null ? "" : `, by ${seen} ${seen === 1 ? "proxy" : "proxies"}`}`);
  return {
    verdict: "warn",
    text: `${publicUrl} leads here by ${seen} proxies that write X-Forwarded-For, and TRUSTED_PROXY_HOPS is ${trusted}`,
    todo:
      seen < trusted
        ? "Where visitors come from can't be told, or they can say it themselves. Make the proxy write X-Forwarded-For, or correct the number (docs/operate/proxy-and-https.md)."
        : "Everybody behind the first proxies looks like one visitor. Correct the number (docs/operate/proxy-and-https.md).",
  };
}

function lookAtDisk(dataDir: string): Found {
  let there = dataDir;
  while (!existsSync(there) && dirname(there) !== there) there = dirname(there);
  const { bavail, bsize } = statfsSync(there);
  const free = bavail * bsize;
  const text = `${dataDir}, ${bytesText(free)} free`;
  const mode = existsSync(join(dataDir, "keys")) ? statSync(join(dataDir, "keys")).mode & 0o077 : 0;
  if (free < DISK.fail) return { verdict: "fail", text, todo: "Free some space: the database stops when there is none." };
  if (mode !== 0)
    return { verdict: "warn", text: `${text}; the keys may be read by others`, todo: `chmod -R go-rwx ${join(dataDir, "keys")}` };
  if (free < DISK.warn)
    return {
      verdict: "warn",
      text,
      todo: "That is little: a model alone takes 0.6 to 3 GB. Free some space, or set DATA_DIR to a larger disk.",
    };
  return ok(text);
}

function lookAtMemory(): Found {
  const available = process.availableMemory();
  const limit = process.constrainedMemory();
  const all = limit > 0 ? Math.min(limit, totalmem()) : totalmem();
  const text = `${bytesText(available)} of ${bytesText(all)} available`;
  return available < MEMORY.warn
    ? { verdict: "warn", text, todo: "Holdfast takes about 200 MB, building the web app 400 MB for a moment, a model 1 to 4 GB." }
    : ok(text);
}

async function lookAtDatabase({ config }: Settings, running: Running | undefined): Promise<Found> {
  if (config.databaseUrl === null && running === undefined) {
    const native = findNative();
    if (typeof native !== "string") return { verdict: "fail", text: "PostgreSQL's programs are not here", todo: native.sentence };
    return ok(existsSync(join(config.dataDir, "postgres")) ? "built in, starts with Holdfast" : "built in, made at the first start");
  }
  const address =
    config.databaseUrl !== null ? { url: config.databaseUrl } : { socketDir: running?.socketDir ?? "", name: "postgres", user: "holdfast" };
  const whose = config.databaseUrl === null ? "built in" : "of DATABASE_URL";
  try {
    const { major, bytes, accounts, waitingMigrations } = await readDatabaseFacts(address);
    const text = `PostgreSQL ${major} ${whose}, ${bytesText(bytes)}, ${accounts === 1 ? "one account" : `${accounts} accounts`}`;
    if (major < 16) return { verdict: "fail", text, todo: "Holdfast needs PostgreSQL 16 or newer." };
    return waitingMigrations.length === 0 ? ok(text) : ok(`${text}; the next start brings its tables up to date`);
  } catch (error) {
    return {
      verdict: "fail",
      text: `${whose}: ${(error as Error).message}`,
      todo:
        config.databaseUrl === null
          ? "The supervisor starts it again by itself; if this stays, look into logs/holdfast.log."
          : "Check that it runs, and DATABASE_URL.",
    };
  }
}

async function lookAtClock({ config }: Settings): Promise<Found> {
  const now = systemClock.now();
  const shown = `${new Date(now).toISOString().slice(0, 16).replace("T", " ")} UTC`;
  if (now < EARLIEST_MS)
    return {
      verdict: "fail",
      text: `${shown}, which is before this version was made`,
      todo: "Set the clock: codes and sessions end by it.",
    };
  if (config.databaseUrl !== null) {
    const facts = await readDatabaseFacts({ url: config.databaseUrl }).catch(() => undefined);
    const apartMs = facts === undefined ? 0 : Math.abs(facts.nowMs - systemClock.now());
    if (apartMs > CLOCK_WARN_MS)
      return {
        verdict: "warn",
        text: `${shown}, ${Math.round(apartMs / 1_000)} s apart from the database's`,
        todo: "Set both machines' clocks (an NTP service does it).",
      };
  }
  if (!isLocal(config.publicUrl)) {
    const answer = await askOwnServer(config.publicUrl, "/healthz");
    const apartMs = answer.ok && answer.value.dateMs !== null ? Math.abs(answer.value.dateMs - systemClock.now()) : 0;
    if (apartMs > CLOCK_WARN_MS)
      return {
        verdict: "warn",
        text: `${shown}, ${Math.round(apartMs / 1_000)} s apart from the proxy's`,
        todo: "Set both machines' clocks (an NTP service does it).",
      };
  }
  return ok(existsSync("/run/systemd/timesync/synchronized") ? `${shown}, synchronised` : `${shown}; is that right?`);
}

async function lookAtMail({ config }: Settings): Promise<Found> {
  if (config.smtpUrl !== null) {
    const { checkRelays } = await import("#mail/mail.ts");
    const checked = await checkRelays(config.smtpUrl, config.mailFrom);
    if (!checked.ok) return { verdict: "fail", text: "the mail server can't be used", todo: checked.failure.sentence };
    const relays = checked.value;
    const hosts = relays.map(({ host }) => host).join(", ");
    const problems = relays.flatMap(({ problem }) => (problem === null ? [] : [problem]));
    if (problems.length === 0) return ok(`${hosts} ${relays.length === 1 ? "takes" : "take"} letters from ${config.mailFrom}`);
    if (problems.length === relays.length) return { verdict: "fail", text: "the mail server can't be used", todo: problems.join("\n") };
    return { verdict: "warn", text: `${problems.length} of ${relays.length} mail servers can't be used`, todo: problems.join("\n") };
  }
  return config.mailbox
    ? ok("the built-in mailbox page (set SMTP_URL when people from outside sign up)")
    : {
        verdict: "fail",
        text: "no mail server, so nobody can sign up",
        todo: "Set SMTP_URL (docs/operate/mail.md). The built-in mailbox page is closed, because others can reach this Holdfast.",
      };
}

function lookAtWebApp(): Found {
  switch (webAppState(PROJECT_DIR)) {
    case "current":
      return ok("built");
    case "older":
      return ok("its sources changed; the next start builds it again");
    case "missing":
      return existsSync(join(PROJECT_DIR, "node_modules", "vite"))
        ? ok("not built yet; the next start does it")
        : { verdict: "fail", text: "not built, and Vite is not installed", todo: "Run npm ci." };
  }
}
