/**
 * A hundred thousand hostile sign-ups name five thousand victims: what reaches the victims, and who else gets in? In fast motion,
 * with the real line, the real limits and nothing else: ten minutes of attack, 1,000 networks, one newcomer every two seconds.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { HOUR_MS, SECOND_MS } from "#kit/time.ts";
import { join, giveBack, newLine, setCapacity, take, type Source, type Standing } from "#line/line.ts";
import { checkQuota, type RecentLetter } from "./quota.ts";
import { recipientKey } from "./recipient.ts";
import { brakeOf, newUnproven, noteEntered, noteNotSent, noteSent, paceOf, unprovenView, type Sent } from "./unproven.ts";

const START = 1_800_000_000_000;
const BUDGET = 6_000;
const RATE = 50;
const [ATTEMPTS, VICTIMS, NETWORKS, ATTACK_S, WORLD_S] = [100_000, 5_000, 1_000, 600, 1_200];
const CONFIRMS_AFTER_S = 40;

type Applicant = { standing: Standing; network: number; address: string; honest: boolean; came: number; again: number };

test("no victim gets more than two letters an hour, all together get the budget at most, and newcomers get in meanwhile", () => {
  const line = newLine(7, 0);
  const unproven = newUnproven(START);
  const letters = new Map<string, RecentLetter[]>();
  const entering: { at: number; sentAt: number; letter: Sent }[] = [];
  const waits: number[] = [];
  let waiting: Applicant[] = [];
  let [attempts, honestCame, sentToVictims, honestSent] = [0, 0, 0, 0];

  for (let second = 0; second < WORLD_S; second += 1) {
    const [now, mono] = [START + second * SECOND_MS, second * SECOND_MS];
    for (; (entering[0]?.at ?? Infinity) <= now; entering.shift()) {
      const { letter, sentAt } = entering[0] as (typeof entering)[number];
      noteEntered(unproven, letter, now, sentAt);
    }
    setCapacity(line, mono, Math.min(RATE, paceOf(unproven, BUDGET, now)));
    const came: [number, string, boolean][] = [];
    for (let nth = 0; second < ATTACK_S && nth < Math.ceil(ATTEMPTS / ATTACK_S) && attempts < ATTEMPTS; nth += 1, attempts += 1)
      came.push([attempts % NETWORKS, spelling(attempts % VICTIMS, attempts), false]);
    if (second % 2 === 0) came.push([100_000 + honestCame, `newcomer-${honestCame++}@gmail.com`, true]);
    for (const [network, address, honest] of came)
      waiting.push({ standing: join(line, mono, source(network)).standing, network, address, honest, came: second, again: second });

    const still: Applicant[] = [];
    for (const one of waiting) {
      if (one.again > second) {
        still.push(one);
        continue;
      }
      const looked = take(line, mono, one.standing, source(one.network), false);
      one.standing = looked.standing;
      if (!looked.turn) {
        still.push({ ...one, again: second + 4 });
        continue;
      }
      const letter: Sent = { source: cell(one.network), domain: cell(7), kind: "large" };
      const brake = brakeOf(unproven, letter, BUDGET, now);
      if (brake === undefined) noteSent(unproven, letter, now);
      const key = recipientKey(one.address);
      const recent = (letters.get(key) ?? []).filter(({ createdAt }) => createdAt > now - HOUR_MS);
      const ordered = brake === undefined && checkQuota(recent, false, now).ok;
      if (brake === undefined && !ordered) noteNotSent(unproven, letter, now, now);
      if (!ordered) {
        giveBack(line);
        // whoever is held up comes again with a new place; a victim's limit ends the attempt
        if (brake !== undefined) still.push({ ...one, standing: join(line, mono, source(one.network)).standing, again: second + 10 });
        continue;
      }
      letters.set(key, [...recent, { createdAt: now, knownDevice: false }]);
      if (!one.honest) sentToVictims += 1;
      else {
        honestSent += 1;
        waits.push(second - one.came);
        if (honestSent % 10 !== 0) entering.push({ at: now + CONFIRMS_AFTER_S * SECOND_MS, sentAt: now, letter });
      }
    }
    // the attackers lose interest in what does not come through
    waiting = still.filter(({ honest, came: since }) => honest || second - since < 120);
  }

  const most = Math.max(...[...letters.values()].map((all) => all.length));
  const sorted = waits.toSorted((one, other) => one - other);
  const [p50, p95] = [sorted[Math.floor(sorted.length / 2)] ?? 0, sorted[Math.floor(sorted.length * 0.95)] ?? 0];
  const told = `${sentToVictims} letters to victims, ${honestSent} of ${honestCame} newcomers, waits p50 ${p50} s, p95 ${p95} s`;
  assert.equal(attempts, ATTEMPTS);
  assert.ok(most <= 2, `${most} letters to one mailbox`);
  assert.ok(sentToVictims <= BUDGET + honestSent, told);
  assert.ok(honestSent >= honestCame - 30, told);
  assert.ok(p50 <= 15 && p95 <= 60, told);
  assert.ok(unprovenView(unproven, BUDGET, START + ATTACK_S * SECOND_MS).alarm, "and the operator hears of it");
});

/** The same mailbox in ever new spellings. */
function spelling(victim: number, nth: number): string {
  return nth % 2 === 0 ? `victim${victim}+${nth}@gmail.com` : `v.ictim${victim}@googlemail.com`;
}

function source(network: number): Source {
  const bytes = Buffer.alloc(8);
  bytes.writeUInt32BE(Math.imul(network + 1, 0x9e3779b1) >>> 0, 0);
  bytes.writeUInt32BE(Math.imul(network + 1, 0x85ebca6b) >>> 0, 4);
  return new Uint8Array(bytes);
}

function cell(number: number): number {
  return Math.imul(number + 1, 0x9e3779b1) & 0xffffff;
}
