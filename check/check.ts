/**
 * Is the tree fit to be handed on? Asks each gate and then the tests, says one line for each and every finding, and ends
 * with status 0 only when nothing was found. A gate that looked at no file has not answered, so it fails.
 */
import { spawn } from "node:child_process";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { GATES } from "./gates.ts";
import type { Answer, Gate } from "./gate.ts";
import { durationText, whileSaying } from "./progress.ts";
import { PROJECT } from "./tree.ts";

const HELP = `npm run check -- [options]

  --only NAMES   only these, with commas between: ${[...GATES.map(({ name }) => name), "tests"].join(", ")}
  --no-tests     the gates without the tests
  --tree FOLDER  asks the gates about another tree (no tests)
  --help         this

${GATES.map(({ name, asks }) => `  ${name.padEnd(12)} ${asks}`).join("\n")}
  ${"tests".padEnd(12)} Does it do what it promises? (npm test)
`;

process.exitCode = await main(process.argv.slice(2));

async function main(words: readonly string[]): Promise<number> {
  let options;
  try {
    options = readOptions(words);
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n\n${HELP}`);
    return 2;
  }
  if (options.help) {
    console.log(HELP);
    return 0;
  }
  const failed: string[] = [];
  for (const gate of options.gates) {
    if (!(await ask(gate, options.root))) failed.push(gate.name);
  }
  if (options.tests && !(await runTests())) failed.push("tests");
  const asked = options.gates.length + (options.tests ? 1 : 0);
  console.log(failed.length === 0 ? `\nAll ${asked} are green.` : `\nNot green: ${failed.join(", ")}.`);
  return failed.length === 0 ? 0 : 1;
}

function readOptions(words: readonly string[]): { help: boolean; gates: readonly Gate[]; tests: boolean; root: string } {
  const { values } = parseArgs({
    args: [...words],
    options: {
      only: { type: "string" },
      "no-tests": { type: "boolean", default: false },
      tree: { type: "string" },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  const only = values.only?.split(",").map((name) => name.trim());
  const unknown = only?.find((name) => name !== "tests" && !GATES.some((gate) => gate.name === name));
  if (unknown !== undefined) throw new Error(`There is no gate "${unknown}".`);
  return {
    help: values.help,
    gates: GATES.filter(({ name }) => only === undefined || only.includes(name)),
    tests: !values["no-tests"] && values.tree === undefined && (only === undefined || only.includes("tests")),
    root: values.tree === undefined ? PROJECT : resolve(values.tree),
  };
}

/** True when it is green. */
async function ask(gate: Gate, root: string): Promise<boolean> {
  const startedAt = performance.now();
  const answer = await whileSaying(
    () => gate.name,
    () => gate.look(root),
  ).catch((error: unknown) => {
    return { files: 0, findings: [], broken: error instanceof Error ? error.message : String(error) };
  });
  const { sentence, details } = verdict(gate, answer);
  const files = `${answer.files} files`.padStart(10);
  console.log(
    `${sentence === "" ? "  ok  " : "  NO  "}${gate.name.padEnd(12)}${files}  ${durationText(performance.now() - startedAt).padStart(7)}  ${sentence}`.trimEnd(),
  );
  for (const detail of details) console.log(`        ${detail}`);
  return sentence === "";
}

/** An empty sentence when there is nothing to say. */
function verdict(gate: Gate, answer: Answer & { broken?: string }): { sentence: string; details: string[] } {
  if (answer.broken !== undefined) return { sentence: "could not answer", details: answer.broken.split("\n") };
  if (answer.files === 0) return { sentence: "looked at no file, so it has not answered", details: [] };
  const { findings } = answer;
  if (findings.length === 0) return { sentence: "", details: [] };
  const advice = gate.advice === undefined ? "" : ` (${gate.advice})`;
  return {
    sentence: `${findings.length} ${findings.length === 1 ? "finding" : "findings"}${advice}`,
    details: findings.map(({ rule, path, line, sentence }) => `${path}${line === undefined ? "" : `:${line}`}  ${sentence}  [${rule}]`),
  };
}

function runTests(): Promise<boolean> {
  console.log("\n  tests");
  return new Promise((resolveRun, reject) => {
    const child = spawn(process.execPath, [join(PROJECT, "check/tests.ts")], { cwd: PROJECT, stdio: "inherit" });
    child.on("error", reject);
    child.on("close", (status) => resolveRun(status === 0));
  });
}
