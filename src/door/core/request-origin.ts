/** Did one of our own pages ask, and does a person look at the answer? Decided from what only a browser sets. */
import type { IncomingHttpHeaders } from "node:http";

/** True for a change that another site's page started. Programs send neither header and are not concerned. */
export function isForeign(method: string, headers: IncomingHttpHeaders, ownOrigin: string): boolean {
  if (method === "GET" || method === "HEAD") return false;
  const { origin } = headers;
  const site = headers["sec-fetch-site"];
  return (origin !== undefined && origin !== ownOrigin) || (site !== undefined && site !== "same-origin" && site !== "none");
}

export function isForm(headers: IncomingHttpHeaders): boolean {
  return /^application\/x-www-form-urlencoded\s*(?:;|$)/i.test(headers["content-type"] ?? "");
}

/** A form, or a link that was followed: JSON is not what a person wants to see. */
export function wantsPage(headers: IncomingHttpHeaders): boolean {
  return (
    isForm(headers) ||
    (!/^application\/json\b/i.test(headers["content-type"] ?? "") && /(?:^|,)\s*text\/html\b/i.test(headers.accept ?? ""))
  );
}

/** This machine by a name other than the public one: there the browser has none of our cookies, and forms would be foreign. */
export function isOtherLoopback(host: string | undefined, publicUrl: string): boolean {
  const names = /^(?:localhost|127\.0\.0\.1|\[::1\])$/;
  const [asked, own] = [(host ?? "").replace(/:\d+$/, ""), new URL(publicUrl).hostname];
  return names.test(asked) && names.test(own) && asked !== own;
}
