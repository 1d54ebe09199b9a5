/**
 * How does a test get a real identity module? Real PostgreSQL, a real hasher process, keys that can be rotated, a clock that
 * can be moved, and a drawer in which the letters land.
 */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { pino } from "pino";
import { systemDice } from "#kit/dice.ts";
import { derivePurposeKey, type Purpose, type PurposeKeys } from "#kit/seal.ts";
import { systemClock } from "#kit/time.ts";
import { createHashLine, createIdentity, type Epoch, type Visitor } from "#identity/identity.ts";
import type { IdentityKeys, LetterOffice } from "#identity/parts.ts";
import type { Pool } from "#store/store.ts";
import { testDatabase } from "./database.ts";
import { startHasher } from "./hasher.ts";

export const GOOD_PASSWORD = "plover-marigold-27-lantern";

type Afterwards = { after(work: () => unknown): unknown };

export async function startIdentity(t: Afterwards) {
  const sql = await testDatabase(t);
  const hasher = await startHasher(t);
  const hashLine = createHashLine({ sockets: [hasher.socket], clock: systemClock });
  t.after(() => hashLine.stop());
  const roots = [1, 2, 3].map((id) => ({ id, secret: randomBytes(32) }));
  const letters = new Map<string, string>();
  const revoked: Epoch[] = [];
  const world = {
    now: Date.UTC(2026, 10, 24, 12),
    /** Which root keys are current and previous. */
    ring: [0] as number[],
  };
  const keys = (): IdentityKeys => {
    const of = (purpose: Purpose): PurposeKeys => {
      const [current, previous] = world.ring.map((at) => roots[at]);
      assert.ok(current);
      return {
        purpose,
        current: derivePurposeKey(current, purpose),
        ...(previous === undefined ? {} : { previous: derivePurposeKey(previous, purpose) }),
      };
    };
    return { envelope: of("envelope"), code: of("code"), pass: of("pass"), device: of("device") };
  };
  const identity = createIdentity({
    sql,
    clock: { ...systemClock, now: () => world.now },
    dice: systemDice,
    keys,
    mail: letterOffice(sql, letters),
    hashLine,
    log: pino({ level: "silent" }),
    onRevoked: (epoch) => revoked.push(epoch),
  });
  return {
    sql,
    identity,
    world,
    keys,
    revoked,
    /** Asks for a letter and reads it. */
    async letterFor(address: string, visitor: Visitor): Promise<{ envelope: string; code: string }> {
      const answer = await identity.requestLetter({ placeId: randomBytes(16), address, language: "en", visitor });
      assert.ok(answer.ok);
      return { envelope: answer.value.envelope, code: letters.get(address.toLowerCase()) ?? "" };
    },
  };
}

export function visitor(secret: string | undefined = randomBytes(32).toString("base64url")): Visitor {
  return { browserSecret: secret, deviceToken: undefined, userAgent: "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0" };
}

/** What the mail module does for identity, without a courier: rows in the outbox, letters in a drawer. */
function letterOffice(sql: Pool, letters: Map<string, string>): LetterOffice {
  return {
    async enqueueCode(letter) {
      const rows = await sql`
        insert into outbox (id, place_id, recipient_mac, state, known_device, tries_left, created_at, deadline_at, next_attempt_at)
        values (${letter.letterId}, ${letter.placeId}, 'x', 'relayed', ${letter.knownDevice}, 10, now(), now(), now())
        on conflict (place_id) do nothing returning 1`;
      if (rows.length === 0) return { ok: false, failure: { tag: "place-spent" } };
      letters.set(letter.address.toLowerCase(), letter.code);
      return { ok: true, value: { letterId: letter.letterId } };
    },
    async countTry(letterId) {
      const [row] = await sql<{ tries_left: number }[]>`
        update outbox set tries_left = tries_left - 1 where id = ${letterId} and tries_left > 0 and confirmed_at is null returning tries_left`;
      if (row !== undefined) return { tag: "counted", triesLeft: row.tries_left };
      const [left] = await sql<{ confirmed_at: Date | null }[]>`select confirmed_at from outbox where id = ${letterId}`;
      if (left === undefined) return { tag: "unknown" };
      return { tag: left.confirmed_at === null ? "exhausted" : "confirmed" };
    },
    async markConfirmed(tx, letterId) {
      const rows = await tx`update outbox set confirmed_at = now() where id = ${letterId} and confirmed_at is null returning 1`;
      return rows.length === 1;
    },
  };
}
