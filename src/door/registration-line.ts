/**
 * Who may ask for a letter now? Challenge, place and turn: signed tokens that the browser keeps, and one line that keeps
 * nothing per place. A turn is used up once; SQL's unique place id is the last arbiter.
 */
import type { Dice } from "#kit/dice.ts";
import { fail, succeed, type Outcome } from "#kit/outcome.ts";
import { keyedMac } from "#kit/seal.ts";
import type { Clock } from "#kit/time.ts";
import type { DoorPurpose, KeysOf } from "#contract/processes.ts";
import type { ChallengeAnswer, PlaceAnswer } from "#contract/wire.ts";
import * as lines from "#line/line.ts";
import { CHALLENGE_LIFETIME_MS, isChallenge, mintChallenge, mintPlace, openPlace, PLACE_ID_BYTES, type Place } from "./core/place-token.ts";
import { emptySpent, isSpent, markSpent } from "./core/spent.ts";

export type RegistrationLine = {
  challenge(browserSecret: string): ChallengeAnswer;
  place(challenge: string, browserSecret: string, prefix: string): Outcome<PlaceAnswer, { tag: "challenge-expired" }>;
  /** Asks whether the turn has come; also the heartbeat. The answer's `place` replaces the one before. */
  turn(place: string, browserSecret: string, prefix: string): Outcome<PlaceAnswer, { tag: "place-expired" }>;
  /** Uses the turn up. `place-spent`: a letter was ordered with this place already. */
  take(place: string, browserSecret: string, prefix: string): Outcome<Taken, TakeRefusal>;
};
export type Taken = {
  placeId: Uint8Array;
  /** No letter came of it: somebody else gets the turn. The place is good for another try, unless the app knew it as spent. */
  giveBack(problemCode?: string): void;
};
export type TakeRefusal = { tag: "place-expired" } | { tag: "place-spent" } | { tag: "not-your-turn"; place: PlaceAnswer };

export type RegistrationLineParts = {
  line: lines.Line;
  clock: Clock;
  dice: Dice;
  /** The keys as they are now: they change when the operator rotates them. */
  keys: () => KeysOf<Extract<DoorPurpose, "challenge" | "place" | "bucket">>;
  /** Letters per second; null while it is unknown: then the line stands still. */
  lettersPerSecond: () => number | null;
};

/** Registration costs nothing but waiting for now; later the challenge asks for effort under attack. */
const EFFORT = 0;
/** How often to ask: a quarter of the least that is to be waited, so that nobody is late by much and few ask often. */
const ASK_SECONDS = { least: 1, most: 30, standing: 5, outside: 15 };
const NONCE_BYTES = 16;

export function createRegistrationLine(parts: RegistrationLineParts): RegistrationLine {
  const { line, clock, dice } = parts;
  const spent = emptySpent(clock.monotonic());

  /** Monotonic now, with the capacity as the app told it last. */
  function present(): number {
    const now = clock.monotonic();
    const rate = parts.lettersPerSecond();
    if (rate !== line.calls.rate) lines.setCapacity(line, now, rate);
    return now;
  }

  const sourceOf = (prefix: string) => {
    const { bucket } = parts.keys();
    return keyedMac(bucket.current, "bucket", [prefix]).subarray(0, lines.SOURCE_BYTES);
  };

  function answer(browserSecret: string, place: Place, { turn, wait }: lines.Look): PlaceAnswer {
    const token = mintPlace(parts.keys().place, clock.now(), browserSecret, place);
    const retryAfterSeconds = turn ? 0 : askAgain(wait?.lowSeconds, place.standing.tag === null);
    return { place: token, turn, ...(wait === undefined ? {} : { wait }), retryAfterSeconds };
  }

  function join(now: number, browserSecret: string, prefix: string): PlaceAnswer {
    const looked = lines.join(line, now, sourceOf(prefix));
    return answer(browserSecret, { id: dice.bytes(PLACE_ID_BYTES), standing: looked.standing, prefix }, looked);
  }

  /** The place as it is after `looked`: who got a new standing, got it for the network of now. */
  function after(place: Place, looked: lines.Look, prefix: string): Place {
    const kept = looked.standing === place.standing;
    return { id: place.id, standing: looked.standing, prefix: kept ? place.prefix : prefix };
  }

  return {
    challenge() {
      const now = clock.now();
      const challenge = mintChallenge(parts.keys().challenge, now, dice.bytes(NONCE_BYTES));
      return { challenge, effort: EFFORT, expiresAt: now + CHALLENGE_LIFETIME_MS };
    },
    place(challenge, browserSecret, prefix) {
      if (!isChallenge(parts.keys().challenge, clock.now(), challenge)) return fail({ tag: "challenge-expired" });
      return succeed(join(present(), browserSecret, prefix));
    },
    turn(token, browserSecret, prefix) {
      const place = openPlace(parts.keys().place, clock.now(), browserSecret, token);
      if (place === undefined) return fail({ tag: "place-expired" });
      const now = present();
      // used up, or taken for it by the bitmap: a new place, never a refusal
      if (isSpent(spent, now, place.id)) return succeed(join(now, browserSecret, prefix));
      const looked = lines.look(line, now, place.standing, sourceOf(prefix), prefix !== place.prefix);
      return succeed(answer(browserSecret, after(place, looked, prefix), looked));
    },
    take(token, browserSecret, prefix) {
      const place = openPlace(parts.keys().place, clock.now(), browserSecret, token);
      if (place === undefined) return fail({ tag: "place-expired" });
      const now = present();
      if (isSpent(spent, now, place.id)) return fail({ tag: "place-spent" });
      const looked = lines.take(line, now, place.standing, sourceOf(prefix), prefix !== place.prefix);
      if (!looked.turn) return fail({ tag: "not-your-turn", place: answer(browserSecret, after(place, looked, prefix), looked) });
      const unmark = markSpent(spent, now, place.id);
      let given = false;
      const giveBack = (problemCode?: string) => {
        if (given) return;
        given = true;
        // a door that began anew has forgotten which places are spent; the app has not
        if (problemCode !== "place-spent") unmark();
        lines.giveBack(line);
      };
      return succeed({ placeId: place.id, giveBack });
    },
  };
}

function askAgain(lowSeconds: number | undefined, outside: boolean): number {
  if (outside) return ASK_SECONDS.outside;
  if (lowSeconds === undefined) return ASK_SECONDS.standing;
  return Math.min(ASK_SECONDS.most, Math.max(ASK_SECONDS.least, Math.floor(lowSeconds / 4)));
}
