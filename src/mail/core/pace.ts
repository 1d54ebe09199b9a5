/**
 * How many letters may go out right now, so that the relay gets no more in a second than the operator said it takes?
 * A token bucket that holds at most one second's worth.
 */
export type Pace = { tokens: number; at: number };

export function freshPace(lettersPerSecond: number, now: number): Pace {
  return { tokens: Math.max(1, lettersPerSecond), at: now };
}

/** `now` is monotonic, in milliseconds. */
export function refill(pace: Pace, lettersPerSecond: number, now: number): Pace {
  const gained = (Math.max(0, now - pace.at) / 1_000) * lettersPerSecond;
  return { tokens: Math.min(Math.max(1, lettersPerSecond), pace.tokens + gained), at: now };
}

/** How long until a whole letter may go. */
export function nextTokenMs(pace: Pace, lettersPerSecond: number): number {
  return pace.tokens >= 1 ? 0 : Math.ceil(((1 - pace.tokens) / lettersPerSecond) * 1_000);
}
