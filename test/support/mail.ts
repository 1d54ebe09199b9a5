/**
 * How does a test get a real mail module? Real PostgreSQL, keys that can be rotated, a clock that can be moved, a log that
 * can be read, and the relay that the test names (or the built-in mailbox).
 */
import { randomBytes, randomUUID } from "node:crypto";
import { pino } from "pino";
import { systemDice } from "#kit/dice.ts";
import { derivePurposeKey, type Purpose, type PurposeKeys } from "#kit/seal.ts";
import { MINUTE_MS, systemClock } from "#kit/time.ts";
import { createMail, type Mail, type MailParts } from "#mail/mail.ts";
import type { Pool } from "#store/store.ts";

type Afterwards = { after(work: () => Promise<void>): unknown };

/** Root keys and which of them are current and previous. */
export function keyRing(roots = [1, 2, 3].map((id) => ({ id, secret: new Uint8Array(randomBytes(32)) }))) {
  const ring = { order: [0] as number[] };
  const of = (purpose: Purpose): PurposeKeys => {
    const [current, previous] = ring.order.map((at) => derivePurposeKey(roots[at] ?? { id: 9, secret: new Uint8Array(32) }, purpose));
    if (current === undefined) throw new Error("a ring has a current key");
    return { purpose, current, ...(previous === undefined ? {} : { previous }) };
  };
  return { ring, of };
}

export type TestMail = Mail & {
  /** Orders a letter and returns its id, or the tag of the refusal. */
  order(address: string, more?: Partial<Parameters<Mail["enqueueCode"]>[0]>): Promise<string>;
  world: { aheadMs: number };
  keys: ReturnType<typeof keyRing>;
  logged: string[];
};

/** The courier does not run yet: `start` it. It stops after `t`. */
export function testMail(t: Afterwards, sql: Pool, more: Partial<MailParts> = {}, keys = keyRing()): TestMail {
  const world = { aheadMs: 0 };
  const logged: string[] = [];
  const mail = createMail({
    sql,
    clock: { ...systemClock, now: () => Date.now() + world.aheadMs },
    dice: systemDice,
    log: pino({ level: "debug" }, { write: (line: string) => void logged.push(line) }),
    keys: () => ({ letter: keys.of("letter"), recipient: keys.of("recipient") }),
    smtpUrl: null,
    mailFrom: "Holdfast <codes@chat.example.org>",
    publicUrl: "https://chat.example.org",
    lettersPerSecond: 1_000,
    ...more,
  });
  t.after(() => mail.stop());
  return {
    ...mail,
    world,
    keys,
    logged,
    async order(address, letter) {
      const asked = {
        placeId: randomBytes(16),
        letterId: randomUUID(),
        address,
        code: "ABCD-EFGH",
        language: "en" as const,
        way: "sign-up" as const,
        knownDevice: false,
      };
      const ordered = await mail.enqueueCode({ ...asked, expiresAt: Date.now() + world.aheadMs + 10 * MINUTE_MS, ...letter });
      return ordered.ok ? ordered.value.letterId : ordered.failure.tag;
    },
  };
}

/** Asks again until `true` (at most `limitMs`). */
export async function until(what: string, isSo: () => Promise<boolean> | boolean, limitMs = 10_000): Promise<void> {
  for (const end = Date.now() + limitMs; Date.now() < end;) {
    if (await isSo()) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`not within ${limitMs} ms: ${what}`);
}
