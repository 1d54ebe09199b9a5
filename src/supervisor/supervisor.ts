/**
 * What has to run, in which order, and what is everybody told? Settings in, a whole Holdfast out: folder, port, web app,
 * database, hashers, app, door; a crashed part is started again and the others stay unharmed; all ends in order.
 * The front of this module: main.ts and the commands of src/cli enter here.
 */
import { createHash } from "node:crypto";
import { relative } from "node:path";
import type { AppBoot, DoorBoot, FromChild, ToChild } from "#contract/processes.ts";
import type { Dice } from "#kit/dice.ts";
import { succeed, type Outcome } from "#kit/outcome.ts";
import { SECOND_MS, type Clock } from "#kit/time.ts";
import type { DatabaseAddress } from "#store/store.ts";
import { makeDataFolder } from "./data-folder.ts";
import { prepareDatabase } from "./database.ts";
import { APP_PURPOSES, DOOR_PURPOSES, keysFor, openKeyRing, readKeyRing } from "./key-ring.ts";
import { clearLeftovers } from "./leftovers.ts";
import { openLogFolder } from "./log-folder.ts";
import { readLogLine, WARNING } from "./core/log-line.ts";
import { createPart, type Part } from "./part.ts";
import { checkPort } from "./ports.ts";
import { createPostgresPart } from "./postgres-part.ts";
import type { Settings } from "./read-settings.ts";
import { finishRestore } from "./restored.ts";
import { makeRunFolder } from "./run-folder.ts";
import { claimFolder } from "./running-file.ts";
import type { Terminal } from "./terminal.ts";
import { ensureWebApp } from "./web-build.ts";

export { barText, bytesText } from "./core/lines.ts";
export { keyFolder, openKeyRing, readKeyRing, rotateKeyRing } from "./key-ring.ts";
export { checkPort } from "./ports.ts";
export { makeDataFolder } from "./data-folder.ts";
export { prepareDatabase } from "./database.ts";
export { finishRestore, keptIn, markWhole, restoringFolder } from "./restored.ts";
export { readSettings, type Settings } from "./read-settings.ts";
export { makeRunFolder } from "./run-folder.ts";
export { claimFolder, readRunning, type Running } from "./running-file.ts";
export { createTerminal, type Terminal } from "./terminal.ts";
export { webAppState } from "./web-build.ts";

/** The files that are forked. */
export type ProcessFiles = { door: string; app: string; hasher: string; model: string };
export type SupervisorParts = {
  settings: Settings;
  projectDir: string;
  version: string;
  files: ProcessFiles;
  terminal: Terminal;
  clock: Clock;
  dice: Dice;
  /** Aborts when the person wants to end it, also while it is still starting. */
  signal: AbortSignal;
};
export type NotRunning = { tag: string; sentence: string };
export type Supervised = {
  /** Ends everything in order, with a line for each. */
  stop(): Promise<void>;
  /** Ends everything at once. */
  kill(): void;
};

type Stop = { name: string; stop(): Promise<void>; kill(): void };

const KEYS_LOOK_MS = SECOND_MS;

/** Starts everything. What was started before something went wrong is ended again. */
export async function supervise(parts: SupervisorParts): Promise<Outcome<Supervised, NotRunning>> {
  const stops: Stop[] = [];
  const stop = async (): Promise<void> => {
    for (let next = stops.pop(); next !== undefined; next = stops.pop()) {
      if (next.name === "") await next.stop();
      else {
        const step = parts.terminal.step(next.name, "stopping");
        await next.stop();
        step.done("stopped");
      }
    }
  };
  const kill = () => {
    for (let next = stops.pop(); next !== undefined; next = stops.pop()) next.kill();
  };
  try {
    const started = await startAll(parts, stops);
    if (started.ok && !parts.signal.aborted) return succeed({ stop, kill });
    await stop();
    return started.ok ? { ok: false, failure: { tag: "stopped", sentence: "" } } : started;
  } catch (error) {
    kill();
    if (parts.signal.aborted) return { ok: false, failure: { tag: "stopped", sentence: "" } };
    throw error;
  }
}

async function startAll(parts: SupervisorParts, stops: Stop[]): Promise<Outcome<void, NotRunning>> {
  const { settings, terminal, clock, dice, projectDir, signal } = parts;
  const { config } = settings;

  const folder = makeDataFolder(config.dataDir);
  if (!folder.ok) return folder;
  const claimed = claimFolder(config.dataDir, config.publicUrl, clock);
  if (!claimed.ok) return claimed;
  const claim = claimed.value;
  const log = openLogFolder(config.dataDir);
  quietly(stops, () => {
    log.close();
    claim.release();
  });
  finishRestore(config.dataDir);
  if (claim.left !== undefined) await clearLeftovers(claim.left, clock);
  const port = await checkPort(config.host, config.port);
  if (!port.ok) return port;
  const ring = openKeyRing(config.dataDir, dice);
  if (!ring.ok) return ring;
  let keys = ring.value;
  const runFolder = await makeRunFolder(config.dataDir, config.hashers);
  quietly(stops, () => runFolder.remove());
  const { sockets, socketDir } = runFolder;
  const embedded = config.databaseUrl === null;
  const address: DatabaseAddress =
    config.databaseUrl === null ? { socketDir, name: "postgres", user: "holdfast" } : { url: config.databaseUrl };

  const say = (level: number, part: string, msg: string) => log.write(JSON.stringify({ level, time: clock.now(), part, msg }));
  const onTrouble = (sentence: string) => {
    say(WARNING, "supervisor", sentence);
    terminal.warn(sentence);
  };
  const onLine = (part: string) => (text: string) => {
    const line = readLogLine(part, text, clock.now());
    if (line === undefined) return;
    log.write(line.json);
    if (line.level >= WARNING) terminal.warn(`${line.part}: ${line.text}`);
  };

  const children = new Map<string, { pid(): number | undefined }>();
  const onChange = () => {
    const pids = [...children].flatMap(([name, part]) => (part.pid() === undefined ? [] : [[name, part.pid()]]));
    claim.update({
      children: Object.fromEntries(pids) as Record<string, number>,
      runDir: runFolder.path,
      socketDir: embedded ? socketDir : null,
      keyGeneration: keys.current.id,
    });
  };
  const part = (name: string, spoken: string, file: string, boot: () => ToChild, onMessage?: (message: FromChild) => void): Part => {
    const made = createPart({
      name: spoken,
      file,
      boot,
      environment: settings.childEnvironment,
      clock,
      onLine: onLine(name),
      onTrouble,
      onChange,
      ...(onMessage === undefined ? {} : { onMessage }),
    });
    children.set(name, made);
    return made;
  };

  // ---- the parts and what each is told ---------------------------------------------------------------------
  const doorSecret = Buffer.from(dice.bytes(32)).toString("base64url");
  const mailboxToken = config.mailbox ? Buffer.from(dice.bytes(16)).toString("base64url") : null;
  const shared = { publicUrl: config.publicUrl, sockets, doorSecret, logLevel: config.logLevel, version: parts.version };
  let offerFirstOperator = true;
  const appBoot = (): AppBoot => ({
    kind: "boot",
    process: "app",
    ...shared,
    dataDir: config.dataDir,
    database: address,
    keys: keysFor(keys, APP_PURPOSES),
    smtpUrl: config.smtpUrl,
    mailFrom: config.mailFrom,
    mailboxTokenSha256: mailboxToken === null ? null : createHash("sha256").update(mailboxToken).digest("hex"),
    lettersPerSecond: config.lettersPerSecond,
    offerFirstOperator,
    model: config.model,
  });
  const doorBoot = (): DoorBoot => ({
    kind: "boot",
    process: "door",
    ...shared,
    listenHost: config.host,
    listenPort: config.port,
    trustedProxyHops: config.trustedProxyHops,
    keys: keysFor(keys, DOOR_PURPOSES),
    mailbox: config.mailbox,
  });
  const model = part("model", "model process", parts.files.model, () => ({
    kind: "boot",
    process: "model",
    socket: sockets.model,
    threads: config.model.threads,
  }));
  const wantModel = followWish(model, onTrouble);
  const hashers = sockets.hashers.map((socket, index) =>
    part(`hasher-${index + 1}`, hasherName(index, config.hashers), parts.files.hasher, () => ({ kind: "boot", process: "hasher", socket })),
  );
  const app = part("app", "app", parts.files.app, appBoot, (message) => {
    if (message.kind === "want-model") wantModel(message.wanted);
  });
  const door = part("door", "door", parts.files.door, doorBoot);
  const postgres = createPostgresPart({ dataDir: config.dataDir, socketDir, clock, onLine: onLine("postgres"), onTrouble, onChange });
  if (embedded) children.set("postgres", postgres);
  onChange();

  // ---- the order -------------------------------------------------------------------------------------------
  // processes are made while database and web app get ready, and hear what to do when it is their turn
  let ready = () => {};
  const untilReady = new Promise<void>((resolve) => {
    ready = resolve;
  });
  if (embedded) stops.push({ name: "Database", stop: postgres.stop, kill: postgres.kill });
  stops.push({ name: "Hashers", stop: () => stopAll(hashers), kill: () => hashers.forEach((hasher) => hasher.kill()) });
  stops.push({ name: "App", stop: app.stop, kill: app.kill });
  // the model's process is only there when one is used, and then goes with the app's work
  stops.push({ name: "", stop: model.stop, kill: model.kill });
  stops.push({ name: "Door", stop: door.stop, kill: door.kill });
  const web = buildWeb(parts);
  const hashersStarted = Promise.all(hashers.map((hasher) => hasher.start()));
  const appStarted = app.start(untilReady);
  // a process that fails while something else is waited for is told when its turn comes
  const databaseStep = terminal.step("Database", "starting");
  if (embedded) {
    const begun = await postgres.start((what) =>
      databaseStep.note(what === "initialising" ? "making the database (once)" : "recovering what a crash left open"),
    );
    if (!begun.ok) {
      databaseStep.fail();
      return begun;
    }
  }
  const database = await prepareDatabase(address, {
    clock,
    signal,
    onWaiting: () => databaseStep.note("waiting for the server of DATABASE_URL"),
  });
  if (!database.ok) {
    databaseStep.fail();
    return database;
  }
  databaseStep.done(`PostgreSQL ${database.value.major}${embedded ? "" : ` at ${placeOf(address)}`}`);
  const built = await web;
  if (!built.ok) return built;
  ready();
  const hashersStep = terminal.step("Hashers", "starting");
  for (const hasher of await hashersStarted) {
    if (hasher.ok) continue;
    hashersStep.fail();
    return hasher;
  }
  hashersStep.done(hashers.length === 1 ? "one" : `${hashers.length}`);
  const appStep = terminal.step("App", "starting");
  const appReady = await appStarted;
  if (!appReady.ok) {
    appStep.fail();
    return appReady;
  }
  offerFirstOperator = false;
  appStep.done();
  const doorStep = terminal.step("Door", "starting");
  const doorReady = await door.start();
  if (!doorReady.ok) {
    doorStep.fail();
    return doorReady;
  }
  doorStep.done(`listens on ${config.host.includes(":") ? `[${config.host}]` : config.host}:${config.port}`);
  followKeys();

  const token = appReady.value.firstOperatorToken;
  terminal.title("Holdfast is up");
  terminal.links([
    { name: "Open it", url: config.publicUrl },
    ...(token === undefined
      ? []
      : [{ name: "First operator", url: `${config.publicUrl}/first-operator?token=${encodeURIComponent(token)}` }]),
    ...(mailboxToken === null ? [] : [{ name: "Mailbox", url: `${config.publicUrl}/mailbox?token=${mailboxToken}` }]),
  ]);
  terminal.say(`\n${afterword(parts, token !== undefined, log.path)}`);
  return succeed(undefined);

  /** Looks each second whether `holdfast keys rotate` made a new generation, and hands its subkeys out. */
  function followKeys(): void {
    let cancel = () => {};
    const look = () => {
      const read = readKeyRing(config.dataDir);
      if (read.ok && read.value.current.id !== keys.current.id) {
        keys = read.value;
        door.tell({ kind: "keys", keys: keysFor(keys, DOOR_PURPOSES) });
        app.tell({ kind: "keys", keys: keysFor(keys, APP_PURPOSES) });
        say(30, "supervisor", `keys of generation ${keys.current.id} are in use`);
        onChange();
      }
      cancel = clock.after(KEYS_LOOK_MS, look);
    };
    look();
    quietly(stops, () => cancel());
  }

  async function buildWeb({ projectDir: dir }: SupervisorParts): Promise<Outcome<void, NotRunning>> {
    const step = terminal.step("Web app", "checking");
    const outcome = await ensureWebApp({
      projectDir: dir,
      environment: settings.childEnvironment,
      clock,
      signal,
      onProgress: (text) => step.note(text),
    });
    if (!outcome.ok) {
      step.fail();
      return outcome;
    }
    step.done({ current: "up to date", built: "built", older: "older than its sources" }[outcome.value.state]);
    if (outcome.value.sentence !== undefined) onTrouble(outcome.value.sentence);
    return succeed(undefined);
  }

  function placeOf(where: DatabaseAddress): string {
    const url = "url" in where ? URL.parse(where.url) : null;
    return url?.searchParams.get("host") ?? url?.host ?? "";
  }

  function afterword({ settings: { origin } }: SupervisorParts, first: boolean, logPath: string): string {
    const sentences = [
      ...(first ? ["The first-operator link makes the account that runs this Holdfast; it works once."] : []),
      ...(config.mailbox ? ["Letters land in the mailbox page until SMTP_URL is set (docs/operate/mail.md)."] : []),
      ...(!config.mailbox && config.smtpUrl === null
        ? [
            "No letter goes out: SMTP_URL is not set, and the mailbox page is closed because others can reach this Holdfast (docs/operate/mail.md).",
          ]
        : []),
      ...(origin.PUBLIC_URL === undefined && config.host !== "127.0.0.1" && config.host !== "localhost"
        ? ["Other machines reach this port, but browsers sign in only over https: set PUBLIC_URL (docs/operate/proxy-and-https.md)."]
        : []),
      `The log is in ${relative(projectDir, logPath).startsWith("..") ? logPath : relative(projectDir, logPath)}. Ctrl-C stops everything in order.`,
    ];
    return `${sentences.join("\n")}\n`;
  }
}

/** Runs the model process while the app wants it. It may fail without anything else failing. */
function followWish(model: Part, onTrouble: (sentence: string) => void): (wanted: boolean) => void {
  let wish = false;
  let busy: Promise<void> = Promise.resolve();
  return (wanted) => {
    if (wanted === wish) return;
    wish = wanted;
    busy = busy.then(async () => {
      if (!wanted) return model.stop();
      const started = await model.start();
      if (!started.ok) {
        wish = false;
        onTrouble(started.failure.sentence);
      }
    });
  };
}

async function stopAll(parts: readonly Part[]): Promise<void> {
  await Promise.all(parts.map((part) => part.stop()));
}

function hasherName(index: number, count: number): string {
  return count === 1 ? "hasher" : `hasher ${index + 1}`;
}

/** Something that is undone without a line on the terminal. */
function quietly(stops: Stop[], undo: () => void): void {
  stops.push({ name: "", stop: async () => undo(), kill: undo });
}
