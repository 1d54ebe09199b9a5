/**
 * How long does a warm start take until the first page, and what is held in memory when nobody comes? Beside the least that could be
 * there instead: as many processes with a bare node:http server, and PostgreSQL alone, in the same round. Memory is PSS (what is
 * shared is counted once); each side has a copy of Node of its own, so that nobody else's processes share its pages.
 */
import { chmodSync, constants, copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, devNull, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { startEmbeddedPostgres } from "#store/embedded-postgres.ts";
import { freePort } from "./door/holdfast.ts";
import { busyMs, descendantsOf, describeMachine } from "./door/machine.ts";
import { median } from "./door/numbers.ts";
import { interrupt, isInterrupted, pause, start } from "./door/processes.ts";

const HELP = `npm run bench -- start [options]

  --rounds N    how many are measured, after one that is not (5)
  --idle N      seconds of quiet before memory is read (30)
  --help        this
`;

const [COMMAND, BARE, RESULTS] = ["../bin/holdfast.js", "./peers/bare.mjs", "./results/start"].map((path) =>
  fileURLToPath(new URL(path, import.meta.url)),
) as [string, string, string];
const NODE_PROCESSES = ["supervisor", "app", "door", "hasher-1"] as const;
const BAR = { startMs: 1_200, memoryMb: 300 };
const UP_WITHIN_MS = 120_000;
const LOOK_MS = 5;
/** More than that, and a start was not measured but disturbed. */
const OTHERS_AT_MOST = 0.1;
const MB = 1e6;
const SECOND_MS = 1_000;

type Side = { startMs: number; memoryMb: Record<string, number> };
/** `others`: which share of all cores was at work while everything here was quiet. */
type Round = { holdfast: Side; bare: Side; others: number };
type Up = { startMs: number; pids(): Record<string, number[]>; stop(): Promise<void> };

process.exitCode = await main(process.argv.slice(2));

async function main(words: string[]): Promise<number> {
  const { values } = parseArgs({
    args: words,
    options: {
      rounds: { type: "string", default: "5" },
      idle: { type: "string", default: "30" },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  const [rounds, idle] = [Number(values.rounds), Number(values.idle)];
  if (values.help || !(rounds >= 1) || !(idle >= 0)) {
    console.log(HELP);
    return values.help ? 0 : 2;
  }
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, interrupt);
  const folder = mkdtempSync(join(tmpdir(), "hf-bench-start-"));
  // root's PostgreSQL runs as another user, who has to pass through it
  chmodSync(folder, 0o711);
  try {
    const measured: Round[] = [];
    for (let nth = 0; nth <= rounds; nth += 1) {
      // the first makes the databases, builds the web app and fills the compile cache
      const round = await measure(folder, nth === 0 ? 0 : idle * SECOND_MS);
      console.log(`${nth === 0 ? "warming up" : `round ${nth} of ${rounds}`}: ${Math.round(round.holdfast.startMs)} ms`);
      if (nth > 0) measured.push(round);
    }
    const text = report(measured, idle);
    mkdirSync(RESULTS, { recursive: true });
    writeFileSync(join(RESULTS, "start.md"), text);
    console.log(`\n${text}`);
    return 0;
  } catch (error) {
    if (!isInterrupted()) throw error;
    return 130;
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  }
}

/** One after the other they start, together they are quiet. */
async function measure(folder: string, idleMs: number): Promise<Round> {
  const ups: Up[] = [];
  try {
    const holdfast = await startHoldfast(join(folder, "holdfast"));
    ups.push(holdfast);
    const bare = await startBare(join(folder, "bare"));
    ups.push(bare);
    const [from, before] = [performance.now(), busyMs()];
    await pause(idleMs);
    const others = (busyMs() - before) / (performance.now() - from) / availableParallelism();
    return { holdfast: sideOf(holdfast), bare: sideOf(bare), others };
  } finally {
    for (const up of ups) await up.stop();
  }
}

async function startHoldfast(folder: string): Promise<Up> {
  const node = ownNode(folder);
  const dataDir = join(folder, "data");
  const port = await freePort();
  const from = performance.now();
  const started = start("any", node, [COMMAND, "start", "--settings", devNull], {
    env: { PORT: String(port), DATA_DIR: dataDir, MODEL_DISCOVERY: "off" },
  });
  try {
    await untilPage(port);
  } catch (error) {
    await started.stop();
    throw error;
  }
  const startMs = performance.now() - from;
  const pid = started.child.pid ?? 0;
  return {
    startMs,
    pids() {
      const { children } = JSON.parse(readFileSync(join(dataDir, "running.json"), "utf8")) as { children: Record<string, number> };
      const { postgres = 0, ...ours } = children;
      return {
        supervisor: [pid],
        ...Object.fromEntries(Object.entries(ours).map(([name, one]) => [name, [one]])),
        PostgreSQL: [postgres, ...descendantsOf(postgres)],
      };
    },
    stop: started.stop,
  };
}

async function startBare(folder: string): Promise<Up> {
  const node = ownNode(folder);
  const ports = await Promise.all(NODE_PROCESSES.map(freePort));
  const from = performance.now();
  const started = ports.map((port) => start("any", node, [BARE], { env: { PORT: String(port) } }));
  const postgres = await startEmbeddedPostgres({ dataDir: join(folder, "data"), socketDir: join(folder, "data", "pg") });
  const stop = async () => {
    await Promise.all(started.map((one) => one.stop()));
    if (postgres.ok) await postgres.value.stop();
  };
  try {
    if (!postgres.ok) throw new Error(postgres.failure.sentence);
    const { pid } = postgres.value;
    await Promise.all(ports.map(untilPage));
    return {
      startMs: performance.now() - from,
      pids: () => ({
        ...Object.fromEntries(NODE_PROCESSES.map((name, at) => [name, [started[at]?.child.pid ?? 0]])),
        PostgreSQL: [pid, ...descendantsOf(pid)],
      }),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

function ownNode(folder: string): string {
  const node = join(folder, "node");
  mkdirSync(folder, { recursive: true, mode: 0o711 });
  copyFileSync(process.execPath, node, constants.COPYFILE_FICLONE);
  return node;
}

/** Whatever it answers: it is there. */
async function untilPage(port: number): Promise<void> {
  for (const until = performance.now() + UP_WITHIN_MS; ;) {
    try {
      const headers = { accept: "text/html", connection: "close" };
      await (await fetch(`http://127.0.0.1:${port}/`, { headers })).arrayBuffer();
      return;
    } catch (error) {
      if (performance.now() > until) throw error;
    }
    await pause(LOOK_MS);
  }
}

function sideOf(up: Up): Side {
  const memoryMb = Object.fromEntries(
    Object.entries(up.pids()).map(([name, pids]) => [name, pids.reduce((sum, pid) => sum + pssBytes(pid), 0) / MB]),
  );
  return { startMs: up.startMs, memoryMb: { ...memoryMb, together: Object.values(memoryMb).reduce((sum, one) => sum + one, 0) } };
}

/** A process that ended in this moment holds nothing. */
function pssBytes(pid: number): number {
  try {
    return Number(/^Pss:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, "utf8"))?.[1] ?? 0) * 1_024;
  } catch (error) {
    if (["ENOENT", "ESRCH"].includes((error as NodeJS.ErrnoException).code ?? "")) return 0;
    throw error;
  }
}

function report(rounds: readonly Round[], idle: number): string {
  const middle = (read: (round: Round) => number | undefined) => median(rounds.map((round) => read(round) ?? null)) ?? Number.NaN;
  const others = middle((round) => round.others);
  const row = (what: string, read: (side: Side) => number | undefined, unit: string, bar?: number, disturbed = false) => {
    const ours = middle(({ holdfast }) => read(holdfast));
    const theirs = middle(({ bare }) => read(bare));
    const times = middle(({ holdfast, bare }) => (read(holdfast) ?? Number.NaN) / (read(bare) ?? Number.NaN));
    const verdict = bar === undefined ? "" : `${disturbed ? "??" : ours <= bar ? "ok" : "NO"} (at most ${bar} ${unit})`;
    return `| ${what} | ${ours.toFixed(0)} ${unit} | ${theirs.toFixed(0)} ${unit} | ${times.toFixed(1)} | ${verdict} |`;
  };
  return `# A warm start, and memory when nobody comes

${describeMachine()}. Medians of ${rounds.length} rounds; memory is PSS after ${idle} s of quiet, without a local model.

| | Holdfast | bare | ratio | |
| --- | --- | --- | --- | --- |
${row("first page after", ({ startMs }) => startMs, "ms", BAR.startMs, others > OTHERS_AT_MOST)}
${[...NODE_PROCESSES, "PostgreSQL"].map((name) => row(name, ({ memoryMb }) => memoryMb[name], "MB")).join("\n")}
${row("together", ({ memoryMb }) => memoryMb["together"], "MB", BAR.memoryMb)}

Bare: ${NODE_PROCESSES.length} processes of \`bench/peers/bare.mjs\`, and the same PostgreSQL without a connection.
Meanwhile others used ${(others * 100).toFixed(0)} % of the machine; beyond ${OTHERS_AT_MOST * 100} % the time of a start counts as not measured.
`;
}
