/**
 * How is another program run for a gate? From this project's own node_modules, with the tree as its working folder and
 * this Node first in the PATH. What it prints is for the gate to read; nothing reaches the terminal.
 */
import { spawn } from "node:child_process";
import { delimiter, dirname, join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { PROJECT } from "./tree.ts";

export type Ran = { status: number; stdout: string; stderr: string };

export function runTool(root: string, tool: string, words: readonly string[]): Promise<Ran> {
  return runProgram(root, join(PROJECT, "node_modules/.bin", tool), words);
}

/** The last lines of what a program said, for an error about the program itself. */
export function lastWords({ status, stdout, stderr }: Ran): string {
  const said = `${stderr}\n${stdout}`.trim().split("\n").slice(-12).join("\n");
  return said === "" ? `it ended with status ${status} and said nothing` : said;
}

function runProgram(root: string, program: string, words: readonly string[]): Promise<Ran> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, words, {
      cwd: root,
      stdio: ["ignore", "pipe", "pipe"],
      env: {
        ...process.env,
        PATH: [dirname(process.execPath), process.env["PATH"]].join(delimiter),
        NO_COLOR: "1",
        FORCE_COLOR: undefined,
        // set by node:test for the files it runs: a runner inside would think that it is one of them
        NODE_TEST_CONTEXT: undefined,
      },
    });
    let stdout = "";
    let stderr = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
    child.on("error", reject);
    child.on("close", (status) =>
      // where CI is set some colour what they say all the same
      resolve({ status: status ?? 1, stdout: stripVTControlCharacters(stdout), stderr: stripVTControlCharacters(stderr) }),
    );
  });
}
