/**
 * How does somebody show that they worked, before the door reads what they send? With POST /sign-up/place: the challenge and the
 * nonce that are in the body, with a dot between. Buys the lane for those who worked; without it the place costs no more.
 */

export const EFFORT_HEADER = "holdfast-effort";

export function effortHeader(challenge: string, nonce: string): string {
  return `${challenge}.${nonce}`;
}

/** `undefined` when it is not of that shape. */
export function readEffortHeader(value: string | undefined): { challenge: string; nonce: string } | undefined {
  const at = value === undefined || value.length > 1_024 ? -1 : value.indexOf(".");
  return value === undefined || at < 0 ? undefined : { challenge: value.slice(0, at), nonce: value.slice(at + 1) };
}
