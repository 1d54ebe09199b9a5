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
  return `${beginning(mark, name)}${text}${took}`.trimEnd();
}

/** The same, broken at spaces where the terminal is narrower; what is broken stays in its column. */
export function stepLines(column: Column, columns: number): string[] {
  const line = stepLine(column);
  if (line.length <= columns) return [line];
  const lead = beginning(column.mark, column.name);
  const [first = "", ...rest] = wrapped(line.slice(lead.length), columns, " ".repeat(lead.length));
  return [lead + first.trimStart(), ...rest];
}

function beginning(mark: string, name: string): string {
  return `  ${mark} ${name.padEnd(NAME_WIDTH - 2)}  `;
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

/** Words broken at spaces, each line behind `indent`; a paragraph that begins with a column of its own is continued below its second one. */
export function wrapped(text: string, columns: number, indent = ""): string[] {
  const width = Math.max(20, columns - indent.length);
  return text.split("\n").flatMap((paragraph) => {
    if (paragraph.length <= width) return [(indent + paragraph).trimEnd()];
    const lead = /^ *(?:→ |\S+ {2,})?/.exec(paragraph)?.[0] ?? "";
    const below = " ".repeat(Math.min(lead.length, Math.floor(width / 2)));
    const lines: string[] = [];
    let line = lead;
    let empty = true;
    for (const word of paragraph.slice(lead.length).split(" ")) {
      if (!empty && line.length + 1 + word.length > width) {
        lines.push(indent + line);
        line = below + word;
      } else {
        line = empty ? line + word : `${line} ${word}`;
      }
      empty = false;
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
