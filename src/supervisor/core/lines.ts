/**
 * How do the lines of the terminal look? Pure: words and a width in, text out. Colour and cursor belong to terminal.ts.
 * Links are never cut and never broken by us, so that they can be clicked and copied at any width.
 */

export type Column = { mark: string; name: string; text: string; seconds?: number };

const NAME_WIDTH = 16;
const BAR_WIDTH = 20;

/** "  ✓ Database        PostgreSQL 18" with the seconds behind it when there are any to speak of. */
export function stepLine({ mark, name, text, seconds = 0 }: Column): string {
  const took = seconds >= 1 ? `${text === "" ? "" : "  "}${secondsText(seconds)}` : "";
  return `  ${mark} ${name.padEnd(NAME_WIDTH)}${text}${took}`.trimEnd();
}

/** A line that is drawn again and again: cut to the width, because a line that wraps can't be drawn over. */
export function liveLine(column: Column, columns: number): string {
  const line = stepLine(column);
  return line.length < columns ? line : `${line.slice(0, Math.max(1, columns - 2))}…`;
}

/** Links with their names: beside them when every line fits, else each on a line of its own. */
export function linkLines(links: readonly { name: string; url: string }[], columns: number): string[] {
  const beside = links.map(({ name, url }) => `    ${name.padEnd(NAME_WIDTH)}${url}`);
  if (beside.every((line) => line.length <= columns)) return beside;
  return links.flatMap(({ name, url }, index) => [...(index === 0 ? [] : [""]), `    ${name}`, `    ${url}`]);
}

/** Words broken at spaces, each line behind `indent`. */
export function wrapped(text: string, columns: number, indent = ""): string[] {
  const width = Math.max(20, columns - indent.length);
  return text.split("\n").flatMap((paragraph) => {
    // what is laid out already (an indented example) stays as it is
    if (paragraph.startsWith("  ") || paragraph.length <= width) return [indent + paragraph];
    const lines: string[] = [];
    let line = "";
    for (const word of paragraph.split(" ")) {
      if (line !== "" && line.length + 1 + word.length > width) {
        lines.push(indent + line);
        line = word;
      } else {
        line = line === "" ? word : `${line} ${word}`;
      }
    }
    return [...lines, indent + line];
  });
}

export function secondsText(seconds: number): string {
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  return `${Math.floor(seconds / 60)} min ${Math.floor(seconds % 60)} s`;
}

export function bytesText(bytes: number): string {
  if (bytes < 1_000) return `${bytes} bytes`;
  const units = ["kB", "MB", "GB", "TB"];
  let value = bytes / 1_000;
  let at = 0;
  for (; value >= 999.5 && at < units.length - 1; at += 1) value /= 1_000;
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ${units[at]}`;
}

/** "█████░░░░░  41 %  262 of 639 MB  12 MB/s". */
export function barText(bytes: number, totalBytes: number, bytesPerSecond: number | null = null): string {
  const share = totalBytes > 0 ? Math.min(1, bytes / totalBytes) : 0;
  const full = Math.round(share * BAR_WIDTH);
  const speed = bytesPerSecond === null ? "" : `  ${bytesText(bytesPerSecond)}/s`;
  return `${"█".repeat(full)}${"░".repeat(BAR_WIDTH - full)} ${String(Math.floor(share * 100)).padStart(3)} %  ${bytesText(bytes)} of ${bytesText(totalBytes)}${speed}`;
}
