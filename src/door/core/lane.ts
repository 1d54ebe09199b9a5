/**
 * In which lane does a request travel? A pass of a member that was not revoked buys the member's lane; it authorises nothing.
 * Fails closed: while the revocations are not known, everybody is a stranger.
 */
import { openPass } from "#contract/tokens.ts";
import type { PurposeKeys } from "#kit/seal.ts";

export type Lane = "member" | "stranger";

/** `revoked` holds the lowest session epoch that still counts, by account; undefined while the app has not told. */
export function laneOf(keys: PurposeKeys, now: number, pass: string | undefined, revoked: ReadonlyMap<string, number> | undefined): Lane {
  if (pass === undefined || revoked === undefined) return "stranger";
  const opened = openPass(keys, now, pass);
  return opened !== undefined && opened.sessionEpoch >= (revoked.get(opened.accountId) ?? 0) ? "member" : "stranger";
}
