/**
 * Does anything that was acknowledged get lost when a process is killed? PostgreSQL, app and door die in turn
 * while people register and chat; afterwards everything that was answered with a 2xx is there.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { startHoldfast } from "#support/holdfast.ts";
import {
  GOOD_PASSWORD,
  mailboxReader,
  openBrowser,
  pause,
  readConversation,
  register,
  sendMessage,
  signIn,
  startChat,
  type Browser,
} from "#support/people.ts";

const KILLS = Number(process.env["HOLDFAST_TEST_KILLS"] ?? 12);
const VICTIMS = ["postgres", "app", "door"] as const;
const BACK_WITHIN_MS = 10_000;

test("nothing that was acknowledged is lost when PostgreSQL, app and door are killed in turn", { timeout: 15 * 60_000 }, async (t) => {
  const holdfast = await startHoldfast(t);
  const readMailbox = mailboxReader(holdfast.mailboxUrl);
  const member = openBrowser(holdfast.url);
  await register(member, "member@example.org", readMailbox);

  const registered: string[] = [];
  const sent: { conversationId: string; messageId: string; text: string }[] = [];
  let stopped = false;

  const newcomers = (async () => {
    for (let number = 0; !stopped; number += 1) {
      const address = `newcomer-${number}@example.org`;
      try {
        await register(openBrowser(holdfast.url), address, readMailbox);
        registered.push(address);
      } catch {
        await pause(200);
      }
    }
  })();
  const chatter = (async () => {
    for (let number = 0; !stopped; number += 1) {
      const text = `question ${number}`;
      try {
        const { conversationId, userMessage, assistantMessage } = await startChat(member, text);
        if (userMessage !== null) sent.push({ conversationId, messageId: userMessage.id, text });
        const more = await sendMessage(member, conversationId, assistantMessage.id, `${text}, again`).catch(() => null);
        if (more?.userMessage != null) sent.push({ conversationId, messageId: more.userMessage.id, text: `${text}, again` });
      } catch {
        await pause(200);
      }
    }
  })();

  const backAfterMs: number[] = [];
  for (let kill = 0; kill < KILLS; kill += 1) {
    const victim = VICTIMS[kill % VICTIMS.length] ?? "app";
    await pause(700);
    const pid = (await holdfast.pids())[victim];
    assert.ok(pid !== undefined, `${victim} is running before it is killed`);
    process.kill(pid, "SIGKILL");
    const killedAt = Date.now();
    await serviceBack(member, killedAt, victim);
    backAfterMs.push(Date.now() - killedAt);
  }
  stopped = true;
  await Promise.all([newcomers, chatter]);
  t.diagnostic(
    `${KILLS} kills, ${registered.length} registrations, ${sent.length} messages, back after at most ${Math.max(...backAfterMs)} ms`,
  );

  assert.ok(registered.length > 0 && sent.length > 0, "people registered and chatted while processes died");
  for (const address of registered) {
    const account = await signIn(openBrowser(holdfast.url), address, GOOD_PASSWORD);
    assert.equal(account.address, address);
  }
  const conversations = new Map<string, Awaited<ReturnType<typeof readConversation>>>();
  for (const { conversationId, messageId, text } of sent) {
    const read = conversations.get(conversationId) ?? (await readConversation(member, conversationId));
    conversations.set(conversationId, read);
    assert.equal(read.messages.find((message) => message.id === messageId)?.text, text, "an acknowledged message is still there");
  }
});

/** Waits until a member's request that needs door, app and database is answered again. */
async function serviceBack(browser: Browser, since: number, victim: string): Promise<void> {
  while (Date.now() - since < BACK_WITHIN_MS) {
    await pause(50);
    const answer = await browser.request("GET", "/api/me", undefined, { connection: "close" }).catch(() => undefined);
    if (answer?.status === 200) return;
  }
  throw new Error(`${BACK_WITHIN_MS} ms after ${victim} was killed the service was not back`);
}
