/** Does the event stream tell what the door saw, in few lines in peace and in one a second under pressure? */
import assert from "node:assert/strict";
import { test } from "node:test";
import { MINUTE_MS, SECOND_MS, type Clock } from "#kit/time.ts";
import { COST_CLASSES, LANE_NAMES, REFUSAL_REASONS, type DoorEvent } from "#contract/door-events.ts";
import { SIGN_UP_UNSET, type Health, type SignUpSetting, type Wait } from "#contract/wire.ts";
import { LANES } from "#admission/admission.ts";
import { createEventStream } from "./event-stream.ts";
import { createMeter } from "./meter.ts";

const HEALTH: Health = { mail: "working", database: "working", model: "guide", lettersWaiting: 0, oldestLetterSeconds: 0 };
const ADMIT = { tag: "admit" } as const;
const refuse = (why: (typeof REFUSAL_REASONS)[number]) => ({ tag: "refuse", why, retryAfterSeconds: 2 }) as const;

function place() {
  let now = 0;
  let due = { at: Number.POSITIVE_INFINITY, work: () => {} };
  const clock: Pick<Clock, "now" | "monotonic" | "after"> = {
    now: () => now,
    monotonic: () => now,
    after(delayMs, work) {
      due = { at: now + delayMs, work };
      return () => {};
    },
  };
  const world = {
    pressure: 0,
    line: { waiting: 0, standsStill: false, wait: { lowSeconds: 0, highSeconds: 1, confidence: 0.8 } as Wait | null },
    signUp: SIGN_UP_UNSET as SignUpSetting,
    health: HEALTH as Health | null,
  };
  const meter = createMeter();
  const events: DoorEvent[] = [];
  const stream = createEventStream({
    figures: {
      admission: () => ({ pressure: world.pressure, effort: 14 }),
      connections: () => 7,
      line: () => world.line,
      quotes: () => ({ share: 0.8, decided: 10, held: 8, early: 1, late: 1 }),
      lettersPerSecond: () => 50,
      signUp: () => world.signUp,
      health: () => world.health,
    },
    meter,
    clock: clock as Clock,
    write: (event) => events.push(event),
  });
  stream.start();
  const pass = (ms: number) => {
    for (const until = now + ms; due.at <= until;) {
      now = due.at;
      due.work();
    }
  };
  const of = (kind: DoorEvent["kind"]) => events.filter((event) => event.kind === kind);
  return { world, meter, events, pass, of };
}

test("the words of the stream are those of admission", () => {
  assert.deepEqual([...LANE_NAMES], [...LANES]);
});

test("in peace the door writes a line a minute, and none at all when nobody comes", () => {
  const { meter, pass, of } = place();
  pass(5 * MINUTE_MS);
  assert.equal(of("traffic").length, 0);
  for (let second = 0; second < 300; second++) {
    meter.decided({ lane: "member", cost: "read" }, ADMIT);
    meter.answered({ lane: "member", cost: "read" }, 200, 4);
    pass(SECOND_MS);
  }
  assert.ok(of("traffic").length >= 4 && of("traffic").length <= 6, String(of("traffic").length));
  assert.equal(of("line").length, 0);
});

test("while something is refused, each second is told: how many of which lane, at what cost and why", () => {
  const { world, meter, pass, of } = place();
  pass(SECOND_MS);
  world.pressure = 0.9;
  for (let at = 0; at < 500; at++) meter.decided({ lane: "stranger", cost: "hash" }, refuse(at % 5 === 0 ? "source-budget" : "pressure"));
  meter.decided({ lane: "member", cost: "read" }, ADMIT);
  meter.answered({ lane: "member", cost: "read" }, 200, 3);
  meter.answered({ lane: "stranger", cost: "hash" }, null, 30);
  pass(SECOND_MS);
  const [event] = of("traffic");
  assert.ok(event?.kind === "traffic");
  assert.deepEqual(event.lanes, { member: { admitted: 1, refused: 0 }, stranger: { admitted: 0, refused: 500 } });
  assert.deepEqual(event.costs, { read: { admitted: 1, refused: 0 }, hash: { admitted: 0, refused: 500 } });
  assert.deepEqual(event.refusals, { pressure: 400, "source-budget": 100 });
  assert.deepEqual(event.answers, { "2xx": 1, gone: 1 });
  assert.deepEqual(event.took, { known: { answered: 1, meanMs: 3, mostMs: 3 } });
  assert.deepEqual([event.pressure, event.effortBits, event.connections], [0.9, 14, 7]);
  meter.decided({ lane: "member", cost: "read" }, ADMIT);
  pass(SECOND_MS);
  assert.equal(of("traffic").length, 2, "counted from where the last event ended");
  assert.deepEqual((of("traffic")[1] as typeof event).lanes, { member: { admitted: 1, refused: 0 } });
});

test("the line is told while somebody waits, and once more when it is at rest again", () => {
  const { world, pass, of } = place();
  world.line = { waiting: 900, standsStill: false, wait: { lowSeconds: 10, highSeconds: 25, confidence: 0.8 } };
  pass(3 * SECOND_MS);
  world.line = { waiting: 900, standsStill: true, wait: null };
  pass(SECOND_MS);
  world.line = { waiting: 0, standsStill: false, wait: { lowSeconds: 0, highSeconds: 1, confidence: 0.8 } };
  pass(10 * SECOND_MS);
  const told = of("line");
  assert.equal(told.length, 5);
  assert.ok(told[0]?.kind === "line" && told[0].waitSeconds?.high === 25 && told[0].quotesHeld === 0.8);
  assert.ok(told[3]?.kind === "line" && told[3].standsStill && told[3].waitSeconds === null);
  assert.ok(told[4]?.kind === "line" && told[4].waiting === 0);
});

test("the lever and the state of the parts are told when they change", () => {
  const { world, pass, of } = place();
  pass(10 * SECOND_MS);
  assert.equal(of("sign-up-mode").length, 1);
  assert.equal(of("health").length, 1);
  world.signUp = { mode: "closed", lettersPerMinute: null, since: 5 };
  world.health = { ...HEALTH, lettersWaiting: 3, mail: "failing" };
  pass(10 * SECOND_MS);
  world.health = null;
  pass(10 * SECOND_MS);
  assert.deepEqual(
    of("sign-up-mode").map((event) => event.kind === "sign-up-mode" && event.mode),
    ["open", "closed"],
  );
  assert.deepEqual(
    of("health").map((event) => event.kind === "health" && (event.health?.mail ?? null)),
    ["working", "failing", null],
  );
});

test("however much came, an event stays short", () => {
  const { world, meter, pass, of } = place();
  world.pressure = 1;
  for (const lane of LANE_NAMES) {
    for (const cost of COST_CLASSES) {
      for (let at = 0; at < 50; at++) for (const why of REFUSAL_REASONS) meter.decided({ lane, cost }, refuse(why));
      for (const status of [200, 303, 404, 503, null]) meter.answered({ lane, cost }, status, 12.3456);
    }
  }
  pass(SECOND_MS);
  const [event] = of("traffic");
  assert.ok(JSON.stringify(event).length < 2_000, String(JSON.stringify(event).length));
});
