/**
 * Does the app live as it should? The real process with a real database, hasher and control socket; the test stands where the
 * door and the supervisor stand.
 */
import assert from "node:assert/strict";
import { createHash, randomBytes, randomUUID } from "node:crypto";
import { once } from "node:events";
import { after, test } from "node:test";
import { systemClock } from "#kit/time.ts";
import { COOKIES } from "#contract/cookies.ts";
import { INTERNAL, type ToChild } from "#contract/processes.ts";
import type { ConversationAnswer, ModelsAnswer, OperatorModelsAnswer, SendAnswer } from "#contract/wire.ts";
import { appKeys, appPlace, listenTo, waitFor } from "#support/app.ts";
import { testDatabaseWithAddress } from "#support/database.ts";
import { codeIn, GOOD_PASSWORD } from "#support/people.ts";

const { pool: sql, address } = await testDatabaseWithAddress({ after });
const { keys, cookies, mailboxToken, start, open, ask, asSomebodyElse, standAtTheDoor } = await appPlace({ after }, address);
const door = await standAtTheDoor();
let app = await start();

test("the first operator's link works once, and the operator sees the models", async () => {
  const token = app.ready.firstOperatorToken;
  assert.match(token ?? "", /^[A-Za-z0-9_-]{43}$/);
  const made = await ask("POST", "/first-operator", { token, address: "operator@example.org", password: GOOD_PASSWORD });
  assert.equal(made.status, 200, made.text);
  const view = (await ask("GET", "/api/operator/models")).json as OperatorModelsAnswer;
  assert.equal(view.defaultModelId, "guide/manual");
  assert.ok(view.catalogue.length > 3 && view.freeBytes > 0);
  assert.deepEqual(
    ((await ask("GET", "/api/models")).json as ModelsAnswer).models.map(({ id, isDefault }) => [id, isDefault]),
    [["guide/manual", true]],
  );
});

test("the door hears the whole list of revocations first, capacity each second, and how everything is", async () => {
  await waitFor("capacity", () => (door.messages.filter(({ kind }) => kind === "capacity").length >= 2 ? true : undefined));
  assert.deepEqual(
    door.messages.find(({ kind }) => kind === "revoked"),
    { kind: "revoked", epochs: [], complete: true },
  );
  const health = await waitFor("health", () => door.messages.find((message) => message.kind === "health" && message.model === "guide"));
  assert.ok(health.kind === "health");
  assert.deepEqual([health.database, health.mail, health.lettersWaiting], ["working", "mailbox", 0]);
  assert.ok(door.messages.some((message) => message.kind === "capacity" && message.lettersPerSecond > 0));
});

let conversationId = "";
let answerId = "";

test("a question is answered, its words stream with numbers, and whoever comes back goes on where they were", async () => {
  conversationId = randomUUID();
  assert.equal((await ask("POST", "/api/conversations", { id: conversationId.toUpperCase() })).status, 200);
  const response = await open("GET", "/api/events");
  assert.deepEqual(
    [response.headers["content-type"], response.headers["x-accel-buffering"], response.headers["cache-control"]],
    ["text/event-stream; charset=utf-8", "no", "no-store, no-transform"],
  );
  const { events, state } = listenTo(response);
  const sent = await ask("POST", `/api/conversations/${conversationId}/messages`, {
    id: randomUUID(),
    parentId: null,
    text: "How do I connect a model?",
  });
  assert.equal(sent.status, 200, sent.text);
  answerId = (sent.json as SendAnswer).assistantMessage.id;
  const done = () =>
    events().findLast(({ event }) => event.kind === "message" && event.message.id === answerId && event.message.state === "done");
  await waitFor("the end of the answer", done);
  const numbers = events().map(({ seq }) => seq);
  assert.deepEqual(
    numbers,
    numbers.map((_, index) => (numbers[0] ?? 0) + index),
    "no number is missing",
  );
  const whole = events();
  const { messages } = (await ask("GET", `/api/conversations/${conversationId}`)).json as ConversationAnswer;
  const answer = messages.find(({ id }) => id === answerId);
  const streamed = whole.flatMap(({ event }) => (event.kind === "part" && event.messageId === answerId ? [event.text] : [])).join("");
  assert.ok(streamed.length > 0 && answer?.text.startsWith(streamed.slice(0, 50)));
  assert.deepEqual(answer?.egress, { kind: "none" });

  const from = numbers[3] ?? 0;
  for (const again of [
    await open("GET", `/api/events?after=${from}`),
    await open("GET", "/api/events?after=0", undefined, { "last-event-id": String(from) }),
  ]) {
    const later = listenTo(again);
    await waitFor("the rest", () => (later.events().length >= whole.length - 4 ? true : undefined));
    assert.deepEqual(later.events().slice(0, whole.length - 4), whole.slice(4));
    again.destroy();
  }
  assert.equal((await ask("GET", "/api/events?after=x")).status, 400);
  response.destroy();
  assert.equal(state.text.startsWith("retry: "), true);
});

test("an id that can't be one is not there, in every route with an id, and so is somebody else's", async () => {
  const stranger = randomUUID();
  for (const id of ["x", "1", "..%2f..", "%E0%A4", "%27;%20drop%20table%20account", stranger, `${stranger}0`]) {
    for (const [method, route, body] of [
      ["GET", `/api/conversations/${id}`],
      ["PATCH", `/api/conversations/${id}`, { title: "t" }],
      ["DELETE", `/api/conversations/${id}`],
      ["POST", `/api/conversations/${id}/restore`],
      ["POST", `/api/conversations/${id}/messages`, { id: randomUUID(), parentId: null, text: "x" }],
      ["POST", `/api/messages/${id}/regenerate`, { id: randomUUID() }],
      ["POST", `/api/messages/${id}/stop`],
      ["GET", `/api/egress/${id}/body`],
      ["DELETE", `/api/operator/downloads/${id}`],
      ...(id === stranger ? [] : [["GET", `/api/messages/${id}/egress`] as const]),
    ] as const) {
      const answer = await ask(method, route, body);
      assert.equal(answer.status, 404, `${method} ${route}: ${answer.text}`);
    }
  }
  assert.deepEqual((await ask("GET", `/api/messages/${stranger}/egress`)).json, { entries: [] });
  assert.equal((await ask("GET", "/api/conversations?cursor=%00%ff")).status, 400);
  assert.equal((await ask("POST", "/api/operator/default-model", { modelId: "no/such" })).status, 404);
  assert.equal((await ask("POST", "/api/operator/downloads", { modelId: "no-such" })).status, 404);
});

test("what left is handed out byte for byte, as a file that no browser takes for a page", async () => {
  const body = Buffer.from('{"messages":[{"content":"<script>alert(1)</script> \u00e9"}]}');
  const entryId = randomUUID();
  const [account] = await sql<{ id: string }[]>`select id from account where address = 'operator@example.org'`;
  await sql`insert into egress_entry (id, account_id, conversation_id, message_id, purpose, destination, method, url, host, ip, stayed,
      request_bytes, request_sha256, request_body, state, opened_at)
    values (${entryId}, ${account?.id ?? ""}, ${conversationId}, ${answerId}, 'answer', 'there', 'POST', 'https://there.example/v1', 'there.example', '192.0.2.1',
      false, ${body.length}, ${createHash("sha256").update(body).digest()}, ${body}, 'opened', now())`;
  const { entries } = (await ask("GET", `/api/messages/${answerId}/egress`)).json as { entries: { id: string; requestBytes: number }[] };
  assert.deepEqual(
    entries.map(({ id, requestBytes }) => [id, requestBytes]),
    [[entryId, body.length]],
  );
  const answer = await ask("GET", `/api/egress/${entryId}/body`);
  assert.equal(answer.text, body.toString());
  assert.equal(answer.headers["content-type"], "text/plain; charset=utf-8");
  assert.equal(answer.headers["x-content-type-options"], "nosniff");
  assert.match(String(answer.headers["content-disposition"]), /^attachment; filename="holdfast-sent-[0-9a-f-]+\.txt"$/);
  assert.match(String(answer.headers["content-security-policy"]), /sandbox/);
  await sql`delete from egress_entry where id = ${entryId}`;
});

test("keys that were rotated are used for what is made next, and letters reach the mailbox", async () => {
  app.child.send({ kind: "keys", keys: appKeys(2, keys) } satisfies ToChild);
  await systemClock.sleep(50);
  await asSomebodyElse(async () => {
    cookies.set(COOKIES.browser, randomBytes(32).toString("base64url"));
    const place = { [INTERNAL.placeId]: randomBytes(16).toString("base64url") };
    const letter = await ask("POST", "/sign-up/letter", { place: "p", address: "new@example.org" }, place);
    assert.equal(letter.status, 200, letter.text);
    const { envelope } = letter.json as { envelope: string };
    assert.equal(Buffer.from(envelope, "base64url").readUInt8(0), 2, "sealed under the new key");
    const code = await waitFor("the letter", async () => {
      const { letters } = (await ask("GET", `/mailbox?token=${mailboxToken}`)).json as { letters: { recipient: string; text: string }[] };
      const found = letters.find(({ recipient }) => recipient === "new@example.org");
      return found === undefined ? undefined : codeIn(found.text);
    });
    assert.equal((await ask("POST", "/sign-up/confirm", { envelope, code, password: GOOD_PASSWORD })).status, 200);
  });
});

test("a stream ends at once with the session that is signed out, and soon with one that ended elsewhere; others go on", async () => {
  await asSomebodyElse(async () => {
    const signIn = async () => {
      cookies.clear();
      assert.equal((await ask("POST", "/sign-in", { address: "operator@example.org", password: GOOD_PASSWORD })).status, 200);
      return listenTo(await open("GET", "/api/events"));
    };
    const elsewhere = await signIn();
    const session = createHash("sha256")
      .update(cookies.get(COOKIES.session) ?? "")
      .digest();
    const here = await signIn();
    await waitFor("both streams", () => (here.state.text !== "" && elsewhere.state.text !== "" ? true : undefined));
    assert.equal((await ask("POST", "/sign-out")).status, 200);
    await waitFor("the end", () => (here.state.ended ? true : undefined), 1_000);
    assert.equal(elsewhere.state.ended, false);
    await sql`update session set revoked_at = now() where token_sha256 = ${session}`;
    await waitFor("the end", () => (elsewhere.state.ended ? true : undefined), 8_000);
  });
});

test("a door that was gone is told everything again when it is back", async () => {
  await door.close();
  const next = await standAtTheDoor();
  await waitFor("the list", () => next.messages.find((message) => message.kind === "revoked" && message.complete), 5_000);
  await waitFor("health", () => next.messages.find(({ kind }) => kind === "health"), 5_000);
  await next.close();
});

test("the app goes when it is told to or when its supervisor is gone, and the next one has everything", async () => {
  const began = systemClock.monotonic();
  const stream = listenTo(await open("GET", "/api/events"));
  const left = once(app.child, "exit");
  app.child.send({ kind: "stop" } satisfies ToChild);
  assert.deepEqual(await left, [0, null], app.output());
  assert.ok(systemClock.monotonic() - began < 4_000, "an open stream holds nobody up");
  assert.equal(stream.state.ended, true);
  app = await start({ offerFirstOperator: false });
  assert.equal(app.ready.firstOperatorToken, undefined);
  assert.equal((await ask("GET", `/api/conversations/${conversationId}`)).status, 200);
  const orphaned = once(app.child, "exit");
  app.child.disconnect();
  await orphaned;
});

test("while the mailbox page is closed and no mail server is set, nobody is promised a letter and none is kept in the open", async (t) => {
  const next = await standAtTheDoor();
  t.after(() => next.close());
  app = await start({ offerFirstOperator: false, mailboxTokenSha256: null, publicUrl: "https://chat.example.org" });
  await waitFor("the truth", () => next.messages.find((message) => message.kind === "health" && message.mail === "failing"));
  assert.ok(next.messages.every((message) => message.kind !== "health" || message.mail !== "mailbox"));
  const capacity = await waitFor("capacity", () => next.messages.findLast(({ kind }) => kind === "capacity"));
  assert.deepEqual(capacity, { kind: "capacity", lettersPerSecond: 0 });
  const before = await sql`select id from mailbox_letter`;
  await asSomebodyElse(async () => {
    cookies.set(COOKIES.browser, randomBytes(32).toString("base64url"));
    const turn = { [INTERNAL.placeId]: randomBytes(16).toString("base64url") };
    const refused = await ask("POST", "/sign-up/letter", { place: "p", address: "kept@example.org" }, turn);
    assert.deepEqual([refused.status, refused.headers["retry-after"]], [503, "5"]);
    assert.equal((await ask("GET", `/mailbox?token=${mailboxToken}`)).status, 404);
  });
  await systemClock.sleep(500);
  assert.deepEqual(await sql`select id from mailbox_letter`, before);
  const left = once(app.child, "exit");
  app.child.send({ kind: "stop" } satisfies ToChild);
  await left;
});
