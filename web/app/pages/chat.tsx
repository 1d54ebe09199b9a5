/** What was said, and what may be done just now? Puts together the conversation and the box to say more. */
import { useCallback, useEffect, useMemo, useRef } from "react";
import { useLocation } from "wouter";
import type { Message } from "#contract/wire.ts";
import { problemOf } from "../api/http.ts";
import { shownBranch, shownSteps } from "../lib/chat-state.ts";
import { readDraft, returnToDraft, writeDraft } from "../lib/drafts.ts";
import { useWords } from "../lib/say.ts";
import type { UnsentMessage } from "../lib/unsent.ts";
import { useStickToEnd } from "../lib/use-stick.ts";
import { useWide } from "../lib/use-media.ts";
import { Button } from "../ui/button.tsx";
import { Icon } from "../ui/icon.tsx";
import { toast } from "../ui/toast.tsx";
import { Composer, type ComposerHandle } from "./chat/composer.tsx";
import { EmptyChat } from "./chat/empty-chat.tsx";
import { Frame } from "./chat/frame.tsx";
import { Narration } from "./chat/narration.tsx";
import { draftKey, useChat, useChosenModel, useSession } from "./chat/session.ts";
import { DeletedThread, Thread, ThreadGhost, ThreadTrouble } from "./chat/thread.tsx";

export default function ChatPage({ id }: { id: string | null }) {
  const say = useWords();
  const wide = useWide();
  const [, go] = useLocation();
  const { account, client } = useSession();
  const { model } = useChosenModel();
  const composer = useRef<ComposerHandle>(null);
  const thread = useChat((view) => (id === null ? undefined : view.chat.threads.get(id)));
  const conversation = useChat((view) => (id === null ? undefined : view.chat.conversations.get(id)?.conversation));
  const reading = useChat((view) => (id === null ? undefined : view.reading.get(id)));
  const allUnsent = useChat((view) => view.unsent);
  const unsent = allUnsent.filter(({ conversationId }) => conversationId === id);
  const { scroller, content, atEnd, toEnd } = useStickToEnd(id);

  useEffect(() => {
    if (id !== null) void client.open(id);
  }, [client, id]);

  const { tree, leafId = null } = thread ?? {};
  const steps = useMemo(() => (tree === undefined ? [] : shownSteps({ tree, leafId })), [tree, leafId]);
  const branch = useMemo(() => (thread === undefined ? [] : shownBranch(thread, steps)), [thread, steps]);
  // an edited message that is on its way stands where it will be, not below what it replaces
  const shown = unsent.reduce((kept, { parentId }) => {
    const at = kept.findIndex(({ message }) => message.id === parentId);
    return parentId === null ? [] : at < 0 ? kept : kept.slice(0, at + 1);
  }, branch);
  const last = shown.at(-1)?.message;
  const running = branch.find(({ message }) => message.state === "running")?.message;
  const sending = unsent.some(({ state }) => state === "sending" || state === "waiting");
  const key = draftKey(account.id, id);
  const title = conversation?.title || say("list.untitled");

  const send = useCallback(
    (text: string, parentId: string | null) => {
      const conversationId = client.send({ conversationId: id, parentId, text, modelId: model?.id ?? null });
      if (id === null) go(`/chat/${conversationId}`);
      toEnd();
    },
    [client, id, model, go, toEnd],
  );
  const onTurn = useCallback((messageId: string) => id !== null && client.turnTo(id, messageId), [client, id]);
  const onEdit = useCallback((message: Message, text: string) => send(text, message.parentId), [send]);
  const onTakeBack = (message: UnsentMessage) => {
    returnToDraft(key, client.takeBack(message.id));
    if (message.begins && branch.length === 0) {
      const words = readDraft(key);
      writeDraft(key, "");
      returnToDraft(draftKey(account.id, null), words);
      go("/chat");
    }
    composer.current?.focus();
  };
  const focusMessage = useCallback(() => composer.current?.focus(), []);

  const deleted = conversation !== undefined && conversation.deletedAt !== null;
  const restore = () => {
    if (id !== null) client.restore(id).catch((error: unknown) => toast({ tone: "danger", text: problemOf(error).detail }));
  };
  const nothing = shown.length === 0 && unsent.length === 0;
  const trouble = nothing && (reading === "missing" || (typeof reading === "object" && reading.problem.status < 500));
  const loading = nothing && id !== null && !trouble && thread?.status !== "ready";
  return (
    <Frame
      currentId={id}
      title={title}
      onFocusMessage={focusMessage}
      action={
        !wide &&
        id !== null && (
          <Button tone="quiet" size="icon" aria-label={say("list.new")} onClick={() => go("/chat")}>
            <Icon name="plus" />
          </Button>
        )
      }
    >
      <div
        ref={scroller}
        className="min-h-0 flex-1 overflow-y-auto overscroll-contain"
        role="region"
        aria-label={say("chat.region")}
        tabIndex={0}
      >
        <div ref={content} className="flex min-h-full flex-col">
          {trouble ? (
            <ThreadTrouble reading={reading} onRetry={() => id !== null && void client.open(id)} onNew={() => go("/chat")} />
          ) : loading ? (
            <ThreadGhost />
          ) : nothing ? (
            <EmptyChat
              onAsk={(text) => send(text, null)}
              onBegin={(text) => {
                writeDraft(key, text);
                composer.current?.focus();
              }}
            />
          ) : (
            <Thread
              shown={shown}
              unsent={unsent}
              free={running === undefined && !sending && !deleted}
              onTurn={onTurn}
              onEdit={onEdit}
              onResend={({ id: messageId }) => client.resend(messageId, model?.id ?? null)}
              onTakeBack={onTakeBack}
            />
          )}
        </div>
      </div>
      <div className="relative before:pointer-events-none before:absolute before:inset-x-0 before:bottom-full before:h-6 before:bg-linear-to-t before:from-surface before:to-transparent">
        {!atEnd && (
          <Button
            size="small"
            className="absolute start-1/2 -top-12 z-10 min-h-target -translate-x-1/2 rounded-full! bg-raised px-4 shadow-raised"
            onClick={() => toEnd("smooth")}
          >
            <Icon name="newest" className="size-4" />
            {say("chat.newest")}
          </Button>
        )}
        {deleted ? (
          <DeletedThread onRestore={restore} />
        ) : (
          <Composer ref={composer} draftKey={key} running={running} sending={sending} onSend={(text) => send(text, last?.id ?? null)} />
        )}
      </div>
      <Narration message={branch.at(-1)?.message} />
    </Frame>
  );
}
