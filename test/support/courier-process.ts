/** How is a courier killed in a test? As a mail module in a process of its own, with the database and relay that it is told. */
import { pino } from "pino";
import { systemDice } from "#kit/dice.ts";
import { systemClock } from "#kit/time.ts";
import { createMail } from "#mail/mail.ts";
import { openPool, type DatabaseAddress } from "#store/store.ts";
import { keyRing } from "./mail.ts";

export type CourierBoot = { address: DatabaseAddress; smtpUrl: string; rootSecretHex: string };

process.once("message", ({ address, smtpUrl, rootSecretHex }: CourierBoot) => {
  const keys = keyRing([{ id: 1, secret: new Uint8Array(Buffer.from(rootSecretHex, "hex")) }]);
  const mail = createMail({
    sql: openPool(address, { connections: 3, name: "courier" }),
    clock: systemClock,
    dice: systemDice,
    log: pino({ level: "silent" }),
    keys: () => ({ letter: keys.of("letter"), recipient: keys.of("recipient") }),
    smtpUrl,
    mailFrom: "Holdfast <codes@chat.example.org>",
    publicUrl: "https://chat.example.org",
    lettersPerSecond: 100,
  });
  void mail.start();
});
process.on("disconnect", () => process.exit(0));
