/**
 * With which headers does a small page go out? A policy that allows our own files and nothing inline.
 * `same-origin` as referrer policy: with `no-referrer` browsers send forms with Origin "null", which the door refuses.
 */
import type { DoorAnswer } from "../door-request.ts";

const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "worker-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join("; ");

const PAGE_HEADERS = {
  "content-type": "text/html; charset=utf-8",
  "cache-control": "no-store",
  "content-security-policy": POLICY,
  "referrer-policy": "same-origin",
  "x-content-type-options": "nosniff",
  "cross-origin-opener-policy": "same-origin",
  vary: "Cookie, Accept-Language",
} as const;

export function pageAnswer(status: number, page: string, headers: Record<string, string | string[]> = {}): DoorAnswer {
  return { status, headers: { ...PAGE_HEADERS, ...headers }, body: page };
}

/** Sends the browser on to `path` by GET. */
export function goTo(path: string, cookies: string[] = []): DoorAnswer {
  return { status: 303, headers: { location: path, "cache-control": "no-store", "set-cookie": cookies }, body: "" };
}
