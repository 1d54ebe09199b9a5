/** What may be done with the lever of sign-up, given how it is set and what is chosen on the page? */
import type { OperatorSignUpAnswer, SignUpMode, SignUpSetting } from "#contract/wire.ts";

export type Wanted = Pick<SignUpSetting, "mode" | "lettersPerMinute">;
/** What the page offers for a slow registration before anybody typed something. */
export const FIRST_PACE = 10;

/** What would be asked of the server; `undefined` while the pace is no whole number from 1 to `mostPerMinute`. */
export function wantedOf(mode: SignUpMode, pace: string, mostPerMinute: number): Wanted | undefined {
  if (mode !== "slow") return { mode, lettersPerMinute: null };
  const lettersPerMinute = /^\d{1,5}$/.test(pace.trim()) ? Number(pace) : 0;
  return lettersPerMinute >= 1 && lettersPerMinute <= mostPerMinute ? { mode, lettersPerMinute } : undefined;
}

export function isSame(one: Wanted, other: Wanted): boolean {
  return one.mode === other.mode && one.lettersPerMinute === other.lettersPerMinute;
}

/** How it was before the newest change; `undefined` when there was none. */
export function before({ changes }: OperatorSignUpAnswer): Wanted | undefined {
  if (changes.length === 0) return undefined;
  const [, last] = changes;
  return last === undefined ? { mode: "open", lettersPerMinute: null } : { mode: last.mode, lettersPerMinute: last.lettersPerMinute };
}
