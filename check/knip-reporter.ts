/** How does knip tell its gate how many files it looked at? Its own JSON reporter leaves that number out. */
import { relative } from "node:path";
import type { ReporterOptions } from "knip";
import type { Answer, Finding } from "./gate.ts";

const SENTENCES: Partial<Record<keyof ReporterOptions["issues"], (symbol: string) => string>> = {
  files: () => "nothing uses this file",
  exports: (symbol) => `nothing imports \`${symbol}\``,
  types: (symbol) => `nothing imports the type \`${symbol}\``,
  dependencies: (symbol) => `nothing uses the package ${symbol}`,
  devDependencies: (symbol) => `nothing uses the package ${symbol}`,
  unlisted: (symbol) => `uses ${symbol}, which package.json does not list`,
  unresolved: (symbol) => `imports ${symbol}, which is nowhere`,
  binaries: (symbol) => `runs ${symbol}, which no package brings`,
  duplicates: (symbol) => `exports the same thing twice: ${symbol}`,
};

export default function report({ issues, counters, cwd, write }: ReporterOptions): void {
  const findings: Finding[] = [];
  for (const [type, records] of Object.entries(issues)) {
    for (const issue of Object.values(records).flatMap((ofFile) => Object.values(ofFile))) {
      const sentence = SENTENCES[issue.type]?.(issue.symbol) ?? `${type}: ${issue.symbol}`;
      const line = issue.line === undefined ? {} : { line: issue.line };
      findings.push({ rule: type, path: relative(cwd, issue.filePath), ...line, sentence });
    }
  }
  write?.(JSON.stringify({ files: counters.total, findings } satisfies Answer));
}
