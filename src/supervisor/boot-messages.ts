/**
 * What is each process told when it starts? Made afresh at each start, so that a process that comes back gets the keys of now.
 * Each gets the subkeys of its own purposes only; the mailbox's token itself stays here and on the terminal.
 */
import { createHash } from "node:crypto";
import type { AppBoot, DoorBoot, HasherBoot, ModelBoot, Sabotage, Sockets } from "#contract/processes.ts";
import type { Dice } from "#kit/dice.ts";
import type { Config } from "#src/config.ts";
import type { DatabaseAddress } from "#store/store.ts";
import { APP_PURPOSES, DOOR_PURPOSES, keysFor, type KeyRing } from "./key-ring.ts";

export type BootMessages = {
  door(): DoorBoot;
  app(offerFirstOperator: boolean): AppBoot;
  hasher(socket: string): HasherBoot;
  model(): ModelBoot;
  /** Opens the built-in mailbox page; `null` when it is closed. */
  mailboxToken: string | null;
};

export function createBootMessages(parts: {
  config: Config;
  sockets: Sockets;
  database: DatabaseAddress;
  version: string;
  dice: Dice;
  keys: () => KeyRing;
  sabotage: Sabotage | null;
}): BootMessages {
  const { config, sockets, dice } = parts;
  const mailboxToken = config.mailbox ? Buffer.from(dice.bytes(16)).toString("base64url") : null;
  const shared = {
    kind: "boot",
    publicUrl: config.publicUrl,
    sockets,
    doorSecret: Buffer.from(dice.bytes(32)).toString("base64url"),
    logLevel: config.logLevel,
    version: parts.version,
  } as const;
  return {
    mailboxToken,
    door: () => ({
      ...shared,
      process: "door",
      listenHost: config.host,
      listenPort: config.port,
      trustedProxyHops: config.trustedProxyHops,
      minimumEffort: config.minimumEffort,
      metricsPort: config.metricsPort,
      keys: keysFor(parts.keys(), DOOR_PURPOSES),
      mailbox: config.mailbox,
      ...(parts.sabotage === null ? {} : { sabotage: parts.sabotage }),
    }),
    app: (offerFirstOperator) => ({
      ...shared,
      process: "app",
      dataDir: config.dataDir,
      database: parts.database,
      keys: keysFor(parts.keys(), APP_PURPOSES),
      smtpUrl: config.smtpUrl,
      mailFrom: config.mailFrom,
      mailboxTokenSha256: mailboxToken === null ? null : createHash("sha256").update(mailboxToken).digest("hex"),
      lettersPerSecond: config.lettersPerSecond,
      unprovenLettersPerHour: config.unprovenLettersPerHour,
      disposableDomains: config.disposableDomains,
      checkMailDomains: config.checkMailDomains,
      offerFirstOperator,
      model: config.model,
    }),
    hasher: (socket) => ({ kind: "boot", process: "hasher", socket }),
    model: () => ({ kind: "boot", process: "model", socket: sockets.model, threads: config.model.threads }),
  };
}
