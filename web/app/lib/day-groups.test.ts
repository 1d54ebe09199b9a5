import assert from "node:assert/strict";
import { test } from "node:test";
import { dayGroup, groupByDay } from "./day-groups.ts";

const at = (year: number, month: number, day: number, hour = 12) => new Date(year, month - 1, day, hour).getTime();

test("a conversation stands under the day of the reader's calendar, not under the last 24 hours", () => {
  const now = at(2026, 11, 25, 1);
  assert.equal(dayGroup(at(2026, 11, 25, 0), now), "today");
  assert.equal(dayGroup(at(2026, 11, 24, 23), now), "yesterday");
  assert.equal(dayGroup(at(2026, 11, 18), now), "week");
  assert.equal(dayGroup(at(2026, 11, 17), now), "month");
  assert.deepEqual(dayGroup(at(2026, 9, 30), now), { year: 2026, month: 8 });
});

test("a server whose clock is ahead does not put a conversation into the future", () => {
  assert.equal(dayGroup(at(2026, 11, 26), at(2026, 11, 25)), "today");
});

test("days of 23 and 25 hours count as one", () => {
  assert.equal(dayGroup(at(2026, 3, 28, 23), at(2026, 3, 29, 23)), "yesterday");
  assert.equal(dayGroup(at(2026, 10, 24, 1), at(2026, 10, 25, 23)), "yesterday");
});

test("neighbours under one heading are together, in their order", () => {
  const now = at(2026, 11, 25);
  const items = [at(2026, 11, 25), at(2026, 11, 24), at(2026, 8, 3), at(2026, 8, 2), at(2026, 7, 2)];
  const groups = groupByDay(items, (item) => item, now);
  assert.deepEqual(
    groups.map(({ items: members }) => members.length),
    [1, 1, 2, 1],
  );
});
