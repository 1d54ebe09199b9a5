/**
 * Do imports point the one way that .dependency-cruiser.mjs allows? Asks dependency-cruiser, and fails when it did not
 * see every file and every import: with a parser that can't read TypeScript it sees little and is content.
 */
import { isBuiltin } from "node:module";
import { parseSync } from "oxc-parser";
import type { Answer, Finding, Gate } from "./gate.ts";
import { lastWords, runTool } from "./tool.ts";
import { filesBelow, readText } from "./tree.ts";

type Report = {
  modules: { source: string; dependencies: { module: string }[] }[];
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
  const seen = new Map(report.modules.map(({ source, dependencies }) => [source, new Set(dependencies.map(({ module }) => module))]));
  for (const path of files.filter((file) => !file.endsWith(".d.ts"))) {
    const imports = seen.get(path);
    const missed = imports === undefined ? [] : importsOf(path, readText(root, path)).filter((name) => !imports.has(name));
    if (imports === undefined) findings.push({ rule: "unseen", path, sentence: "dependency-cruiser did not see it" });
    findings.push(...missed.map((name) => ({ rule: "unseen", path, sentence: `dependency-cruiser did not see that it imports ${name}` })));
  }
  return { files: files.filter((path) => seen.has(path)).length, findings };
}

/** What a file imports or hands on of ours and of packages, read by another parser. */
function importsOf(path: string, text: string): string[] {
  const { module } = parseSync(path, text);
  const handedOn = module.staticExports.flatMap(({ entries }) => entries.map(({ moduleRequest }) => moduleRequest?.value));
  const names = [...module.staticImports.map(({ moduleRequest }) => moduleRequest.value), ...handedOn];
  return [...new Set(names.filter((name) => name !== undefined && !isBuiltin(name)))] as string[];
}

function readReport(text: string): Report | undefined {
  try {
    return JSON.parse(text) as Report;
  } catch {
    return undefined;
  }
}
