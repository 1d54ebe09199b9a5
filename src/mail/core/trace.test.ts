/** Is everybody told the truth about their letter, in words, and asked to look again only while something may change? */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { MINUTE_MS, SECOND_MS } from "#kit/time.ts";
import { traceSteps } from "#contract/words/trace.ts";
import { pagesEn } from "#contract/words/en/pages.ts";
import { traceOf, type LetterRow } from "./trace.ts";

const NOW = 1_800_000_000_000;
const fresh: LetterRow = {
  state: "queued",
  server: null,
  held: false,
  attempts: 0,
  lastFailure: null,
  createdAt: NOW,
  deadlineAt: NOW + 10 * MINUTE_MS,
  nextAttemptAt: NOW,
  triedAt: null,
  relayedAt: null,
  confirmedAt: null,
};
const told = (row: Partial<LetterRow>, afterMs = SECOND_MS) => {
  const trace = traceOf({ ...fresh, ...row }, NOW + afterMs);
  const steps = traceSteps({ ...trace, address: "ana@example.org" }, (key, { server, address }) =>
    pagesEn[key].replace("{server}", server).replace("{address}", address),
  );
  return { ...trace, said: steps.map(({ sentence }) => sentence) };
};
const tried = { attempts: 1, triedAt: NOW + 100, server: "B" };

test("a letter is told from its order to the code that was entered, with the mail server that took it", () => {
  assert.deepEqual(told({}).said, ["Ordered at {time}.", "It waits for a free line to the mail server."]);
  assert.deepEqual(told({ ...tried, state: "sending" }).said, ["Ordered at {time}.", "Handed to the mail server B at {time}."]);
  const accepted = told({ ...tried, state: "relayed", relayedAt: NOW + 200 });
  assert.equal(accepted.said.length, 3);
  assert.match(accepted.said[2] ?? "", /^Accepted at/);
  assert.equal(accepted.retryAfterSeconds, null, "nothing more happens by itself");
  const entered = told({ ...tried, state: "relayed", relayedAt: NOW + 200, confirmedAt: NOW + 9_000 });
  assert.deepEqual([entered.said.length, entered.enteredAt], [4, NOW + 9_000]);
});

test("a letter in the built-in mailbox is said to lie there, and no provider to have it", () => {
  const lies = told({ ...tried, server: "mailbox", state: "relayed", relayedAt: NOW + 200 });
  assert.deepEqual(lies.said, ["Ordered at {time}.", "Put into the built-in mailbox at {time}."]);
  assert.deepEqual(told({ ...tried, server: "mailbox", state: "sending" }).said, ["Ordered at {time}."]);
});

test("whoever's provider asked to come again is told when that is, and looks again then", () => {
  const putOff = told({ ...tried, lastFailure: "asked-to-wait", nextAttemptAt: NOW + 16 * SECOND_MS });
  assert.match(putOff.said.at(-1) ?? "", /asked us to come again/);
  assert.deepEqual([putOff.nextTryAt, putOff.retryAfterSeconds], [NOW + 16 * SECOND_MS, 10]);
  const soon = told({ ...tried, lastFailure: "asked-to-wait", nextAttemptAt: NOW + 16 * SECOND_MS }, 14 * SECOND_MS);
  assert.equal(soon.retryAfterSeconds, 3);
});

test("a mailbox that is not there, a dead mail server, a broken line and one that fell silent are told apart", () => {
  assert.equal(told({ ...tried, state: "failed", lastFailure: "recipient-refused" }).state, "refused");
  assert.equal(told({ ...tried, state: "failed", lastFailure: "letter-refused" }).state, "failed");
  assert.equal(told({ ...tried, lastFailure: "relay-unreachable" }).state, "server-down");
  assert.equal(told({ ...tried, lastFailure: "dropped" }).state, "broken-off");
  assert.equal(told({ ...tried, lastFailure: "cut-off", held: true }).state, "unsure");
  assert.equal(told({}, 10 * MINUTE_MS).state, "expired");
});

test("whatever the row says: there is a sentence, it never promises a time that is not there, and asking again ends with the letter", () => {
  const time = fc.option(fc.integer({ min: NOW, max: NOW + 20 * MINUTE_MS }), { nil: null });
  const row = fc.record({
    ...Object.fromEntries(Object.entries(fresh).map(([key, value]) => [key, fc.constant(value)])),
    state: fc.constantFrom("queued", "sending", "relayed", "failed", "expired"),
    held: fc.boolean(),
    server: fc.constantFrom(null, "A", "B"),
    lastFailure: fc.constantFrom(
      null,
      "asked-to-wait",
      "dropped",
      "cut-off",
      "relay-busy",
      "relay-tls",
      "recipient-refused",
      "letter-refused",
    ),
    nextAttemptAt: fc.integer({ min: NOW, max: NOW + 20 * MINUTE_MS }),
    triedAt: time,
    confirmedAt: time,
  });
  fc.assert(
    fc.property(row, fc.nat(20 * MINUTE_MS), (made, afterMs) => {
      const { said, retryAfterSeconds, state } = told(
        { ...(made as LetterRow), relayedAt: (made as LetterRow).state === "relayed" ? NOW + 1 : null },
        afterMs,
      );
      assert.ok(said.length >= 1 && said.every((sentence) => sentence.length > 5));
      const ended = ["accepted", "refused", "failed", "silent", "expired", "entered"].includes(state);
      assert.equal(retryAfterSeconds === null, ended);
      if (retryAfterSeconds !== null) assert.ok(retryAfterSeconds >= 1 && retryAfterSeconds <= 10);
    }),
  );
});
