/**
 * What does somebody get who sends something wrong, or to whom something bad happens? Always a sentence that says what to
 * do, never a crash, and nothing is lost.
 */
import assert from "node:assert/strict";
import { after, test } from "node:test";
import type { Problem } from "#contract/problems.ts";
import type { ChallengeAnswer, ConversationAnswer, Message, PlaceAnswer } from "#contract/wire.ts";
import { startHoldfast } from "#support/holdfast.ts";
import {
  askForLetter,
  finished,
  mailboxReader,
  openBrowser,
  pause,
  readConversation,
  register,
  startChat,
  type Answer,
} from "#support/people.ts";
import { startSmtpServer } from "#support/smtp-server.ts";

const holdfast = await startHoldfast({ after });
const read = mailboxReader(holdfast.mailboxUrl);
const member = openBrowser(holdfast.url);
await register(member, "member@example.org", read);
const other = openBrowser(holdfast.url);
await register(other, "other@example.org", read);

function problemOf(answer: Answer): Problem {
  const problem = answer.json() as Problem;
  assert.match(answer.headers.get("content-type") ?? "", /^application\/problem\+json/);
  assert.equal(problem.status, answer.status);
  assert.ok(problem.title.length > 3 && problem.detail.length > 10 && problem.requestId, answer.text);
  return problem;
}

async function conversation(): Promise<string> {
  const id = crypto.randomUUID();
  await member.call("POST", "/api/conversations", { id });
  return id;
}

test("each wrong field is named, with a sentence in the reader's language", async () => {
  const id = await conversation();
  const answer = await member.request("POST", `/api/conversations/${id}/messages`, { id: "no-uuid", parentId: null, text: "  ", extra: 1 });
  const problem = problemOf(answer);
  assert.equal(problem.code, "invalid-field");
  assert.deepEqual(problem.errors?.map(({ field }) => field).toSorted(), ["extra", "id", "text"]);
  const spanish = openBrowser(holdfast.url);
  const refused = problemOf(await spanish.request("POST", "/sign-in", { address: "x", password: "y" }, { "accept-language": "es" }));
  assert.match(refused.errors?.[0]?.sentence ?? "", /correo/i);
});

test("a message that is too long is refused whole, and one at the limit is taken", async () => {
  const id = await conversation();
  const send = (text: string) =>
    member.request("POST", `/api/conversations/${id}/messages`, { id: crypto.randomUUID(), parentId: null, text });
  assert.equal(problemOf(await send("a".repeat(100_001))).code, "invalid-field");
  assert.equal(problemOf(await send("a".repeat(600_000))).code, "body-too-large");
  const taken = await send("é".repeat(100_000));
  assert.equal(taken.status, 200, taken.text.slice(0, 300));
  await finished(member, id, (taken.json() as { assistantMessage: Message }).assistantMessage.id);
});

test("what is no JSON, no UTF-8 or no text that can be kept is told apart", async () => {
  const id = await conversation();
  const path = `/api/conversations/${id}/messages`;
  const raw = async (body: Uint8Array<ArrayBuffer>, type = "application/json") => {
    const response = await fetch(holdfast.url + path, {
      method: "POST",
      headers: { "content-type": type, cookie: member.cookieHeader() },
      body,
    });
    return ((await response.json()) as Problem).code;
  };
  const bytes = (text: string) => new TextEncoder().encode(text);
  assert.equal(await raw(bytes("{")), "bad-request");
  assert.equal(await raw(Uint8Array.of(0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d)), "bad-request");
  assert.equal(await raw(bytes("text=hello"), "text/plain"), "unsupported-media");
  const half = JSON.stringify({ id: crypto.randomUUID(), parentId: null, text: "half \ud83d" });
  assert.equal(await raw(bytes(half.replace("\ud83d", "\\ud83d"))), "invalid-field");
  assert.equal((await readConversation(member, id)).messages.length, 0);
});

test("an unknown conversation and somebody else's are the same: not found", async () => {
  const { conversationId, assistantMessage } = await startChat(member, "Mine.");
  await finished(member, conversationId, assistantMessage.id);
  for (const id of [crypto.randomUUID(), conversationId, "no-uuid", "%00", "..%2f..%2fetc"]) {
    const codes = await Promise.all([
      other.request("GET", `/api/conversations/${id}`),
      other.request("PATCH", `/api/conversations/${id}`, { title: "Mine now" }),
      other.request("DELETE", `/api/conversations/${id}`),
      other.request("POST", `/api/conversations/${id}/restore`, {}),
      other.request("POST", `/api/conversations/${id}/messages`, { id: crypto.randomUUID(), parentId: null, text: "hello" }),
    ]);
    for (const answer of codes) assert.equal(answer.status, 404, `${id}: ${answer.text}`);
  }
  for (const path of [`/api/messages/${assistantMessage.id}/stop`, `/api/messages/${crypto.randomUUID()}/stop`]) {
    assert.equal((await other.request("POST", path, {})).status, 404);
  }
  const regenerate = await other.request("POST", `/api/messages/${assistantMessage.id}/regenerate`, { id: crypto.randomUUID() });
  assert.equal(regenerate.status, 404);
  assert.equal((await readConversation(member, conversationId)).conversation.deletedAt, null);
});

test("an id that is taken by somebody else is refused without telling whose it is", async () => {
  const { conversationId, userMessage, assistantMessage } = await startChat(member, "Taken ids.");
  await finished(member, conversationId, assistantMessage.id);
  assert.equal((await other.request("POST", "/api/conversations", { id: conversationId })).status, 404);
  const own = crypto.randomUUID();
  await other.call("POST", "/api/conversations", { id: own });
  const answer = await other.request("POST", `/api/conversations/${own}/messages`, { id: userMessage?.id, parentId: null, text: "mine" });
  assert.equal(answer.status, 404, answer.text);
  assert.equal((await readConversation(other, own)).messages.length, 0);
});

test("a deleted conversation comes back whole when the person changes their mind", async () => {
  const { conversationId, assistantMessage } = await startChat(member, "Keep me.");
  await finished(member, conversationId, assistantMessage.id);
  await member.call("DELETE", `/api/conversations/${conversationId}`);
  await member.call("POST", `/api/conversations/${conversationId}/restore`, {});
  const { messages, conversation: back } = await readConversation(member, conversationId);
  assert.equal(back.deletedAt, null);
  assert.equal(messages.length, 2);
});

test("an address that is not there, and a method that is not taken, are told as such", async () => {
  assert.equal(problemOf(await member.request("GET", "/api/nothing")).code, "not-found");
  const answer = await member.request("DELETE", "/api/me");
  assert.equal(problemOf(answer).code, "method-not-allowed");
  assert.match(answer.headers.get("allow") ?? "", /GET/);
});

test(
  "a mail server that is down: the newcomer is told, keeps the place, and gets the letter when it is back",
  { timeout: 180_000 },
  async (t) => {
    const smtp = await startSmtpServer(t);
    const there = await startHoldfast(t, { env: { SMTP_URL: smtp.url, MAIL_FROM: "Holdfast <no-reply@example.org>" } });
    const browser = openBrowser(there.url);
    // the relay hangs with one letter in its hands, and then is gone
    await smtp.fault({ kind: "hang", at: "data" });
    await askForLetter(openBrowser(there.url), "first@example.org");
    await smtp.fault({ kind: "refuse" });
    for (const until = Date.now() + 60_000; Date.now() < until; await pause(500)) {
      if (/"mail":"failing"/.test((await browser.request("GET", "/status.json")).text)) break;
    }
    const { challenge } = await browser.call<ChallengeAnswer>("POST", "/sign-up/challenge", {});
    let waiting = await browser.call<PlaceAnswer>("POST", "/sign-up/place", { challenge });
    assert.equal(waiting.turn, false, "while letters can't be sent nobody is promised one");
    const early = await browser.request("POST", "/sign-up/letter", { place: waiting.place, address: "second@example.org" });
    assert.equal(problemOf(early).code, "not-your-turn");
    await smtp.fault(null);
    for (const until = Date.now() + 60_000; !waiting.turn && Date.now() < until; await pause(500)) {
      waiting = await browser.call<PlaceAnswer>("POST", "/sign-up/turn", { place: waiting.place });
    }
    assert.ok(waiting.turn, "the same place gets its turn afterwards");
    await browser.call("POST", "/sign-up/letter", { place: waiting.place, address: "second@example.org" });
    for (const until = Date.now() + 30_000; Date.now() < until; await pause(200)) {
      const letters = await smtp.letters();
      if (["first@example.org", "second@example.org"].every((address) => letters.some(({ to }) => to.includes(address)))) return;
    }
    assert.fail("both letters arrive after the mail server is back");
  },
);

test("two tabs that rename and delete at once end in one state that both can read", async () => {
  const { conversationId, assistantMessage } = await startChat(member, "Two tabs.");
  await finished(member, conversationId, assistantMessage.id);
  const answers = await Promise.all(
    Array.from({ length: 10 }, (_, number) =>
      member.request("PATCH", `/api/conversations/${conversationId}`, { title: `Title ${number}` }),
    ),
  );
  for (const answer of answers) assert.equal(answer.status, 200, answer.text);
  const { conversation: now } = await member.call<ConversationAnswer>("GET", `/api/conversations/${conversationId}`);
  assert.match(now.title, /^Title \d$/);
});
