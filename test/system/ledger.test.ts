/**
 * Is what a person sees under an answer exactly what left? Over 100 chats with retries, regenerations and titles, the
 * ledger's bytes are held against what the model server received; without the ledger nothing is sent at all.
 */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { after, test } from "node:test";
import type { EgressAnswer, Message, ModelsAnswer } from "#contract/wire.ts";
import { openPool } from "#store/store.ts";
import { startHoldfast } from "#support/holdfast.ts";
import { startOpenAiServer } from "#support/openai-server.ts";
import { finished, mailboxReader, openBrowser, pause, readConversation, register, sendMessage, startChat } from "#support/people.ts";

const CHATS = Number(process.env["HOLDFAST_TEST_CHATS"] ?? 100);
const server = await startOpenAiServer({ after }, { models: ["steady-7b"], key: "sk-secret-of-the-operator", otherwise: { words: 12 } });
const holdfast = await startHoldfast({ after }, { env: { MODEL_URL: server.url, MODEL_KEY: "sk-secret-of-the-operator" } });
const member = openBrowser(holdfast.url);
await register(member, "ledger@example.org", mailboxReader(holdfast.mailboxUrl));

async function serverModel(): Promise<string> {
  const { models } = await member.call<ModelsAnswer>("GET", "/api/models");
  return models.find(({ provider }) => provider === "server")?.id ?? assert.fail("the model server is on offer");
}

async function shown(messageId: string): Promise<{ sha256: string; bytes: number; body: Buffer }[]> {
  const { entries } = await member.call<EgressAnswer>("GET", `/api/messages/${messageId}/egress`);
  return Promise.all(
    entries.map(async (entry) => {
      const response = await fetch(`${holdfast.url}/api/egress/${entry.id}/body`, { headers: { cookie: member.cookieHeader() } });
      assert.equal(response.status, 200);
      return { sha256: entry.requestSha256, bytes: entry.requestBytes, body: Buffer.from(await response.arrayBuffer()) };
    }),
  );
}

test(
  `over ${CHATS} chats with retries, regenerations and titles, the ledger shows the bytes that the server received`,
  { timeout: 600_000 },
  async (t) => {
    const modelId = await serverModel();
    const ids = new Set<string>();
    const answers: { conversationId: string; id: string }[] = [];
    for (let chat = 0; chat < CHATS; chat += 1) {
      if (chat % 5 === 0) await server.next({ fault: { kind: "status", status: 503, retryAfterSeconds: 0 } });
      if (chat % 7 === 0) await server.next({ words: 20, fault: { kind: "cut", afterChunks: 5 } });
      const { assistantMessage, conversationId } = await startChat(member, `What left in chat ${chat}? ñ 漢 🐎`, modelId);
      const message = await finished(member, conversationId, assistantMessage.id);
      answers.push({ conversationId, id: message.id });
      if (chat % 3 === 0) {
        const again = await member.call<{ assistantMessage: Message }>("POST", `/api/messages/${message.id}/regenerate`, {
          id: crypto.randomUUID(),
          modelId,
        });
        await finished(member, conversationId, again.assistantMessage.id);
        answers.push({ conversationId, id: again.assistantMessage.id });
      }
      if (chat % 4 === 0) {
        const more = await sendMessage(member, conversationId, message.id, "And then?", modelId);
        await finished(member, conversationId, more.assistantMessage.id);
        answers.push({ conversationId, id: more.assistantMessage.id });
      }
      ids.add(conversationId);
    }
    await pause(2_000); // the last titles
    const ledger: Awaited<ReturnType<typeof shown>> = [];
    for (const { id } of answers) ledger.push(...(await shown(id)));
    const received = (await server.received()).filter(({ method }) => method === "POST");
    const hash = (bytes: Buffer) => createHash("sha256").update(bytes).digest("hex");
    for (const entry of ledger) {
      assert.equal(entry.sha256, hash(entry.body), "the checksum is the body's");
      assert.equal(entry.bytes, entry.body.length);
    }
    assert.deepEqual(ledger.map(({ sha256 }) => sha256).toSorted(), received.map(({ body }) => hash(body)).toSorted());
    assert.ok(
      received.some(({ body }) => body.includes("Write a title")),
      "titles were among them",
    );
    assert.ok(received.length > answers.length, "so were retries");
    assert.ok(!ledger.some(({ body }) => body.includes("sk-secret-of-the-operator")), "the key is in no body");
    t.diagnostic(
      `${CHATS} chats, ${answers.length} answers, ${received.length} requests, ${received.reduce((sum, { body }) => sum + body.length, 0)} bytes`,
    );

    for (const { conversationId, id } of answers.slice(0, 10)) {
      const { messages } = await readConversation(member, conversationId);
      assert.equal(messages.find((message) => message.id === id)?.egress.kind, "stayed", "the server is on this machine");
    }
  },
);

test("nobody else sees what somebody sent", async () => {
  const { assistantMessage, conversationId } = await startChat(member, "Mine alone.", await serverModel());
  await finished(member, conversationId, assistantMessage.id);
  const { entries } = await member.call<EgressAnswer>("GET", `/api/messages/${assistantMessage.id}/egress`);
  const other = openBrowser(holdfast.url);
  await register(other, "curious@example.org", mailboxReader(holdfast.mailboxUrl));
  const list = await other.request("GET", `/api/messages/${assistantMessage.id}/egress`);
  assert.ok(list.status === 404 || (list.json() as EgressAnswer).entries.length === 0, list.text);
  assert.equal((await other.request("GET", `/api/egress/${entries[0]?.id}/body`)).status, 404);
});

test("while the ledger can't be written, nothing is sent, and the person reads why", { timeout: 60_000 }, async (t) => {
  const pool = openPool(holdfast.database, { connections: 1, name: "test" });
  t.after(() => pool.end());
  const modelId = await serverModel();
  await pool`alter table egress_entry rename to egress_entry_away`;
  const before = (await server.received()).length;
  const { assistantMessage, conversationId } = await startChat(member, "Is anybody there?", modelId);
  const message = await finished(member, conversationId, assistantMessage.id);
  assert.equal(message.state, "failed");
  assert.equal(message.problemCode, "ledger-unavailable");
  assert.equal((await server.received()).length, before);
  await pool`alter table egress_entry_away rename to egress_entry`;
  const again = await member.call<{ assistantMessage: Message }>("POST", `/api/messages/${message.id}/regenerate`, {
    id: crypto.randomUUID(),
    modelId,
  });
  assert.equal((await finished(member, conversationId, again.assistantMessage.id)).state, "done");
});
