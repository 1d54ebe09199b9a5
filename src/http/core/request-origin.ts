/** Did one of our own pages ask, and does the asker want a page back? Decided from what only a browser sets. */

/** True for a change that another site's page started. Programs send neither header and are not concerned. */
export function isForeign(method: string, headers: Headers, ownOrigin: string): boolean {
  if (method === "GET" || method === "HEAD") return false;
  const [origin, site] = [headers.get("origin"), headers.get("sec-fetch-site")];
  return (origin !== null && origin !== ownOrigin) || (site !== null && site !== "same-origin" && site !== "none");
}

/** True when a person follows a link: JSON is not what they want to see. */
export function wantsPage(method: string, headers: Headers): boolean {
  return method === "GET" && /(?:^|,)\s*text\/html\b/i.test(headers.get("accept") ?? "");
}
