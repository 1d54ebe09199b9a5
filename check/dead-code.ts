/** Is there a file, export or package that nobody uses? Asks knip (knip.jsonc). */
import { join } from "node:path";
import type { Answer, Gate } from "./gate.ts";
import { lastWords, runTool } from "./tool.ts";
import { PROJECT } from "./tree.ts";

export const deadCode: Gate = {
  name: "dead code",
  asks: "Is there a file, export or package that nobody uses? (knip)",
  async look(root) {
    const reporter = join(PROJECT, "check/knip-reporter.ts");
    const ran = await runTool(root, "knip", ["--no-progress", "--no-config-hints", "--reporter", reporter]);
    try {
      return JSON.parse(ran.stdout) as Answer;
    } catch {
      throw new Error(lastWords(ran));
    }
  },
};
