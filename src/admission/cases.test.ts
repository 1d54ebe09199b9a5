/** Does everybody get the verdict that cases/admission.json says? An operator can read the cases, and add one. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { decide, measured, newAdmission, view, type Admission, type Facts, type Measured, type Verdict } from "./admission.ts";

type Asked = { lane: Facts["lane"]; cost: Facts["cost"]; effort?: number | "as asked" };
type State = Measured & { after?: string; seconds: number; traffic: (Asked & { perSecond: number; from: number; network?: string })[] };
type Case = {
  case: string;
  state: string;
  comes: Asked & { holder?: string; network?: string; networks?: number; times?: number; withinSeconds?: number };
  /** Of the last that came. */
  verdict?: "admit" | "pressure" | "source-budget" | "holder-budget" | "lane-budget" | "lane-budget or pressure";
  /** At least and at most, of `times`. */
  admitted?: [number, number];
  /** Bits asked of strangers: exactly, or at least and at most. */
  effort?: number | [number, number];
};
const { states, cases } = JSON.parse(readFileSync(new URL("../../cases/admission.json", import.meta.url), "utf8")) as {
  states: Record<string, State>;
  cases: Case[];
};

const ACCOUNTS = new Set(["operator", "member", "new-member", "known-device"]);
const key = (name: string): Uint8Array => createHash("sha256").update(name).digest().subarray(0, 8);

function paid(admission: Admission, { effort }: Asked): number {
  return effort === "as asked" ? view(admission, admission.now).effort : (effort ?? 0);
}

/** Lets the traffic of a state come, and what was measured in it be measured, until `untilMs`. */
function live(admission: Admission, state: State, untilMs: number): void {
  let came = 0;
  for (let now = admission.now; now < untilMs; now += 100) {
    measured(admission, now, state);
    for (const asked of state.traffic) {
      for (let nth = 0; nth < asked.perSecond / 10; nth += 1) {
        const who = key(asked.network ?? `${asked.lane} ${came % asked.from}`);
        const at = now + (nth * 1_000) / asked.perSecond;
        came += 1;
        const { lane, cost } = asked;
        decide(admission, at, { lane, cost, holder: ACCOUNTS.has(lane) ? who : null, source: who, effort: paid(admission, asked) });
      }
    }
  }
}

/** The state's traffic goes on while somebody comes slowly; several within a second come at once. */
function come(admission: Admission, state: State, { comes }: Case): Verdict[] {
  const { lane, cost, holder, network, networks = 1, times = 1, withinSeconds = 0 } = comes;
  const from = admission.now;
  const everyMs = (withinSeconds * 1_000) / times;
  return Array.from({ length: times }, (_, nth) => {
    if (everyMs > 100) live(admission, state, from + nth * everyMs);
    const source = key(networks > 1 ? `${network ?? "network"} ${nth % networks}` : (network ?? "a network of their own"));
    return decide(admission, Math.max(admission.now, from + nth * everyMs), {
      lane,
      cost,
      source,
      holder: holder === undefined ? null : key(holder),
      effort: paid(admission, comes),
    });
  });
}

for (const given of cases) {
  test(`admission, ${given.state}: ${given.case}`, () => {
    const state = states[given.state];
    assert.ok(state, `no state is called "${given.state}"`);
    const admission = newAdmission(0);
    const before = state.after === undefined ? undefined : states[state.after];
    if (before !== undefined) live(admission, before, before.seconds * 1_000);
    live(admission, state, admission.now + state.seconds * 1_000);
    const { effort } = view(admission, admission.now);
    const verdicts = come(admission, state, given);

    if (given.effort !== undefined) {
      const [least, most] = typeof given.effort === "number" ? [given.effort, given.effort] : given.effort;
      assert.ok(effort >= least && effort <= most, `${effort} bits are asked`);
    }
    const admitted = verdicts.filter(({ tag }) => tag === "admit").length;
    const [least, most] = given.admitted ?? [0, Number.POSITIVE_INFINITY];
    assert.ok(admitted >= least && admitted <= most, `${admitted} of ${verdicts.length} were admitted`);
    const last = verdicts.at(-1);
    const told = last?.tag === "refuse" ? last.why : "admit";
    if (given.verdict === "admit")
      assert.equal(admitted, verdicts.length, `refused: ${JSON.stringify(verdicts.find(({ tag }) => tag !== "admit"))}`);
    else if (given.verdict !== undefined) assert.ok(given.verdict.split(" or ").includes(told), `${told}, not ${given.verdict}`);
  });
}
