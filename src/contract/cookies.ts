/**
 * Which cookies are there, and with which attributes? One table for the door and the app.
 * All are `__Host-`: Secure, Path=/, no Domain. Browsers count http://localhost as secure.
 */
import { withoutBlanks } from "#kit/blanks.ts";

export const COOKIES = {
  /** Random, 32 bytes; binds challenge, place and envelope to one browser. Minted by the door, rotated at confirm and sign-in. */
  browser: "__Host-holdfast-browser",
  /** The session's secret; its SHA-256 is in the database. 30 days sliding. */
  session: "__Host-holdfast-session",
  /** The member pass: buys a lane in the door and authorises nothing. 24 hours, renewed. */
  pass: "__Host-holdfast-pass",
  /** Says that this account signed in on this device before. 1 year. */
  device: "__Host-holdfast-device",
  /** What a newcomer without script typed while waiting, so that nothing typed is lost. One hour. */
  draft: "__Host-holdfast-draft",
  /** The newest place in the line, then that a letter was sent for it: buys a lane in the door and nothing else. One hour. */
  place: "__Host-holdfast-place",
  /** The language that was chosen in this browser, for the small pages and the chat. 1 year. */
  language: "__Host-holdfast-language",
} as const;

export type CookieName = (typeof COOKIES)[keyof typeof COOKIES];

/** A Set-Cookie line. `maxAgeSeconds` 0 removes the cookie. `value` must already be cookie-safe (base64url). */
export function setCookie(name: CookieName, value: string, maxAgeSeconds: number): string {
  return `${name}=${value}; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=${Math.floor(maxAgeSeconds)}`;
}

/** The first cookie of that name in a Cookie header, or `undefined`. Looks at no more than 8,192 characters. */
export function readCookie(header: string | undefined, name: CookieName): string | undefined {
  return readCookies(header)[name];
}

/**
 * All cookies of ours, the first of each name; one pass over no more than 8,192 characters, and none where there is none of ours.
 * Only spaces and tabs are passed over (RFC 6265): with `trim` a name that begins with another blank would count as ours, and
 * browsers let a neighbouring site set such a name.
 */
export function readCookies(header: string | undefined): { readonly [name in CookieName]?: string } {
  if (header === undefined || !header.includes(PREFIX)) return NONE;
  const found: { [name in CookieName]?: string } = {};
  for (const pair of header.slice(0, 8_192).split(";")) {
    const at = pair.indexOf("=");
    const name = at > 0 ? withoutBlanks(pair.slice(0, at)) : "";
    if (NAMES.has(name)) found[name as CookieName] ??= withoutBlanks(pair.slice(at + 1));
  }
  return found;
}

const PREFIX = "__Host-holdfast-";
const NAMES: ReadonlySet<string> = new Set(Object.values(COOKIES));
const NONE = Object.freeze({});
