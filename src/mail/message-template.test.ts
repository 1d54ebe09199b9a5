/** Is a letter that was filled in the very letter that the mail library would have composed, whatever is in it? */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { MINUTE_MS } from "#kit/time.ts";
import { CODE_ALPHABET } from "#contract/limits.ts";
import { readSender, toMessage, writeLetter, type CodeLetter } from "./letter.ts";
import { messageMaker } from "./message-template.ts";

const sender = readSender("Holdfast für alle <codes@chat.example.org>");
const half = fc.string({ unit: fc.constantFrom(...CODE_ALPHABET), minLength: 4, maxLength: 4 });
const letters: fc.Arbitrary<CodeLetter> = fc
  .record({
    id: fc.uuid(),
    address: fc.oneof(
      fc.constantFrom(
        "ana@example.org",
        "stand-in@example.org",
        "o'brien+x@example.org",
        `${"long".repeat(15)}@${"domain.".repeat(20)}org`,
        "=20@example.org",
      ),
      fc.stringMatching(/^[a-z0-9._+-]{1,20}@[a-z]{1,10}\.org$/),
    ),
    code: fc.tuple(half, half).map((halves) => halves.join("-")),
    recipientLink: fc.string({ unit: fc.constantFrom(..."ABYZabyz0189-_"), minLength: 110, maxLength: 110 }),
    language: fc.constantFrom("en", "es"),
    way: fc.constantFrom("sign-up", "recover"),
    hasAccount: fc.boolean(),
    createdAt: fc.integer({ min: 1_700_000_000_000, max: 1_900_000_000_000 }),
    minutes: fc.constantFrom(1, 10),
  })
  .map(({ minutes, ...letter }) => ({ ...letter, expiresAt: letter.createdAt + minutes * MINUTE_MS })) as fc.Arbitrary<CodeLetter>;

for (const url of ["https://chat.example.org", "http://localhost:8480"]) {
  test(`at ${url} every letter is byte for byte what the library makes of it`, async () => {
    const make = messageMaker(url, sender);
    await fc.assert(
      fc.asyncProperty(letters, async (letter) => {
        const composed = await toMessage(letter, writeLetter(letter, url), sender);
        assert.equal((await make(letter)).toString("latin1"), composed.toString("latin1"));
      }),
      { numRuns: 300 },
    );
  });
}
