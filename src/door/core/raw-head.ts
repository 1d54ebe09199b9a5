/**
 * What does the head of a request say, read cheaply from its bytes? Only what nobody could read differently: every line in the
 * strictest form, no name twice. Anything else is `undefined`: node's parser says what it is. Whoever is refused by this
 * reading was refused; nobody is let in by it (refuse-early.ts).
 */
import type { IncomingHttpHeaders } from "node:http";
import { withoutBlanks } from "#kit/blanks.ts";

export type RawHead = {
  method: string;
  url: string;
  /** Names in lower case. */
  headers: IncomingHttpHeaders;
  /** The other side will not ask again here, or can't. */
  closes: boolean;
  hasBody: boolean;
  /** Nothing of the request is still to come, and nothing came after it. */
  isWhole: boolean;
};

const LONGEST = 8 * 1024;
const FIRST = /^(GET|HEAD|POST|PATCH|DELETE) (\/[\x21-\x7e]*) HTTP\/1\.([01])$/;
const NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

export function readHead(chunk: Buffer): RawHead | undefined {
  const end = chunk.indexOf("\r\n\r\n", 0, "latin1");
  if (end < 0 || end > LONGEST) return undefined;
  const lines = chunk.toString("latin1", 0, end).split("\r\n");
  const first = FIRST.exec(lines[0] ?? "");
  if (first === null) return undefined;
  const headers: Record<string, string> = {};
  for (let at = 1; at < lines.length; at += 1) {
    const line = lines[at] ?? "";
    const colon = line.indexOf(":");
    const name = line.slice(0, Math.max(0, colon)).toLowerCase();
    const value = line.slice(colon + 1);
    if (!NAME.test(name) || !VALUE.test(value) || name in headers) return undefined;
    headers[name] = withoutBlanks(value);
  }
  const [, method = "", url = "", minor] = first;
  const { connection = "", "content-length": length = "0", "transfer-encoding": encoding } = headers;
  const hasBody = encoding !== undefined || length !== "0";
  const rest = chunk.length - end - 4;
  return {
    method,
    url,
    headers,
    closes: minor === "0" || /\b(?:close|upgrade)\b/i.test(connection),
    hasBody,
    isWhole: encoding === undefined && String(rest) === length,
  };
}
