/**
 * Would a letter get through? Asks every relay when an operator says so, without sending anything, and sends them one letter
 * through the relay that they name: to their own address only, a few an hour, one at a time.
 */
import type { Logger } from "pino";
import type { Dice } from "#kit/dice.ts";
import { fail, succeed, type Outcome } from "#kit/outcome.ts";
import { HOUR_MS, type Clock } from "#kit/time.ts";
import type { Account, Language, MailCheckAnswer, MailTestAnswer } from "#contract/wire.ts";
import { lettersEn } from "#contract/words/en/letters.ts";
import { lettersEs } from "#contract/words/es/letters.ts";
import { say } from "#contract/words/words.ts";
import { TEST_LETTERS_PER_HOUR } from "./core/limits.ts";
import { relayName, type RelayAddress } from "./core/relay-url.ts";
import { clientName } from "./delivery.ts";
import { readSender, toMessage } from "./letter.ts";
import { troubleOf, tryRelay } from "./relay-trial.ts";

export type TestLetters = {
  /** One look at a time: whoever asks meanwhile gets the same answer. */
  check(): Promise<MailCheckAnswer>;
  send(
    by: Pick<Account, "id" | "address" | "language">,
    server: string,
  ): Promise<Outcome<MailTestAnswer, { tag: "not-found" | "too-busy" } | { tag: "letter-limit"; retryAfterMs: number }>>;
};

const CATALOGUES = { en: lettersEn, es: lettersEs };

export function createTestLetters(parts: {
  clock: Clock;
  dice: Dice;
  log: Logger;
  relays: readonly RelayAddress[];
  mailFrom: string;
  publicUrl: string;
}): TestLetters {
  const { clock, dice, log, relays, publicUrl } = parts;
  const sender = readSender(parts.mailFrom);
  const trial = { clock, clientName: clientName(publicUrl) };
  /** By operator, of the last hour. */
  const sentAt = new Map<string, number[]>();
  let checking: Promise<MailCheckAnswer> | undefined;
  let sending = false;

  async function look(): Promise<MailCheckAnswer> {
    const ends = await Promise.all(
      relays.map((relay) => tryRelay(relay, trial, (session, signal) => session.probe(sender.address, signal))),
    );
    return { servers: ends.map((end, at) => ({ name: relayName(at), trouble: troubleOf(end) })) };
  }

  function lastHourOf(id: string): number[] {
    for (const [who, times] of sentAt) {
      const recent = times.filter((at) => clock.monotonic() - at < HOUR_MS);
      if (recent.length === 0) sentAt.delete(who);
      else sentAt.set(who, recent);
    }
    return sentAt.get(id) ?? [];
  }

  async function sendNow(relay: RelayAddress, server: string, by: Pick<Account, "address" | "language">): Promise<MailTestAnswer> {
    const letter = { id: dice.uuid(), address: by.address, language: by.language, createdAt: clock.now() };
    const message = await toMessage(letter, writeTestLetter(by.language, server, publicUrl), sender);
    const from = clock.monotonic();
    const envelope = { from: sender.address, to: by.address };
    const end = await tryRelay(relay, trial, (session, signal) => session.send(envelope, message, signal));
    return { server, tookMs: Math.round(clock.monotonic() - from), trouble: troubleOf(end) };
  }

  return {
    check: () => (checking ??= look().finally(() => (checking = undefined))),
    async send(by, server) {
      const relay = relays.find((_, at) => relayName(at) === server);
      if (relay === undefined) return fail({ tag: "not-found" });
      const before = lastHourOf(by.id);
      const [oldest = 0] = before;
      if (before.length >= TEST_LETTERS_PER_HOUR) return fail({ tag: "letter-limit", retryAfterMs: oldest + HOUR_MS - clock.monotonic() });
      if (sending) return fail({ tag: "too-busy" });
      sending = true;
      sentAt.set(by.id, [...before, clock.monotonic()]);
      try {
        const answer = await sendNow(relay, server, by);
        log.info({ relay: server, accountId: by.id, why: answer.trouble?.word ?? "accepted" }, "an operator had a test letter sent");
        return succeed(answer);
      } finally {
        sending = false;
      }
    },
  };
}

function writeTestLetter(language: Language, server: string, publicUrl: string) {
  const words = (key: keyof typeof lettersEn) => say(CATALOGUES[language], language, key, { host: new URL(publicUrl).host, server });
  return { subject: words("test.subject"), text: `${words("test.text")}\n\n${words("test.why")}\n` };
}
