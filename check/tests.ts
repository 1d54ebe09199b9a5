/**
 * Do the tests pass? One PostgreSQL cluster for the whole run, the web app built first, then every file in a process of
 * its own: small ones two at a time, those that start a whole Holdfast one after another. The report is node:test's own
 * (spec), with one set of closing lines; tests that were skipped are said with their reason.
 */
import { fork } from "node:child_process";
import { join } from "node:path";
import { Readable } from "node:stream";
import { run } from "node:test";
import { spec } from "node:test/reporters";
import { parseArgs } from "node:util";
import { systemClock } from "../src/kit/time.ts";
import { ensureWebApp } from "../src/supervisor/web-build.ts";
import { findChromium } from "../test/support/chromium.ts";
import { durationText, whileSaying } from "./progress.ts";
import { closingLines, countAll, failedFiles, filesAtWork, isClosingLine, skippedWhy, type TestEvent } from "./test-events.ts";
import { filesBelow, PROJECT } from "./tree.ts";

const HELP = `npm test [-- files, folders or words]

  npm test                          everything
  npm test -- src/line              what is below a folder
  npm test -- kill                  files with that word in their path

  --help                            this

The browser tests need Chromium (apt-get install chromium). Without it they are skipped, and where CI is set they fail.
`;

const FOLDERS = ["src", "web", "check", "test", "bench", "drill"];
/** Each of these starts a whole Holdfast, with a browser in some, or floods a door: two cores carry one at a time. */
const ALONE = /^test\/system\/|^src\/door\/(admission|bombs|connections|memory|protocol-attacks|slow-attacks)\.test\.ts$/;
/** Tests that wait for something can fail on a machine that others use: so few files are run once more, alone, and that is said. */
const AGAIN_AT_MOST = 8;
/** Read by test/support/database.ts. */
const CLUSTER_VARIABLE = "HOLDFAST_TEST_CLUSTER";
const FILES_AT_ONCE = 2;
const SILENCE_MS = 10_000;
/** No file takes that long; one that does hangs. */
const SMALL_LIMIT_MS = 3 * 60_000;
const WHOLE_LIMIT_MS = 15 * 60_000;

process.exitCode = await main(process.argv.slice(2));

async function main(words: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...words],
    options: { help: { type: "boolean", short: "h", default: false } },
    allowPositionals: true,
  });
  if (values.help) {
    console.log(HELP);
    return 0;
  }
  process.chdir(PROJECT);
  const files = wanted(positionals);
  if (files.length === 0) {
    console.error(`There is no test file for ${positionals.join(" ")}.`);
    return 2;
  }
  const chromium = findChromium();
  if (chromium === undefined && process.env["CI"] !== undefined) {
    console.error("CI is set, so the browser tests must run, and there is no Chromium: apt-get install chromium.");
    return 1;
  }
  console.log(
    `${files.length} files of tests; browser tests ${chromium === undefined ? "will be skipped: there is no Chromium" : `with ${chromium}`}.`,
  );
  if (!(await buildWebApp())) return 1;
  return withCluster(() => runFiles(files));
}

function wanted(positionals: readonly string[]): string[] {
  const all = filesBelow(".", FOLDERS, /\.test\.ts$/);
  if (positionals.length === 0) return all;
  return all.filter((path) => positionals.some((word) => path.includes(word.replace(/^\.\//, ""))));
}

/** Tests open the built pages. True when they are there. */
async function buildWebApp(): Promise<boolean> {
  let doing = "looking at the web app";
  const built = await whileSaying(
    () => doing,
    () =>
      ensureWebApp({
        projectDir: PROJECT,
        environment: process.env as Record<string, string>,
        clock: systemClock,
        signal: new AbortController().signal,
        onProgress: (text) => (doing = `web app: ${text}`),
      }),
  );
  if (!built.ok) console.error(built.failure.sentence);
  else if (built.value.sentence !== undefined) console.log(built.value.sentence);
  return built.ok;
}

async function withCluster(work: () => Promise<number>): Promise<number> {
  const holder = fork(join(PROJECT, "check/test-cluster.ts"), { stdio: ["ignore", "ignore", "inherit", "ipc"] });
  const gone = new Promise<void>((resolve) => void holder.once("exit", () => resolve()));
  const socketDir = await whileSaying(
    () => "starting PostgreSQL",
    () =>
      new Promise<string>((resolve, reject) => {
        holder.once("message", (message: { socketDir: string }) => resolve(message.socketDir));
        holder.once("exit", () => reject(new Error("PostgreSQL for the tests did not start; the reason stands above.")));
      }),
  );
  process.env[CLUSTER_VARIABLE] = socketDir;
  const stop = async () => {
    if (holder.connected) holder.disconnect();
    await gone;
  };
  const interrupted = () => void stop().then(() => process.exit(130));
  process.once("SIGINT", interrupted).once("SIGTERM", interrupted);
  try {
    return await work();
  } finally {
    await stop();
  }
}

/** `before`: what is run was run before, with others, and failed. */
async function runFiles(files: readonly string[], before?: string): Promise<number> {
  const isAgain = before !== undefined;
  const startedAt = performance.now();
  const seen: TestEvent[] = [];
  const report = Readable.from(eventsOf(files, seen, isAgain)).compose(new spec());
  let spokeAt = performance.now();
  const timer = setInterval(() => {
    if (performance.now() - spokeAt < SILENCE_MS) return;
    spokeAt = performance.now();
    console.log(`… at ${durationText(spokeAt - startedAt)}: ${filesAtWork(seen, PROJECT).join(", ")}`);
  }, 1_000);
  try {
    for await (const text of report) {
      spokeAt = performance.now();
      process.stdout.write(text);
    }
  } finally {
    clearInterval(timer);
  }
  const { passed, failed, cancelled, skipped } = countAll(seen);
  for (const { reason, tests } of skippedWhy(seen)) console.log(`skipped ${tests}: ${reason}`);
  const counts = `${passed} passed, ${failed + cancelled} failed, ${skipped} skipped, in ${durationText(performance.now() - startedAt)}`;
  const green = failed + cancelled === 0 && passed > 0;
  if (!green && !isAgain && passed > 0) {
    const again = failedFiles(seen, PROJECT);
    if (again.length > 0 && again.length <= AGAIN_AT_MOST) {
      console.log(`\n${failed + cancelled} failed; once more, one after another: ${again.join(", ")}`);
      return runFiles(again, counts);
    }
  }
  if (before !== undefined) console.log(`\nAt first: ${before}.`);
  const all = isAgain ? "All that failed then passed alone" : "All tests passed";
  console.log(`${isAgain ? "" : "\n"}${green ? all : "Tests failed"}: ${counts}.`);
  return green ? 0 : 1;
}

/** All events of both groups, with one set of closing lines. */
async function* eventsOf(files: readonly string[], seen: TestEvent[], isAgain: boolean): AsyncGenerator<TestEvent> {
  const startedAt = performance.now();
  const groups = [
    { of: files.filter((path) => !ALONE.test(path)), concurrency: isAgain ? 1 : FILES_AT_ONCE, timeout: SMALL_LIMIT_MS },
    { of: files.filter((path) => ALONE.test(path)), concurrency: 1, timeout: WHOLE_LIMIT_MS },
  ];
  for (const { of, concurrency, timeout } of groups) {
    if (of.length === 0) continue;
    for await (const event of run({ files: of, concurrency, timeout }) as AsyncIterable<TestEvent>) {
      seen.push(event);
      if (!isClosingLine(event)) yield event;
    }
  }
  yield* closingLines(countAll(seen), performance.now() - startedAt);
}
