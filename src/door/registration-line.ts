/**
 * Who may ask for a letter now? Challenge, place and turn: signed tokens that the browser keeps, and one line that keeps
 * nothing per place. A turn is used up once; SQL's unique place id is the last arbiter.
 */
import type { Outcome } from "#kit/outcome.ts";
import type { ChallengeAnswer, PlaceAnswer } from "#contract/wire.ts";

export type RegistrationLine = {
  challenge(browserSecret: string): ChallengeAnswer;
  place(challenge: string, browserSecret: string, prefix: string): Outcome<PlaceAnswer, { tag: "challenge-expired" }>;
  /** Asks whether the turn has come; also the heartbeat. The answer's `place` replaces the one before. */
  turn(place: string, browserSecret: string, prefix: string): Outcome<PlaceAnswer, { tag: "place-expired" }>;
  /** Uses the turn up. `giveBack` when no letter came of it. `place-spent`: a letter was ordered with this place already. */
  take(place: string, browserSecret: string, prefix: string): Outcome<Taken, TakeRefusal>;
};
export type Taken = { placeId: Uint8Array; giveBack(): void };
export type TakeRefusal = { tag: "place-expired" } | { tag: "place-spent" } | { tag: "not-your-turn"; place: PlaceAnswer };
