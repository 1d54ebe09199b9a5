/** Who may come in, and at what price? Whatever is asked, measured and set: bounded, fair between lanes, and never a throw. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  decide,
  ended,
  LANES,
  measured,
  newAdmission,
  view,
  type Admission,
  type AdmissionLimits,
  type Facts,
  type Lane,
} from "./admission.ts";

const SECOND = 1_000;
const COSTS = ["nothing", "read", "write", "letter", "hash", "model"] as const;
const WORK = { nothing: 1, read: 2, write: 4, letter: 8, hash: 32, model: 64 };
const NO_BUDGETS: Partial<AdmissionLimits> = {
  account: { perSecond: 1e9, burst: 1e9 },
  device: { perSecond: 1e9, burst: 1e9 },
  source: { perSecond: 1e9, burst: 1e9 },
  laneBudgets: everyLane(Number.POSITIVE_INFINITY),
  hashBudgets: everyLane(Number.POSITIVE_INFINITY),
};

function everyLane(value: number): Record<Lane, number> {
  return Object.fromEntries(LANES.map((lane) => [lane, value])) as Record<Lane, number>;
}

/** A key as a hash would give it. */
function key(number: number): Uint8Array {
  const bytes = new Uint8Array(8);
  let state = (number + 1) * 0x9e3779b1;
  for (let at = 0; at < 8; at += 1) {
    state = Math.imul(state ^ (state >>> 15), 0x2c1b3c6d + at) + 0x297a2d39;
    bytes[at] = state >>> 16;
  }
  return bytes;
}
const stranger = (source: number, more: Partial<Facts> = {}): Facts => ({
  lane: "stranger",
  holder: null,
  source: key(source),
  cost: "nothing",
  effort: 0,
  ...more,
});
/** Everybody in every lane asks for as much as there is, and the machine groans, for `seconds`. */
function crowd(admission: Admission, seconds: number, lag = 50): number {
  let now = admission.now;
  for (const until = now + seconds * SECOND; now < until; now += 100) {
    for (const lane of LANES)
      for (let nth = 0; nth < 60; nth += 1) decide(admission, now, { ...stranger(nth), lane, cost: "read", effort: 19 });
    measured(admission, now, { lagMs: lag, appInFlight: 200, appWaitMs: lag });
  }
  return now;
}

const number = fc.oneof(
  fc.double(),
  fc.integer(),
  fc.constantFrom(0, -0, -1, 1e308, Number.NaN, Number.POSITIVE_INFINITY, Number.MIN_VALUE),
);
const bytes = fc.uint8Array({ maxLength: 16 });
const facts: fc.Arbitrary<Facts> = fc.record({
  lane: fc.constantFrom(...LANES),
  holder: fc.option(bytes),
  source: bytes,
  cost: fc.constantFrom(...COSTS),
  effort: number,
});
const step = fc.oneof(
  fc.record({ kind: fc.constant("decide" as const), now: number, facts }),
  fc.record({
    kind: fc.constant("end" as const),
    now: number,
    facts,
    outcome: fc.constantFrom("success", "ignore", "dropped"),
    tookMs: number,
  }),
  fc.record({
    kind: fc.constant("measure" as const),
    now: number,
    seen: fc.record({ lagMs: number, appInFlight: number, appWaitMs: fc.option(number), lineWaitSeconds: fc.option(number) }),
  }),
);
const limits: fc.Arbitrary<Partial<AdmissionLimits>> = fc.record(
  {
    floors: number.map(everyLane),
    laneBudgets: number.map(everyLane),
    hashBudgets: number.map(everyLane),
    account: fc.record({ perSecond: number, burst: number }),
    source: fc.record({ perSecond: number, burst: number }),
    effortCapBits: number,
    lagTargetMs: number,
    appWaitTargetMs: number,
    appInFlightTarget: number,
    leastWork: number,
  },
  { requiredKeys: [] },
);

test("whatever is asked, measured and set, there is a verdict and never a throw, and the memory stays the same", () => {
  const sizeOf = (value: unknown): number => {
    if (ArrayBuffer.isView(value)) return value.byteLength;
    return typeof value === "object" && value !== null ? Object.values(value).reduce((sum: number, part) => sum + 8 + sizeOf(part), 0) : 0;
  };
  fc.assert(
    fc.property(limits, number, fc.array(step, { maxLength: 60 }), (given, begin, steps) => {
      const admission = newAdmission(begin, given);
      const size = sizeOf(admission);
      for (const event of steps) {
        if (event.kind === "end") ended(admission, event.now, event.facts, event.outcome, event.tookMs);
        if (event.kind === "measure") measured(admission, event.now, event.seen);
        if (event.kind !== "decide") continue;
        const verdict = decide(admission, event.now, event.facts);
        if (verdict.tag === "admit") continue;
        const { retryAfterSeconds } = verdict;
        assert.ok(Number.isInteger(retryAfterSeconds) && retryAfterSeconds >= 1 && retryAfterSeconds <= 60, String(retryAfterSeconds));
      }
      const seen = view(admission, 0);
      assert.ok(seen.pressure >= 0 && seen.pressure <= 1 && Number.isInteger(seen.effort) && seen.effort >= 0, JSON.stringify(seen));
      assert.equal(sizeOf(admission), size);
    }),
    { numRuns: 150 },
  );
});

test("after any nonsense that was measured, sense and a while of peace bring everything back", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const admission = newAdmission(0);
      for (const event of steps) {
        if (event.kind === "decide") decide(admission, 0, event.facts);
        if (event.kind === "measure") measured(admission, admission.now + 100, event.seen);
      }
      let now = admission.now;
      for (const until = now + 120 * SECOND; now < until; now += 100)
        measured(admission, now, { lagMs: 1, appInFlight: 0, appWaitMs: null });
      const { pressure, effort } = view(admission, now);
      assert.deepEqual({ pressure, effort }, { pressure: 0, effort: 0 });
      assert.equal(decide(admission, now, stranger(1)).tag, "admit");
    }),
    { numRuns: 30 },
  );
});

test("the same calls give the same verdicts", () => {
  const once = () => {
    const admission = newAdmission(0);
    crowd(admission, 5);
    return view(admission, 0);
  };
  assert.deepEqual(once(), once());
});

test("every lane gets its floor however great the pressure is, the strangers' too, whatever it weighs", () => {
  const floors = { operator: 40, member: 80, "new-member": 30, "known-device": 70, place: 64, heartbeat: 20, effort: 50, stranger: 25 };
  fc.assert(
    fc.property(fc.constantFrom(...LANES), fc.constantFrom(...COSTS), fc.integer({ min: 1, max: 400 }), (lane, cost, sources) => {
      const admission = newAdmission(0, { ...NO_BUDGETS, floors, leastWork: 1 });
      const from = crowd(admission, 10);
      let work = 0;
      for (let now = from; now < from + 60 * SECOND; now += 20) {
        for (let nth = 0; nth < 2; nth += 1) {
          const asked = { ...stranger((now / 20 + nth) % sources), lane, cost, effort: 31 };
          if (decide(admission, now, asked).tag === "admit") work += WORK[cost];
        }
        // operators who take all that there is
        for (let nth = 0; nth < 10; nth += 1) decide(admission, now, { ...stranger(nth), lane: "operator", cost: "model" });
        if (now % 100 === 0) measured(admission, now, { lagMs: 80, appInFlight: 300, appWaitMs: 500 });
      }
      const demand = 2 * 50 * WORK[cost];
      const sure = Math.min(demand, floors[lane]) * 60;
      assert.ok(work >= 0.95 * sure - 64, `${lane} ${cost}: ${work} of ${sure}`);
    }),
    { numRuns: 40 },
  );
});

test("floors that are off let nobody in while all is refused: the bar above can fail", () => {
  const admission = newAdmission(0, { ...NO_BUDGETS, floors: everyLane(0), leastWork: 1 });
  const now = crowd(admission, 20);
  assert.equal(decide(admission, now, stranger(9_000, { cost: "read" })).tag, "refuse");
});

test("nobody is refused for pressure while somebody in a lower lane comes in beyond its floor", () => {
  const lanes = fc.uniqueArray(fc.constantFrom(...LANES), { minLength: 2, maxLength: 2 });
  fc.assert(
    fc.property(
      fc.array(fc.record({ lane: fc.constantFrom(...LANES), cost: fc.constantFrom(...COSTS), who: fc.nat(50), times: fc.nat(40) }), {
        maxLength: 20,
      }),
      fc.array(fc.record({ lagMs: fc.nat(60), appInFlight: fc.nat(200), appWaitMs: fc.nat(200) }), { minLength: 1, maxLength: 60 }),
      lanes,
      fc.constantFrom(...COSTS),
      fc.nat(80),
      fc.nat(80),
      (traffic, measurements, pair, cost, one, other) => {
        const [lower, higher] = pair.toSorted((a, b) => LANES.indexOf(b) - LANES.indexOf(a)) as [Lane, Lane];
        const admission = newAdmission(0, { ...NO_BUDGETS, floors: everyLane(0), leastWork: 1 });
        let now = 0;
        for (const seen of measurements) {
          now += 100;
          for (const { lane, cost: each, who, times } of traffic) {
            for (let nth = 0; nth < times; nth += 1) decide(admission, now, { ...stranger(who), lane, cost: each, effort: 19 });
          }
          measured(admission, now, seen);
        }
        const below = decide(admission, now, { ...stranger(one), lane: lower, cost, effort: 19 });
        const above = decide(admission, now, { ...stranger(other), lane: higher, cost, effort: 19 });
        if (below.tag === "admit") assert.equal(above.tag, "admit", `${lower} came in, ${higher} did not`);
      },
    ),
    { numRuns: 150 },
  );
});

test("nobody takes more than the budget: account, device, place, network", () => {
  const holders: [Lane, number, number][] = [
    ["member", 400, 4_000],
    ["operator", 400, 4_000],
    ["new-member", 400, 4_000],
    ["known-device", 40, 400],
    ["place", 40, 400],
    ["stranger", 200, 2_000],
  ];
  for (const [lane, perSecond, burst] of holders) {
    for (const cost of COSTS) {
      const admission = newAdmission(0, { laneBudgets: NO_BUDGETS.laneBudgets!, hashBudgets: NO_BUDGETS.hashBudgets! });
      let work = 0;
      for (let now = 0; now < 10 * SECOND; now += 2) {
        const asked = stranger(now, { lane, cost, holder: lane === "stranger" ? null : key(1) });
        const verdict = decide(admission, now, lane === "stranger" ? { ...asked, source: key(1) } : asked);
        if (verdict.tag === "admit") work += WORK[cost];
        else assert.equal(verdict.why, lane === "stranger" ? "source-budget" : "holder-budget");
      }
      assert.ok(work <= burst + 10 * perSecond, `${lane} ${cost}: ${work}`);
      assert.ok(work >= Math.min(5_000 * WORK[cost], 10 * perSecond), `${lane} ${cost}: ${work}`);
    }
  }
});

test("who is refused for a budget and comes again when told comes in", () => {
  const admission = newAdmission(0);
  let verdict = decide(admission, 0, stranger(1));
  for (let nth = 0; nth < 5_000 && verdict.tag === "admit"; nth += 1) verdict = decide(admission, 0, stranger(1));
  assert.ok(verdict.tag === "refuse" && verdict.why === "source-budget");
  assert.equal(decide(admission, verdict.retryAfterSeconds * SECOND, stranger(1)).tag, "admit");
});

test("strangers wait while the door is busy, although nobody waits in it yet; whoever is known comes in", () => {
  const admittedOf = (busyShare: number, lagMs: number) => {
    const admission = newAdmission(0);
    const admitted = { stranger: 0, member: 0 };
    for (let now = 0; now < 20 * SECOND; now += 10) {
      for (let nth = 0; nth < 20; nth += 1) {
        const lane = nth % 2 === 0 ? ("member" as const) : ("stranger" as const);
        const who = (now / 10 + nth) % 200;
        const asked = { ...stranger(who), lane, holder: lane === "member" ? key(who) : null };
        if (decide(admission, now, asked).tag === "admit" && now >= 10 * SECOND) admitted[lane] += 1;
      }
      if (now % 100 === 0) measured(admission, now, { lagMs, busyShare, appInFlight: 1, appWaitMs: 1 });
    }
    return admitted;
  };
  const all = 10 * 1_000;
  assert.deepEqual(admittedOf(0.3, 1), { stranger: all, member: all }, "there is room");
  const busy = admittedOf(0.9, 1);
  assert.equal(busy.member, all, "a busy door refuses nobody who is known");
  assert.ok(busy.stranger < 0.2 * all && busy.stranger >= 0.9 * 60 * 10, `${busy.stranger} strangers came in`);
  const waiting = admittedOf(0.9, 50);
  assert.ok(waiting.member < all, "the bar above can fail: once there is waiting, members may be refused too");
});

test("a door that was busy for the length of a burst refuses nobody", () => {
  const admission = newAdmission(0);
  for (let now = 0; now < 5 * SECOND; now += 100) {
    const isBurst = now >= 2 * SECOND && now < 2.4 * SECOND;
    measured(admission, now, { lagMs: 1, busyShare: isBurst ? 1 : 0.05, appInFlight: 1, appWaitMs: 1 });
    for (let nth = 0; nth < 100; nth += 1) assert.equal(decide(admission, now, stranger(nth)).tag, "admit", `at ${now} ms`);
  }
});

test("before any waiting shows, strangers together give the app no more than their lane's budget and floor", () => {
  const admission = newAdmission(0);
  let letters = 0;
  for (let nth = 0; nth < 20_000; nth += 1)
    if (decide(admission, nth / 10, stranger(nth, { cost: "letter" })).tag === "admit") letters += 1;
  assert.ok(letters * 8 <= 2 * 1_600 + 400 + 60 * 4 + 16, `${letters} letters in 2 s`);
  assert.equal(decide(admission, 2_000, { ...stranger(1), lane: "member", holder: key(1), cost: "letter" }).tag, "admit");
});

test("a thousand flooding networks are not taken for their neighbours: bystanders come in", () => {
  const admission = newAdmission(0);
  for (let now = 0; now < 60 * SECOND; now += 1) {
    for (let nth = 0; nth < 10; nth += 1) decide(admission, now, stranger((now * 10 + nth) % 1_000, { cost: "letter" }));
    if (now % 100 === 0) measured(admission, now, { lagMs: 30, appInFlight: 100, appWaitMs: 100 });
  }
  let refused = 0;
  for (let nth = 0; nth < 500; nth += 1) {
    const verdict = decide(admission, 60 * SECOND + nth * 100, stranger(100_000 + nth, { cost: "nothing" }));
    if (verdict.tag === "refuse") refused += 1;
  }
  assert.equal(refused, 0);
});

test("more effort comes in before less, and so does who asked for less; too little effort buys nothing", () => {
  const admission = newAdmission(0, { ...NO_BUDGETS, floors: everyLane(0) });
  let now = 0;
  for (; now < 30 * SECOND; now += 100) {
    const { effort } = view(admission, now);
    for (let nth = 0; nth < 400; nth += 1) decide(admission, now, stranger(nth, { lane: "effort", cost: "read", effort }));
    measured(admission, now, { lagMs: 100, appInFlight: 300, appWaitMs: 300 });
  }
  const asked = view(admission, now).effort;
  assert.equal(asked, 19);
  const shareOf = (effort: number, source: number) => {
    let came = 0;
    for (let nth = 0; nth < 20; nth += 1) {
      if (decide(admission, now, stranger(source, { lane: "effort", cost: "read", effort })).tag === "admit") came += 1;
    }
    return came;
  };
  assert.ok(shareOf(19, 1) < 5, "out of a flooding network, like everybody there");
  assert.equal(shareOf(29, 1), 20, "out of a flooding network, having computed more");
  assert.equal(shareOf(19, 5_000), 20, "from a network that asked for nothing");
  assert.equal(shareOf(3, 5_001), 0, "like somebody without effort");
  const { lanes } = view(admission, now);
  assert.ok(lanes.stranger.refused > 0 && lanes.effort.refused > 0);
});

test("a long line for letters asks for effort worth a tenth of the wait, a short one for none", () => {
  const askedAt = (lineWaitSeconds: number | null) => {
    const admission = newAdmission(0);
    measured(admission, 100, { lagMs: 0, appInFlight: 0, appWaitMs: null, lineWaitSeconds });
    return view(admission, 100).effort;
  };
  assert.deepEqual([null, 0, 4.9, 5, 10, 60, 600, Number.POSITIVE_INFINITY].map(askedAt), [0, 0, 0, 15, 16, 19, 19, 19]);
});

test("one pause, one slow answer or a busy machine without a queue refuses nobody", () => {
  const admission = newAdmission(0);
  for (let now = 0; now < 60 * SECOND; now += 100) {
    for (let nth = 0; nth < 2; nth += 1) assert.equal(decide(admission, now, stranger(now % 7, { cost: "read" })).tag, "admit");
    const isPause = now % 1_000 === 0;
    measured(admission, now, { lagMs: isPause ? 300 : 1, appInFlight: 3, appWaitMs: isPause ? 900 : 80 });
  }
  assert.equal(view(admission, 0).pressure, 0);
});

test("an app that stopped answering is spared, although no wait can be measured", () => {
  const admission = newAdmission(0);
  for (let now = 0; now < 10 * SECOND; now += 10) {
    decide(admission, now, stranger(now, { cost: "read" }));
    decide(admission, now, { ...stranger(now % 200), lane: "member", holder: key(now % 200), cost: "read" });
    if (now % 100 === 0) measured(admission, now, { lagMs: 0, appInFlight: 40, appWaitMs: null });
  }
  const { lanes, pressure } = view(admission, 0);
  assert.ok(lanes.stranger.refused > 0 && pressure > 0.2);
  assert.equal(lanes.member.refused, 0, "their floor holds");
  assert.equal(decide(admission, 10 * SECOND, stranger(77_777)).tag, "admit", "what the door answers by itself goes on");
});

test("reads that come to nothing in the app count as pressure, mistyped ones and full lines for hashes do not", () => {
  const pressureAfter = (outcome: "success" | "ignore" | "dropped", cost: Facts["cost"]) => {
    const admission = newAdmission(0);
    for (let now = 0; now < 5 * SECOND; now += 10) {
      const asked = stranger(now, { cost });
      for (let nth = 0; nth < 4; nth += 1) decide(admission, now, { ...asked, source: key(now + nth) });
      ended(admission, now, asked, outcome, 5);
      if (now % 100 === 0) measured(admission, now, { lagMs: 0, appInFlight: 0, appWaitMs: 1 });
    }
    return view(admission, 0).pressure;
  };
  assert.ok(pressureAfter("dropped", "read") > 0.2);
  assert.equal(pressureAfter("ignore", "read"), 0);
  assert.equal(pressureAfter("success", "read"), 0);
});
