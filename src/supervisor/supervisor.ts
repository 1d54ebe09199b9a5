/**
 * What has to run, in which order, and what is everybody told? Settings in, a whole Holdfast out: folder, port, web app,
 * database, hashers, app, door; a crashed part is started again and the others stay unharmed; all ends in order.
 * The front of this module: main.ts and the commands of src/cli enter here.
 */
import { existsSync } from "node:fs";
import { relative } from "node:path";
import { SERVING_EXEC_ARGV, type FromChild, type ToChild } from "#contract/processes.ts";
import type { Dice } from "#kit/dice.ts";
import { fail, succeed, type Outcome } from "#kit/outcome.ts";
import { SECOND_MS, type Clock } from "#kit/time.ts";
import type { DatabaseAddress } from "#store/store.ts";
import { createBootMessages } from "./boot-messages.ts";
import { linksOf, sentencesOf, type Up } from "./core/last-words.ts";
import { makeDataFolder } from "./data-folder.ts";
import { prepareDatabase } from "./database.ts";
import { APP_PURPOSES, DOOR_PURPOSES, keysFor, openKeyRing, readKeyRing } from "./key-ring.ts";
import { clearLeftovers } from "./leftovers.ts";
import { openLogFolder } from "./log-folder.ts";
import { createPart, type Part } from "./part.ts";
import { checkPort } from "./ports.ts";
import { createPostgresPart } from "./postgres-part.ts";
import type { Settings } from "./read-settings.ts";
import { createReports, type Reports } from "./reports.ts";
import { finishRestore } from "./restored.ts";
import { makeRunFolder } from "./run-folder.ts";
import { claimFolder, markOf } from "./running-file.ts";
import type { Step, Terminal } from "./terminal.ts";
import { ensureWebApp } from "./web-build.ts";

export { barText, bytesText } from "./core/lines.ts";
export { keyFolder, openKeyRing, rotateKeyRing } from "./key-ring.ts";
export { checkPort } from "./ports.ts";
export { makeDataFolder } from "./data-folder.ts";
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
const STOPPED = { tag: "stopped", sentence: "" };

/** Starts everything. What was started before something went wrong is ended again. */
export async function supervise(parts: SupervisorParts): Promise<Outcome<Supervised, NotRunning>> {
  const stops: Stop[] = [];
  const stop = async (silently = false): Promise<void> => {
    for (let last = stops.at(-1); last !== undefined; last = stops.at(-1)) {
      const step = silently || last.name === "" ? undefined : parts.terminal.step(last.name, "stopping");
      await last.stop();
      step?.done("stopped");
      stops.pop();
    }
  };
  const kill = () => stops.toReversed().forEach((one) => one.kill());
  try {
    const started = await startAll(parts, stops);
    if (started.ok && !parts.signal.aborted) return succeed({ stop: () => stop(), kill });
    // who could not start has one sentence to say, and it comes last
    await stop(!started.ok && !parts.signal.aborted);
    return started.ok ? fail(STOPPED) : started;
  } catch (error) {
    kill();
    if (parts.signal.aborted) return fail(STOPPED);
    throw error;
  }
}

async function startAll(parts: SupervisorParts, stops: Stop[]): Promise<Outcome<void, NotRunning>> {
  const { settings, terminal, clock, dice, projectDir, signal } = parts;
  const { config } = settings;
  /** Something that is undone without a line on the terminal. */
  const quietly = (undo: () => void) => stops.push({ name: "", stop: async () => undo(), kill: undo });

  // ---- what has to be free ---------------------------------------------------------------------------------
  const folder = makeDataFolder(config.dataDir);
  if (!folder.ok) return folder;
  const claimed = claimFolder(config.dataDir, config.publicUrl, clock);
  if (!claimed.ok) return claimed;
  const claim = claimed.value;
  quietly(() => claim.release());
  const log = openLogFolder(config.dataDir);
  quietly(() => log.close());
  const reports = createReports(log, terminal, clock);
  finishRestore(config.dataDir);
  if (claim.left !== undefined) {
    const hung = await clearLeftovers(claim.left, clock);
    if (hung.length > 0) reports.trouble(`Left over from the last run and ended now: ${hung.join(", ")}.`);
  }
  if (config.model.file !== null && !existsSync(config.model.file))
    reports.trouble(`${config.model.file} is not there: correct MODEL_FILE.`);
  const port = await checkPort(config.host, config.port);
  if (!port.ok) return port;
  const ring = openKeyRing(config.dataDir, dice);
  if (!ring.ok) return ring;
  let keys = ring.value;
  const runFolder = await makeRunFolder(config.dataDir, config.hashers);
  quietly(() => runFolder.remove());
  const { sockets, socketDir } = runFolder;
  const embedded = config.databaseUrl === null;
  const address: DatabaseAddress =
    config.databaseUrl === null ? { socketDir, name: "postgres", user: "holdfast" } : { url: config.databaseUrl };

  // ---- the parts -------------------------------------------------------------------------------------------
  const { sabotage } = parts.settings;
  if (sabotage !== null) reports.trouble(`SABOTAGED for a test (${sabotage}): this Holdfast does not hold fast.`);
  const boots = createBootMessages({ config, sockets, database: address, version: parts.version, dice, keys: () => keys, sabotage });
  const children = new Map<string, { pid(): number | undefined }>();
  const onChange = () => {
    const pids = [...children].flatMap(([name, part]): [string, number][] => {
      const pid = part.pid();
      return pid === undefined ? [] : [[name, pid]];
    });
    claim.update({
      children: Object.fromEntries(pids),
      marks: Object.fromEntries(pids.map(([name, pid]) => [name, markOf(pid)])),
      runDir: runFolder.path,
      socketDir: embedded ? socketDir : null,
      keyGeneration: keys.current.id,
    });
  };
  const shared = { environment: settings.childEnvironment, clock, onTrouble: reports.trouble, onChange };
  const part = (key: string, name: string, file: string, boot: () => ToChild, onMessage: (message: FromChild) => void = () => {}): Part => {
    const execArgv = file === parts.files.door || file === parts.files.app ? SERVING_EXEC_ARGV : [];
    const made = createPart({ ...shared, name, file, execArgv, boot, onMessage, onLine: reports.linesOf(key) });
    children.set(key, made);
    return made;
  };
  let offerFirstOperator = true;
  const model = part("model", "model process", parts.files.model, boots.model);
  const wantModel = followWish(model, reports);
  const hashers = sockets.hashers.map((socket, index) =>
    part(`hasher-${index + 1}`, config.hashers === 1 ? "hasher" : `hasher ${index + 1}`, parts.files.hasher, () => boots.hasher(socket)),
  );
  const app = part(
    "app",
    "app",
    parts.files.app,
    () => boots.app(offerFirstOperator),
    (message) => {
      if (message.kind === "want-model") wantModel(message.wanted);
    },
  );
  const door = part("door", "door", parts.files.door, boots.door);
  const postgres = createPostgresPart({ dataDir: config.dataDir, socketDir, ...shared, onLine: reports.linesOf("postgres") });
  if (embedded) children.set("postgres", postgres);
  onChange();

  // ---- the order in which they end is this one backwards ---------------------------------------------------
  if (embedded) stops.push({ name: "Database", stop: postgres.stop, kill: postgres.kill });
  stops.push({ name: "Hashers", stop: () => stopAll(hashers), kill: () => hashers.forEach((hasher) => hasher.kill()) });
  stops.push({ name: "App", stop: app.stop, kill: app.kill });
  // only there when one is used, so it has no line of its own
  stops.push({ name: "", stop: model.stop, kill: model.kill });
  stops.push({ name: "Door", stop: door.stop, kill: door.kill });

  // ---- the start: processes are made while database and web app get ready, and hear what to do when it is their turn
  let ready = () => {};
  const untilReady = new Promise<void>((resolve) => {
    ready = resolve;
  });
  const noLongerWanted = new AbortController();
  const web = buildWeb({ ...parts, signal: AbortSignal.any([signal, noLongerWanted.signal]) }, reports);
  stops.push({
    name: "",
    async stop() {
      noLongerWanted.abort();
      await web;
    },
    kill: () => noLongerWanted.abort(),
  });
  const hashersStarted = Promise.all(hashers.map((hasher) => hasher.start()));
  const appStarted = app.start(untilReady);

  const database = await told(terminal.step("Database", "starting"), async (step) => {
    if (embedded) {
      const begun = await postgres.start((what) =>
        step.note(what === "initialising" ? "making the database (once)" : "recovering what a crash left open"),
      );
      if (!begun.ok) return begun;
    }
    const onWaiting = () => step.note("waiting for the server of DATABASE_URL");
    const prepared = await prepareDatabase(address, { clock, signal, onWaiting });
    return prepared.ok ? succeed(`PostgreSQL ${prepared.value.major}${embedded ? "" : ` at ${placeOf(address)}`}`) : prepared;
  });
  if (!database.ok) return database;
  const built = await web;
  if (!built.ok) return built;
  ready();
  const hashing = await told(terminal.step("Hashers", "starting"), async () => {
    const failed = (await hashersStarted).find((hasher) => !hasher.ok);
    return failed ?? succeed(hashers.length === 1 ? "one" : String(hashers.length));
  });
  if (!hashing.ok) return hashing;
  let firstOperatorToken: string | undefined;
  const answering = await told(terminal.step("App", "starting"), async () => {
    const started = await appStarted;
    if (started.ok) ({ firstOperatorToken } = started.value);
    return started.ok ? succeed("") : started;
  });
  if (!answering.ok) return answering;
  offerFirstOperator = false;
  const open = await told(terminal.step("Door", "starting"), async () => {
    const started = await door.start();
    return started.ok ? succeed(`listens on ${config.host.includes(":") ? `[${config.host}]` : config.host}:${config.port}`) : started;
  });
  if (!open.ok) return open;

  // ---- up --------------------------------------------------------------------------------------------------
  followKeys();
  const inProject = relative(projectDir, log.path);
  const up: Up = {
    config,
    publicUrlGiven: settings.origin.PUBLIC_URL !== undefined,
    firstOperatorToken,
    mailboxToken: boots.mailboxToken,
    logPath: inProject.startsWith("..") ? log.path : inProject,
  };
  reports.note(`Holdfast ${parts.version} is up at ${config.publicUrl}`);
  terminal.title("Holdfast is up");
  terminal.links(linksOf(up));
  terminal.say(`\n${sentencesOf(up).join("\n")}\n`);
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
        reports.note(`keys of generation ${keys.current.id} are in use`);
        onChange();
      }
      cancel = clock.after(KEYS_LOOK_MS, look);
    };
    look();
    quietly(() => cancel());
  }
}

/** A step of the start: its line ends with the text that comes out, or as failed. */
async function told(step: Step, work: (step: Step) => Promise<Outcome<string, NotRunning>>): Promise<Outcome<string, NotRunning>> {
  const outcome = await work(step);
  if (outcome.ok) step.done(outcome.value);
  else step.fail();
  return outcome;
}

async function buildWeb(parts: SupervisorParts, reports: Reports): Promise<Outcome<string, NotRunning>> {
  const { projectDir, clock, signal } = parts;
  const step = parts.terminal.step("Web app", "checking");
  const built = await ensureWebApp({ projectDir, environment: parts.settings.childEnvironment, clock, signal, onProgress: step.note });
  if (signal.aborted) step.drop();
  else if (built.ok) step.done({ current: "up to date", built: "built", older: "older than its sources" }[built.value.state]);
  else step.fail();
  if (!built.ok) return built;
  if (built.value.sentence !== undefined) reports.trouble(built.value.sentence);
  return succeed(built.value.state);
}

/** Runs the model process while the app wants it. It may fail without anything else failing. */
function followWish(model: Part, reports: Reports): (wanted: boolean) => void {
  let wish = false;
  let busy: Promise<void> = Promise.resolve();
  return (wanted) => {
    if (wanted === wish) return;
    wish = wanted;
    busy = busy.then(async () => {
      if (!wanted) return model.stop();
      const started = await model.start();
      if (started.ok) return undefined;
      wish = false;
      reports.trouble(started.failure.sentence);
    });
  };
}

async function stopAll(parts: readonly Part[]): Promise<void> {
  await Promise.all(parts.map((part) => part.stop()));
}

function placeOf(where: DatabaseAddress): string {
  const url = "url" in where ? URL.parse(where.url) : null;
  return url?.searchParams.get("host") ?? url?.host ?? "";
}
