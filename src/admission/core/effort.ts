/**
 * How much computing is asked of strangers now? None in peace. Moved by AIMD as in Tor's proposal 327: one bit more while those
 * who paid are still refused, a third less work while nobody is. So it settles at the least that tells people from a flood.
 * It is asked, never demanded: whoever doesn't compute waits.
 */

/** What is asked first, about a hundredth of a second of a slow phone; less than this is not worth asking. */
const FIRST_BITS = 10;
const STEP_MS = 1_000;
/** So long nobody was refused before less is asked. */
const CALM_MS = 5_000;
/** log2(2/3). */
const LESS_BITS = 0.585;
/** While only those who paid nothing are refused, less might do: tried slowly. */
const EASE_BITS = 0.05;
/** So many refused in a second are more than chance. */
const SOME_REFUSED = 5;
const PAID_REFUSED_SHARE = 0.02;
/** Whoever paid this much less than is asked now was asked it a moment ago; still less counts as nothing. */
const SLACK_BITS = 4;
/** Hashes per second of a slow phone (a 2019 entry model, in the browser). */
const SLOW_PHONE_PER_SECOND = 100_000;
/** For somebody who would wait in line, computing is worth a tenth of the wait; shorter waits are not worth any. */
const WORTH = 0.1;
const SHORT_WAIT_SECONDS = 5;

export type Effort = {
  bits: number;
  /** From the line for letters alone, without AIMD: its wait follows too slowly to be steered by. */
  lineBits: number;
  sinceMs: number;
  calmMs: number;
  paidCame: number;
  paidRefused: number;
  otherRefused: number;
};

export function newEffort(): Effort {
  return { bits: 0, lineBits: 0, sinceMs: 0, calmMs: 0, paidCame: 0, paidRefused: 0, otherRefused: 0 };
}

/** Whole bits. */
export function askedNow(effort: Effort): number {
  return Math.max(Math.round(effort.bits), effort.lineBits);
}

/** Fails closed, without refusing: too little effort buys no better lane than none. */
export function isEnough(effort: Effort, paid: number): boolean {
  return paid >= 1 && paid >= askedNow(effort) - SLACK_BITS;
}

/** Tells of a stranger: paid enough or not, and refused for want of room or not. */
export function noteStranger(effort: Effort, paid: boolean, refused: boolean): void {
  if (paid) effort.paidCame += 1;
  if (paid && refused) effort.paidRefused += 1;
  if (!paid && refused) effort.otherRefused += 1;
}

export function adjustEffort(effort: Effort, elapsedMs: number, capBits: number, lineWaitSeconds: number): void {
  effort.lineBits = lineWaitSeconds >= SHORT_WAIT_SECONDS ? Math.min(capBits, bitsOfWait(lineWaitSeconds)) : 0;
  effort.sinceMs += elapsedMs;
  if (effort.sinceMs < STEP_MS) return;
  const { bits, sinceMs } = effort;
  const paidInVain = effort.paidRefused >= Math.max(1, PAID_REFUSED_SHARE * effort.paidCame);
  const othersInVain = effort.otherRefused >= SOME_REFUSED;
  effort.calmMs = paidInVain || othersInVain ? 0 : effort.calmMs + sinceMs;
  if (paidInVain || (othersInVain && bits === 0)) effort.bits = Math.min(capBits, Math.max(FIRST_BITS, bits + 1));
  else if (othersInVain) effort.bits = Math.max(Math.min(capBits, FIRST_BITS), bits - EASE_BITS);
  else if (effort.calmMs >= CALM_MS) effort.bits = bits - LESS_BITS < FIRST_BITS ? 0 : bits - LESS_BITS;
  effort.sinceMs = 0;
  effort.paidCame = 0;
  effort.paidRefused = 0;
  effort.otherRefused = 0;
}

function bitsOfWait(seconds: number): number {
  return Math.floor(Math.log2(Math.min(Number.MAX_SAFE_INTEGER, SLOW_PHONE_PER_SECOND * WORTH * seconds)));
}
