/** Do the types agree, in the server and in the web app? Asks the native TypeScript compiler. */
import { existsSync, realpathSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import type { Finding, Gate } from "./gate.ts";
import { lastWords, runTool } from "./tool.ts";
import { filesBelow } from "./tree.ts";

const PROJECTS = ["tsconfig.json", "web/tsconfig.json"];

export const types: Gate = {
  name: "types",
  asks: "Do the types agree, in the server and in the web app? (tsc)",
  async look(root) {
    const seen = new Set<string>();
    const findings: Finding[] = [];
    for (const project of PROJECTS.filter((path) => existsSync(join(root, path)))) {
      const ran = await runTool(root, "tsc", ["-p", project, "--listFiles", "--pretty", "false"]);
      const found = [...ran.stdout.matchAll(/^(\S[^(\n]*)\((\d+),\d+\): error (TS\d+): (.*)$/gm)];
      for (const [, path = "", line, rule = "", sentence = ""] of found) {
        findings.push({ rule, path, line: Number(line), sentence });
      }
      if (ran.status !== 0 && found.length === 0) throw new Error(lastWords(ran));
      for (const line of ran.stdout.split("\n")) {
        const path = relative(realpathSync(root), resolve(line.trim()));
        if (/\.tsx?$/.test(path) && !path.startsWith("..") && !path.includes("node_modules/")) seen.add(path);
      }
    }
    // a file outside of every tsconfig would be checked by nobody
    for (const path of filesBelow(root, ["src", "test", "check", "bench", "drill", "web"], /\.tsx?$/)) {
      if (!seen.has(path)) findings.push({ rule: "unseen", path, sentence: `no tsconfig includes it (${PROJECTS.join(", ")})` });
    }
    return { files: seen.size, findings };
  },
};
