/** Does what people are told about their wait hold as often as it says, in peace and in war, and does the line know how often? */
import assert from "node:assert/strict";
import { test } from "node:test";
import { held, heldAgain, live, quantile, type Flood, type Held, type Person, type Seen, type World } from "#support/line-world.ts";

const SEEDS = [1, 2, 3, 4, 5, 6];
/** What happens once in a world needs more of them. */
const MORE_SEEDS = Array.from({ length: 16 }, (_, seed) => seed + 1);
const always = (rate: number) => [{ from: 0, rate }];
const halved = [
  { from: 0, rate: 20 },
  { from: 200, rate: 10 },
];
/** A wave of people around the second 150, six times what the letters allow. */
const wave = (second: number) => 3 + 60 * Math.exp(-(((second - 150) / 40) ** 2));

type Case = { name: string; world: World; from: number; to: number };
const CASES: Case[] = [
  {
    name: "peace, with a line that a rush left behind",
    world: { seconds: 500, capacity: always(10), newcomers: (second) => (second < 10 ? 30 : 9.7) },
    from: 60,
    to: 400,
  },
  { name: "peace, a line that grows", world: { seconds: 300, capacity: always(10), newcomers: () => 12 }, from: 40, to: 240 },
  {
    name: "peace, one letter a second",
    world: { seconds: 900, capacity: always(1), newcomers: (second) => (second < 2 ? 15 : 0.95) },
    from: 60,
    to: 750,
  },
  {
    name: "a surge of popularity, in which one of seven leaves",
    world: { seconds: 600, capacity: always(10), newcomers: wave, homes: 3_000, leave: 0.15 },
    from: 100,
    to: 450,
  },
  {
    name: "a flood from 40 networks, of which everybody comes",
    world: { seconds: 300, capacity: always(10), newcomers: () => 3, flood: { perSecond: 100, networks: 40, comes: 1, from: 5 } },
    from: 50,
    to: 230,
  },
  {
    name: "a flood from 200 networks, of which half come",
    world: { seconds: 300, capacity: always(10), newcomers: () => 3, flood: { perSecond: 300, networks: 200, comes: 0.5, from: 5 } },
    from: 50,
    to: 230,
  },
  {
    name: "a flood from 1,000 networks, of which everybody comes",
    world: { seconds: 240, capacity: always(50), newcomers: () => 5, flood: { perSecond: 500, networks: 1_000, comes: 1, from: 5 } },
    from: 60,
    to: 200,
  },
];

for (const { name, world, from, to } of CASES) {
  test(`four of five intervals hold: ${name}`, (t) => {
    const seen = SEEDS.map((seed) => live(world, seed));
    const people = seen.flatMap((one) => one.people);
    const all = held(people, from, to);
    say(
      t,
      all,
      people.filter(({ at, left }) => at >= from && at < to && !left),
    );
    assert.ok(all.of >= 500, `${all.of} were told to wait`);
    assert.ok(all.share >= 0.75 && all.share <= 0.85, `${all.share}`);
  });
}

for (const [name, flood] of [
  ["no place is redeemed", { perSecond: 1_000, networks: 1_000, comes: 0, from: 5 }],
  ["one in twenty is redeemed", { perSecond: 500, networks: 1_000, comes: 0.05, from: 5 }],
  [
    "one in ten is redeemed, and half of the newcomers live in its networks",
    { perSecond: 100, networks: 40, comes: 0.1, from: 5, neighbours: 0.5 },
  ],
] satisfies [string, Flood][]) {
  test(`places that nobody redeems delay nobody: of a flood ${name}`, (t) => {
    const world = { seconds: 150, capacity: always(50), newcomers: () => 5, flood };
    const { people } = live(world, 1);
    const waits = people.filter(({ at }) => at >= 20 && at < 120).map(({ waited }) => waited);
    const [half, most] = [quantile(waits, 0.5), quantile(waits, 0.99)];
    t.diagnostic(`half waited ${half?.toFixed(1)} s, 99 % at most ${most?.toFixed(1)} s`);
    assert.ok(most !== undefined && most <= 6, `${most}`);
  });
}

test("no turn is wasted while people wait, although half of the places are never redeemed", (t) => {
  const world: World = {
    seconds: 200,
    capacity: always(10),
    newcomers: () => 12,
    flood: { perSecond: 100, networks: 100, comes: 0.5, from: 5 },
  };
  // the flood stops asking when its turn can't come any more before the end, so the end is left out
  const { people, served } = live(world, 1);
  const used = served.filter((at) => at >= 20 && at < 140).length / (10 * 120);
  t.diagnostic(`${percent(used)} of the turns used, ${people.length} newcomers`);
  assert.ok(used >= 0.9 && used <= 1.02, `${used}`);
});

for (const [name, world] of [
  ["peace", { seconds: 420, capacity: halved, newcomers: (second) => (second < 100 ? 23 : second < 200 ? 19.5 : 9) }],
  ["a flood", { seconds: 420, capacity: halved, newcomers: () => 4, flood: { perSecond: 100, networks: 200, comes: 1, from: 5 } }],
] satisfies [string, World][]) {
  test(`when the capacity halves in ${name}, what is told ten seconds later holds, and whoever was told before is told again`, (t) => {
    const people = MORE_SEEDS.flatMap((seed) => live(world, seed).people);
    const [before, after, again] = [held(people, 170, 200), held(people, 210, 320), heldAgain(people, 210)];
    say(t, after, []);
    t.diagnostic(`those who waited already, from then on: ${percent(again.share)} of ${again.of}; told before: ${percent(before.share)}`);
    for (const { share, of } of [after, again]) assert.ok(share >= 0.75 && share <= 0.85 && of > 100, `${share} of ${of}`);
    assert.ok(before.late > 0.1, "the news makes older quotes too short");
    const late = before.late * before.of;
    assert.ok(before.toldAgain >= 0.9 * late, `${before.toldAgain} of ${late} who waited longer were told so in time`);
  });
}

test("the line knows how often its quotes hold, also while places that nobody asks about flood it", (t) => {
  const world: World = {
    seconds: 400,
    capacity: always(4),
    newcomers: () => 4.5,
    flood: { perSecond: 300, networks: 300, comes: 0, from: 5 },
  };
  const { people, quality } = live(world, 1);
  const told = held(people, 0, 400);
  t.diagnostic(`told: ${percent(told.share)} of ${told.of}; by its own sample: ${percent(quality.share ?? 0)} of ${quality.decided}`);
  assert.ok(quality.decided >= 500, `${quality.decided} decided`);
  assert.ok(Math.abs((quality.share ?? 0) - told.share) < 0.08, `${quality.share} and ${told.share}`);
  assert.equal(quality.held + quality.early + quality.late, quality.decided);
});

test("the same seed gives the same world, and nobody ever gets more turns than there are", () => {
  const world: World = { seconds: 60, capacity: always(5), newcomers: () => 8, flood: { perSecond: 50, networks: 20, comes: 0.5 } };
  const [one, two, other]: [Seen, Seen, Seen] = [live(world, 1), live(world, 1), live(world, 2)];
  assert.deepEqual(one, two);
  assert.notDeepEqual(one.people, other.people);
  assert.ok(one.served.length <= 5 * 60 + 10, `${one.served.length}`);
});

function say(t: { diagnostic(message: string): void }, { share, early, late, of, width }: Held, people: readonly Person[]): void {
  const waits = people.map(({ waited }) => waited);
  const [half, most] = [quantile(waits, 0.5), quantile(waits, 0.99)].map((wait) => (wait === undefined ? "never" : `${wait.toFixed(0)} s`));
  t.diagnostic(
    `${percent(share)} held of ${of}, ${percent(early)} too early, ${percent(late)} too late; ${width.toFixed(0)} s wide` +
      (people.length === 0 ? "" : `; waited ${half} and at most ${most} (99 %)`),
  );
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}
