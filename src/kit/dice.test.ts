/** Are the dice of tests repeatable, and are the ids of both kinds real UUIDs? */
import assert from "node:assert/strict";
import { test } from "node:test";
import { seededDice, systemDice } from "./dice.ts";

const UUID_V4 = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

test("the same seed gives the same run, another seed another", () => {
  const [one, same, other] = [seededDice("a"), seededDice("a"), seededDice("b")];
  assert.deepEqual(one.bytes(100), same.bytes(100));
  assert.equal(one.uuid(), same.uuid());
  assert.notEqual(one.uuid(), other.uuid());
});

test("ids are version 4 UUIDs, fractions lie in [0, 1), bytes are as many as asked for", () => {
  for (const dice of [seededDice("x"), systemDice]) {
    for (let round = 0; round < 200; round += 1) {
      assert.match(dice.uuid(), UUID_V4);
      const fraction = dice.fraction();
      assert.ok(fraction >= 0 && fraction < 1);
    }
    for (const size of [0, 1, 31, 32, 33, 100]) assert.equal(dice.bytes(size).length, size);
  }
});
