/** Does the code keep the rules of .oxlintrc.json? Asks oxlint, with types from tsgolint. */
import type { Gate } from "./gate.ts";
import { lastWords, runTool } from "./tool.ts";

type Report = {
  number_of_files: number;
  diagnostics: { message: string; code?: string; filename: string; labels: { span: { line: number } }[] }[];
};

export const lint: Gate = {
  name: "lint",
  asks: "Does the code keep the rules of .oxlintrc.json? (oxlint, with types)",
  async look(root) {
    const ran = await runTool(root, "oxlint", ["--deny-warnings", "--format", "json", "."]);
    const report = readReport(ran.stdout);
    if (report === undefined) throw new Error(lastWords(ran));
    const findings = report.diagnostics.map(({ message, code, filename, labels }) => {
      const line = labels[0]?.span.line;
      return { rule: code ?? "lint", path: filename, ...(line === undefined ? {} : { line }), sentence: message };
    });
    if (ran.status !== 0 && findings.length === 0) throw new Error(lastWords(ran));
    return { files: report.number_of_files, findings };
  },
};

function readReport(text: string): Report | undefined {
  try {
    return JSON.parse(text) as Report;
  } catch {
    return undefined;
  }
}
