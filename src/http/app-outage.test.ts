/** What do people notice when PostgreSQL is killed? That it takes a moment; and nothing that was acknowledged is gone. */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { chmod } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { systemClock } from "#kit/time.ts";
import { COOKIES } from "#contract/cookies.ts";
import type { ConversationAnswer, SendAnswer } from "#contract/wire.ts";
import { migrate, openPool } from "#store/store.ts";
import { startEmbeddedPostgres } from "#store/embedded-postgres.ts";
import { appPlace, listenTo, waitFor } from "#support/app.ts";
import { GOOD_PASSWORD } from "#support/people.ts";

const folder = mkdtempSync(join(tmpdir(), "hf-outage-"));
await chmod(folder, 0o711);
after(() => rmSync(folder, { recursive: true, force: true }));

async function startPostgres() {
  const started = await startEmbeddedPostgres({ dataDir: join(folder, "data"), socketDir: join(folder, "s") });
  assert.ok(started.ok, started.ok ? "" : started.failure.sentence);
  return started.value;
}

let postgres = await startPostgres();
after(() => postgres.stop());
const administration = openPool(postgres.address, { connections: 1, name: "test" });
await migrate(administration);
await administration.end();

const { cookies, begin, start, open, ask, standAtTheDoor } = await appPlace({ after }, postgres.address);
const door = await standAtTheDoor();
after(() => door.close());

test("the app outlives its database: it says so, and goes on by itself when it is back", { timeout: 60_000 }, async (t) => {
  const app = await start();
  let ended = false;
  app.child.once("exit", () => (ended = true));
  const operator = { token: app.ready.firstOperatorToken, address: "operator@example.org", password: GOOD_PASSWORD };
  assert.equal((await ask("POST", "/first-operator", operator)).status, 200);
  const conversationId = randomUUID();
  await ask("POST", "/api/conversations", { id: conversationId });

  for (let round = 1; round <= 3; round += 1) {
    const stream = await open("GET", "/api/events");
    const { state } = listenTo(stream);
    const question = { id: randomUUID(), parentId: null, text: `question ${round}: what is the line?` };
    const sent = await ask("POST", `/api/conversations/${conversationId}/messages`, question);
    assert.equal(sent.status, 200, sent.text);
    const { assistantMessage } = sent.json as SendAnswer;

    process.kill(postgres.pid, "SIGKILL");
    await postgres.ended;
    // its orphaned parts answer for a moment more
    await waitFor("the outage", async () => ((await ask("GET", "/api/conversations")).status === 503 ? true : undefined));
    // many at once, as people do: each failed connection must not make the next one later
    const during = await Promise.all(Array.from({ length: 30 }, () => ask("GET", "/api/conversations")));
    for (const answer of during) assert.deepEqual([answer.status, answer.headers["retry-after"]], [503, "2"], answer.text);
    await waitFor("the door's news", () => {
      const last = door.messages.findLast((message) => message.kind === "health");
      return last?.kind === "health" && last.database === "failing" ? true : undefined;
    });
    await systemClock.sleep(1_500);

    postgres = await startPostgres();
    const back = systemClock.monotonic();
    const { messages } = await waitFor("an answer", async () => {
      const answer = await ask("GET", `/api/conversations/${conversationId}`);
      return answer.status === 200 ? (answer.json as ConversationAnswer) : undefined;
    });
    t.diagnostic(`round ${round}: answered ${Math.round(systemClock.monotonic() - back)} ms after PostgreSQL took connections`);
    assert.ok(systemClock.monotonic() - back < 2_000);
    assert.ok(
      messages.some(({ id }) => id === question.id),
      "what was acknowledged is there",
    );
    await waitFor("the end of the answer", async () => {
      const answer = await ask("GET", `/api/conversations/${conversationId}`);
      // a connection that was being made just then may still fail
      if (answer.status === 503) return undefined;
      assert.equal(answer.status, 200, answer.text);
      const { messages: now } = answer.json as ConversationAnswer;
      return now.find(({ id }) => id === assistantMessage.id)?.state !== "running" ? true : undefined;
    });
    assert.equal(state.text.startsWith("retry: "), true);
    stream.destroy();
  }
  await waitFor("the door's news", () => {
    const last = door.messages.findLast((message) => message.kind === "health");
    return last?.kind === "health" && last.database === "working" ? true : undefined;
  });
  assert.equal(ended, false, app.output());
  app.child.kill("SIGKILL");
});

test("an app that starts before its database waits for it", { timeout: 60_000 }, async () => {
  await postgres.stop();
  const app = begin({ offerFirstOperator: false });
  await waitFor("its first try", () => app.output().includes("the database can't be reached yet") || undefined);
  postgres = await startPostgres();
  await app.ready;
  // a session that the database has to be asked about
  cookies.set(COOKIES.session, "x".repeat(43));
  assert.equal((await ask("GET", "/api/me")).status, 401, app.output());
});
