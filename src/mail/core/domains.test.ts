/** Can nobody's mail server hold up the letters of others? */
import assert from "node:assert/strict";
import { test } from "node:test";
import { SECOND_MS } from "#kit/time.ts";
import { afterDomainAttempt, closedCells, newDomains, troubledCells } from "./domains.ts";

const NOW = 1_800_000_000_000;
const [TAR, FINE] = [77, 78];
const letters = (domainCell: number, count: number, ageMs = 0) => Array.from({ length: count }, () => ({ domainCell, ageMs }));

test("one domain never has every connection, and a slow one has a quarter", () => {
  const domains = newDomains();
  assert.deepEqual(closedCells(domains, letters(FINE, 8), { connections: 10, most: 10 }, NOW), []);
  assert.deepEqual(closedCells(domains, letters(FINE, 9), { connections: 10, most: 10 }, NOW), [FINE]);
  assert.deepEqual(closedCells(domains, letters(TAR, 1, 3 * SECOND_MS), { connections: 10, most: 10 }, NOW), []);
  assert.deepEqual(closedCells(domains, [...letters(TAR, 2, 3 * SECOND_MS), ...letters(FINE, 7)], { connections: 10, most: 10 }, NOW), [
    TAR,
  ]);
});

test("with a single connection everybody has it in turn", () => {
  assert.deepEqual(closedCells(newDomains(), [], { connections: 1, most: 1 }, NOW), []);
  assert.deepEqual(closedCells(newDomains(), letters(FINE, 1), { connections: 1, most: 1 }, NOW), [FINE]);
});

test("a domain that breaks off twice in a row is left alone for longer each time, until it answers", () => {
  const domains = newDomains();
  afterDomainAttempt(domains, TAR, true, NOW);
  assert.deepEqual(closedCells(domains, [], { connections: 5, most: 5 }, NOW), [], "once may happen to anybody");
  for (const seconds of [2, 4, 8, 15, 15]) {
    afterDomainAttempt(domains, TAR, true, NOW);
    assert.deepEqual(closedCells(domains, [], { connections: 5, most: 5 }, NOW + seconds * SECOND_MS - 1), [TAR]);
    assert.deepEqual(closedCells(domains, [], { connections: 5, most: 5 }, NOW + seconds * SECOND_MS), []);
  }
  afterDomainAttempt(domains, TAR, false, NOW);
  assert.deepEqual(closedCells(domains, [], { connections: 5, most: 5 }, NOW), []);
});

test("whoever names ever new dead domains fills nothing, and a domain that shares their row is not blamed for them", () => {
  const domains = newDomains();
  for (let cell = 0; cell < 100_000; cell += 1) afterDomainAttempt(domains, cell, true, NOW);
  assert.deepEqual(closedCells(domains, [], { connections: 5, most: 5 }, NOW), []);
  afterDomainAttempt(domains, FINE, false, NOW);
  assert.deepEqual(closedCells(domains, letters(FINE, 1), { connections: 5, most: 5 }, NOW), []);
});

test("an operator sees which domains are left alone, and which only have few connections", () => {
  const domains = newDomains();
  assert.deepEqual(troubledCells(domains, letters(FINE, 3, SECOND_MS), NOW), { paused: [], slow: [] });
  assert.deepEqual(troubledCells(domains, letters(FINE, 3, 3 * SECOND_MS), NOW), { paused: [], slow: [FINE] });
  afterDomainAttempt(domains, TAR, true, NOW);
  assert.deepEqual(troubledCells(domains, [], NOW), { paused: [], slow: [TAR] });
  afterDomainAttempt(domains, TAR, true, NOW);
  assert.deepEqual(troubledCells(domains, letters(TAR, 1, 3 * SECOND_MS), NOW), { paused: [TAR], slow: [] });
  assert.deepEqual(troubledCells(domains, [], NOW + 3 * SECOND_MS), { paused: [], slow: [TAR] });
  afterDomainAttempt(domains, TAR, false, NOW);
  assert.deepEqual(troubledCells(domains, [], NOW), { paused: [], slow: [] });
});
