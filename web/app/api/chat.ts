/**
 * Where do the pages get conversations from, and what can a person do with them? One client per account holds what
 * lib/chat-state.ts knows, feeds it from requests and the event stream, and tells the pages at most once a frame.
 * What was written is remembered before it is sent and forgotten when the server has it.
 */
import type { Problem } from "#contract/problems.ts";
import type { Conversation, ConversationAnswer, ConversationsAnswer, SendAnswer } from "#contract/wire.ts";
import { newestEnd } from "../lib/branch.ts";
import {
  beginConversation,
  beginReading,
  CHAT_START,
  chooseLeaf,
  takeConversation,
  takeEvent,
  takeList,
  takeMessages,
  takeSnapshot,
  type ChatState,
  type Numbered,
  type Taken,
} from "../lib/chat-state.ts";
import { readStored, writeStored } from "../lib/stored.ts";
import { readUnsent, writeUnsent, type UnsentMessage } from "../lib/unsent.ts";
import { openEventStream, type Connection, type EventStream } from "./event-stream.ts";
import { api, ApiProblem, problemOf } from "./http.ts";

export type Reading = "reading" | "ready" | "missing" | { problem: Problem };
export type ChatView = {
  readonly chat: ChatState;
  readonly connection: Connection;
  readonly list: { readonly state: Reading; readonly nextCursor: string | null };
  /** How reading a conversation stands, by id; absent: nobody asked for it. */
  readonly reading: ReadonlyMap<string, Reading>;
  readonly unsent: readonly UnsentMessage[];
  /** Answers that were asked to stop or to be given again, until that shows. */
  readonly busy: ReadonlySet<string>;
};
export type ChatClient = ReturnType<typeof createChatClient>;

const RESEND_EVERY_MS = 5_000;
const REREAD_AFTER_MS = 1_500;

export function createChatClient(accountId: string) {
  const unsentKey = `holdfast.unsent.${accountId}`;
  const listeners = new Set<() => void>();
  let view: ChatView = {
    chat: CHAT_START,
    connection: "connecting",
    list: { state: "reading", nextCursor: null },
    reading: new Map(),
    unsent: readUnsent(readStored(unsentKey)),
    busy: new Set(),
  };
  let stream: EventStream | undefined;
  let told = false;
  let missedOnce = false;

  function change(part: Partial<ChatView>): void {
    view = { ...view, ...part };
    if (told) return;
    told = true;
    const tell = () => {
      told = false;
      for (const listener of listeners) listener();
    };
    // a hidden page gets no frames
    if (document.hidden) setTimeout(tell, 100);
    else requestAnimationFrame(tell);
  }

  // ---- reading -----------------------------------------------------------------------------------------------

  async function readList(): Promise<void> {
    change({ list: { ...view.list, state: view.list.state === "ready" ? "ready" : "reading" } });
    try {
      const answer = await api.get<ConversationsAnswer>("/api/conversations");
      change({ chat: takeList(view.chat, answer), list: { state: "ready", nextCursor: answer.nextCursor } });
      startStream(answer.seq);
    } catch (error) {
      change({ list: { ...view.list, state: { problem: problemOf(error) } } });
      if (error instanceof ApiProblem && error.problem.status >= 500) setTimeout(() => void readList(), RESEND_EVERY_MS);
    }
  }

  async function readMore(): Promise<void> {
    const cursor = view.list.nextCursor;
    if (cursor === null || view.list.state === "reading") return;
    change({ list: { state: "reading", nextCursor: cursor } });
    try {
      const answer = await api.get<ConversationsAnswer>(`/api/conversations?cursor=${encodeURIComponent(cursor)}`);
      change({ chat: takeList(view.chat, answer), list: { state: "ready", nextCursor: answer.nextCursor } });
    } catch (error) {
      change({ list: { state: { problem: problemOf(error) }, nextCursor: cursor } });
    }
  }

  /** Makes a conversation complete; does nothing when it is. */
  async function open(id: string): Promise<void> {
    const thread = view.chat.threads.get(id);
    if (thread?.status === "ready" || view.reading.get(id) === "reading") return;
    change({ chat: beginReading(view.chat, id) });
    setReading(id, "reading");
    try {
      const answer = await api.get<ConversationAnswer>(`/api/conversations/${id}`);
      setReading(id, "ready");
      taken(takeSnapshot(view.chat, answer));
    } catch (error) {
      const problem = problemOf(error);
      setReading(id, problem.code === "not-found" || problem.code === "invalid-field" ? "missing" : { problem });
      // whoever had words already keeps them and gets the rest later
      if (problem.status >= 500) setTimeout(() => stillWanted(id) && void open(id), REREAD_AFTER_MS);
    }
  }

  function stillWanted(id: string): boolean {
    return view.chat.threads.get(id)?.status === "stale";
  }

  function setReading(id: string, state: Reading): void {
    change({ reading: new Map(view.reading).set(id, state) });
  }

  function startStream(seq: number): void {
    if (view.chat.seq < seq) change({ chat: { ...view.chat, seq } });
    stream ??= openEventStream({
      name: `holdfast.events.${accountId}`,
      lastSeq: () => view.chat.seq,
      onEvent,
      onConnection(connection) {
        change({ connection });
        if (connection === "open") resendWaiting();
      },
    });
  }

  function onEvent(numbered: Numbered): void {
    // numbers follow each other: a hole means that this tab slept while another one read
    const missed = view.chat.seq > 0 && numbered.seq > view.chat.seq + 1 && numbered.event.kind !== "reset";
    taken(takeEvent(view.chat, numbered));
    if (missed && !missedOnce) {
      missedOnce = true;
      setTimeout(() => void rereadEverything(), REREAD_AFTER_MS);
    }
  }

  function taken({ state, reread }: Taken): void {
    change({ chat: state });
    dropArrived();
    if (reread === "everything") void rereadEverything();
    else if (reread !== "nothing") setTimeout(() => void open(reread.conversationId), 50);
  }

  async function rereadEverything(): Promise<void> {
    missedOnce = false;
    const ids = [...view.chat.threads.keys()];
    change({ chat: ids.reduce(beginReading, view.chat) });
    await readList();
    for (const id of ids) await open(id);
  }

  // ---- sending -----------------------------------------------------------------------------------------------

  function keepUnsent(unsent: readonly UnsentMessage[]): void {
    change({ unsent });
    writeStored(unsentKey, writeUnsent(unsent));
  }

  function dropArrived(): void {
    const left = view.unsent.filter(({ id, conversationId }) => view.chat.threads.get(conversationId)?.messages.has(id) !== true);
    if (left.length < view.unsent.length) keepUnsent(left);
  }

  function send(what: { conversationId: string | null; parentId: string | null; text: string; modelId: string | null }): string {
    const conversationId = what.conversationId ?? crypto.randomUUID();
    const begins = what.conversationId === null;
    const at = Date.now();
    if (begins) {
      const conversation: Conversation = {
        id: conversationId,
        title: "",
        createdAt: at,
        updatedAt: at,
        deletedAt: null,
        leafMessageId: null,
      };
      change({ chat: beginConversation(view.chat, conversation) });
      setReading(conversationId, "ready");
    }
    const message: UnsentMessage = { ...what, id: crypto.randomUUID(), conversationId, begins, at, state: "sending", problem: null };
    keepUnsent([...view.unsent, message]);
    void deliver(message);
    return conversationId;
  }

  async function deliver(message: UnsentMessage): Promise<void> {
    const { id, conversationId, parentId, text, modelId, begins } = message;
    const mark = (part: Partial<UnsentMessage>) =>
      change({ unsent: view.unsent.map((one) => (one.id === id ? { ...one, ...part } : one)) });
    mark({ state: "sending", problem: null });
    try {
      if (begins) await api.post("/api/conversations", { id: conversationId });
      const body = { id, parentId, text, ...(modelId === null ? {} : { modelId }) };
      const answer = await api.post<SendAnswer>(`/api/conversations/${conversationId}/messages`, body);
      takeAnswer(conversationId, answer, id);
      keepUnsent(view.unsent.filter((one) => one.id !== id));
    } catch (error) {
      const problem = problemOf(error);
      const silent = error instanceof ApiProblem && (error.unreachable || problem.code === "app-down");
      mark(silent ? { state: "waiting", problem } : { state: "failed", problem });
    }
  }

  function takeAnswer(conversationId: string, answer: SendAnswer, leafId: string): void {
    const messages = [answer.userMessage, answer.assistantMessage].filter((message) => message !== null);
    change({ chat: chooseLeaf(takeMessages(view.chat, conversationId, messages), conversationId, leafId) });
  }

  function resend(id: string, modelId?: string | null): void {
    const message = view.unsent.find((one) => one.id === id);
    if (message === undefined || message.state === "sending") return;
    const changed = modelId === undefined ? message : { ...message, modelId };
    keepUnsent(view.unsent.map((one) => (one.id === id ? changed : one)));
    void deliver(changed);
  }

  function resendWaiting(): void {
    for (const { id, state } of view.unsent) if (state === "waiting") resend(id);
  }

  async function regenerate(conversationId: string, messageId: string, modelId: string | null): Promise<void> {
    const id = crypto.randomUUID();
    await whileBusy(messageId, async () => {
      const body = { id, ...(modelId === null ? {} : { modelId }) };
      const answer = await api.post<SendAnswer>(`/api/messages/${messageId}/regenerate`, body);
      takeAnswer(conversationId, answer, answer.assistantMessage.id);
    });
  }

  async function stop(messageId: string): Promise<void> {
    await whileBusy(messageId, () => api.post(`/api/messages/${messageId}/stop`));
  }

  async function whileBusy(id: string, work: () => Promise<unknown>): Promise<void> {
    if (view.busy.has(id)) return;
    change({ busy: new Set(view.busy).add(id) });
    try {
      await work();
    } finally {
      change({ busy: new Set([...view.busy].filter((one) => one !== id)) });
    }
  }

  // ---- changing ----------------------------------------------------------------------------------------------

  /** Shows the change at once and takes it back when it is refused. */
  async function changeConversation(id: string, part: Partial<Conversation>, work: () => Promise<unknown>): Promise<void> {
    const before = view.chat.conversations.get(id)?.conversation;
    if (before !== undefined) change({ chat: takeConversation(view.chat, { ...before, ...part }) });
    try {
      await work();
    } catch (error) {
      if (before !== undefined) change({ chat: takeConversation(view.chat, before) });
      throw error;
    }
  }

  void readList();
  setInterval(() => view.unsent.length > 0 && resendWaiting(), RESEND_EVERY_MS);

  return {
    view: () => view,
    subscribe(listener: () => void): () => void {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    open,
    readList,
    readMore,
    send,
    resend,
    /** Takes an unsent message out and returns its words. */
    takeBack(id: string): string {
      const text = view.unsent.find((one) => one.id === id)?.text ?? "";
      keepUnsent(view.unsent.filter((one) => one.id !== id));
      return text;
    },
    regenerate,
    stop,
    retryNow: () => stream?.retryNow(),
    rename: (id: string, title: string) => changeConversation(id, { title }, () => api.patch(`/api/conversations/${id}`, { title })),
    remove: (id: string) => changeConversation(id, { deletedAt: Date.now() }, () => api.delete(`/api/conversations/${id}`)),
    restore: (id: string) => changeConversation(id, { deletedAt: null }, () => api.post(`/api/conversations/${id}/restore`)),
    /** Turns to the branch through `messageId`, here at once and for later visits. */
    turnTo(conversationId: string, messageId: string): void {
      const thread = view.chat.threads.get(conversationId);
      if (thread === undefined) return;
      const leafMessageId = newestEnd(thread.tree, messageId);
      change({ chat: chooseLeaf(view.chat, conversationId, leafMessageId) });
      // only a convenience for the next visit: without it the newest branch is shown
      api.patch(`/api/conversations/${conversationId}`, { leafMessageId }).catch(() => {});
    },
  };
}
