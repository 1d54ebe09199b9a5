/**
 * How does a test get a real identity module? Real PostgreSQL, a real hasher process, keys that can be rotated, a clock that
 * can be moved, and the mail module with its built-in mailbox.
 */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { pino } from "pino";
import { systemDice } from "#kit/dice.ts";
import { systemClock } from "#kit/time.ts";
import { createHashLine, createIdentity, type Ended, type Visitor } from "#identity/identity.ts";
import type { Way } from "#contract/wire.ts";
import type { IdentityKeys } from "#identity/parts.ts";
import { createDomainGuard, createMail, type DomainGuard, type Mail } from "#mail/mail.ts";
import { testDatabase } from "./database.ts";
import { startHasher } from "./hasher.ts";
import { keyRing, until } from "./mail.ts";
import { codeIn } from "./people.ts";

export const GOOD_PASSWORD = "plover-marigold-27-lantern";

const EVERY_DOMAIN = createDomainGuard({ clock: systemClock, disposable: "allow", checkDomains: false });

type Afterwards = { after(work: () => unknown): unknown };

export async function startIdentity(t: Afterwards, { domains = EVERY_DOMAIN }: { domains?: DomainGuard } = {}) {
  // what is told first is done first: nobody works while the database goes
  const running: Pick<Mail, "stop">[] = [];
  t.after(() => Promise.all(running.map((mail) => mail.stop())));
  const sql = await testDatabase(t);
  const hasher = await startHasher(t);
  const hashLine = createHashLine({ sockets: [hasher.socket], clock: systemClock });
  t.after(() => hashLine.stop());
  const codes = new Set<string>();
  const ended: Ended[] = [];
  const keyed = keyRing();
  const world = {
    now: Date.UTC(2026, 10, 24, 12),
    /** Which root keys are current and previous. */
    get ring() {
      return keyed.ring.order;
    },
    set ring(order: number[]) {
      keyed.ring.order = order;
    },
  };
  const { of } = keyed;
  const keys = (): IdentityKeys => ({ envelope: of("envelope"), code: of("code"), pass: of("pass"), device: of("device") });
  const shared = { sql, clock: { ...systemClock, now: () => world.now }, dice: systemDice, log: pino({ level: "silent" }) };
  const office = createMail({
    ...shared,
    keys: () => ({ letter: of("letter"), recipient: of("recipient") }),
    smtpUrl: null,
    mailFrom: "Holdfast <codes@localhost>",
    publicUrl: "http://localhost:8480",
    lettersPerSecond: 1_000,
  });
  running.push(office);
  await office.start();
  const identity = createIdentity({ ...shared, keys, mail: office, domains, hashLine, onEnded: (what) => ended.push(what) });
  return {
    sql,
    identity,
    world,
    keys,
    ended,
    /** Asks for a letter and reads it. */
    async letterFor(address: string, visitor: Visitor, way: Way = "sign-up"): Promise<{ envelope: string; code: string }> {
      const answer = await identity.requestLetter({ placeId: randomBytes(16), address, language: "en", way, visitor });
      assert.ok(answer.ok, "the letter was ordered");
      let code: string | undefined;
      await until("the letter is in the mailbox", async () => {
        const letters = (await office.readMailbox()).filter(({ recipient }) => recipient.toLowerCase() === address.toLowerCase());
        code = letters.map(({ text }) => codeIn(text)).find((found) => found !== undefined && !codes.has(found));
        return code !== undefined;
      });
      codes.add(code ?? "");
      return { envelope: answer.value.envelope, code: code ?? "" };
    },
  };
}

export function visitor(secret: string | undefined = randomBytes(32).toString("base64url")): Visitor {
  return {
    browserSecret: secret,
    deviceToken: undefined,
    userAgent: "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
  };
}
