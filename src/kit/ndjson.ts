/**
 * How do two of our processes talk over a socket? One JSON value per line.
 * Pure framing; the sockets themselves belong to the modules that own them.
 */

/** One value as a line, newline included. */
export function toLine(value: unknown): string {
  return `${JSON.stringify(value)}\n`;
}

/**
 * Collects chunks and hands out whole lines, parsed.
 * Throws a RangeError when a line grows past `limitBytes` characters and a SyntaxError on a line that is not JSON;
 * the caller then closes the connection.
 */
export function createLineReader(limitBytes = 4 * 1024 * 1024): (chunk: string) => unknown[] {
  let rest = "";
  return (chunk) => {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop() ?? "";
    if (rest.length > limitBytes) throw new RangeError("a line on a control socket is too long");
    return lines.filter((line) => line !== "").map((line) => JSON.parse(line) as unknown);
  };
}
