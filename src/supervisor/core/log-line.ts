/**
 * What does a line that a part wrote mean? Parts write JSON by pino; whatever else comes (a stack trace, a library's
 * shout) is kept as a text. The log file gets every line as JSON; the terminal gets warnings in words.
 */

export type LogLine = {
  part: string;
  /** pino's numbers: 30 is info, 40 a warning, 50 an error. */
  level: number;
  text: string;
  /** For the file, one line without its end. */
  json: string;
};

export const WARNING = 40;
const LIMIT = 16_000;

/** Reads one line of a part's error output. `undefined` for an empty one. */
export function readLogLine(part: string, line: string, now: number): LogLine | undefined {
  if (line.trim() === "") return undefined;
  const parsed = parse(line);
  if (parsed === undefined) {
    const level = 30;
    const text = line.slice(0, LIMIT);
    return { part, level, text, json: JSON.stringify({ level, time: now, part, msg: text }) };
  }
  const level = typeof parsed["level"] === "number" ? parsed["level"] : 30;
  const error = parsed["err"] as { message?: unknown } | undefined;
  const because = typeof error?.message === "string" && error.message !== "" ? ` (${error.message})` : "";
  const message = typeof parsed["msg"] === "string" ? parsed["msg"] : "";
  const json = JSON.stringify({ part, ...parsed });
  return {
    part,
    level,
    text: `${message}${because}`.replaceAll(/\p{Cc}+/gu, " ").slice(0, 500),
    json: json.length <= LIMIT ? json : JSON.stringify({ part, level, time: now, msg: message.slice(0, LIMIT / 2), cut: json.length }),
  };
}

function parse(line: string): Record<string, unknown> | undefined {
  if (!line.startsWith("{")) return undefined;
  try {
    const value = JSON.parse(line) as unknown;
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
