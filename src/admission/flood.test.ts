/**
 * Do members notice nothing and do newcomers come in while strangers flood? A simulated machine, slower than the flood: a door
 * that serves one after the other, refusals too, and an app behind it that does the same. What waits there is what is measured.
 */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { seededDice } from "#kit/dice.ts";
import { decide, ended, measured, newAdmission, view, type AdmissionLimits, type Facts } from "./admission.ts";

type Traffic = {
  name: string;
  perSecond(now: number): number;
  fromMs: number;
  untilMs: number;
  /** The `index`th of its requests. */
  facts(index: number, askedBits: number): Facts;
};
type Tally = { came: number; admitted: number; waits: number[] };
type Machine = { doorWorkPerSecond: number; appWorkPerSecond: number };

const DOOR_MS_OF = { refuse: 0.5, answer: 1, handOn: 2 };
/** A password is hashed in a process of its own; the app looks up and writes. */
const APP_WORK = { nothing: 0, read: 2, write: 4, letter: 8, hash: 4, model: 64 };
const STEP_MS = 5;
const MEASURE_MS = 100;
const MEMBERS = 20;
const NETWORKS = 1_000;
/** Four times what it takes to serve the members. */
const MACHINE: Machine = { doorWorkPerSecond: 8_000, appWorkPerSecond: 4_000 };

const idOf = (name: string): Uint8Array => createHash("sha256").update(name).digest().subarray(0, 8);
const ids = new Map<string, Uint8Array>();
function id(name: string): Uint8Array {
  const known = ids.get(name) ?? idOf(name);
  ids.set(name, known);
  return known;
}

const members: Traffic = {
  name: "members",
  perSecond: () => 100,
  fromMs: 0,
  untilMs: Number.POSITIVE_INFINITY,
  facts: (index) => ({
    lane: "member",
    holder: id(`member ${index % MEMBERS}`),
    source: id(`home ${index % MEMBERS}`),
    cost: index % 10 === 0 ? "write" : "read",
    effort: 0,
  }),
};
/** One a second, each from another network, who pays what is asked. */
const newcomers: Traffic = {
  name: "newcomers",
  perSecond: () => 1,
  fromMs: 0,
  untilMs: Number.POSITIVE_INFINITY,
  facts: (index, askedBits) => ({
    lane: askedBits > 0 ? "effort" : "stranger",
    holder: null,
    source: id(`newcomer ${index}`),
    cost: index % 2 === 0 ? "nothing" : "letter",
    effort: askedBits,
  }),
};
/** The same without script, so without effort. */
const patient: Traffic = {
  ...newcomers,
  name: "patient",
  facts: (index) => ({ ...newcomers.facts(index, 0), source: id(`patient ${index}`) }),
};
/** The same out of the flooding networks. */
const insiders: Traffic = {
  ...newcomers,
  name: "insiders",
  facts: (index, askedBits) => ({ ...newcomers.facts(index, askedBits), source: id(`bot ${index % NETWORKS}`) }),
};
const flood = (perSecond: number, fromMs: number, untilMs: number, effort: (asked: number) => number = () => 0): Traffic => ({
  name: "flood",
  perSecond: () => perSecond,
  fromMs,
  untilMs,
  facts(index, asked) {
    const paid = effort(asked);
    return { lane: paid > 0 ? "effort" : "stranger", holder: null, source: id(`bot ${index % NETWORKS}`), cost: "letter", effort: paid };
  },
});

/** Lets everybody come and tells of each second; a wait is the time in the door's queue and in the app's. */
function live(
  traffics: Traffic[],
  forMs: number,
  {
    limits = {},
    machine = MACHINE,
    look = (facts) => facts,
  }: { limits?: Partial<AdmissionLimits>; machine?: Machine; look?: (facts: Facts) => Facts } = {},
) {
  const admission = newAdmission(0, limits);
  const dice = seededDice("flood");
  const seconds: { tallies: Map<string, Tally>; pressure: number; effort: number }[] = [];
  const came = new Map<string, number>();
  let doorBacklogMs = 0;
  let appBacklogMs = 0;
  let asked = 0;
  const inFlight: { until: number; facts: Facts; since: number }[] = [];
  const lags: number[] = [];
  let doorBusyMs = 0;
  for (let now = 0; now < forMs; now += STEP_MS) {
    if (now % 1_000 === 0) seconds.push({ tallies: new Map(), pressure: 0, effort: 0 });
    const second = seconds.at(-1);
    assert.ok(second);
    doorBusyMs += Math.min(STEP_MS, doorBacklogMs);
    doorBacklogMs = Math.max(0, doorBacklogMs - STEP_MS);
    appBacklogMs = Math.max(0, appBacklogMs - STEP_MS);
    const batch: { traffic: Traffic; facts: Facts }[] = [];
    for (const traffic of traffics) {
      if (now < traffic.fromMs || now >= traffic.untilMs) continue;
      const chance = dice.bytes(4).reduce((sum, byte) => sum * 256 + byte, 0) / 2 ** 32;
      const expected = (traffic.perSecond(now) * STEP_MS) / 1_000;
      const count = Math.floor(expected) + (chance < expected % 1 ? 1 : 0);
      for (let nth = 0; nth < count; nth += 1) {
        const index = came.get(traffic.name) ?? 0;
        came.set(traffic.name, index + 1);
        batch.push({ traffic, facts: look(traffic.facts(index, asked)) });
      }
    }
    // in no order that anybody could rely on
    batch.sort((one, other) => (one.facts.source[0] ?? 0) - (other.facts.source[0] ?? 0));
    for (const { traffic, facts } of batch) {
      const tally = second.tallies.get(traffic.name) ?? { came: 0, admitted: 0, waits: [] };
      second.tallies.set(traffic.name, tally);
      tally.came += 1;
      const isAdmitted = decide(admission, now, facts).tag === "admit";
      const work = !isAdmitted ? DOOR_MS_OF.refuse : facts.cost === "nothing" ? DOOR_MS_OF.answer : DOOR_MS_OF.handOn;
      doorBacklogMs += (work * 1_000) / machine.doorWorkPerSecond;
      if (!isAdmitted) continue;
      tally.admitted += 1;
      if (facts.cost !== "nothing") {
        appBacklogMs += (APP_WORK[facts.cost] * 1_000) / machine.appWorkPerSecond;
        inFlight.push({ until: now + doorBacklogMs + appBacklogMs, facts, since: now });
      }
      tally.waits.push(doorBacklogMs + (facts.cost === "nothing" ? 0 : appBacklogMs));
    }
    let firstByteMs: number | null = null;
    for (let at = inFlight.length - 1; at >= 0; at -= 1) {
      const one = inFlight[at];
      if (one === undefined || one.until > now) continue;
      inFlight.splice(at, 1);
      firstByteMs = Math.min(firstByteMs ?? Number.POSITIVE_INFINITY, now - one.since);
      ended(admission, now, one.facts, "success", now - one.since);
    }
    lags.push(doorBacklogMs);
    if (now % MEASURE_MS === 0) {
      const busyShare = doorBusyMs / MEASURE_MS;
      measured(admission, now, { lagMs: Math.min(...lags.splice(0)), busyShare, appInFlight: inFlight.length, appWaitMs: firstByteMs });
      doorBusyMs = 0;
      const seen = view(admission, now);
      asked = seen.effort;
      second.pressure = Math.max(second.pressure, seen.pressure);
      second.effort = asked;
    }
  }
  const within = (name: string, from: number, until: number) => {
    const parts = seconds.slice(from, until).map(({ tallies }) => tallies.get(name));
    const waits = parts.flatMap((part) => part?.waits ?? []).sort((one, other) => one - other);
    const sum = (key: "came" | "admitted") => parts.reduce((total, part) => total + (part?.[key] ?? 0), 0);
    return { came: sum("came"), admitted: sum("admitted"), p99: waits[Math.floor(waits.length * 0.99)] ?? 0 };
  };
  return { seconds, within };
}

const FLOOD_FROM = 10_000;
const FLOOD_UNTIL = 60_000;
const END = 120_000;
/** Seconds until the cut has found its place: what was let in before has been served. */
const SETTLED = 5;
const QUIET = [0, FLOOD_FROM / 1_000] as const;
const FLOODED = [FLOOD_FROM / 1_000, FLOOD_UNTIL / 1_000] as const;

const floods: Record<string, Traffic> = {
  "ask for letters": flood(10_000, FLOOD_FROM, FLOOD_UNTIL),
  "ask for pages": {
    ...flood(10_000, FLOOD_FROM, FLOOD_UNTIL),
    facts: (index) => ({ lane: "stranger", holder: null, source: id(`bot ${index % NETWORKS}`), cost: "nothing", effort: 0 }),
  },
  "guess passwords": {
    ...flood(10_000, FLOOD_FROM, FLOOD_UNTIL),
    facts: (index) => ({ lane: "stranger", holder: null, source: id(`bot ${index % NETWORKS}`), cost: "hash", effort: 0 }),
  },
  "compute a little and ask for letters": flood(10_000, FLOOD_FROM, FLOOD_UNTIL, () => 4),
  "come in pulses": {
    ...flood(0, FLOOD_FROM, FLOOD_UNTIL),
    perSecond: (now) => (Math.floor(now / 1_000) % 2 === 0 ? 14_000 : 0),
  },
};

/** The row of the table in docs/design/admission.md. */
function told({ seconds, within }: ReturnType<typeof live>): string {
  const all = within("members", ...FLOODED);
  const [first, then] = [within("members", FLOODED[0], FLOODED[0] + SETTLED), within("members", FLOODED[0] + SETTLED, FLOODED[1])];
  const [paid, free] = [within("newcomers", ...FLOODED), within("patient", ...FLOODED)];
  const effort = Math.max(...seconds.map((second) => second.effort));
  return (
    `members refused: ${all.came - all.admitted} of ${all.came}; their wait, p99: first ${SETTLED} s ${first.p99.toFixed(0)} ms, then ${then.p99.toFixed(0)} ms; ` +
    `newcomers in: ${paid.admitted} of ${paid.came} with effort, ${free.admitted} of ${free.came} without; ${effort} bits`
  );
}

for (const [what, bots] of Object.entries(floods)) {
  test(`members notice nothing and newcomers come in while strangers from 1,000 networks ${what}`, (t) => {
    const seen = live([members, newcomers, patient, insiders, bots], END);
    t.diagnostic(told(seen));
    const { seconds, within } = seen;
    const quiet = within("members", ...QUIET);
    const flooded = within("members", ...FLOODED);
    assert.equal(flooded.admitted, flooded.came, "no member is refused");
    const settled = within("members", FLOODED[0] + SETTLED, FLOODED[1]);
    assert.ok(settled.p99 <= quiet.p99 + 25, `members wait ${settled.p99} ms, ${quiet.p99} ms in peace`);
    assert.ok(flooded.p99 <= 250, `also at the beginning members wait ${flooded.p99} ms at most`);
    for (const people of ["newcomers", "patient"]) {
      const { came, admitted } = within(people, ...FLOODED);
      assert.equal(admitted, came, `${people} from networks of their own come in`);
    }
    // until the first effort is asked, they are like everybody else there
    const inside = within("insiders", FLOODED[0] + 2, FLOODED[1]);
    assert.ok(inside.admitted >= 0.9 * inside.came, `${inside.admitted} of ${inside.came} come in out of a flooding network with effort`);
    assert.ok(seconds.slice(...FLOODED).some(({ effort }) => effort > 0));

    const steps = seconds.map(({ effort }, at) => Math.sign(effort - (seconds[at - 1]?.effort ?? 0))).filter((sign) => sign !== 0);
    const turns = steps.filter((sign, at) => at > 0 && sign !== steps[at - 1]).length;
    assert.equal(turns, 1, "the effort goes up once and down once");
    const after = within("members", FLOODED[1] + SETTLED, END / 1_000);
    assert.deepEqual([after.admitted, after.p99], [after.came, quiet.p99], "after the flood all is as before");
    assert.ok(
      seconds.slice(FLOODED[1] + 30).every(({ pressure, effort }) => pressure === 0 && effort === 0),
      "and no effort is asked",
    );
    assert.ok(
      seconds.slice(...QUIET).every(({ pressure, effort }) => pressure === 0 && effort === 0),
      "nor was before",
    );
  });
}

test("a flood that computes as much as is asked drives the effort up to what a slow phone can do, and no further", (t) => {
  const seen = live([members, newcomers, patient, flood(10_000, FLOOD_FROM, FLOOD_UNTIL, (asked) => asked)], END);
  t.diagnostic(told(seen));
  const { seconds, within } = seen;
  const { came, admitted } = within("members", ...FLOODED);
  assert.equal(admitted, came);
  assert.equal(Math.max(...seconds.map(({ effort }) => effort)), 19);
  for (const people of ["newcomers", "patient"]) assert.equal(within(people, ...FLOODED).admitted, within(people, ...FLOODED).came);
  assert.equal(seconds.at(-1)?.effort, 0);
});

test("a flood that the door can't even refuse fast enough makes nobody refuse members: it would not help", () => {
  const { within } = live([members, patient, flood(20_000, FLOOD_FROM, FLOOD_UNTIL)], FLOOD_UNTIL);
  assert.ok(within("members", ...FLOODED).p99 > 1_000, "the door is drowned");
  for (const people of ["members", "patient"]) assert.equal(within(people, ...FLOODED).admitted, within(people, ...FLOODED).came);
});

test("accounts that were farmed in peace do not flood as members", () => {
  const farmed = {
    ...flood(2_000, FLOOD_FROM, FLOOD_UNTIL),
    facts: (index: number): Facts => ({ ...members.facts(index, 0), lane: "new-member", holder: id(`farmed ${index % 500}`) }),
  };
  const { within } = live([members, farmed], FLOOD_UNTIL);
  const settled = within("members", FLOODED[0] + SETTLED, FLOODED[1]);
  assert.equal(within("members", ...FLOODED).admitted, within("members", ...FLOODED).came);
  assert.ok(settled.p99 <= 60, `${settled.p99} ms`);
});

test("fifty stolen passes are held to their own budgets, and members to whom they belong not are served again within seconds", () => {
  const stolen = {
    ...flood(20_000, FLOOD_FROM, FLOOD_UNTIL),
    facts: (index: number): Facts => ({ ...members.facts(index, 0), holder: id(`stolen ${index % 50}`) }),
  };
  const { within } = live([members, stolen], FLOOD_UNTIL, { machine: { doorWorkPerSecond: 100_000, appWorkPerSecond: 4_000 } });
  const settled = within("members", FLOODED[0] + SETTLED, FLOODED[1]);
  assert.ok(settled.admitted >= 0.99 * settled.came, `${settled.admitted} of ${settled.came}`);
});

test("many new people at once are no attack: nobody is refused and nobody computes while there is room", () => {
  const surge = { ...newcomers, perSecond: () => 150 };
  const { seconds, within } = live([members, surge], 30_000);
  const { came, admitted } = within("newcomers", 0, 30);
  assert.ok(came > 4_000);
  assert.equal(admitted, came);
  assert.ok(seconds.every(({ pressure, effort }) => pressure === 0 && effort === 0));
});

test("without lanes the same flood turns members away: the bars above can fail", () => {
  const asStrangers = (facts: Facts): Facts => ({ ...facts, lane: "stranger", holder: null });
  const crowd = { ...members, perSecond: () => 1_000 };
  const withLanes = live([crowd, flood(10_000, FLOOD_FROM, FLOOD_UNTIL)], FLOOD_UNTIL).within("members", ...FLOODED);
  const without = live([crowd, flood(10_000, FLOOD_FROM, FLOOD_UNTIL)], FLOOD_UNTIL, { look: asStrangers }).within("members", ...FLOODED);
  assert.equal(withLanes.admitted, withLanes.came);
  assert.ok(without.admitted < 0.7 * without.came, `${without.admitted} of ${without.came}`);
});
