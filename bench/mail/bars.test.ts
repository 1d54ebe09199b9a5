/** Do the bars of mail go red when a promise is broken, and never green for what was not measured? */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Bar } from "../door/bars.ts";
import { judge, type MailResult } from "./bars.ts";
import type { CellResult } from "./failures.ts";
import { matrix, MID_RUN } from "./fault.ts";
import { HELP, readPlan, VARIANTS } from "./options.ts";
import type { Outage, Tally } from "./tally.ts";

const NAMES = matrix(10_000).map(({ name }) => name);

const kept: Tally = {
  arrived: 400,
  promised: 400,
  longestInLineMs: 20,
  counted: 380,
  acceptedInTime: 380,
  acceptedLate: 0,
  told: 0,
  untold: 0,
  p50: 10,
  p99: 900,
  worst: 1_000,
  lost: 0,
  duplicates: 2,
  duplicatesByRule: 2,
  mostCopies: 2,
  afterDeadline: 0,
  secondRelay: 0,
  missedInData: 0,
  fromA: 100,
  greylisted: { people: 100, told: 100, arrivedByThen: 100 },
};
const calm: Outage = { noticedMs: 900, promisedMeanwhile: 0, capacityMeanwhile: 0, backMs: 2_000, servedMs: 30_000, mostOvertaken: 4 };
const cell = (name: string, more: Partial<Tally> = {}): CellResult => ({
  name,
  says: name,
  seconds: 30,
  waits: [],
  tally: { ...kept, ...more },
});

type Changes = {
  faults?: Partial<Tally>;
  sound?: Partial<Tally>;
  midRun?: Partial<Tally>;
  dead?: Partial<Outage>;
  speed?: number;
  rssMb?: number;
  letters?: number;
  othersCpu?: number;
};

function results({
  faults = {},
  sound = {},
  midRun = {},
  dead = {},
  speed = 700,
  rssMb = 3,
  letters = 200_000,
  othersCpu = 0,
}: Changes = {}): MailResult[] {
  const side = (perSecond: number) => ({ perSecond, microseconds: { sender: 1, database: 1, sink: 1 } });
  const arrivals = { perSecond: 20, arriveMs: 60_000 };
  const cells = NAMES.map((name) => cell(name, name === "sound" ? sound : name === "greylist" || name === "dies" ? faults : {}));
  return [
    {
      kind: "throughput",
      settings: { rounds: 1, letters: 1, connections: 5 },
      rounds: [{ courier: side(speed), bare: side(1_000), commitsPerLetter: 3 }],
      bytes: { courier: 1, bare: 1 },
      othersCpu,
    },
    {
      kind: "memory",
      settings: { letters, warmLetters: letters / 10 },
      samples: [],
      growth: { letters, rssMb, heapMb: 0 },
      seconds: 1,
      othersCpu,
    },
    { kind: "faults", settings: { ...arrivals, greylistMs: 10_000, together: 5, cells: NAMES }, cells, othersCpu },
    {
      kind: "both-dead",
      settings: { perSecond: 20, deadMs: 1, aroundMs: 1 },
      tally: kept,
      outage: { ...calm, ...dead },
      seconds: 1,
      othersCpu,
    },
    { kind: "mid-run", settings: arrivals, cells: MID_RUN.map(({ name }) => cell(name, midRun)), othersCpu },
    {
      kind: "independent",
      settings: arrivals,
      relay: "Postfix",
      promised: 10,
      relayed: 10,
      arrived: 10,
      twice: 0,
      p50: 1,
      p99: 2,
      othersCpu,
    },
  ];
}

function names(bars: readonly Bar[], verdict: Bar["verdict"]): string[] {
  return bars.filter((bar) => bar.verdict === verdict).map(({ name }) => name);
}

test("mail that keeps its promises is green throughout", () => {
  const bars = judge(results());
  assert.deepEqual([names(bars, "red"), names(bars, "not measured")], [[], []]);
  assert.ok(bars.length >= 24, `${bars.length} bars`);
});

test("each broken promise turns its own bar red", () => {
  const broken: [Changes, RegExp][] = [
    [{ speed: 590 }, /^throughput/],
    [{ rssMb: 17 }, /^memory/],
    [{ faults: { acceptedInTime: 370, told: 5, untold: 5 } }, /^faults: promise kept or person told/],
    [{ faults: { promised: 390 } }, /^faults: promised/],
    [{ faults: { lost: 1 } }, /^faults: letters lost/],
    [{ faults: { duplicates: 3 } }, /^faults: duplicates against the rule/],
    [{ faults: { afterDeadline: 1 } }, /^faults: letters after/],
    [{ faults: { secondRelay: 1 } }, /^faults: given to a second/],
    [{ faults: { greylisted: { people: 100, told: 99, arrivedByThen: 100 } } }, /greylisting: told/],
    [{ faults: { greylisted: { people: 100, told: 100, arrivedByThen: 99 } } }, /greylisting: arrived/],
    [{ midRun: { acceptedInTime: 379, told: 1 } }, /^mid-run: accepted/],
    [{ midRun: { p99: 20_001 } }, /^mid-run: p99/],
    [{ midRun: { p99: null } }, /^mid-run: p99/],
    [{ midRun: { secondRelay: 1 } }, /^mid-run: given to a second/],
    [{ dead: { promisedMeanwhile: 1 } }, /^both dead: promised/],
    [{ dead: { capacityMeanwhile: 5 } }, /^both dead: capacity/],
    [{ dead: { servedMs: null } }, /^both dead: who waited/],
    [{ dead: { mostOvertaken: 21 } }, /^both dead: places lost/],
  ];
  for (const [changes, name] of broken) {
    const reds = names(judge(results(changes)), "red");
    assert.equal(reds.length, 1, `${JSON.stringify(changes)}: ${reds.join(", ")}`);
    assert.match(reds[0] ?? "", name);
  }
});

test("a letter that did not come, of which the person was told, keeps the matrix's promise", () => {
  assert.deepEqual(names(judge(results({ faults: { acceptedInTime: 300, told: 80 } })), "red"), []);
});

test("what was not measured, or not hard enough, is never green", () => {
  assert.deepEqual(names(judge([]), "green"), []);
  assert.deepEqual(names(judge(results({ letters: 20_000 })), "not measured"), ["memory: resident size, grown after the first tenth"]);
  const few = results().map((result) => (result.kind === "faults" ? { ...result, cells: result.cells.slice(0, 9) } : result));
  assert.deepEqual(
    names(judge(few), "green").filter((name) => name.startsWith("faults")),
    [],
  );
  const unnoticed = judge(results({ dead: { noticedMs: null } }));
  assert.deepEqual(
    names(unnoticed, "green").filter((name) => name.startsWith("both dead")),
    [],
  );
  const skipped = judge([{ kind: "independent", settings: { perSecond: 20, arriveMs: 1 }, skipped: "not installed", othersCpu: 1 }]);
  assert.deepEqual(names(skipped, "green"), []);
});

test("a machine that is slow where nothing fails has measured no relay", () => {
  const bars = judge(results({ sound: { p99: 2_001 }, faults: { untold: 30, acceptedInTime: 350 } }));
  assert.deepEqual(
    bars.filter(({ name, verdict }) => name.startsWith("faults") && verdict !== "not measured"),
    [],
  );
});

test("others on the machine are told, and make nothing red", () => {
  const bars = judge(results({ othersCpu: 0.9 }));
  assert.deepEqual([names(bars, "red"), names(bars, "not measured").length], [[], 1]);
});

test("a plan takes the words that its help names, and says what is wrong with others", () => {
  const plan = readPlan(["--mode", "full", "--variants", "faults,memory", "--greylist", "45"], NAMES);
  assert.ok(plan !== "help");
  assert.deepEqual(
    plan.items.map(({ variant }) => variant),
    ["faults", "memory"],
  );
  const [faults] = plan.items;
  assert.ok(faults?.variant === "faults" && faults.settings.greylistMs === 45_000 && faults.settings.cells.length === NAMES.length);
  assert.throws(() => readPlan(["--variants", "fault"], NAMES), /--variants is one of throughput/);
  assert.throws(() => readPlan(["--letters", "none"], NAMES), /--letters is a number above 0/);
  assert.ok(VARIANTS.every((variant) => HELP.includes(variant)));
});
