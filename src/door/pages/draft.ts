/**
 * What does a newcomer without script take along while waiting? Which way they came, what was typed and the newest token, in a cookie of
 * their own browser. Nothing in it is believed: tokens are checked by whoever minted them, the address is only shown and mailed.
 */
import { COOKIES, readCookie, setCookie } from "#contract/cookies.ts";
import { LIMITS } from "#contract/schemas.ts";
import { WAYS, type Way } from "#contract/wire.ts";

export type Draft = { way: Way; address: string } & ({ place: string } | { envelope: string; expiresAt: number });

const DRAFT_SECONDS = 60 * 60;
const DRAFT_CHARS = 3_600;

export function readDraft(cookieHeader: string | undefined): Draft | undefined {
  const value = readCookie(cookieHeader, COOKIES.draft);
  if (value === undefined || value.length > DRAFT_CHARS) return undefined;
  const fields = parse(Buffer.from(value, "base64url").toString("utf8"));
  const [address, place, envelope] = [fields["address"], fields["place"], fields["envelope"]];
  if (typeof address !== "string" || address.length > LIMITS.addressChars) return undefined;
  const way = WAYS.find((one) => one === fields["way"]) ?? "sign-up";
  if (typeof envelope === "string") return { way, address, envelope, expiresAt: Number(fields["expiresAt"]) || 0 };
  return typeof place === "string" ? { way, address, place } : undefined;
}

/** The Set-Cookie line that keeps it for an hour. */
export function keepDraft(draft: Draft): string {
  return setCookie(COOKIES.draft, Buffer.from(JSON.stringify(draft)).toString("base64url"), DRAFT_SECONDS);
}

function parse(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
