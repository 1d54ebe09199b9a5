/** Is every file formatted? Asks oxfmt (.oxfmtrc.json). */
import type { Gate } from "./gate.ts";
import { lastWords, runTool } from "./tool.ts";

export const format: Gate = {
  name: "format",
  asks: "Is every file formatted? (oxfmt)",
  advice: "npm run fmt",
  async look(root) {
    const ran = await runTool(root, "oxfmt", ["--check", "."]);
    const files = Number(/ on (\d+) files? using/.exec(ran.stdout)?.[1] ?? 0);
    const paths = [...ran.stdout.matchAll(/^(\S.*) \(\d+ms\)$/gm)].map((match) => match[1] ?? "");
    if (files === 0 || (ran.status !== 0 && paths.length === 0)) throw new Error(lastWords(ran));
    return { files, findings: paths.map((path) => ({ rule: "format", path, sentence: "is not formatted" })) };
  },
};
