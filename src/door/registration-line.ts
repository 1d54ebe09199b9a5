/**
 * Who may ask for a letter now? Challenge, place and turn: signed tokens that the browser keeps, and one line that keeps
 * nothing per place. A turn is used up once; SQL's unique place id is the last arbiter. Effort, where it is asked for, buys an
 * earlier place and is never a gate: whoever brings none waits.
 */
import { effortOf } from "#kit/effort.ts";
import type { Dice } from "#kit/dice.ts";
import { fail, succeed, type Outcome } from "#kit/outcome.ts";
import { keyedMac } from "#kit/seal.ts";
import type { Clock } from "#kit/time.ts";
import type { DoorPurpose, KeysOf } from "#contract/processes.ts";
import type { ChallengeAnswer, PlaceAnswer } from "#contract/wire.ts";
import type { Lane } from "#admission/admission.ts";
import * as lines from "#line/line.ts";
import { paidBits, wantedBits, weightOf } from "./core/effort-weight.ts";
import { isKnown } from "./core/facts.ts";
import { newReputation, noteConfirmed, noteGivenBack, noteOrdered, reputationOf } from "./core/reputation.ts";
import {
  CHALLENGE_ID_BYTES,
  CHALLENGE_LIFETIME_MS,
  minuteKeys,
  minuteOf,
  mintChallenge,
  mintPlace,
  openChallenge,
  openPlace,
  PLACE_ID_BYTES,
  renewedId,
  type Challenge,
  type Place,
} from "./core/place-token.ts";
import { emptySpentEffort, isUnspent, spendEffort } from "./core/spent-effort.ts";
import { emptySpent, isSpent, markSpent } from "./core/spent.ts";

export type RegistrationLine = {
  challenge(browserSecret: string): ChallengeAnswer;
  /** What the work for a challenge is worth that was not used yet, and whose it is. Uses nothing up. */
  worth(challenge: string, nonce: string): { id: Uint8Array; bits: number } | undefined;
  /** Takes a place. Never refused for want of effort: less than was asked for, used or wrong work counts for as little as it is. */
  place(asked: PlaceAsked, browserSecret: string, asker: Asker): Outcome<PlaceAnswer, { tag: "challenge-expired" }>;
  /** Asks whether the turn has come; also the heartbeat. The answer's `place` replaces the one before. */
  turn(place: string, browserSecret: string, asker: Asker): Outcome<PlaceAnswer, { tag: "place-expired" }>;
  /** Uses the turn up. `place-spent`: a letter was ordered with this place already. */
  take(place: string, browserSecret: string, asker: Asker): Outcome<Taken, TakeRefusal>;
  /** A letter that was ordered from this network led to an account: that makes its name. */
  confirmed(prefix: string): void;
};
/** From which network somebody asks, and in which lane: a device from which somebody has signed in before is known. */
export type Asker = { prefix: string; facts: { lane: Lane } };
/** `nonce`: the work done for the challenge. `place`: one that this browser holds already, and that the work shall move ahead. */
export type PlaceAsked = { challenge: string; nonce?: string | undefined; place?: string | undefined };
export type Taken = {
  placeId: Uint8Array;
  /** Bits that the place was paid for with. */
  effort: number;
  /** No letter came of it: somebody else gets the turn. The place is good for another try, unless the app knew it as spent. */
  giveBack(problemCode?: string): void;
};
export type TakeRefusal = { tag: "place-expired" } | { tag: "place-spent" } | { tag: "not-your-turn"; place: PlaceAnswer };

type From = { prefix: string; source: lines.Source; known: boolean };

export type RegistrationLineParts = {
  line: lines.Line;
  clock: Clock;
  dice: Dice;
  /** The keys as they are now: they change when the operator rotates them. */
  keys: () => KeysOf<Extract<DoorPurpose, "challenge" | "place" | "bucket">>;
  /** Letters per second; null while it is unknown: then the line stands still. */
  lettersPerSecond: () => number | null;
  /** Leading zero bits that a newcomer's work should have now; 0 in peace. */
  effort: () => number;
};

/** How often to ask: a quarter of the least that is to be waited, so that nobody is late by much and few ask often. */
/** A device from which somebody has signed in stands as well as the best network. */
const KNOWN = 2;
const ASK_SECONDS = { least: 1, most: 30, standing: 5, outside: 15 };

export function createRegistrationLine(parts: RegistrationLineParts): RegistrationLine {
  const { line, clock, dice } = parts;
  const spent = emptySpent(clock.monotonic());
  const spentEffort = emptySpentEffort();
  const reputation = newReputation(clock.monotonic());
  const seeds = minuteKeys();

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
    const effort = { paid: place.effort, wanted: wantedBits(parts.effort()) };
    return {
      place: token,
      turn,
      ...(wait === undefined ? {} : { wait }),
      ...(effort.paid + effort.wanted === 0 ? {} : { effort }),
      retryAfterSeconds,
    };
  }

  /** The bits that `nonce` pays; the cheap looks come first. Work counts once. */
  function paidWith(challenge: Challenge, token: string, nonce: string | undefined): number {
    if (nonce === undefined || challenge.effort === 0) return 0;
    const paid = paidBits(effortOf(token, nonce), challenge.effort);
    return paid > 0 && spendEffort(spentEffort, minuteOf(challenge.issuedAt), challenge.id) ? paid : 0;
  }

  const from = ({ prefix, facts }: Asker): From => ({ prefix, source: sourceOf(prefix), known: isKnown(facts.lane) });
  const weighs = ({ effort }: Pick<Place, "effort">, { source, known }: From) =>
    lines.weigh(weightOf(effort), known ? KNOWN : reputationOf(reputation, clock.monotonic(), source));
  type Fresh = Pick<Place, "id" | "effort" | "renewed">;
  const newPlace = (effort: number): Fresh => ({ id: dice.bytes(PLACE_ID_BYTES), effort, renewed: false });

  function join(now: number, browserSecret: string, here: From, fresh: Fresh): PlaceAnswer {
    const looked = lines.join(line, now, here.source, weighs(fresh, here));
    return answer(browserSecret, { ...fresh, standing: looked.standing, prefix: here.prefix }, looked);
  }

  /** Instead of a place that is used up, or that the bitmap takes for it: a new one, never a refusal. Effort stays paid once. */
  function renew(now: number, browserSecret: string, here: From, place: Place): PlaceAnswer {
    const id = renewedId(place.id);
    const keeps = place.effort > 0 && !place.renewed && !isSpent(spent, now, id);
    return join(now, browserSecret, here, keeps ? { id, effort: place.effort, renewed: true } : newPlace(0));
  }

  /** A place that is held already, moved ahead by `paid` bits: it stays the same one, and stands at the earlier of both ends. */
  function moveAhead(now: number, browserSecret: string, here: From, held: Place, paid: number): PlaceAnswer {
    const kept = lines.look(line, now, held.standing, here.source, here.prefix !== held.prefix, weighs(held, here));
    const place = after(held, kept, here.prefix);
    if (kept.turn || paid <= held.effort) return answer(browserSecret, place, kept);
    const moved = { ...place, effort: paid };
    const fresh = lines.join(line, now, here.source, weighs(moved, here));
    return (fresh.standing.tag?.tick ?? Number.POSITIVE_INFINITY) < (kept.standing.tag?.tick ?? Number.POSITIVE_INFINITY)
      ? answer(browserSecret, { ...moved, standing: fresh.standing, prefix: here.prefix }, fresh)
      : answer(browserSecret, moved, kept);
  }

  /** The place as it is after `looked`: who got a new standing, got it for the network of now. */
  function after(place: Place, looked: lines.Look, prefix: string): Place {
    const kept = looked.standing === place.standing;
    return { ...place, standing: looked.standing, prefix: kept ? place.prefix : prefix };
  }

  return {
    challenge() {
      const issuedAt = clock.now();
      const effort = wantedBits(parts.effort());
      const challenge = mintChallenge(seeds, parts.keys().challenge, { id: dice.bytes(CHALLENGE_ID_BYTES), issuedAt, effort });
      return { challenge, effort, expiresAt: issuedAt + CHALLENGE_LIFETIME_MS };
    },
    worth(token, nonce) {
      const challenge = openChallenge(seeds, parts.keys().challenge, clock.now(), token);
      if (challenge === undefined || challenge.effort === 0) return undefined;
      const bits = paidBits(effortOf(token, nonce), challenge.effort);
      return bits > 0 && isUnspent(spentEffort, minuteOf(challenge.issuedAt), challenge.id) ? { id: challenge.id, bits } : undefined;
    },
    place(asked, browserSecret, asker) {
      const challenge = openChallenge(seeds, parts.keys().challenge, clock.now(), asked.challenge);
      if (challenge === undefined) return fail({ tag: "challenge-expired" });
      const paid = paidWith(challenge, asked.challenge, asked.nonce);
      const now = present();
      const held = asked.place === undefined ? undefined : openPlace(parts.keys().place, clock.now(), browserSecret, asked.place);
      if (held === undefined || isSpent(spent, now, held.id)) return succeed(join(now, browserSecret, from(asker), newPlace(paid)));
      return succeed(moveAhead(now, browserSecret, from(asker), held, paid));
    },
    turn(token, browserSecret, asker) {
      const place = openPlace(parts.keys().place, clock.now(), browserSecret, token);
      if (place === undefined) return fail({ tag: "place-expired" });
      const [now, here] = [present(), from(asker)];
      // used up, or taken for it by the bitmap: a new place, never a refusal
      if (isSpent(spent, now, place.id)) return succeed(renew(now, browserSecret, here, place));
      const looked = lines.look(line, now, place.standing, here.source, here.prefix !== place.prefix, weighs(place, here));
      return succeed(answer(browserSecret, after(place, looked, here.prefix), looked));
    },
    take(token, browserSecret, asker) {
      const place = openPlace(parts.keys().place, clock.now(), browserSecret, token);
      if (place === undefined) return fail({ tag: "place-expired" });
      const now = present();
      if (isSpent(spent, now, place.id)) return fail({ tag: "place-spent" });
      const here = from(asker);
      const looked = lines.take(line, now, place.standing, here.source, here.prefix !== place.prefix, weighs(place, here));
      if (!looked.turn) return fail({ tag: "not-your-turn", place: answer(browserSecret, after(place, looked, here.prefix), looked) });
      const unmark = markSpent(spent, now, place.id);
      noteOrdered(reputation, now, here.source);
      let given = false;
      const giveBack = (problemCode?: string) => {
        if (given) return;
        given = true;
        // a door that began anew has forgotten which places are spent; the app has not
        if (problemCode !== "place-spent") unmark();
        noteGivenBack(reputation, clock.monotonic(), here.source);
        lines.giveBack(line);
      };
      return succeed({ placeId: place.id, effort: place.effort, giveBack });
    },
    confirmed: (prefix) => noteConfirmed(reputation, clock.monotonic(), sourceOf(prefix)),
  };
}

function askAgain(lowSeconds: number | undefined, outside: boolean): number {
  if (outside) return ASK_SECONDS.outside;
  if (lowSeconds === undefined) return ASK_SECONDS.standing;
  return Math.min(ASK_SECONDS.most, Math.max(ASK_SECONDS.least, Math.floor(lowSeconds / 4)));
}
