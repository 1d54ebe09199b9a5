/**
 * What does one admission decision cost? Beside an empty call and a limiter that keeps a Map by source (as in-memory limiters do),
 * in the same run on the same keys. Read the ratios; nanoseconds belong to the machine. `node bench/admission.ts`
 */
import { cpus } from "node:os";
import { decide, measured, newAdmission, view, type Admission, type Facts } from "#admission/admission.ts";

const ROUNDS = 7;
const CALLS = 400_000;
const SOURCES = 200_000;
const WINDOW_MS = 60_000;
const MAP_LIMIT = 1_000;

const keys = Array.from({ length: SOURCES }, (_, at) => {
  const bytes = new Uint8Array(8);
  let state = Math.imul(at + 1, 0x9e3779b1);
  for (let nth = 0; nth < bytes.length; nth += 1) {
    state = Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x297a2d39;
    bytes[nth] = state >>> 16;
  }
  return bytes;
});
const keyOf = (at: number): Uint8Array => keys[at % SOURCES] ?? new Uint8Array(8);
const strangers: Facts[] = keys.map((source) => ({ lane: "stranger", holder: null, source, cost: "letter", effort: 0 }));
const members: Facts[] = keys.map((source) => ({ lane: "member", holder: source, source, cost: "read", effort: 0 }));
const names = keys.map((key) => Buffer.from(key).toString("hex"));

/** Strangers flood until the cut has found its place. */
function underFlood(): { admission: Admission; now: number } {
  const admission = newAdmission(0);
  let now = 0;
  for (let at = 0; now < 5_000; at += 1) {
    if (at % 10 === 0) now += 1;
    decide(admission, now, strangers[at % SOURCES] ?? strangerOf(at));
    if (at % 1_000 === 0) measured(admission, now, { lagMs: 20, appInFlight: 80, appWaitMs: 60 });
  }
  return { admission, now };
}
const strangerOf = (at: number): Facts => ({ lane: "stranger", holder: null, source: keyOf(at), cost: "letter", effort: 0 });

/** Each returns something, so that no call can be left out. */
function subjects(): Record<string, (at: number) => number> {
  const flooded = underFlood();
  const calm = newAdmission(0);
  const limited = new Map<string, { count: number; until: number }>();
  const among = (facts: Facts[], admission: Admission, from: number) => (at: number) => {
    const asked = facts[at % SOURCES];
    return asked === undefined ? 0 : decide(admission, from + at / 10, asked).tag.length;
  };
  return {
    "an empty call": (at) => at & 1,
    "a Map by source": (at) => {
      const name = names[at % SOURCES] ?? "";
      const now = at / 10;
      let entry = limited.get(name);
      if (entry === undefined || entry.until <= now) limited.set(name, (entry = { count: 0, until: now + WINDOW_MS }));
      entry.count += 1;
      return entry.count > MAP_LIMIT ? 1 : 0;
    },
    "admission: a member in peace": among(members, calm, 0),
    "admission: a member under flood": among(members, flooded.admission, flooded.now),
    "admission: a stranger in the flood": among(strangers, flooded.admission, flooded.now + CALLS * ROUNDS),
    "admission: measured (every 100 ms)": (at) => {
      measured(calm, CALLS * ROUNDS + at * 100, { lagMs: 1, appInFlight: 1, appWaitMs: 1 });
      return 1;
    },
    "admission: view (per challenge)": (at) => view(calm, at).effort,
  };
}

function median(values: number[]): number {
  return values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)] ?? 0;
}

let kept = 0;
const all = subjects();
const figures = new Map<string, number[]>();
for (let round = 0; round <= ROUNDS; round += 1) {
  for (const [name, work] of Object.entries(all)) {
    const calls = name.includes("measured") ? CALLS / 40 : CALLS;
    const from = process.hrtime.bigint();
    for (let at = 0; at < calls; at += 1) kept += work(round * calls + at);
    const ns = Number(process.hrtime.bigint() - from) / calls;
    // the first round warms up
    if (round > 0) figures.set(name, [...(figures.get(name) ?? []), ns]);
  }
}
const medians = [...figures].map(([name, values]) => ({ name, ns: median(values) }));
const [empty, map] = medians;
console.log(
  `${cpus()[0]?.model ?? "unknown CPU"}, Node ${process.version}, medians of ${ROUNDS} rounds of ${CALLS} calls, ${SOURCES} sources`,
);
for (const { name, ns } of medians) {
  const times = (peer: { ns: number } | undefined) => (ns / (peer?.ns ?? ns)).toFixed(1);
  console.log(`${name.padEnd(36)} ${ns.toFixed(0).padStart(7)} ns   ×${times(empty)} an empty call   ×${times(map)} a Map`);
}
if (kept < 0) console.log(kept);
