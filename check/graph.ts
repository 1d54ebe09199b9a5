/**
 * Do imports point the one way that .dependency-cruiser.mjs allows? Asks dependency-cruiser, and fails when it did not
 * see every file: with a parser that can't read TypeScript it sees none and is content.
 */
import type { Answer, Finding, Gate } from "./gate.ts";
import { lastWords, runTool } from "./tool.ts";
import { filesBelow } from "./tree.ts";

type Report = {
  modules: { source: string }[];
  summary: {
    violations: { from: string; to: string; rule: { name: string } }[];
    ruleSetUsed?: { forbidden?: { name: string; comment?: string }[] };
  };
};

const FOLDERS = ["src", "web", "test", "check", "bench", "drill"];

export const graph: Gate = {
  name: "graph",
  asks: "Do imports point the way that .dependency-cruiser.mjs allows? (dependency-cruiser)",
  look: cruise,
};

async function cruise(root: string): Promise<Answer> {
  const files = filesBelow(root, FOLDERS, /\.tsx?$/);
  const folders = FOLDERS.filter((folder) => files.some((path) => path.startsWith(`${folder}/`)));
  const ran = await runTool(root, "depcruise", ["--config", ".dependency-cruiser.mjs", "--output-type", "json", ...folders]);
  const report = readReport(ran.stdout);
  if (report === undefined) throw new Error(lastWords(ran));
  const comments = new Map(report.summary.ruleSetUsed?.forbidden?.map(({ name, comment }) => [name, comment ?? ""]));
  const findings: Finding[] = report.summary.violations.map(({ from, to, rule }) => ({
    rule: rule.name,
    path: from,
    sentence: `imports ${to}. ${comments.get(rule.name) ?? ""}`.trim(),
  }));
  const seen = new Set(report.modules.map(({ source }) => source));
  const unseen = files.filter((path) => !seen.has(path) && !path.endsWith(".d.ts"));
  findings.push(...unseen.map((path) => ({ rule: "unseen", path, sentence: "dependency-cruiser did not see it" })));
  return { files: files.length - unseen.length, findings };
}

function readReport(text: string): Report | undefined {
  try {
    return JSON.parse(text) as Report;
  } catch {
    return undefined;
  }
}
