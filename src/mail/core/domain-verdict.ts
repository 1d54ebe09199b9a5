/**
 * What does the name servers' reply say about mail to a domain? Pure. Anything but a clear answer is `unknown`, and then the
 * letter goes out: the relay will see.
 */

export type DomainVerdict = "takes-mail" | "no-such-domain" | "takes-none" | "unknown";
/** `code` as node:dns names it: ENOTFOUND for a name that does not exist, ENODATA for one without such entries. */
export type Reply<Found> = { tag: "found"; found: readonly Found[] } | { tag: "none"; code: string };

/** Names that mean something only within the operator's own network or in manuals (RFC 2606, 6761, 6762, 7686, 8375): never asked for outside. */
const LOCAL_NAMES = "localhost test example local internal home.arpa onion alt example.com example.net example.org".split(" ");

export function isLocalName(domain: string): boolean {
  return LOCAL_NAMES.some((name) => domain === name || domain.endsWith(`.${name}`));
}

/** `undefined`: there is no MX, so the domain's own address counts. One entry with an empty name says that no mail is taken (RFC 7505). */
export function judgeExchanges(reply: Reply<{ exchange: string }>): DomainVerdict | undefined {
  if (reply.tag === "none") return reply.code === "ENODATA" ? undefined : judgeNone(reply.code);
  if (reply.found.length === 0) return undefined;
  return reply.found.some(({ exchange }) => exchange !== "" && exchange !== ".") ? "takes-mail" : "takes-none";
}

export function judgeAddresses(...replies: readonly Reply<unknown>[]): DomainVerdict {
  if (replies.some((reply) => reply.tag === "found" && reply.found.length > 0)) return "takes-mail";
  const clear = replies.every((reply) => reply.tag === "found" || reply.code === "ENODATA" || reply.code === "ENOTFOUND");
  return clear ? "takes-none" : "unknown";
}

function judgeNone(code: string): DomainVerdict {
  return code === "ENOTFOUND" ? "no-such-domain" : "unknown";
}
