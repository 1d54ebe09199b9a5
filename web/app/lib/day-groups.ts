/** Under which heading does a conversation stand in the list? By calendar days of the reader's own time zone. Pure. */
import type { TimeMs } from "#contract/wire.ts";

export type DayGroup = "today" | "yesterday" | "week" | "month" | { year: number; month: number };

const DAY_MS = 86_400_000;

export function dayGroup(at: TimeMs, now: TimeMs): DayGroup {
  const days = calendarDay(now) - calendarDay(at);
  if (days <= 0) return "today";
  if (days === 1) return "yesterday";
  if (days <= 7) return "week";
  if (days <= 30) return "month";
  const date = new Date(at);
  return { year: date.getFullYear(), month: date.getMonth() };
}

/** Neighbours under the same heading are put together; the order stays. */
export function groupByDay<Item>(items: readonly Item[], atOf: (item: Item) => TimeMs, now: TimeMs): { group: DayGroup; items: Item[] }[] {
  const groups: { group: DayGroup; items: Item[] }[] = [];
  for (const item of items) {
    const group = dayGroup(atOf(item), now);
    const last = groups.at(-1);
    if (last !== undefined && groupKey(last.group) === groupKey(group)) last.items.push(item);
    else groups.push({ group, items: [item] });
  }
  return groups;
}

export function groupKey(group: DayGroup): string {
  return typeof group === "string" ? group : `${group.year}-${group.month}`;
}

/** Whole days since 1970 by the local calendar, so that a day of 23 or 25 hours counts as one. */
function calendarDay(at: TimeMs): number {
  const date = new Date(at);
  return Math.round(Date.UTC(date.getFullYear(), date.getMonth(), date.getDate()) / DAY_MS);
}
