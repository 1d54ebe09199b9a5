/** Does a stream stay open while nothing happens, and never longer than it may? With the real chat and the real sessions. */
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { pino } from "pino";
import { systemDice } from "#kit/dice.ts";
import { systemClock, type Clock } from "#kit/time.ts";
import { createAssistant } from "#assistant/assistant.ts";
import { createEgress } from "#egress/egress.ts";
import { GOOD_PASSWORD, startIdentity, visitor } from "#support/identity.ts";
import { eventFrame, resumeAfter } from "./core/event-frames.ts";
import { eventsHandlers, HEARTBEAT_MS } from "./events-route.ts";
import type { RequestContext } from "./handler.ts";
import { createLiveStreams } from "./live-streams.ts";

const { identity, sql, letterFor } = await startIdentity({ after });
const log = pino({ level: "silent" });
/** A heartbeat every 30 ms, a look at the sessions every 40. */
const quick: Clock = {
  ...systemClock,
  after: (delayMs, work) => systemClock.after(delayMs === HEARTBEAT_MS ? 30 : delayMs, work),
  sleep: (delayMs, signal) => systemClock.sleep(Math.min(delayMs, 40), signal),
};
const settings = { url: null, key: null, name: null, discover: false, file: null, hubUrl: "http://127.0.0.1:1" };
const egress = createEgress({ sql, clock: systemClock, dice: systemDice, log, destinations: [] });
const { chat } = createAssistant({
  sql,
  clock: systemClock,
  dice: systemDice,
  log,
  egress,
  settings,
  dataDir: "/nonexistent",
  socket: "",
  wantModel: () => {},
});
await chat.start();
after(() => chat.stop());
const streams = createLiveStreams({ identity, clock: quick, log });
after(() => streams.stop());
const handler = eventsHandlers({ chat, streams, clock: quick })["GET /api/events"];

const newcomer = visitor();
const member = await identity.confirm({
  ...(await letterFor("listener@example.org", newcomer)),
  takesNew: true,
  password: GOOD_PASSWORD,
  visitor: newcomer,
});
assert.ok(member.ok);
const session = await identity.authenticate(member.value.sessionToken, undefined);
assert.ok(session !== null);

async function listen(query = ""): Promise<ReadableStreamDefaultReader<Uint8Array>> {
  const context: RequestContext = {
    requestId: "r",
    language: "en",
    account: session?.account ?? null,
    sessionId: session?.sessionId ?? null,
    params: {},
    query: new URLSearchParams(query),
    headers: new Headers(),
    body: undefined,
    signal: new AbortController().signal,
  };
  const reader = (await handler?.(context))?.body?.getReader();
  assert.ok(reader !== undefined);
  return reader as ReadableStreamDefaultReader<Uint8Array>;
}
const textOf = async (reader: ReadableStreamDefaultReader<Uint8Array>) => {
  const piece = await reader.read();
  return piece.done ? undefined : new TextDecoder().decode(piece.value);
};

test("a stream in which nothing happens says now and then that it lives, and what happens comes between", async () => {
  const reader = await listen();
  assert.equal(await textOf(reader), "retry: 1000\n\n");
  assert.equal(await textOf(reader), ":\n\n");
  assert.equal(await textOf(reader), ":\n\n");
  const id = systemDice.uuid();
  await chat.create(session.account.id, id);
  let frame = await textOf(reader);
  while (frame === ":\n\n") frame = await textOf(reader);
  assert.match(frame ?? "", new RegExp(`^id: 1\\ndata: \\{"kind":"conversation".*${id}.*\\n\\n$`));
  await reader.cancel();
});

test("a browser that goes away takes its place with it; a seventeenth stream of one session ends the oldest", async () => {
  for (let round = 0; round < 40; round += 1) await (await listen()).cancel();
  const first = await listen("after=1");
  await textOf(first);
  const readers = await Promise.all(Array.from({ length: 15 }, () => listen()));
  assert.equal(await textOf(first), ":\n\n", "sixteen at once are fine");
  readers.push(await listen());
  let last = await textOf(first);
  while (last === ":\n\n") last = await textOf(first);
  assert.equal(last, undefined);
  for (const reader of readers) await reader.cancel();
});

test("a session that is revoked anywhere ends its streams, though nothing is sent in them", async () => {
  streams.start();
  const reader = await listen("after=1");
  await textOf(reader);
  await sql`update session set revoked_at = now() where id = ${session.sessionId}`;
  let text = await textOf(reader);
  while (text !== undefined) text = await textOf(reader);
  assert.equal(text, undefined);
});

test("what a browser saw last counts more than what its page asks for; nonsense is told", () => {
  assert.equal(resumeAfter("7", "3"), 7);
  assert.equal(resumeAfter(null, "3"), 3);
  assert.equal(resumeAfter(null, null), 0);
  for (const wrong of ["", "x", "-1", "1.5", "1e3", "9".repeat(16), " 1"]) assert.equal(resumeAfter(wrong, null), undefined, wrong);
});

test("no text in an event can break out of its frame", () => {
  const event = {
    kind: "part",
    conversationId: "c",
    messageId: "m",
    channel: "text",
    at: 0,
    text: "a\n\nid: 9\ndata: x\r\n\u2028",
  } as const;
  const frame = eventFrame(4, event);
  assert.equal(frame.split(/\r\n|\n|\r/).length, 4);
  assert.deepEqual(JSON.parse(frame.split("\n")[1]?.slice(6) ?? ""), event);
});
