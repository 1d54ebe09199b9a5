/** For how long does the door wait for somebody who has a connection and says nothing? Until a first head is there, and between two requests. */
import { SECOND_MS } from "#kit/time.ts";

/** From the first moment of the connection; for later heads from their first byte. */
export const HEAD_WITHIN_MS = 10 * SECOND_MS;
/** A proxy must be the one that closes (Caddy: after 2 minutes), or a request could meet a connection that is just closing. */
const IDLE_MS = { usual: 10 * SECOND_MS, proven: 75 * SECOND_MS, behindProxy: 150 * SECOND_MS };

/** `isProven`: a pass was shown there last. */
export function idleMs(behindProxy: boolean, isProven: boolean): number {
  return behindProxy ? IDLE_MS.behindProxy : isProven ? IDLE_MS.proven : IDLE_MS.usual;
}
