/**
 * Where may a request go? To a destination that was configured or found, at an address below its base URL; a redirect
 * is followed for downloads only. Pure: names are resolved and addresses dialled elsewhere.
 */
import type { AddressKind } from "./address.ts";

export type Destination = {
  /** Shown to people: "sent to <name>". */
  name: string;
  baseUrl: string;
  /** Sent along and never shown, stored or logged. */
  headers: Readonly<Record<string, string>>;
  redirects: "never" | "download";
};

export const MAX_REDIRECTS = 5;

/** The address of `path` at the destination; `undefined` when it would leave the base URL. */
export function targetUrl(destination: Destination, path: string): URL | undefined {
  const base = URL.parse(destination.baseUrl);
  if (base === null || !/^https?:$/.test(base.protocol) || !path.startsWith("/")) return undefined;
  const root = base.pathname.replace(/\/+$/, "");
  const url = URL.parse(base.origin + root + path);
  if (url === null || url.origin !== base.origin || !(url.pathname === root || url.pathname.startsWith(`${root}/`))) return undefined;
  return url;
}

/** The host of a URL without the brackets of IPv6. */
export function bareHost(url: URL): string {
  return url.hostname.replace(/^\[|\]$/g, "");
}

/** Where a redirect leads, when it may be followed: https, or the same origin on this machine. */
export function redirectUrl(from: URL, location: string | null, fromKind: AddressKind): URL | undefined {
  const to = location === null ? null : URL.parse(location, from);
  if (to === null || to.username !== "" || to.password !== "") return undefined;
  if (to.protocol === "https:") return to;
  return to.origin === from.origin && fromKind === "loopback" ? to : undefined;
}

/** May a connection be made to an address of this kind? `start` is the kind of the first hop's address. */
export function mayConnect(kind: AddressKind, start: AddressKind | null): boolean {
  if (kind === "forbidden") return false;
  // what the operator configured may be anywhere; a redirect must not lead from outside to the inside
  return start === null || kind === "public" || kind === start;
}

/** What the ledger keeps of an address: a redirect's query is the other side's ticket, so it is starred. */
export function shownUrl(url: URL, redirected: boolean): string {
  const shown = new URL(url);
  shown.username = "";
  shown.password = "";
  shown.hash = "";
  if (redirected && shown.search !== "") shown.search = "?***";
  return shown.href;
}
