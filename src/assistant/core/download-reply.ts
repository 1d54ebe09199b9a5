/**
 * What does the hub's answer mean for a download? From status and headers, given where we are in the file. Pure.
 * Whether the bytes are the right ones is the checksum's to say, not the hub's.
 */

export type HubReply = { status: number; contentRange: string | null; contentLength: string | null; retryAfter: string | null };
export type Meaning =
  /** The body goes on at this byte: 0 when the hub sends the whole file anew. */
  | { kind: "bytes"; from: number }
  /** What we have can't be gone on from. */
  | { kind: "start-over" }
  | { kind: "again"; afterMs: number | null }
  | { kind: "refused" }
  /** It is another file: its size is not the expected one. */
  | { kind: "damaged" };

const LATER = new Set([408, 425, 429, 500, 502, 503, 504]);

export function meaningOfReply(reply: HubReply, asked: { from: number; totalBytes: number }): Meaning {
  if (reply.status === 200) {
    const length = wholeNumber(reply.contentLength);
    return length !== undefined && length !== asked.totalBytes ? { kind: "damaged" } : { kind: "bytes", from: 0 };
  }
  if (reply.status === 206) {
    const range = /^bytes (\d+)-(\d+)\/(\d+|\*)$/.exec(reply.contentRange ?? "");
    if (range === null) return { kind: "start-over" };
    if (range[3] !== "*" && Number(range[3]) !== asked.totalBytes) return { kind: "damaged" };
    return Number(range[1]) === asked.from ? { kind: "bytes", from: asked.from } : { kind: "start-over" };
  }
  if (reply.status === 416) return asked.from > 0 ? { kind: "start-over" } : { kind: "damaged" };
  if (LATER.has(reply.status)) {
    const seconds = wholeNumber(reply.retryAfter);
    return { kind: "again", afterMs: seconds === undefined ? null : seconds * 1_000 };
  }
  return { kind: "refused" };
}

/** Only a strong validator promises equal bytes; the weak ones can't be used for ranges (RFC 9110, 13.1.5). */
export function strongEtag(etag: string | null): string | null {
  return etag !== null && /^"[\x21\x23-\x7e]*"$/.test(etag) ? etag : null;
}

/** Where the models come from: the hub's address without a login, which becomes a header. `undefined`: no web address. */
export function hubAddress(hubUrl: string): { baseUrl: string; headers: Record<string, string> } | undefined {
  const url = URL.parse(hubUrl);
  if (url === null || !/^https?:$/.test(url.protocol)) return undefined;
  const headers: Record<string, string> = {};
  if (url.username !== "" || url.password !== "") {
    const login = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
    headers["authorization"] = `Basic ${Buffer.from(login).toString("base64")}`;
  }
  return { baseUrl: url.origin + url.pathname.replace(/\/+$/, ""), headers };
}

function wholeNumber(text: string | null): number | undefined {
  return text !== null && /^\d{1,15}$/.test(text.trim()) ? Number(text) : undefined;
}
