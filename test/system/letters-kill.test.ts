/**
 * Is a letter lost, or sent more than once more for each time, when app and database are killed at any moment? People sign up all the time, by two
 * real mail servers that take their time; whoever was told that a code is on its way gets it.
 */
import assert from "node:assert/strict";
import { randomInt } from "node:crypto";
import { test } from "node:test";
import { startHoldfast } from "#support/holdfast.ts";
import { askForLetter, codeIn, GOOD_PASSWORD, openBrowser, pause } from "#support/people.ts";
import { startSmtpServer } from "#support/smtp-server.ts";

const KILLS = Number(process.env["HOLDFAST_TEST_KILLS"] ?? 6);
const VICTIMS = ["app", "postgres"] as const;
const PEOPLE_AT_ONCE = 6;
const COMES_WITHIN_MS = 60_000;

test(
  "whatever is killed, every letter that was promised comes, and again only after a kill, as the same letter by the same way",
  { timeout: 15 * 60_000 },
  async (t) => {
    const servers = await Promise.all([startSmtpServer(t), startSmtpServer(t)]);
    await Promise.all(servers.map((server) => server.fault({ kind: "slow", delayMs: 25 })));
    const holdfast = await startHoldfast(t, {
      env: { SMTP_URL: servers.map(({ url }) => url).join(" "), MAIL_FROM: "Holdfast <no-reply@example.org>" },
    });
    const read = async () =>
      (await Promise.all(servers.map((server) => server.letters()))).flatMap((letters, server) =>
        letters.map((letter) => ({ ...letter, server })),
      );
    const promised: string[] = [];
    let stopped = false;

    /** Signs up as one person after the other, and finishes each time as soon as the code is there. */
    async function people(nth: number): Promise<void> {
      for (let number = 0; !stopped; number += 1) {
        const address = `person-${nth}-${number}@example.org`;
        const browser = openBrowser(holdfast.url);
        const ordered = await askForLetter(browser, address).catch(() => undefined);
        if (ordered === undefined) {
          await pause(200);
          continue;
        }
        promised.push(address);
        for (const until = Date.now() + COMES_WITHIN_MS; Date.now() < until; await pause(100)) {
          const code = codeIn((await read()).find(({ to }) => to[0] === address)?.raw ?? "");
          if (code === undefined) continue;
          await browser.request("POST", "/sign-up/confirm", { envelope: ordered.envelope, code, password: GOOD_PASSWORD }).catch(() => {});
          break;
        }
      }
    }

    const crowd = Array.from({ length: PEOPLE_AT_ONCE }, (_, nth) => people(nth));
    for (let kill = 0; kill < KILLS; kill += 1) {
      await pause(randomInt(2_000, 6_000));
      const victim = VICTIMS[kill % VICTIMS.length] ?? "app";
      for (let pid; pid === undefined; await pause(50)) {
        pid = (await holdfast.pids())[victim];
        if (pid !== undefined) process.kill(pid, "SIGKILL");
      }
    }
    stopped = true;
    await Promise.all(crowd);

    const letters = await read();
    const copiesOf = (address: string) => letters.filter(({ to }) => to[0] === address);
    const twice = promised.filter((address) => copiesOf(address).length > 1);
    const more = letters.length - new Set(letters.map(({ to }) => to[0])).size;
    t.diagnostic(
      `${KILLS} kills, ${promised.length} letters promised, ${twice.length} of them came more than once, ${more} copies more in all`,
    );
    assert.ok(more <= KILLS, "a kill costs one copy at most");
    for (const address of promised) {
      const copies = copiesOf(address);
      assert.ok(copies.length >= 1, `${address} got no letter`);
      assert.equal(new Set(copies.map(({ raw, server }) => `${server} ${raw}`)).size, 1, "the same letter by the same way");
    }
    assert.ok(promised.length >= KILLS / 5, "people signed up while processes died");
  },
);
