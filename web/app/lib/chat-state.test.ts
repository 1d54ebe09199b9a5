import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Conversation, Message, StreamEvent } from "#contract/wire.ts";
import {
  beginReading,
  CHAT_START,
  chooseLeaf,
  listed,
  shownBranch,
  takeConversation,
  takeEvent,
  takeList,
  takeMessages,
  takeSnapshot,
  type ChatState,
} from "./chat-state.ts";

const conversation: Conversation = { id: "c", title: "Knots", createdAt: 1, updatedAt: 1, deletedAt: null, leafMessageId: null };

function message(id: string, more: Partial<Message> = {}): Message {
  return {
    id,
    conversationId: "c",
    parentId: null,
    role: "assistant",
    text: "",
    reasoning: "",
    state: "done",
    problemCode: null,
    cutShort: false,
    modelId: null,
    modelName: null,
    createdAt: 1,
    finishedAt: null,
    usage: null,
    egress: { kind: "none" },
    ...more,
  };
}

/** What a server would log of one answer: begun, its pieces, ended. Event n has the number n + 1. */
function logOf(text: string, pieces: number[]): StreamEvent[] {
  const log: StreamEvent[] = [{ kind: "message", message: message("a", { state: "running" }) }];
  let at = 0;
  for (const length of [...pieces, text.length]) {
    const piece = text.slice(at, at + length);
    if (piece !== "") log.push({ kind: "part", conversationId: "c", messageId: "a", channel: "text", at, text: piece });
    at += piece.length;
  }
  return [...log, { kind: "message", message: message("a", { text }) }];
}

/** The message as a snapshot after the first `cursor` events has it. */
function snapshotAt(log: StreamEvent[], cursor: number): { conversation: Conversation; messages: Message[]; cursor: number } {
  let known: Message | undefined;
  for (const event of log.slice(0, cursor)) {
    if (event.kind === "message") known = event.message;
    else if (event.kind === "part" && known !== undefined) known = { ...known, text: known.text + event.text };
  }
  return { conversation, messages: known === undefined ? [] : [known], cursor };
}

const answerIn = (state: ChatState) => state.threads.get("c")?.messages.get("a");

test("whenever the page is opened and wherever the stream is resumed, no word is lost and none is there twice", () => {
  const text = "A bowline makes a loop that neither slips nor jams. 🙂";
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 9 }), { maxLength: 12 }),
      fc.nat(),
      fc.nat(),
      fc.nat(),
      (pieces, openedAt, snapshotCut, resumedBack) => {
        const log = logOf(text, pieces);
        const opened = openedAt % (log.length + 1);
        const cursor = opened + (snapshotCut % (log.length + 1 - opened));
        let state = beginReading({ ...CHAT_START, seq: opened }, "c");
        const feed = (from: number, to: number) => {
          for (let seq = from + 1; seq <= to; seq++) {
            const event = log[seq - 1];
            if (event !== undefined) state = takeEvent(state, { seq, event }).state;
          }
        };
        // events that come while the snapshot is on its way
        feed(opened, cursor);
        state = takeSnapshot(state, snapshotAt(log, cursor)).state;
        // the connection is lost and resumed at an earlier number
        feed(Math.max(0, cursor - (resumedBack % 4)), log.length);
        assert.equal(answerIn(state)?.text, text);
        assert.equal(answerIn(state)?.state, "done");
      },
    ),
  );
});

test("a hole in an answer makes the conversation be read again, and what came meanwhile is not lost", () => {
  const log = logOf("one two three four", [4, 4, 6]);
  let state = takeSnapshot(beginReading(CHAT_START, "c"), snapshotAt(log, 2)).state;
  const missed = takeEvent(state, { seq: 4, event: log[3]! });
  assert.deepEqual(missed.reread, { conversationId: "c" });
  state = takeEvent(missed.state, { seq: 5, event: log[4]! }).state;
  assert.equal(answerIn(state)?.text, "one ", "nothing is shown that does not follow");
  state = takeSnapshot(state, snapshotAt(log, 3)).state;
  assert.equal(answerIn(state)?.text, "one two three four");
});

test("a renamed conversation keeps its new title when an older list comes late", () => {
  const renamed = { ...conversation, title: "Bowlines" };
  let state = takeEvent(CHAT_START, { seq: 7, event: { kind: "conversation", conversation: renamed } }).state;
  state = takeList(state, { conversations: [conversation], nextCursor: null, seq: 5 });
  assert.deepEqual(
    listed(state).map(({ title }) => title),
    ["Bowlines"],
  );
  state = takeEvent(state, { seq: 6, event: { kind: "conversation", conversation } }).state;
  assert.deepEqual(
    listed(state).map(({ title }) => title),
    ["Bowlines"],
  );
});

test("a deleted conversation leaves the list and comes back when that is undone", () => {
  let state = takeList(CHAT_START, { conversations: [conversation], nextCursor: null, seq: 1 });
  state = takeConversation(state, { ...conversation, deletedAt: 9 });
  assert.deepEqual(listed(state), []);
  state = takeConversation(state, conversation);
  assert.equal(listed(state).length, 1);
});

test("an answer that is already there by the stream is not set back by the reply to the request", () => {
  const log = logOf("one two", [4]);
  let state = takeSnapshot(beginReading(CHAT_START, "c"), snapshotAt(log, 0)).state;
  for (const [index, event] of log.entries()) state = takeEvent(state, { seq: index + 1, event }).state;
  state = takeMessages(state, "c", [message("a", { state: "running" })]);
  assert.equal(answerIn(state)?.text, "one two");
  assert.equal(answerIn(state)?.state, "done");
});

test("somebody who edits a message sees the new branch; the old one is a step away", () => {
  const question = message("q1", { role: "user", text: "first" });
  const edited = message("q2", { role: "user", text: "second", createdAt: 2 });
  const answers = [message("a1", { parentId: "q1" }), message("a2", { parentId: "q2", createdAt: 3 })];
  const read = takeSnapshot(beginReading(CHAT_START, "c"), { conversation, messages: [question, edited, ...answers], cursor: 4 });
  const shownIds = (state: ChatState) => shownBranch(state.threads.get("c")!).map(({ message: { id } }) => id);
  assert.deepEqual(shownIds(read.state), ["q2", "a2"]);
  const turned = chooseLeaf(read.state, "c", "q1");
  assert.deepEqual(shownIds(turned), ["q1", "a1"]);
  assert.deepEqual(shownBranch(turned.threads.get("c")!)[0]?.step.siblings, ["q1", "q2"]);
});

test("after a reset everything is read again, and a lower number counts", () => {
  let state = takeList(CHAT_START, { conversations: [conversation], nextCursor: null, seq: 90 });
  state = takeSnapshot(beginReading(state, "c"), { conversation, messages: [], cursor: 90 }).state;
  const reset = takeEvent(state, { seq: 3, event: { kind: "reset" } });
  assert.equal(reset.reread, "everything");
  assert.equal(reset.state.seq, 3, "the stream is resumed from here");
  state = takeList(reset.state, { conversations: [{ ...conversation, title: "Restored" }], nextCursor: null, seq: 3 });
  assert.equal(listed(state)[0]?.title, "Restored");
});

test("a browser that opens many conversations keeps a bounded number of them complete", () => {
  let state = CHAT_START;
  for (let index = 0; index < 40; index++) {
    const id = `c${index}`;
    state = takeSnapshot(beginReading(state, id), { conversation: { ...conversation, id }, messages: [], cursor: index }).state;
  }
  assert.ok(state.threads.size <= 12);
  assert.ok(state.threads.has("c39"));
});
