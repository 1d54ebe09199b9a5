/**
 * What does this browser know of conversations and messages? Snapshots and numbered events are joined so that whatever
 * order they arrive in, no word is lost, none is there twice and nothing old overwrites something new. Pure.
 */
import type { Conversation, ConversationAnswer, ConversationsAnswer, Message, StreamEvent } from "#contract/wire.ts";
import { branchThrough, growTree, type Step, type Tree } from "./branch.ts";
import { foldPart, newerMessage } from "./fold.ts";

export type Numbered = { seq: number; event: StreamEvent };

/** `seq`: up to which event this is known. */
export type Known = { conversation: Conversation; seq: number };

export type Thread = {
  /** `stale`: a snapshot must be read; until it is there, events are held back. */
  readonly status: "stale" | "ready";
  readonly messages: ReadonlyMap<string, Message>;
  readonly tree: Tree;
  /** Up to which event the messages are complete. */
  readonly cursor: number;
  /** A message on the branch that is looked at here; null: the newest one. */
  readonly leafId: string | null;
  readonly held: readonly Numbered[];
};

export type ChatState = {
  readonly conversations: ReadonlyMap<string, Known>;
  readonly threads: ReadonlyMap<string, Thread>;
  /** The newest event that was taken. */
  readonly seq: number;
};

export type Taken = { state: ChatState; reread: "nothing" | "everything" | { conversationId: string } };

export const CHAT_START: ChatState = { conversations: new Map(), threads: new Map(), seq: 0 };
/** How many opened conversations are kept complete; others are read again when they are opened. */
const THREADS_KEPT = 12;
const EMPTY_TREE = growTree([]);

/** A page of the list. */
export function takeList(state: ChatState, answer: ConversationsAnswer): ChatState {
  const conversations = new Map(state.conversations);
  for (const conversation of answer.conversations) {
    const known = conversations.get(conversation.id);
    if (known === undefined || known.seq <= answer.seq) conversations.set(conversation.id, { conversation, seq: answer.seq });
  }
  return { ...state, conversations };
}

/** Call before a snapshot is asked for: from here on its events are held until it has come. */
export function beginReading(state: ChatState, conversationId: string): ChatState {
  const thread = state.threads.get(conversationId) ?? {
    status: "stale" as const,
    messages: new Map<string, Message>(),
    tree: EMPTY_TREE,
    cursor: 0,
    leafId: null,
    held: [],
  };
  return withThread(state, conversationId, { ...thread, status: "stale" });
}

export function takeSnapshot(state: ChatState, answer: ConversationAnswer): Taken {
  const { conversation, messages, cursor } = answer;
  const before = state.threads.get(conversation.id);
  const known = state.conversations.get(conversation.id);
  let next = state;
  if (known === undefined || known.seq <= cursor) {
    next = { ...next, conversations: new Map(next.conversations).set(conversation.id, { conversation, seq: cursor }) };
  }
  const merged = new Map(before?.messages);
  for (const message of messages) {
    const present = merged.get(message.id);
    merged.set(message.id, present === undefined ? message : newerMessage(present, message));
  }
  const held = before?.held ?? [];
  const leafId = before?.leafId ?? conversation.leafMessageId;
  const thread: Thread = { status: "ready", messages: merged, tree: growTree(merged.values()), cursor, leafId, held: [] };
  let taken: Taken = { state: withThread(next, conversation.id, thread), reread: "nothing" };
  for (const numbered of held) {
    const step = takeInThread(taken.state, conversation.id, numbered);
    taken = { state: step.state, reread: step.reread === "nothing" ? taken.reread : step.reread };
  }
  return taken;
}

export function takeEvent(state: ChatState, numbered: Numbered): Taken {
  const { seq, event } = numbered;
  const next = seq > state.seq ? { ...state, seq } : state;
  switch (event.kind) {
    case "reset":
      return { state: { ...forgetSeqs(next), seq }, reread: "everything" };
    case "conversation": {
      const known = next.conversations.get(event.conversation.id);
      if (known !== undefined && known.seq >= seq) return { state: next, reread: "nothing" };
      const conversations = new Map(next.conversations).set(event.conversation.id, { conversation: event.conversation, seq });
      return { state: { ...next, conversations }, reread: "nothing" };
    }
    case "message":
      return takeInThread(next, event.message.conversationId, numbered);
    case "part":
      return takeInThread(next, event.conversationId, numbered);
  }
}

/** Messages out of the answer to a request; they carry no event number. */
export function takeMessages(state: ChatState, conversationId: string, messages: readonly Message[]): ChatState {
  const thread = state.threads.get(conversationId);
  if (thread === undefined) return state;
  return withThread(state, conversationId, messages.reduce(putMessage, thread));
}

/** A conversation out of the answer to a request. An event that came meanwhile and is newer stays. */
export function takeConversation(state: ChatState, conversation: Conversation): ChatState {
  const known = state.conversations.get(conversation.id);
  if (known !== undefined && known.conversation.updatedAt > conversation.updatedAt) return state;
  const conversations = new Map(state.conversations).set(conversation.id, { conversation, seq: known?.seq ?? 0 });
  return { ...state, conversations };
}

/** Somebody turned to another branch here, or began one. */
export function chooseLeaf(state: ChatState, conversationId: string, leafId: string | null): ChatState {
  const thread = state.threads.get(conversationId);
  return thread === undefined ? state : withThread(state, conversationId, { ...thread, leafId });
}

/** A conversation that was begun here: nothing needs to be read. */
export function beginConversation(state: ChatState, conversation: Conversation): ChatState {
  const thread: Thread = { status: "ready", messages: new Map(), tree: EMPTY_TREE, cursor: 0, leafId: null, held: [] };
  const next = state.threads.has(conversation.id) ? state : withThread(state, conversation.id, thread);
  return takeConversation(next, conversation);
}

export type ShownMessage = { message: Message; step: Step };

/** The messages of the branch that is looked at, oldest first. `steps` are handed in, so that they stay the same while words come. */
export function shownBranch(thread: Thread, steps: readonly Step[] = shownSteps(thread)): ShownMessage[] {
  return steps.flatMap((step) => {
    const message = thread.messages.get(step.id);
    return message === undefined ? [] : [{ message, step }];
  });
}

export function shownSteps({ tree, leafId }: Pick<Thread, "tree" | "leafId">): Step[] {
  return branchThrough(tree, leafId);
}

/** The list as it is shown: without deleted ones, the one that was used last first. */
export function listed(state: ChatState): Conversation[] {
  return [...state.conversations.values()]
    .map(({ conversation }) => conversation)
    .filter(({ deletedAt }) => deletedAt === null)
    .sort((a, b) => b.updatedAt - a.updatedAt || (a.id < b.id ? -1 : 1));
}

function takeInThread(state: ChatState, conversationId: string, numbered: Numbered): Taken {
  const { seq, event } = numbered;
  const thread = state.threads.get(conversationId);
  if (thread === undefined) return { state, reread: "nothing" };
  if (thread.status === "stale") {
    return { state: withThread(state, conversationId, { ...thread, held: [...thread.held, numbered] }), reread: "nothing" };
  }
  if (seq <= thread.cursor) return { state, reread: "nothing" };
  if (event.kind === "message") {
    const next = putMessage({ ...thread, cursor: seq }, event.message);
    return { state: withThread(state, conversationId, next), reread: "nothing" };
  }
  if (event.kind !== "part") return { state, reread: "nothing" };
  const message = thread.messages.get(event.messageId);
  const folded = message === undefined ? { verdict: "gap" as const } : foldPart(message, event);
  switch (folded.verdict) {
    case "repeat":
      return { state: withThread(state, conversationId, { ...thread, cursor: seq }), reread: "nothing" };
    case "gap": {
      const held = [...thread.held, numbered];
      return { state: withThread(state, conversationId, { ...thread, status: "stale", held }), reread: { conversationId } };
    }
    case "applied": {
      const messages = new Map(thread.messages).set(folded.message.id, folded.message);
      return { state: withThread(state, conversationId, { ...thread, messages, cursor: seq }), reread: "nothing" };
    }
  }
}

function putMessage(thread: Thread, message: Message): Thread {
  const present = thread.messages.get(message.id);
  const messages = new Map(thread.messages).set(message.id, present === undefined ? message : newerMessage(present, message));
  return { ...thread, messages, tree: present === undefined ? growTree(messages.values()) : thread.tree };
}

/** Puts the thread last, which is to say: used last; the one unused for longest is dropped. */
function withThread(state: ChatState, conversationId: string, thread: Thread): ChatState {
  const threads = new Map(state.threads).set(conversationId, thread);
  if (threads.size > THREADS_KEPT) {
    const oldest = [...threads.keys()].find((id) => id !== conversationId);
    if (oldest !== undefined) threads.delete(oldest);
  }
  return { ...state, threads };
}

/** After a reset, numbers begin anew: whatever is read next counts as newer. */
function forgetSeqs(state: ChatState): ChatState {
  const conversations = new Map([...state.conversations].map(([id, { conversation }]) => [id, { conversation, seq: 0 }] as const));
  const threads = new Map([...state.threads].map(([id, thread]) => [id, { ...thread, status: "stale" as const, held: [] }] as const));
  return { ...state, conversations, threads };
}
