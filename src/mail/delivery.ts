/** Where do letters go? To the operator's relays, or without any into the built-in mailbox, which is rows in our own database. */
import { isIP } from "node:net";
import type { Clock } from "#kit/time.ts";
import type { Pool } from "#store/store.ts";
import { CONNECTIONS } from "./core/limits.ts";
import type { RelayAddress } from "./core/relay-url.ts";
import { readSender, writeLetter } from "./letter.ts";
import { messageMaker } from "./message-template.ts";
import type { Delivery } from "./parts.ts";
import { createRelay } from "./smtp.ts";
import { insertMailboxLetter } from "./store.ts";

export function relayDelivery(address: RelayAddress, parts: { clock: Clock; mailFrom: string; publicUrl: string }): Delivery {
  const sender = readSender(parts.mailFrom);
  const makeMessage = messageMaker(parts.publicUrl, sender);
  const relay = createRelay(address, { clock: parts.clock, clientName: clientName(parts.publicUrl) });
  return {
    key: address.key,
    server: { host: address.host, port: address.port },
    connections: address.connections,
    async attempt(letter, signal, onContent) {
      const message = await makeMessage(letter);
      return relay.send({ from: sender.address, to: letter.address }, message, signal, onContent);
    },
    probe: (signal) => relay.probe(sender.address, signal),
    close: () => relay.close(),
  };
}

export function mailboxDelivery(parts: { sql: Pool; publicUrl: string }): Delivery {
  return {
    key: "mailbox",
    server: null,
    connections: CONNECTIONS,
    async attempt(letter) {
      const written = writeLetter(letter, parts.publicUrl);
      await insertMailboxLetter(parts.sql, letter.id, { ...written, recipient: letter.address, createdAt: letter.createdAt });
      return { tag: "taken" };
    },
    probe: async () => ({ tag: "taken" }),
    close() {},
  };
}

/** For a relay's URL that nobody can use: everything waits, and mail is told as failing. */
export function noDelivery(): Delivery {
  const unreachable = async () => ({ tag: "no-reply", stage: "connecting", reason: "unreachable" }) as const;
  return { key: "nowhere", server: null, connections: 1, attempt: unreachable, probe: unreachable, close() {} };
}

/** How we introduce ourselves. Relays look askance at a name without a dot; then the library's own choice is better. */
export function clientName(publicUrl: string): string | undefined {
  const { hostname } = new URL(publicUrl);
  return hostname.includes(".") && isIP(hostname) === 0 ? hostname : undefined;
}
