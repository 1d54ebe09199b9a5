/**
 * Where does a link in an answer lead, and may it be followed? Only http, https and mail addresses; everything else
 * (javascript:, data:, file: …) stays text. A link to somebody else names the host, so that words can't hide it. Pure.
 */

export type LinkTarget =
  | { kind: "own"; href: string }
  | { kind: "foreign"; href: string; host: string }
  | { kind: "mail"; href: string }
  | { kind: "inert" };

/** `origin` is this Holdfast's own, e.g. "https://holdfast.example". */
export function linkTarget(href: string, origin: string): LinkTarget {
  let url: URL;
  try {
    url = new URL(href, origin);
  } catch {
    return { kind: "inert" };
  }
  if (url.protocol === "mailto:") return { kind: "mail", href: url.href };
  if (url.protocol !== "http:" && url.protocol !== "https:") return { kind: "inert" };
  if (url.origin === origin) return { kind: "own", href: url.pathname + url.search + url.hash };
  // new URL has taken user:password@ apart; what is shown and followed is the real host, in ASCII
  url.username = "";
  url.password = "";
  return { kind: "foreign", href: url.href, host: url.host };
}

/** True when the words of a link already say its host, so that it need not be said twice. */
export function wordsNameHost(words: string, host: string): boolean {
  const said = words
    .trim()
    .toLowerCase()
    .replace(/^https?:\/\//, "");
  return said === host || said.startsWith(`${host}/`) || said.startsWith(`${host}?`) || said.startsWith(`${host}#`);
}
